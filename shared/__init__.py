"""What synth, the operator's commands and the local AWS share, and which knows none of them.

An object of S3 as a URI and as a path below a folder, what this machine's disk refuses, the loopback, the console.
"""
