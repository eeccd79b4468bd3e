"""The REST API in front of an endpoint: what it takes, how it asks the endpoint, who may call it."""
