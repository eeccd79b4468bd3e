"""Module `tarfile`, with the filters of PEP 706 on every Python.

Python has them since 3.11.4, Debian 12's is 3.11.2: there it is the backport, which has the same names and types.
"""

import tarfile

if not hasattr(tarfile, "data_filter"):
    from backports import tarfile  # type: ignore[no-redef]

__all__ = ["tarfile"]
