"""Comparison of two records (placeholder)."""
def compared(*, theirs, ours):
    raise NotImplementedError
