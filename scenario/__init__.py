"""The scenario: a model's whole life, told by the commands that live it on AWS."""
