"""The API in front of an endpoint, as its callers see it: where it is, how it is called, and its OpenAPI document."""
