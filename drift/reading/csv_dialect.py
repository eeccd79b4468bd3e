"""Whether a file is CSV as it is read here: UTF-8, and commas between the columns."""

import codecs
from pathlib import Path

import numpy as np

from modelyard.drift.errors import DriftError
from modelyard.drift.line_breaks import split_lines
from modelyard.drift.reading.file_chunks import line_chunks

BYTES, LINES = 1 << 16, 20
MARKS = {
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}
DELIMITERS = {b";": "semicolons", b"\t": "tabs", b"|": "vertical bars"}


def check_dialect(*, path: Path) -> None:
    """Refuse a file that would be read as one column of text, though it has several.

    Raises:
        DriftError: it is UTF-16 or UTF-32, or something else than commas separates its columns: its first line has no
            comma, and each line has as many semicolons, tabs or vertical bars.
    """
    data, stop = next(line_chunks(path=path), (np.empty(0, dtype=np.uint8), 0))
    head = data[: min(stop, BYTES)].tobytes()
    encoding = next((name for mark, name in MARKS.items() if head.startswith(mark)), None)
    if encoding is not None:
        raise DriftError(f"{path} must be UTF-8, got {encoding}; save it as UTF-8")
    whole = split_lines(head) if stop < BYTES else split_lines(head)[:-1]
    lines = [line for line in whole if line.strip()][:LINES]
    if len(lines) < 2 or b"," in lines[0]:
        return
    for delimiter, name in DELIMITERS.items():
        counts = {line.count(delimiter) for line in lines}
        if len(counts) == 1 and counts != {0}:
            raise DriftError(
                f"{path} must have commas between its columns, got {name}; convert it, decimal commas to points too"
            )
