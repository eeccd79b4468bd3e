"""What SageMaker's containers do around a user's script: train it, and serve what it saved."""
