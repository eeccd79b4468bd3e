"""JSON objects, scanned without being built: where members and values begin and end."""

import numpy as np

from modelyard.drift.jit import jit, jit_inline
from modelyard.drift.kernels.arrays import Bytes

QUOTE, BACKSLASH, COMMA, COLON = ord('"'), ord("\\"), ord(","), ord(":")
OPEN, CLOSE, OPEN_LIST, CLOSE_LIST = ord("{"), ord("}"), ord("["), ord("]")
NEWLINE, SPACE, TAB = ord("\n"), ord(" "), ord("\t")
SMALL_N, SMALL_R = ord("n"), ord("r")
ZERO, NINE, SMALL_A, SMALL_Z, CAPITAL_E = ord("0"), ord("9"), ord("a"), ord("z"), ord("E")
PLUS, MINUS, POINT = ord("+"), ord("-"), ord(".")
ONE, TWO = np.uint64(1), np.uint64(2)


@jit_inline
def past_blanks(data: Bytes, offset: int, stop: int) -> int:
    """Return the first offset that is neither a space nor a tab."""
    while offset < stop and (data[offset] == SPACE or data[offset] == TAB):
        offset += 1
    return offset


@jit
def string_end(data: Bytes, start: int, stop: int) -> int:
    """Return where the string that begins at start has its closing quote, or -1."""
    if start >= stop or data[start] != QUOTE:
        return -1
    # an unsigned index cannot count from the end, which would be looked at for each byte
    offset, last = np.uint64(start + 1), np.uint64(stop)
    while offset < last and data[offset] != QUOTE and data[offset] >= SPACE:
        offset += TWO if data[offset] == BACKSLASH else ONE
    return int(np.int64(offset)) if offset < last and data[offset] == QUOTE else -1


@jit_inline
def _bare(byte: int) -> bool:
    digit, letter = ZERO <= byte <= NINE, SMALL_A <= byte <= SMALL_Z
    return digit or letter or byte in (PLUS, MINUS, POINT, CAPITAL_E)


@jit
def value_end(data: Bytes, offset: int, stop: int) -> int:
    """Return where the value that begins at offset is over, or -1; brackets are balanced, not checked further."""
    if offset < stop and data[offset] == QUOTE:
        end = string_end(data, offset, stop)
        return end + 1 if end >= 0 else -1
    start, depth = offset, 0
    while offset < stop:
        byte = data[offset]
        if byte == QUOTE:
            offset = string_end(data, offset, stop)
            if offset < 0:
                return -1
        elif byte in (OPEN, OPEN_LIST):
            depth += 1
        elif byte in (CLOSE, CLOSE_LIST):
            depth -= 1
            if depth <= 0:
                return offset + 1 if depth == 0 else (offset if offset > start else -1)
        elif depth == 0 and not _bare(byte):
            return offset if offset > start else -1
        offset += 1
    return -1


@jit_inline
def member(data: Bytes, offset: int, stop: int) -> tuple[int, int, int]:
    """Return where the key begins and ends and where its value begins, or -1 as the last."""
    offset = past_blanks(data, offset, stop)
    end = string_end(data, offset, stop)
    if end < 0:
        return offset, end, -1
    colon = past_blanks(data, end + 1, stop)
    if colon >= stop or data[colon] != COLON:
        return offset, end, -1
    return offset + 1, end, past_blanks(data, colon + 1, stop)


@jit_inline
def next_member(data: Bytes, offset: int, stop: int) -> tuple[int, bool]:
    """Return where the next key begins and whether there is one; -1 where neither a comma nor a bracket follows."""
    offset = past_blanks(data, offset, stop)
    if offset < stop and data[offset] == COMMA:
        return offset + 1, True
    return (offset + 1, False) if offset < stop and data[offset] == CLOSE else (-1, False)


@jit_inline
def trimmed(data: Bytes, start: int, stop: int) -> int:
    """Return where the payload ends without the escaped line breaks at its end."""
    while (
        stop - 2 >= start and data[stop - 2] == BACKSLASH and (data[stop - 1] == SMALL_N or data[stop - 1] == SMALL_R)
    ):
        stop -= 2
    return stop


@jit_inline
def end_of_line(data: Bytes, start: int, stop: int) -> int:
    """Return where the line ends, without its line break."""
    offset, last = np.uint64(start), np.uint64(stop)
    while offset < last and data[offset] != NEWLINE:
        offset += ONE
    return int(np.int64(offset))
