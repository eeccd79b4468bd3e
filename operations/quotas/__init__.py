"""What a deploy needs of an account's quotas, and whether it fits beside what is there."""
