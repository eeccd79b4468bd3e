"""Traffic: requests at a rate, and what came back."""
