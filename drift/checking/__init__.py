"""A profile held against a baseline: distances, violations, and what lies behind them."""
