"""Compiled loops over bytes and numbers: nothing here reads a file or knows what a violation is.

Compiled functions take positional arguments only, because numba has no keyword-only ones.
"""
