"""The `[data]` table that is made of a file, and what is said of it."""

import json
import tomllib
from pathlib import Path

import polars
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.manifest.data import Column, Data
from modelyard.manifest.problems import Refused
from modelyard.manifest.structuring import structured
from modelyard.operations.data.describing import as_toml, described, with_data
from modelyard.operations.data.rows import rows
from modelyard.operations.failures import Failure

TABLE = 'town,zip,rooms,price\n"Linz, Urfahr",A4040,3,1.5\nGraz,8010,2,NA\nWien,1010,,3\n'
RECORDS = [
    {"town": "Linz, Urfahr", "zip": "4040", "rooms": 3, "price": 1.5},
    {"town": "Graz", "zip": "8010", "rooms": 2},
    {"town": "Wien", "zip": "1010", "rooms": None, "price": 3.0},
]
COLUMNS = (
    Column(name="town", kind="text"),
    Column(name="zip", kind="text"),
    Column(name="rooms", kind="integer", missing=True),
    Column(name="price", kind="number", missing=True),
)


def written(folder: Path, name: str, text: str) -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def test_the_three_formats_are_described_alike(tmp_path: Path) -> None:
    csv = written(tmp_path, "a.csv", TABLE)
    json_lines = written(tmp_path, "a.jsonl", "\n".join(map(json.dumps, RECORDS)))
    polars.DataFrame(RECORDS).write_parquet(tmp_path / "a.parquet")
    found = {file.suffix: described(file, label="price").data for file in (csv, json_lines, tmp_path / "a.parquet")}
    assert found == {
        ".csv": Data(columns=COLUMNS, label="price"),
        ".jsonl": Data(columns=COLUMNS, label="price", format="jsonl"),
        ".parquet": Data(columns=COLUMNS, label="price", format="parquet"),
    }


def test_what_was_decided_is_said(tmp_path: Path) -> None:
    file = written(tmp_path, "a.csv", TABLE)
    assert described(file, label=None).decisions == (
        f"{file}: 3 rows of csv, a header names the columns",
        "town: text",
        "zip: text",
        "rooms: integer, missing in 1 row",
        "price: number",
        "price: 1 cell with a word for missing, which is no number; empty them",
    )


def test_columns_without_a_header_are_named_by_their_position(tmp_path: Path) -> None:
    found = described(written(tmp_path, "a.csv", "red,1\nblue,2\n"), label="column_2")
    assert [column.name for column in found.data.columns] == ["column_1", "column_2"]
    assert found.decisions[0].endswith("is no header, so that columns are named by position")


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("a.csv", "a,b\n", "must hold rows, it has none; name another"),
        ("a.csv", "", "must hold rows, it has none; name another"),
        ("a.csv", "a,a\n1,2\n", "must name each column once, got 'a' in its header; rename it"),
        ("a.csv", "a,b\n1\n", "line 2, must have 2 cells, got 1; correct the line"),
        ("a.csv", "a;b\n1;2\n", "must have commas between its columns, got semicolons; convert it"),
        ("a.csv", "c,b\n1,2\n", "--label must be a column of"),
        ("a.jsonl", "[1]\n", "line 1, must be an object of JSON; write one a line"),
        ("a.jsonl", '{"a": true}\n', "line 1, a, must be a number or a text, got true; write flags as 0 and 1"),
        ("a.jsonl", '{"a": [1]}\n', "line 1, a, must be a number or a text, got [1]; write flags as 0 and 1"),
        ("a.jsonl", '{"a": 1}\n{"a": "x"}\n', "line 2, a, must be as in the lines before, of texts or of numbers"),
    ],
)
def test_a_file_that_has_no_description_is_refused(tmp_path: Path, name: str, text: str, sentence: str) -> None:
    with pytest.raises(Failure) as refused:
        described(written(tmp_path, name, text), label="a")
    assert sentence in str(refused.value)


def test_no_file_and_a_parquet_file_of_flags_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Failure, match="must be a file of data, there is none; name one"):
        described(tmp_path, label=None)
    polars.DataFrame({"a": [True]}).write_parquet(tmp_path / "a.parquet")
    with pytest.raises(Failure, match=r"column a of .* must be of numbers or of texts, got boolean; write flags"):
        described(tmp_path / "a.parquet", label=None)
    broken = written(tmp_path, "b.parquet", "a,b\n")
    with pytest.raises(Failure, match="cannot be read as Parquet"):
        described(broken, label=None)


def test_a_name_that_no_manifest_holds_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="a text without"):
        described(written(tmp_path, "a.csv", "${x},b\n1,2\n"), label=None)


def test_the_table_is_written_at_the_end_of_a_manifest_and_once(tmp_path: Path) -> None:
    data = described(written(tmp_path, "a.csv", TABLE), label="price").data
    text = with_data('name = "mine"  # a comment\n', data=data, file=Path("models/mine.toml"))
    assert text.startswith('name = "mine"  # a comment\n\n[data]\nlabel = "price"\ncolumns = [\n')
    with pytest.raises(Failure, match=r"models/mine.toml must have no \[data\] for it to be written, it has one"):
        with_data(text, data=data, file=Path("models/mine.toml"))


def test_a_manifest_that_says_otherwise_is_left_as_it_is(tmp_path: Path) -> None:
    data = described(written(tmp_path, "a.csv", TABLE), label="price").data
    serving = '[serving]\ncontainer = "sklearn:1.9-0"\ninstance = "ml.m5.large"\n[[serving.variants]]\nname = "a"\n'
    with pytest.raises(Refused, match=r"api.features must be the columns of \[data\] without the label"):
        with_data(
            f'name = "mine"\n{serving}[api]\nfeatures = [{{ names = ["x"] }}]\n', data=data, file=Path("mine.toml")
        )


NAMES = st.text(st.characters(whitelist_categories=("L", "N", "P", "S")), min_size=1, max_size=8)
VALUES = st.sampled_from(
    [
        st.none() | st.sampled_from(["", "1", "red", 'a "b", c']),
        st.none() | st.integers(-1000, 1000),
        st.none() | st.floats(allow_nan=False, allow_infinity=False),
    ]
)


@given(st.lists(st.tuples(NAMES, VALUES), min_size=1, max_size=4, unique_by=lambda one: one[0]), st.data())
def test_a_table_that_is_described_is_read_back_and_holds_its_own_file(
    tmp_path_factory: pytest.TempPathFactory, columns: list[tuple[str, st.SearchStrategy[object]]], data: st.DataObject
) -> None:
    records = data.draw(st.lists(st.fixed_dictionaries(dict(columns)), min_size=1, max_size=5))
    file = written(tmp_path_factory.mktemp("table"), "a.jsonl", "".join(f"{json.dumps(one)}\n" for one in records))
    try:
        found = described(file, label=None).data
    except Refused:  # a name that a state machine would evaluate
        return
    assert structured(tomllib.loads(as_toml(found))["data"], Data, file="a") == found
    assert not [row.faults for row in rows(file, columns=found.columns, form=found.format) if row.faults]
