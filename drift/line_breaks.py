"""The lines of a text from outside."""

import io
from typing import AnyStr


def split_lines(text: AnyStr, *, keep_ends: bool = False) -> list[AnyStr]:
    r"""Return the lines, which end with `\n`, `\r\n` or `\r`, as those of a file do.

    `str.splitlines` ends a line at eight more characters (form feed, U+0085, U+2028 and others), which CSV, JSON and
    logs hold as data.
    """
    if isinstance(text, bytes):
        return text.splitlines(keepends=keep_ends)
    lines = io.StringIO(text, newline="")
    return list(lines) if keep_ends else [line.rstrip("\r\n") for line in lines]
