"""What API Gateway does with a request between its caller and the service behind: validation, templates, logs."""
