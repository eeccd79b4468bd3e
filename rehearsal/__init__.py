"""The local AWS: what SageMaker does, done on one laptop."""
