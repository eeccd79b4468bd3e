"""Scoring: a file by a batch transform, or a request by the endpoint."""
