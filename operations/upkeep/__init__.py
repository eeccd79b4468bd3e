"""What is deployed: seen, proved, cleared away, paid for."""
