"""Where captured records, labels and merged lines have what a merge and a comparison need.

As in drift.kernels.captures a line is found only when all of it is what the service writes; any other is left
to Python, which knows the rest of the format.
"""

from modelyard.drift.jit import jit, jit_entry, jit_inline
from modelyard.drift.kernels.arrays import Bytes, Integers
from modelyard.drift.kernels.byte_strings import as_bytes, equals_bytes
from modelyard.drift.kernels.captures import OUTPUT, SPAN_SLOTS, payload, sides
from modelyard.drift.kernels.columns import (
    CAPTURED,
    ID,
    ID_END,
    LABEL,
    LINE,
    LINE_END,
    OBJECT,
    OBJECT_END,
    RESPONSE,
)
from modelyard.drift.kernels.json_objects import end_of_line, member, next_member, past_blanks, trimmed, value_end

QUOTE, BACKSLASH, OPEN, RETURN = ord('"'), ord("\\"), ord("{"), ord("\r")
SPACE, TAB, BEYOND = ord(" "), ord("\t"), 0x80
CAPTURE, _GROUND_TRUTH, METADATA = as_bytes("captureData"), as_bytes("groundTruthData"), as_bytes("eventMetadata")
EVENT, INFERENCE = as_bytes("eventId"), as_bytes("inferenceId")

# beyond what a capture's scan leaves behind, from SPAN_SLOTS on
GROUND_TRUTH, GROUND_TRUTH_OBJECT, EVENT_ID, INFERENCE_ID, HAS_CAPTURE = (
    SPAN_SLOTS,
    SPAN_SLOTS + 3,
    SPAN_SLOTS + 5,
    SPAN_SLOTS + 7,
    SPAN_SLOTS + 9,
)
ROOM = SPAN_SLOTS + 10


@jit
def _metadata(data: Bytes, offset: int, stop: int, spans: Integers) -> int:
    more = offset < stop and data[offset] == OPEN
    offset = offset + 1 if more else -1
    while more:
        key, key_end, value = member(data, offset, stop)
        end = value_end(data, value, stop) if value >= 0 else -1
        if end < 0:
            return -1
        for at, word in ((EVENT_ID, EVENT), (INFERENCE_ID, INFERENCE)):
            if equals_bytes(data, key, key_end, word):
                # an id that is no text is none
                text = data[value] == QUOTE
                spans[at], spans[at + 1] = (value + 1, end - 1) if text else (0, 0)
        offset, more = next_member(data, end, stop)
    return offset


@jit_inline
def _part(data: Bytes, key: int, key_end: int, value: int, stop: int, spans: Integers) -> int:
    if equals_bytes(data, key, key_end, CAPTURE):
        spans[HAS_CAPTURE] = 1
        return sides(data, value, stop, spans)
    if equals_bytes(data, key, key_end, _GROUND_TRUTH):
        end = payload(data, value, stop, spans, GROUND_TRUTH)
        spans[GROUND_TRUTH_OBJECT], spans[GROUND_TRUTH_OBJECT + 1] = value, end
        return end
    if equals_bytes(data, key, key_end, METADATA):
        return _metadata(data, value, stop, spans)
    return value_end(data, value, stop)


@jit_inline
def _scan(data: Bytes, offset: int, stop: int, spans: Integers) -> int:
    more = offset < stop and data[offset] == OPEN
    offset = offset + 1 if more else -1
    while more:
        key, key_end, value = member(data, offset, stop)
        end = _part(data, key, key_end, value, stop, spans) if value >= 0 else -1
        offset, more = next_member(data, end, stop) if end >= 0 else (-1, False)
    return offset


@jit_inline
def _plain(data: Bytes, start: int, stop: int) -> bool:
    """Return whether the text is ASCII without escapes, and more than blanks.

    Beyond ASCII there are more line breaks than JSON has.
    """
    blank = True
    for offset in range(start, stop):
        if data[offset] == BACKSLASH or data[offset] >= BEYOND:
            return False
        blank = blank and (data[offset] in (SPACE, TAB))
    return not blank


@jit_inline
def _note_value(data: Bytes, spans: Integers, at: int, row: Integers, column: int) -> None:
    """Note a CSV payload without the line breaks at its end, nothing for one that Python has to read."""
    start = spans[at]
    stop = trimmed(data, start, spans[at + 1])
    if start > 0 and spans[at + 2] != 0 and _plain(data, start, stop):
        row[column], row[column + 1] = start, stop


@jit_inline
def _note_id(data: Bytes, spans: Integers, row: Integers, label: bool) -> bool:
    at = INFERENCE_ID if spans[INFERENCE_ID + 1] > spans[INFERENCE_ID] and not label else EVENT_ID
    row[ID], row[ID_END] = spans[at], spans[at + 1]
    return _plain(data, spans[at], spans[at + 1])


@jit_inline
def _read_line(data: Bytes, offset: int, stop: int, spans: Integers, row: Integers) -> None:
    spans[:] = 0
    row[:] = 0
    end = _scan(data, offset, stop, spans)
    rest = past_blanks(data, end, stop) if end >= 0 else -1
    row[LINE], row[LINE_END] = offset, -1
    if rest < 0 or (rest < stop and (data[rest] != RETURN or rest + 1 < stop)):
        return
    label = spans[HAS_CAPTURE] == 0
    if label and spans[GROUND_TRUTH] == 0:
        return
    if not _note_id(data, spans, row, label):
        return
    _note_value(data, spans, OUTPUT, row, RESPONSE)
    _note_value(data, spans, GROUND_TRUTH, row, LABEL)
    row[CAPTURED] = spans[HAS_CAPTURE]
    row[OBJECT], row[OBJECT_END] = spans[GROUND_TRUTH_OBJECT], spans[GROUND_TRUTH_OBJECT + 1]
    row[LINE_END] = end


@jit_entry
def find_records(data: Bytes, stop: int, spans: Integers, rows: Integers) -> int:
    """Find the parts of each line of data[:stop], one row of COLUMNS offsets a line; return how many lines.

    A part that is not there, or that Python has to read, begins and ends at 0. Where the second offset is -1
    Python has to read the whole line.
    """
    offset, count = 0, 0
    while offset < stop:
        line_end = end_of_line(data, offset, stop)
        _read_line(data, offset, line_end, spans, rows[count])
        offset, count = line_end + 1, count + 1
    return count
