"""Runs as a page, as Markdown and as a picture, for people."""
