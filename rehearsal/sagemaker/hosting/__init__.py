"""Hosting: endpoints whose instances are serving processes, their traffic, captures, metrics and updates."""
