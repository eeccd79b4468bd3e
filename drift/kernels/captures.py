"""Captured records whose payloads are one CSV row each, straight to CSV.

A line is taken only when every part of it is what the service writes; any other is left to Python, which
knows the rest of the format. Source: Model Monitor's data capture, one JSON object a line.
"""

import numpy as np

from drift.compiled import called, entry, inner
from drift.kernels.arrays import Bytes, Integers
from drift.kernels.spelling import as_bytes, spells

_QUOTE, _BACKSLASH, _COMMA, _COLON = ord('"'), ord("\\"), ord(","), ord(":")
_OPEN, _CLOSE, _OPEN_LIST, _CLOSE_LIST = ord("{"), ord("}"), ord("["), ord("]")
_NEWLINE, _RETURN, _SPACE, _TAB = ord("\n"), ord("\r"), ord(" "), ord("\t")
_SMALL_N, _SMALL_R, _SMALL_T, _SLASH = ord("n"), ord("r"), ord("t"), ord("/")

_ZERO, _NINE, _SMALL_A, _SMALL_Z, _CAPITAL_E = ord("0"), ord("9"), ord("a"), ord("z"), ord("E")
_PLUS, _MINUS, _POINT = ord("+"), ord("-"), ord(".")

_ONE, _TWO = np.uint64(1), np.uint64(2)

_CAPTURE, _INPUT, _OUTPUT = as_bytes("captureData"), as_bytes("endpointInput"), as_bytes("endpointOutput")
_DATA, _ENCODING, _CSV = as_bytes("data"), as_bytes("encoding"), as_bytes("CSV")

# what a scan leaves behind: where the payloads are, and which encodings were CSV
INPUT_START, INPUT_STOP, OUTPUT_START, OUTPUT_STOP, INPUT_CSV, OUTPUT_CSV = range(6)
FOUND = 6


@inner
def _blank(data: Bytes, place: int, stop: int) -> int:
    while place < stop and (data[place] == _SPACE or data[place] == _TAB):
        place += 1
    return place


@called
def _string_end(data: Bytes, start: int, stop: int) -> int:
    """Return where the string that begins at start has its closing quote, or -1."""
    if start >= stop or data[start] != _QUOTE:
        return -1
    # an unsigned index cannot count from the end, which would be looked at for each byte
    place, last = np.uint64(start + 1), np.uint64(stop)
    while place < last and data[place] != _QUOTE and data[place] >= _SPACE:
        place += _TWO if data[place] == _BACKSLASH else _ONE
    return int(np.int64(place)) if place < last and data[place] == _QUOTE else -1


@inner
def _bare(byte: int) -> bool:
    digit, letter = _ZERO <= byte <= _NINE, _SMALL_A <= byte <= _SMALL_Z
    return digit or letter or byte in (_PLUS, _MINUS, _POINT, _CAPITAL_E)


@called
def _value_end(data: Bytes, place: int, stop: int) -> int:
    """Return where the value that begins at place is over, or -1.

    Brackets are balanced, not checked further.
    """
    if place < stop and data[place] == _QUOTE:
        end = _string_end(data, place, stop)
        return end + 1 if end >= 0 else -1
    start, depth = place, 0
    while place < stop:
        byte = data[place]
        if byte == _QUOTE:
            place = _string_end(data, place, stop)
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


@inner
def _member(data: Bytes, place: int, stop: int) -> tuple[int, int, int]:
    """Return where the key begins and ends and where its value begins, or -1 as the last."""
    place = _blank(data, place, stop)
    end = _string_end(data, place, stop)
    if end < 0:
        return place, end, -1
    colon = _blank(data, end + 1, stop)
    if colon >= stop or data[colon] != _COLON:
        return place, end, -1
    return place + 1, end, _blank(data, colon + 1, stop)


@inner
def _note_payload(data: Bytes, key: int, key_end: int, value: int, end: int, found: Integers, output: bool) -> None:
    if spells(data, key, key_end, _DATA) and data[value] == _QUOTE:
        found[OUTPUT_START if output else INPUT_START] = value + 1
        found[OUTPUT_STOP if output else INPUT_STOP] = end - 1
    elif spells(data, key, key_end, _ENCODING):
        found[OUTPUT_CSV if output else INPUT_CSV] = spells(data, value + 1, end - 1, _CSV)


@inner
def _next_member(data: Bytes, place: int, stop: int) -> tuple[int, bool]:
    """Return where the next key begins and whether there is one.

    -1 where neither a comma nor a bracket follows.
    """
    place = _blank(data, place, stop)
    if place < stop and data[place] == _COMMA:
        return place + 1, True
    return (place + 1, False) if place < stop and data[place] == _CLOSE else (-1, False)


@called
def _side(data: Bytes, place: int, stop: int, found: Integers, output: bool) -> int:
    more = place < stop and data[place] == _OPEN
    place = place + 1 if more else -1
    while more:
        key, key_end, value = _member(data, place, stop)
        end = _value_end(data, value, stop) if value >= 0 else -1
        if end < 0:
            return -1
        _note_payload(data, key, key_end, value, end, found, output)
        place, more = _next_member(data, end, stop)
    return place


@called
def _sides(data: Bytes, place: int, stop: int, found: Integers) -> int:
    more = place < stop and data[place] == _OPEN
    place = place + 1 if more else -1
    while more:
        key, key_end, value = _member(data, place, stop)
        if value < 0:
            return -1
        output = spells(data, key, key_end, _OUTPUT)
        if not output and not spells(data, key, key_end, _INPUT):
            return -1
        end = _side(data, value, stop, found, output)
        place, more = _next_member(data, end, stop) if end >= 0 else (-1, False)
    return place


@inner
def _scan(data: Bytes, place: int, stop: int, found: Integers) -> int:
    more = place < stop and data[place] == _OPEN
    place = place + 1 if more else -1
    while more:
        key, key_end, value = _member(data, place, stop)
        if value < 0:
            return -1
        capture = spells(data, key, key_end, _CAPTURE)
        end = _sides(data, value, stop, found) if capture else _value_end(data, value, stop)
        place, more = _next_member(data, end, stop) if end >= 0 else (-1, False)
    return place


@inner
def _escaped(byte: int) -> int:
    if byte == _SMALL_N:
        return _NEWLINE
    if byte == _SMALL_R:
        return _RETURN
    if byte == _SMALL_T:
        return _TAB
    # a quote may open a field that runs over several lines: for Python
    return byte if byte in (_BACKSLASH, _SLASH) else 0


@inner
def _trimmed(data: Bytes, start: int, stop: int) -> int:
    """Return where the payload ends without the escaped line breaks at its end."""
    while (
        stop - 2 >= start
        and data[stop - 2] == _BACKSLASH
        and (data[stop - 1] == _SMALL_N or data[stop - 1] == _SMALL_R)
    ):
        stop -= 2
    return stop


@called
def _copy_row(data: Bytes, start: int, stop: int, out: Bytes, at: int) -> tuple[int, int]:
    """Copy a payload of one row.

    Return where it ends and its commas, or -1 for one that Python has to read.
    """
    place, last, to = np.uint64(start), np.uint64(_trimmed(data, start, stop)), np.uint64(at)
    commas, blank = 0, True
    while place < last:
        byte = data[place]
        if byte == _BACKSLASH:
            place += _ONE
            byte = _escaped(data[place])
            if byte == 0 or byte in (_NEWLINE, _RETURN):
                return -1, 0
        commas += byte == _COMMA
        blank = blank and (byte in (_SPACE, _TAB))
        out[to] = byte
        to += _ONE
        place += _ONE
    return (-1, 0) if blank else (int(np.int64(to)), commas)


@inner
def _row(data: Bytes, found: Integers, out: Bytes, at: int) -> tuple[int, int]:
    at, commas = _copy_row(data, found[OUTPUT_START], found[OUTPUT_STOP], out, at)
    if at < 0:
        return -1, 0
    out[at] = _COMMA
    at, others = _copy_row(data, found[INPUT_START], found[INPUT_STOP], out, at + 1)
    return at, commas + others + 2


@inner
def _line_end(data: Bytes, start: int, stop: int) -> int:
    place, last = np.uint64(start), np.uint64(stop)
    while place < last and data[place] != _NEWLINE:
        place += _ONE
    return int(np.int64(place))


@inner
def _take_line(data: Bytes, place: int, stop: int, found: Integers, out: Bytes, at: int) -> tuple[int, int, int]:
    """Return where the line's object ends.

    -1 when Python has to read it), where the copy ends, and its fields.
    """
    found[:] = 0
    end = _scan(data, place, stop, found)
    if (
        end < 0
        or found[INPUT_CSV] == 0
        or found[OUTPUT_CSV] == 0
        or found[INPUT_START] == 0
        or found[OUTPUT_START] == 0
    ):
        return -1, at, 0
    copied, width = _row(data, found, out, at)
    return (end, copied, width) if copied >= 0 else (-1, at, 0)


@entry
def take_captures(data: Bytes, place: int, stop: int, out: Bytes, state: Integers) -> int:
    """Copy the rows of whole lines of data[place:stop] as CSV records.

    Return where a line for Python begins, or stop.

    The state (3 numbers and room for the scan) gets where the copy ends, its records and its widest one.
    The copy is never longer than the lines.
    """
    at, records, widest = 0, 0, 0
    found = state[3:]
    while place < stop:
        line_end = _line_end(data, place, stop)
        end, copied, width = _take_line(data, place, line_end, found, out, at)
        rest = _blank(data, end, line_end) if end >= 0 else -1
        if rest < 0 or (rest < line_end and data[rest] != _RETURN):
            break
        out[copied] = _NEWLINE
        at, records, widest = copied + 1, records + 1, max(widest, width)
        place = line_end + 1
    state[0], state[1], state[2] = at, records, widest
    return min(place, stop)
