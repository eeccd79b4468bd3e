"""A short life of a model on a real account: recorded, scrubbed, and compared with the same life elsewhere."""
