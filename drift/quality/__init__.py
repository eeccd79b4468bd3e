"""Model quality: what a model predicted, held against what turned out to be true."""
