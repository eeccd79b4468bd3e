"""Files that look like CSV and are not as it is read here."""

import gzip
from pathlib import Path

import pytest

from modelyard.drift.errors import DriftError
from modelyard.drift.reading.csv_dialect import check_dialect

TABLE = "age;income;city\n34;100,5;Wien\n45;2000,7;Graz\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "a.csv"


@pytest.mark.parametrize(("delimiter", "name"), [(";", "semicolons"), ("\t", "tabs"), ("|", "vertical bars")])
@pytest.mark.parametrize("packed", [False, True])
def test_other_delimiters_than_commas_are_named(file: Path, delimiter: str, name: str, packed: bool) -> None:  # noqa: FBT001
    content = TABLE.replace(";", delimiter).encode()
    file.write_bytes(gzip.compress(content) if packed else content)
    with pytest.raises(DriftError) as refused:
        check_dialect(path=file)
    assert str(refused.value) == (
        f"{file} must have commas between its columns, got {name}; convert it, decimal commas to points too"
    )


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-32"])
def test_other_encodings_than_utf_8_are_named(file: Path, encoding: str) -> None:
    file.write_bytes(f"\ufeff{TABLE}".encode(encoding) if encoding.endswith("be") else TABLE.encode(encoding))
    with pytest.raises(DriftError, match=rf"a\.csv must be UTF-8, got {encoding[:6].upper()}; save it as UTF-8"):
        check_dialect(path=file)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a;b\n",
        "a,b;c\n1,2;3\n",
        "remark\nyes; but late\nno\n",
        "1.5\n2.5\n",
        "\ufeffa,b\n1,2\n",
        TABLE.replace(";", ","),
    ],
)
def test_commas_one_column_and_a_single_line_are_taken(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8")
    check_dialect(path=file)


def test_a_file_that_is_longer_than_what_is_looked_at_is_judged_by_its_whole_lines(file: Path) -> None:
    file.write_text("a;b\n" + "1;2\n" * 50_000)
    with pytest.raises(DriftError, match="got semicolons"):
        check_dialect(path=file)
