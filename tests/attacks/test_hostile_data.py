"""Data that are made to confuse their reader: every column is there, or one sentence says which file cannot be read."""

import csv
import io
import random
from collections.abc import Iterator
from pathlib import Path

import polars
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelyard.drift.cli import main
from modelyard.drift.line_breaks import split_lines
from modelyard.drift.reading.records import csv_rows
from modelyard.drift.reading.source import Format, Source, profiled
from modelyard.operations.quality.ground_truth import read_ground_truth
from support.attempts import Attempts

# What `str.splitlines` takes for the end of a line, beside those that are.
NO_BREAKS = "\v\f\x1c\x1d\x1e\x85\u2028\u2029"
BREAKS = ("\n", "\r\n", "\r")
PLACES = ("{}a", "a{}", "a{}b", "{}", "{0}a{0}b{0}")


def columns(path: Path) -> list[str]:
    return [feature.name for feature in profiled(source=Source(path=path, format=Format.CSV)).features]


@pytest.mark.parametrize("end", BREAKS, ids=ascii)
def test_a_header_keeps_its_columns_whatever_is_in_it(tmp_path: Path, end: str, attempts: Attempts) -> None:
    path = tmp_path / "data.csv"
    for character in [*NO_BREAKS, *map(chr, range(1, 32)), "\x7f", *map(chr, range(0x80, 0xA0)), "\u202e", "\ufeff"]:
        for place in PLACES if character not in "\t\n\r" else ():
            name = place.format(character)
            path.write_bytes(f"first,{name},last{end}1,2,3{end}4,5,6{end}".encode())
            attempts.add()
            assert columns(path) == ["first", name, "last"]


@pytest.mark.parametrize("character", NO_BREAKS, ids=ascii)
def test_a_header_of_one_column_may_be_of_such_a_character_alone(tmp_path: Path, character: str) -> None:
    path = tmp_path / "data.csv"
    path.write_bytes(f"{character}\n1\n2\n".encode())
    assert columns(path) == [character]


@given(rows=st.lists(st.lists(st.text(st.sampled_from([*NO_BREAKS, *'a,"\n\r'])), min_size=2, max_size=4), max_size=4))
@settings(max_examples=300)
def test_a_payload_has_the_fields_that_were_written(rows: list[list[str]]) -> None:
    written = io.StringIO()
    csv.writer(written, quoting=csv.QUOTE_ALL).writerows(rows)
    kept = [[cell or None for cell in row] for row in rows if any(map(str.strip, row))]
    assert csv_rows(text=written.getvalue()) == kept


@given(text=st.text(st.sampled_from([*NO_BREAKS, *"ab\n\r"])))
def test_lines_are_those_of_a_file(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.mktemp("lines") / "text"
    path.write_bytes(text.encode())
    with path.open(encoding="utf-8") as file:
        assert split_lines(text) == [line.rstrip("\n") for line in file]
    assert "".join(split_lines(text, keep_ends=True)) == text
    assert [line.encode() for line in split_lines(text)] == split_lines(text.encode())


@pytest.mark.parametrize("character", NO_BREAKS, ids=ascii)
def test_a_label_with_such_a_character_is_of_one_record(character: str, attempts: Attempts) -> None:
    attempts.add()
    (truth,) = read_ground_truth(f"4711,a{character}b\n", source="labels.csv")
    assert (truth.id, truth.label) == ("4711", f"a{character}b")


def parquet_files() -> list[bytes]:
    frame = polars.DataFrame({"a": [n * 1.5 for n in range(500)], "b": [f"x{n % 7}" for n in range(500)]})
    files = []
    for compression in ("uncompressed", "zstd", "snappy", "gzip"):
        written = io.BytesIO()
        frame.write_parquet(written, compression=compression, row_group_size=100)
        files.append(written.getvalue())
    return files


def damaged(*, seed: int, count: int) -> Iterator[bytes]:
    """Parquet files with bytes changed anywhere or in the footer, ranges overwritten, and the end cut off."""
    chance = random.Random(seed)  # noqa: S311 - the same files in every run
    files = parquet_files()
    for number in range(count):
        data = bytearray(chance.choice(files))
        footer = len(data) - 8 - int.from_bytes(data[-8:-4], "little")
        if number % 4 == 0:
            data = data[: chance.randrange(len(data))]
        elif number % 4 == 1:
            start = chance.randrange(len(data))
            length = min(50, len(data) - start)
            data[start : start + length] = chance.randbytes(length)
        else:
            low = footer if number % 4 == 2 else 4
            for _ in range(chance.choice((1, 1, 2, 5, 20))):
                data[chance.randrange(low, len(data))] = chance.choice((0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)))
        yield bytes(data)


@pytest.mark.parametrize("seed", range(4))
def test_a_damaged_parquet_file_is_read_or_named(
    tmp_path: Path, seed: int, capsys: pytest.CaptureFixture[str], attempts: Attempts
) -> None:
    path, output = tmp_path / "data.parquet", tmp_path / "output"
    for content in damaged(seed=seed, count=25):
        path.write_bytes(content)
        attempts.add()
        code = main(arguments=["baseline", str(path), "--output", str(output)])
        said = capsys.readouterr()
        assert (code, said.err.count("\n"), said.err.count(str(path))) in ((0, 0, 0), (1, 1, 1)), said.err


PANICS = Path(__file__).parent / "damaged_parquet"


@pytest.mark.parametrize("file", sorted(PANICS.glob("*.parquet")), ids=lambda file: file.stem)
def test_a_file_that_breaks_its_reader_down_is_named(
    tmp_path: Path, file: Path, capsys: pytest.CaptureFixture[str], attempts: Attempts
) -> None:
    attempts.add()
    assert main(arguments=["baseline", str(file), "--output", str(tmp_path / "output")]) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"{file} cannot be read as Parquet (its reader broke down with exit code ")
    assert said.endswith("); give a Parquet file\n")


def test_a_file_that_panics_and_one_that_aborts_are_among_them() -> None:
    assert [file.stem for file in sorted(PANICS.glob("*.parquet"))] == ["aborts", "panics"]
