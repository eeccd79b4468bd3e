"""Captured records whose payloads are one CSV row each, straight to CSV.

A line is taken only when every part of it is what the service writes; any other is left to Python, which
knows the rest of the format. Source: Model Monitor's data capture, one JSON object a line.
"""

import numpy as np

from modelyard.drift.jit import jit, jit_entry, jit_inline
from modelyard.drift.kernels.arrays import Bytes, Integers
from modelyard.drift.kernels.byte_strings import as_bytes, equals_bytes
from modelyard.drift.kernels.json_objects import end_of_line, member, next_member, past_blanks, trimmed, value_end

QUOTE, BACKSLASH, COMMA, OPEN = ord('"'), ord("\\"), ord(","), ord("{")
NEWLINE, RETURN, SPACE, TAB = ord("\n"), ord("\r"), ord(" "), ord("\t")
SMALL_N, SMALL_R, SMALL_T, SLASH = ord("n"), ord("r"), ord("t"), ord("/")

ONE = np.uint64(1)

CAPTURE, _INPUT, _OUTPUT = as_bytes("captureData"), as_bytes("endpointInput"), as_bytes("endpointOutput")
DATA, ENCODING, CSV = as_bytes("data"), as_bytes("encoding"), as_bytes("CSV")

# what a scan leaves behind: where a payload begins and ends, and whether its encoding is CSV
INPUT, OUTPUT, SPAN_SLOTS = 0, 3, 6


@jit_inline
def _note(data: Bytes, key: int, key_end: int, value: int, end: int, spans: Integers, at: int) -> None:
    if equals_bytes(data, key, key_end, DATA) and data[value] == QUOTE:
        spans[at], spans[at + 1] = value + 1, end - 1
    elif equals_bytes(data, key, key_end, ENCODING):
        spans[at + 2] = equals_bytes(data, value + 1, end - 1, CSV)


@jit
def payload(data: Bytes, offset: int, stop: int, spans: Integers, at: int) -> int:
    """Find a payload's data and encoding in the object that begins at the offset.

    They are noted from spans[at] on. Return where the object is over, or -1.
    """
    more = offset < stop and data[offset] == OPEN
    offset = offset + 1 if more else -1
    while more:
        key, key_end, value = member(data, offset, stop)
        end = value_end(data, value, stop) if value >= 0 else -1
        if end < 0:
            return -1
        _note(data, key, key_end, value, end, spans, at)
        offset, more = next_member(data, end, stop)
    return offset


@jit
def sides(data: Bytes, offset: int, stop: int, spans: Integers) -> int:
    """Find the payloads of a captureData object. Return where it is over, or -1 for one of other members."""
    more = offset < stop and data[offset] == OPEN
    offset = offset + 1 if more else -1
    while more:
        key, key_end, value = member(data, offset, stop)
        if value < 0:
            return -1
        output = equals_bytes(data, key, key_end, _OUTPUT)
        if not output and not equals_bytes(data, key, key_end, _INPUT):
            return -1
        end = payload(data, value, stop, spans, OUTPUT if output else INPUT)
        offset, more = next_member(data, end, stop) if end >= 0 else (-1, False)
    return offset


@jit_inline
def _scan(data: Bytes, offset: int, stop: int, spans: Integers) -> int:
    more = offset < stop and data[offset] == OPEN
    offset = offset + 1 if more else -1
    while more:
        key, key_end, value = member(data, offset, stop)
        if value < 0:
            return -1
        capture = equals_bytes(data, key, key_end, CAPTURE)
        end = sides(data, value, stop, spans) if capture else value_end(data, value, stop)
        offset, more = next_member(data, end, stop) if end >= 0 else (-1, False)
    return offset


@jit_inline
def _escaped(byte: int) -> int:
    if byte == SMALL_N:
        return NEWLINE
    if byte == SMALL_R:
        return RETURN
    if byte == SMALL_T:
        return TAB
    # a quote may open a field that runs over several lines: for Python
    return byte if byte in (BACKSLASH, SLASH) else 0


@jit
def _copy_row(data: Bytes, start: int, stop: int, out: Bytes, at: int) -> tuple[int, int]:
    """Copy a payload of one row. Return where it ends and its commas, or -1 for one that Python has to read."""
    offset, last, to = np.uint64(start), np.uint64(trimmed(data, start, stop)), np.uint64(at)
    commas, blank = 0, True
    while offset < last:
        byte = data[offset]
        if byte == BACKSLASH:
            offset += ONE
            byte = _escaped(data[offset])
            if byte == 0 or byte in (NEWLINE, RETURN):
                return -1, 0
        commas += byte == COMMA
        blank = blank and (byte in (SPACE, TAB))
        out[to] = byte
        to += ONE
        offset += ONE
    return (-1, 0) if blank else (int(np.int64(to)), commas)


@jit_inline
def _row(data: Bytes, spans: Integers, out: Bytes, at: int) -> tuple[int, int]:
    at, commas = _copy_row(data, spans[OUTPUT], spans[OUTPUT + 1], out, at)
    if at < 0:
        return -1, 0
    out[at] = COMMA
    at, others = _copy_row(data, spans[INPUT], spans[INPUT + 1], out, at + 1)
    return at, commas + others + 2


@jit_inline
def _take_line(data: Bytes, offset: int, stop: int, spans: Integers, out: Bytes, at: int) -> tuple[int, int, int]:
    """Return where the line's object ends (-1 when Python has to read it), where the copy ends, and its fields."""
    spans[:] = 0
    end = _scan(data, offset, stop, spans)
    if end < 0 or spans[INPUT + 2] == 0 or spans[OUTPUT + 2] == 0 or spans[INPUT] == 0 or spans[OUTPUT] == 0:
        return -1, at, 0
    copied, width = _row(data, spans, out, at)
    return (end, copied, width) if copied >= 0 else (-1, at, 0)


@jit_entry
def take_captures(data: Bytes, offset: int, stop: int, out: Bytes, state: Integers) -> int:
    """Copy the rows of whole lines of data[offset:stop] as CSV records. Return where a line for Python begins, or stop.

    The state (3 numbers and room for the scan) gets where the copy ends, its records and its widest one.
    The copy is never longer than the lines.
    """
    at, records, widest = 0, 0, 0
    spans = state[3:]
    while offset < stop:
        line_end = end_of_line(data, offset, stop)
        end, copied, width = _take_line(data, offset, line_end, spans, out, at)
        rest = past_blanks(data, end, line_end) if end >= 0 else -1
        if rest < 0 or (rest < line_end and data[rest] != RETURN):
            break
        out[copied] = NEWLINE
        at, records, widest = copied + 1, records + 1, max(widest, width)
        offset = line_end + 1
    state[0], state[1], state[2] = at, records, widest
    return min(offset, stop)
