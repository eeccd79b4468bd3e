"""The analyzer as the program of a SageMaker Processing job.

This package's build and launch need nothing but the standard library.
"""
