"""A model's whole life, from bootstrap to teardown, run in a local AWS by the commands that run it on AWS."""
