"""Jobs that really run: training, tuning, processing and transform jobs, one module a kind."""
