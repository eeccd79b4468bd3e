"""Files of each format, held to the columns of `[data]`."""

import json
from collections.abc import Callable
from pathlib import Path

import polars
import pytest

from modelyard.manifest.data import Column
from modelyard.operations.data.rows import Row, body_of, form_of, rows
from modelyard.operations.failures import Failure

COLUMNS = (
    Column(name="town", kind="text"),
    Column(name="rooms", kind="integer"),
    Column(name="price", kind="number", missing=True),
)
CELLS = [("Linz, Urfahr", "3", "1.5"), ("Graz", "2", None)]
Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(text: str) -> Path:
        (tmp_path / "a.csv").write_text(text, encoding="utf-8")
        return tmp_path / "a.csv"

    return written


def faults(found: list[Row]) -> list[str]:
    return [fault for row in found for fault in row.faults.values()]


def read_csv(file: Path, *, header: bool = False) -> list[Row]:
    return list(rows(file, columns=COLUMNS, form="csv", header=header))


def read_json(file: Path) -> list[Row]:
    return list(rows(file, columns=COLUMNS, form="jsonl"))


def read_parquet(file: Path, **columns: list[object]) -> list[Row]:
    polars.DataFrame(columns).write_parquet(file)
    return list(rows(file, columns=COLUMNS, form="parquet"))


def test_the_three_formats_give_the_same_cells(write: Write, tmp_path: Path) -> None:
    text = '"Linz, Urfahr",3,1.5\n\nGraz,2,\n'
    records = [{"town": "Linz, Urfahr", "rooms": 3, "price": 1.5}, {"rooms": 2, "town": "Graz"}]
    parquet = read_parquet(
        tmp_path / "a.parquet", price=[1.5, float("nan")], rooms=[3, 2], town=["Linz, Urfahr", "Graz"]
    )
    plain = read_csv(write(text))
    headed = read_csv(write(f"town,rooms,price\n{text}"), header=True)
    json_lines = read_json(write("\n".join(map(json.dumps, records))))
    for found in (plain, headed, json_lines, parquet):
        assert [(row.cells, row.faults) for row in found] == [(cells, {}) for cells in CELLS]


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("Graz,2", "must have 3 cells (town,rooms,price), got 2; correct the line, or [data]"),
        (",2,1", "column town, must not be missing; fill it, or say missing = true of the column"),
        (
            "Graz,2.5,1",
            'column rooms, must be a whole number, got "2.5"; correct the cell, or the kind of the column under [data]',
        ),
        (
            "Graz,2,NA",
            'column price, must be a number, got "NA"; correct the cell, or the kind of the column under [data]; '
            "a missing cell is empty",
        ),
        (
            "Graz,2,\u0661",
            'column price, must be a number, got "\u0661"; correct the cell, or the kind of the column under [data]; '
            "a missing cell is empty",
        ),
        (
            "Graz,1_0,1",
            'column rooms, must be a whole number, got "1_0"; correct the cell, or the kind of the column under [data]',
        ),
        (
            "Graz,2,inf",
            'column price, must be a number, got "inf"; correct the cell, or the kind of the column under '
            "[data]; a missing cell is empty",
        ),
    ],
)
def test_a_cell_that_is_not_as_declared_is_named_by_file_line_and_column(write: Write, line: str, fault: str) -> None:
    file = write(f"Wien,1,1\n{line}\n")
    assert faults(read_csv(file)) == [f"{file}, line 2, {fault}"]


def test_a_header_is_as_the_channel_says(write: Write) -> None:
    file = write("town,rooms,price\nGraz,2,1\n")
    assert faults(read_csv(file)) == [
        f"{file}, line 1, must be a row, got the header town,rooms,price; "
        "remove the line, or say header = true of the channel"
    ]
    assert faults(read_csv(file, header=True)) == []
    assert faults(read_csv(write("town,rooms\n"), header=True))[0].endswith(
        "got nothing as column 3 in the place of price; put the columns into this order"
    )
    other = write("rooms,town,price\n2,Graz,1\n")
    assert faults(read_csv(other, header=True))[0] == (
        f"{other}, line 1, must be the header town,rooms,price, got rooms as column 1 in the place of town; "
        "put the columns into this order"
    )


def test_a_byte_order_mark_is_no_part_of_a_header_and_refused_before_a_row(write: Write) -> None:
    assert faults(read_csv(write("\ufefftown,rooms,price\nGraz,2,1\n"), header=True)) == []
    file = write("\ufeffGraz,2,1\n")
    assert faults(read_csv(file)) == [
        f"{file} must have no byte order mark, which would be part of its first cell; save it as UTF-8 without the mark"
    ]


@pytest.mark.parametrize(
    ("record", "fault"),
    [
        ('{"town": "Graz", "rooms": "2"}', 'column rooms, must be a whole number, got "2"; correct the cell'),
        ('{"town": "Graz", "rooms": true}', "column rooms, must be a whole number, got true; correct the cell"),
        ('{"town": 1, "rooms": 2}', "column town, must be a text, got 1; correct the cell"),
        ('{"town": "Graz", "rooms": 2, "price": NaN}', "column price, must be a number, got NaN; correct the cell"),
        ('{"town": null, "rooms": 2}', "column town, must not be missing; fill it"),
        ('{"town": "Graz", "rooms": 2, "x": 1}', "must have no key x, which is none of the columns of [data]; remove"),
        ("[1]", "must be an object of JSON, got [1]; write one a line"),
    ],
)
def test_a_value_of_json_is_held_to_its_kind(write: Write, record: str, fault: str) -> None:
    file = write(f"\n{record}\n")
    (found,) = faults(read_json(file))
    assert found.startswith(f"{file}, line 2, {fault}")


@pytest.mark.parametrize("number", ["1" * 400, "1e400"])
def test_numbers_of_any_length_are_read_or_refused(write: Write, number: str) -> None:
    found = read_json(write(f'{{"town": "Graz", "rooms": 2, "price": {number}}}\n'))
    assert [len(row.faults) for row in found] == [0 if number.isdigit() else 1]
    file = write(f"Graz,{number},{number}\n")
    assert set(read_csv(file)[0].faults) == ({"price"} if number.isdigit() else {"price", "rooms"})
    with pytest.raises(Failure, match="must be a record of JSON"):
        read_json(write("1" * 5000))


def test_a_line_that_is_no_json_is_refused(write: Write) -> None:
    with pytest.raises(Failure, match=r'a\.csv, line 1, must be a record of JSON, got {"town":; write one a line'):
        read_json(write('{"town": \n'))


def test_the_columns_of_parquet_are_held_to_their_kinds(tmp_path: Path) -> None:
    file = tmp_path / "a.parquet"
    assert sorted(faults(read_parquet(file, town=[True], price=["1"], x=[1]))) == [
        f"{file} must have a column price of kind number, got text; give the file such a column, or correct [data]",
        f"{file} must have a column rooms of kind integer, got none; give the file such a column, or correct [data]",
        f"{file} must have a column town of kind text, got boolean; give the file such a column, or correct [data]",
        f"{file} must have no column x, which [data] does not declare; remove it, or declare it",
    ]
    assert faults(read_parquet(file, town=["a", None], rooms=[1, 2], price=[1, 2])) == [
        f"{file}, row 2, column town, must not be missing; fill it, or say missing = true of the column"
    ]


def test_a_file_that_is_none_of_its_format_is_refused(write: Write) -> None:
    with pytest.raises(Failure, match="cannot be read as Parquet"):
        list(rows(write("a,b\n"), columns=COLUMNS, form="parquet"))
    with pytest.raises(Failure, match="must have commas between its columns, got semicolons"):
        read_csv(write("town;rooms\nGraz;2\n"))


def test_a_record_is_sent_in_the_form_of_the_data() -> None:
    assert body_of(CELLS[0], columns=COLUMNS, form="csv") == '"Linz, Urfahr",3,1.5'
    assert body_of(CELLS[1], columns=COLUMNS, form="parquet") == "Graz,2,"
    assert body_of(CELLS[0], columns=COLUMNS, form="jsonl") == '{"town": "Linz, Urfahr", "rooms": 3, "price": 1.5}'
    assert body_of(CELLS[1], columns=COLUMNS, form="jsonl") == '{"town": "Graz", "rooms": 2, "price": null}'


@pytest.mark.parametrize(
    ("name", "form"),
    [("a.csv", "csv"), ("a.JSONL", "jsonl"), ("a.json", "jsonl"), ("a.parquet", "parquet"), ("a", "csv")],
)
def test_a_format_is_known_by_the_name(name: str, form: str) -> None:
    assert form_of(Path(name)) == form
