"""Application Auto Scaling for the variants of endpoints: targets, policies, and what they do each minute."""
