"""What SageMaker keeps without doing anything: models, configurations, experiments, packages, tags, and the search."""
