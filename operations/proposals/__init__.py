"""What a pipeline proposes: a branch with promote's lines, and a pull request that explains them."""
