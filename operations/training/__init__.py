"""Training runs: asked for, followed, ranked, looked at."""
