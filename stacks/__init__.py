"""What is deployed together: one stack per module."""
