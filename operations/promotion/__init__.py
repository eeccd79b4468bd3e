"""Promotion: the two lines of a manifest that decide what is served and what its traffic is held against."""
