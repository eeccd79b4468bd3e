"""constraints.json: what a data set has to keep to. Suggested by a baseline, edited by people."""
