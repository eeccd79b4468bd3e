"""What proved true: told, and held against what was answered."""
