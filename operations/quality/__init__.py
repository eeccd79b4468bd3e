"""Ground truth: uploaded, and compared with what the endpoint answered."""
