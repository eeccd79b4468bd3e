"""CSV records to counts, distinct values and numbers, in one pass.

A column with few different values is read through a small table, so that most fields cost one look-up:
neither parsed nor hashed again. A column with many is parsed and hashed field by field.
"""

from typing import NamedTuple

import numpy as np

from modelyard.drift.jit import jit, jit_entry, jit_inline
from modelyard.drift.kernels.arrays import Bytes, Doubles, Flags, Integers, Records
from modelyard.drift.kernels.fields import read_field
from modelyard.drift.kernels.hashing import little_endian, xxh64

UNREAD = 16
SHORT, LONG, WIDEST, MOST, QUOTED_IS_MISSING = 0, 1, 2, 3, 4
ROWS, NOT_READ, ADDED = 0, 1, 2
# What is known of a text: side by side in memory, because a field needs all of it at once.
SLOT = np.dtype([("key", np.uint64), ("hits", np.int64), ("value", np.float64), ("kind", np.int64)])

COMMA, QUOTE, NEWLINE, RETURN = (ord(byte) for byte in ',"\n\r')
SPACE, TAB = ord(" "), ord("\t")
ONE = np.uint64(1)
SPREAD = np.uint64(0x9E3779B185EBCA87)
TO_SLOT = np.uint64(40)
REGISTER_BITS = np.uint64(9)
TO_REGISTER = np.uint64(64 - 9)
PADDING = np.uint64(1 << 8)
LENGTH_SHIFT = np.uint64(56)
TOP = np.uint64(1 << 63)


class Columns(NamedTuple):
    """What is known of each column so far: the first axis of every array is the column."""

    kinds: Integers  # (columns, 5): fields of each class, those that were known left out
    registers: Flags  # (columns, REGISTERS): HyperLogLog++
    tracked: Integers  # (columns,): different values in the table; more than the most when no more are added
    watched: Flags  # (columns,): 1 where the table is looked up even then
    table: Records  # (columns, slots): a power of two, at least twice what is ever in the table
    short: Integers  # (columns, 256): 1 + the slot of a text of one byte, which most texts of flags are
    # (5,): short rows, long rows, widest row, the most values that a table tracks, whether "" is no value
    totals: Integers


class Numbers(NamedTuple):
    """The numbers of one chunk."""

    values: Doubles  # (columns, rows)
    counts: Integers  # (columns,)
    unread: Integers  # (capacity, 5): column, position, slot, start and stop of numbers that Python has to read
    added: Integers  # (capacity, 4): column, slot, start and stop of texts that are new in a table
    progress: Integers  # (3,): rows in this chunk, entries of unread and of added


@jit_inline
def _key(data: Bytes, start: int, stop: int) -> np.uint64:
    size = stop - start
    if size <= 7:
        return little_endian(data, start, size) | np.uint64(size) << LENGTH_SHIFT
    return xxh64(data, start, stop)


@jit_inline
def _note_distinct(registers: Flags, column: int, digest: np.uint64) -> None:
    register = digest >> TO_REGISTER
    rest = (digest << REGISTER_BITS) | PADDING
    rank = 1
    while rest & TOP == np.uint64(0):
        rest = rest << np.uint64(1)
        rank += 1
    registers[column, register] = max(registers[column, register], rank)


@jit_inline
def _slot(columns: Columns, column: int, key: np.uint64) -> int:
    last = int(columns.table.shape[1]) - 1
    slot = int((key * SPREAD) >> TO_SLOT) & last
    while columns.table["hits"][column, slot] > 0 and columns.table["key"][column, slot] != key:
        slot = (slot + 1) & last
    return slot


@jit_inline
def _keep_number(numbers: Numbers, column: int, value: float) -> None:
    position = numbers.counts[column]
    numbers.values[column, position] = value
    numbers.counts[column] = position + 1


@jit_inline
def _leave_to_python(numbers: Numbers, column: int, slot: int, start: int, stop: int) -> None:
    entry_number = numbers.progress[NOT_READ]
    numbers.unread[entry_number, 0] = column
    numbers.unread[entry_number, 1] = numbers.counts[column]
    numbers.unread[entry_number, 2] = slot
    numbers.unread[entry_number, 3] = start
    numbers.unread[entry_number, 4] = stop
    numbers.progress[NOT_READ] = entry_number + 1
    _keep_number(numbers, column, 0.0)


@jit_inline
def _take(columns: Columns, numbers: Numbers, column: int, kind: int, value: float) -> None:
    columns.kinds[column, kind] += 1
    if value == value:
        _keep_number(numbers, column, value)


@jit_inline
def _read(columns: Columns, numbers: Numbers, column: int, data: Bytes, start: int, stop: int, slot: int) -> None:
    kind, value, unread = read_field(data, start, stop)
    _note_distinct(columns.registers, column, xxh64(data, start, stop))
    _take(columns, numbers, column, kind, value)
    if unread:
        _leave_to_python(numbers, column, slot, start, stop)
    if slot >= 0:
        columns.table["kind"][column, slot] = kind + (UNREAD if unread else 0)
        columns.table["value"][column, slot] = value


@jit_inline
def _insert(columns: Columns, numbers: Numbers, column: int, slot: int, key: np.uint64, start: int, stop: int) -> None:
    columns.tracked[column] += 1
    columns.table["key"][column, slot] = key
    entry_number = numbers.progress[ADDED]
    numbers.added[entry_number, 0] = column
    numbers.added[entry_number, 1] = slot
    numbers.added[entry_number, 2] = start
    numbers.added[entry_number, 3] = stop
    numbers.progress[ADDED] = entry_number + 1


@jit_inline
def _known(columns: Columns, numbers: Numbers, column: int, slot: int, start: int, stop: int) -> None:
    columns.table["hits"][column, slot] += 1
    value = columns.table["value"][column, slot]
    if value == value:
        _keep_number(numbers, column, value)
    elif columns.table["kind"][column, slot] >= UNREAD:
        _leave_to_python(numbers, column, slot, start, stop)


@jit_inline
def _found(columns: Columns, numbers: Numbers, column: int, data: Bytes, start: int, stop: int) -> int:
    """Return the text's slot, taken for it if there is room, or -1."""
    key = _key(data, start, stop)
    slot = _slot(columns, column, key)
    if columns.table["hits"][column, slot] == 0:
        if columns.tracked[column] > columns.totals[MOST]:
            return -1
        _insert(columns, numbers, column, slot, key, start, stop)
        if stop - start == 1:
            columns.short[column, data[start]] = slot + 1
    return slot


@jit_inline
def _observe(columns: Columns, numbers: Numbers, column: int, data: Bytes, start: int, stop: int) -> None:
    slot = int(columns.short[column, data[start]]) - 1 if stop - start == 1 else -1
    if slot < 0 and (columns.tracked[column] <= columns.totals[MOST] or columns.watched[column]):
        slot = _found(columns, numbers, column, data, start, stop)
    if slot >= 0 and columns.table["hits"][column, slot] > 0:
        _known(columns, numbers, column, slot, start, stop)
        return
    if slot >= 0:
        columns.table["hits"][column, slot] = 1
    _read(columns, numbers, column, data, start, stop, slot)


@jit_inline
def _ends_field(byte: int) -> bool:
    # digits and letters lie above the comma: one comparison for most bytes
    return byte <= COMMA and byte in (COMMA, NEWLINE, RETURN)


@jit_inline
def _is_escaped_quote(data: Bytes, offset: int, stop: int) -> bool:
    return bool(data[offset] == QUOTE and offset + 1 < stop and data[offset + 1] == QUOTE)


@jit
def _after_quoted(data: Bytes, offset: int, stop: int) -> int:
    """Return where the quoted text that begins at offset ends, or stop when it does not end."""
    offset += 1
    while offset < stop and (data[offset] != QUOTE or _is_escaped_quote(data, offset, stop)):
        offset += 2 if _is_escaped_quote(data, offset, stop) else 1
    return offset


@jit
def _unquoted(data: Bytes, offset: int, stop: int) -> tuple[int, int]:
    """Take the quotes away in the data itself; return where the text ends and where the field ends."""
    kept, closing = offset, _after_quoted(data, offset, stop)
    offset += 1
    while offset < stop and (offset < closing or not _ends_field(data[offset])):
        offset += offset == closing or (offset < closing and _is_escaped_quote(data, offset, stop))
        if offset < stop and (offset <= closing or not _ends_field(data[offset])):
            data[kept] = data[offset]
            kept += 1
            offset += 1
    return kept, offset


@jit_inline
def _field_end(data: Bytes, start: int, stop: int) -> int:
    # an unsigned index cannot count from the end, which would be looked at for each byte
    offset, last = np.uint64(start), np.uint64(stop)
    while offset < last and not _ends_field(data[offset]):
        offset += ONE
    return int(np.int64(offset))


@jit_inline
def _field(columns: Columns, numbers: Numbers, column: int, data: Bytes, offset: int, stop: int) -> int:
    quoted = offset < stop and data[offset] == QUOTE
    if quoted:
        text_end, end = _unquoted(data, offset, stop)
    else:
        end = _field_end(data, offset, stop)
        text_end = end
    if column < len(columns.tracked) and (text_end > offset or (quoted and columns.totals[QUOTED_IS_MISSING] == 0)):
        _observe(columns, numbers, column, data, offset, text_end)
    return end


@jit
def _after_blank(data: Bytes, offset: int, stop: int) -> int:
    """Return where the next line with anything on it begins."""
    start = offset
    while offset < stop and (data[offset] == SPACE or data[offset] == TAB):
        offset += 1
    while offset < stop and (data[offset] == NEWLINE or data[offset] == RETURN):
        offset += 1
        start = offset
        while offset < stop and (data[offset] == SPACE or data[offset] == TAB):
            offset += 1
    return offset if offset == stop else start


@jit_inline
def _record(columns: Columns, numbers: Numbers, data: Bytes, offset: int, stop: int) -> int:
    width, expected, more = 0, len(columns.tracked), True
    while more:
        offset = _field(columns, numbers, width, data, offset, stop)
        width += 1
        more = offset < stop and data[offset] == COMMA
        offset += more
    columns.totals[SHORT] += width < expected
    columns.totals[LONG] += width > expected
    columns.totals[WIDEST] = max(columns.totals[WIDEST], width)
    numbers.progress[ROWS] += 1
    return offset


@jit_entry
def read_records(columns: Columns, numbers: Numbers, data: Bytes, offset: int, stop: int) -> int:
    """Read whole records from data[offset:stop] until it ends or the numbers are full. Return where it stopped.

    The data are changed where a quoted field has to be unquoted.
    """
    most_rows = numbers.values.shape[1]
    # a record has room for each of its fields
    most_unread = numbers.unread.shape[0] - len(columns.tracked)
    most_added = numbers.added.shape[0] - len(columns.tracked)
    offset = _after_blank(data, offset, stop)
    while (
        offset < stop
        and numbers.progress[ROWS] < most_rows
        and numbers.progress[NOT_READ] <= most_unread
        and numbers.progress[ADDED] <= most_added
    ):
        offset = _after_blank(data, _record(columns, numbers, data, offset, stop), stop)
    return offset


@jit_entry
def last_record_end(data: Bytes, stop: int) -> int:
    """Return where the last whole record of data[:stop] ends, line breaks in quotes not counted; 0 when none does."""
    end, offset, fresh = 0, 0, True
    while offset < stop:
        if fresh and data[offset] == QUOTE:
            offset = _after_quoted(data, offset, stop)
        elif data[offset] == NEWLINE or data[offset] == RETURN:
            end = offset + 1
        fresh = offset < stop and _ends_field(data[offset])
        offset += 1
    return end


@jit_entry
def first_record_end(data: Bytes, offset: int, stop: int) -> int:
    """Return where the first record of data[offset:stop] with anything in it ends, its line break not counted."""
    offset = _after_blank(data, offset, stop)
    fresh = True
    while offset < stop and (data[offset] != NEWLINE and data[offset] != RETURN):
        if fresh and data[offset] == QUOTE:
            offset = _after_quoted(data, offset, stop)
        fresh = offset < stop and data[offset] == COMMA
        offset += offset < stop
    return offset
