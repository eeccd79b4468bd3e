"""A model's datasets: made, checked against its manifest, and put into the data bucket."""
