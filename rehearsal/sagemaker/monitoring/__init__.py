"""Model Monitor: what is checked, when, and what came of it."""
