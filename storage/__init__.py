"""An object of S3 by its names: its URI as text, its key as a path below a folder.

Imports only the standard library, for what runs at synth, on an operator's machine and in the local AWS reads both.
"""
