"""MLflow Apps: their operations, the MLflow server behind each, and the sessions of browsers that look at one."""
