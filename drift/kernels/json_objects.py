"""JSON objects, scanned without being built: where members and values begin and end."""

import numpy as np

from modelyard.drift.jit import jit, jit_inline
from modelyard.drift.kernels.arrays import Bytes

_QUOTE, _BACKSLASH, _COMMA, _COLON = ord('"'), ord("\\"), ord(","), ord(":")
_OPEN, _CLOSE, _OPEN_LIST, _CLOSE_LIST = ord("{"), ord("}"), ord("["), ord("]")
_NEWLINE, _SPACE, _TAB = ord("\n"), ord(" "), ord("\t")
_SMALL_N, _SMALL_R = ord("n"), ord("r")
_ZERO, _NINE, _SMALL_A, _SMALL_Z, _CAPITAL_E = ord("0"), ord("9"), ord("a"), ord("z"), ord("E")
_PLUS, _MINUS, _POINT = ord("+"), ord("-"), ord(".")
_ONE, _TWO = np.uint64(1), np.uint64(2)


@jit_inline
def past_blanks(data: Bytes, place: int, stop: int) -> int:
    """Return the first place that is neither a space nor a tab."""
    while place < stop and (data[place] == _SPACE or data[place] == _TAB):
        place += 1
    return place


@jit
def string_end(data: Bytes, start: int, stop: int) -> int:
    """Return where the string that begins at start has its closing quote, or -1."""
    if start >= stop or data[start] != _QUOTE:
        return -1
    # an unsigned index cannot count from the end, which would be looked at for each byte
    place, last = np.uint64(start + 1), np.uint64(stop)
    while place < last and data[place] != _QUOTE and data[place] >= _SPACE:
        place += _TWO if data[place] == _BACKSLASH else _ONE
    return int(np.int64(place)) if place < last and data[place] == _QUOTE else -1


@jit_inline
def _bare(byte: int) -> bool:
    digit, letter = _ZERO <= byte <= _NINE, _SMALL_A <= byte <= _SMALL_Z
    return digit or letter or byte in (_PLUS, _MINUS, _POINT, _CAPITAL_E)


@jit
def value_end(data: Bytes, place: int, stop: int) -> int:
    """Return where the value that begins at place is over, or -1; brackets are balanced, not checked further."""
    if place < stop and data[place] == _QUOTE:
        end = string_end(data, place, stop)
        return end + 1 if end >= 0 else -1
    start, depth = place, 0
    while place < stop:
        byte = data[place]
        if byte == _QUOTE:
            place = string_end(data, place, stop)
            if place < 0:
                return -1
        elif byte in (_OPEN, _OPEN_LIST):
            depth += 1
        elif byte in (_CLOSE, _CLOSE_LIST):
            depth -= 1
            if depth <= 0:
                return place + 1 if depth == 0 else (place if place > start else -1)
        elif depth == 0 and not _bare(byte):
            return place if place > start else -1
        place += 1
    return -1


@jit_inline
def member(data: Bytes, place: int, stop: int) -> tuple[int, int, int]:
    """Return where the key begins and ends and where its value begins, or -1 as the last."""
    place = past_blanks(data, place, stop)
    end = string_end(data, place, stop)
    if end < 0:
        return place, end, -1
    colon = past_blanks(data, end + 1, stop)
    if colon >= stop or data[colon] != _COLON:
        return place, end, -1
    return place + 1, end, past_blanks(data, colon + 1, stop)


@jit_inline
def next_member(data: Bytes, place: int, stop: int) -> tuple[int, bool]:
    """Return where the next key begins and whether there is one; -1 where neither a comma nor a bracket follows."""
    place = past_blanks(data, place, stop)
    if place < stop and data[place] == _COMMA:
        return place + 1, True
    return (place + 1, False) if place < stop and data[place] == _CLOSE else (-1, False)


@jit_inline
def trimmed(data: Bytes, start: int, stop: int) -> int:
    """Return where the payload ends without the escaped line breaks at its end."""
    while (
        stop - 2 >= start
        and data[stop - 2] == _BACKSLASH
        and (data[stop - 1] == _SMALL_N or data[stop - 1] == _SMALL_R)
    ):
        stop -= 2
    return stop


@jit_inline
def end_of_line(data: Bytes, start: int, stop: int) -> int:
    """Return where the line ends, without its line break."""
    place, last = np.uint64(start), np.uint64(stop)
    while place < last and data[place] != _NEWLINE:
        place += _ONE
    return int(np.int64(place))
