"""Captured traffic and its checks, by either engine: both leave the same files in the same places."""
