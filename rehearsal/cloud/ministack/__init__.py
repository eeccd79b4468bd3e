"""MiniStack, as the rehearsal needs it: a module for each of its services that we change or ask for what it keeps.

MiniStack has no public extension points. Only this package imports it, each of its private names stands in one module,
and `local_aws.py` lists in which order the modules are installed (decision 0400).
"""
