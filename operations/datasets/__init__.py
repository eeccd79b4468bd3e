"""Makers of the data sets that the four workloads train on: the same bytes on every run and platform."""
