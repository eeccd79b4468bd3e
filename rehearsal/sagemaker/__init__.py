"""SageMaker as it answers here: one class a subject, one method an operation of the API."""
