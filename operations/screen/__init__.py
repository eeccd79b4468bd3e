"""What an operator sees: tables, progress, live views; on a terminal, in a pipe, or as JSON."""
