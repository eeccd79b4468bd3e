"""The local AWS: one process on loopback in which every service of a deployed model answers."""
