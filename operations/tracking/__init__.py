"""MLflow: a stage's app, what is logged to it, and the aliases of models there."""
