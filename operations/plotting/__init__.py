"""A run as pictures: metrics over epochs, the objective over what was varied."""
