"""The table that a project begins with."""

import csv
from pathlib import Path

import pytest

from modelyard.operations.data.rows import rows as data_rows
from modelyard.operations.failures import Failure
from modelyard.operations.project_template.table import Column, Table, read_table

HEADER = "size,color,price\n"


def written(folder: Path, text: str) -> Path:
    file = folder / "table.csv"
    file.write_text(text, encoding="utf-8")
    return file


def rows(count: int, *, price: str = "{0}.5", color: str = "red") -> str:
    return "".join(f"{number},{color},{price.format(number)}\n" for number in range(count))


def read(folder: Path, text: str, *, label: str = "price") -> Table:
    return read_table(written(folder, text), label=label)


def cells(text: str) -> list[list[str]]:
    return list(csv.reader(text.splitlines()))


@pytest.mark.parametrize(
    ("price", "task"),
    [("{0}.5", "regression"), ("{0}", "regression"), ("yes", None), ("{0}e3", "regression")],
)
def test_a_number_of_many_values_is_a_regression(tmp_path: Path, price: str, task: str | None) -> None:
    if task is None:
        with pytest.raises(Failure, match="two values or more, got only yes"):
            read(tmp_path, HEADER + rows(60, price=price))
    else:
        assert read(tmp_path, HEADER + rows(60, price=price)).task == task


@pytest.mark.parametrize(
    ("cells_", "mixed"),
    [(("1", "2.5"), True), (("1", "2"), False), (("1.0", "2.5", ""), False), (("1", "red"), False), (("", "7"), False)],
)
def test_whole_numbers_among_fractions_are_noticed(cells_: tuple[str, ...], mixed: bool) -> None:  # noqa: FBT001
    assert Column(name="size", cells=cells_).mixes_whole_numbers_with_fractions is mixed


@pytest.mark.parametrize("values", [("0", "1"), ("yes", "no"), ("1", "2", "3", "4"), ("1.0", "0.0")])
def test_words_and_a_few_whole_numbers_are_a_classification(tmp_path: Path, values: tuple[str, ...]) -> None:
    text = "".join(f"{number},red,{values[number % len(values)]}\n" for number in range(100))
    assert read(tmp_path, HEADER + text).task == "classification"


def test_the_label_comes_first_and_one_row_of_five_is_for_validation(tmp_path: Path) -> None:
    files = read(tmp_path, HEADER + rows(100)).files()
    train, validation = cells(files["train/train.csv"]), cells(files["validation/validation.csv"])
    assert (len(train), len(validation)) == (80, 20)
    assert sorted(float(row[0]) for row in [*train, *validation]) == [number + 0.5 for number in range(100)]
    assert all(float(row[0]) == int(row[1]) + 0.5 for row in train)


def test_every_class_is_in_both_parts(tmp_path: Path) -> None:
    text = "".join(f"{number},red,{'rare' if number < 5 else 'usual'}\n" for number in range(100))
    files = read(tmp_path, HEADER + text).files()
    for name in ("train/train.csv", "validation/validation.csv"):
        assert {row[0] for row in cells(files[name])} == {"rare", "usual"}


def test_the_baseline_is_the_training_rows_under_a_header_with_numbers_as_an_endpoint_answers_them(
    tmp_path: Path,
) -> None:
    files = read(tmp_path, HEADER + rows(60, price="{0}")).files()
    header, *baseline = cells(files["baseline/baseline.csv"])
    assert header == ["price", "size", "color"]
    assert [row[1:] for row in baseline] == [row[1:] for row in cells(files["train/train.csv"])]
    assert all(row[0].endswith(".0") for row in baseline)


def test_two_readings_give_the_same_files(tmp_path: Path) -> None:
    text = HEADER + rows(77)
    assert read(tmp_path, text).files() == read(tmp_path, text).files()


@pytest.mark.parametrize("missing", ["", " ", "NA", "nan", "null", "N/A", "None"])
def test_a_missing_cell_is_written_empty(tmp_path: Path, missing: str) -> None:
    found = read(tmp_path, HEADER + f"{missing},red,7.5\n" + rows(60))
    assert found.columns[1].cells[0] == ""
    assert found.columns[1].is_of_numbers


def test_a_row_without_a_label_and_a_column_without_a_value_are_left_out(tmp_path: Path) -> None:
    found = read(tmp_path, HEADER + "1,,NA\n" + rows(60, color=""))
    assert found.unlabelled == 1
    assert found.left_out == ("color",)
    assert [column.name for column in found.columns] == ["price", "size"]


def test_quotes_commas_blank_lines_and_a_byte_order_mark_are_read(tmp_path: Path) -> None:
    found = read(tmp_path, "\ufeff" + HEADER + '1,"red, dark",5.5\n\n' + rows(60))
    assert found.columns[2].cells[0] == "red, dark"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "must have a header and rows, it is empty"),
        ("price;size\n1;2\n", "separated by commas, got price;size"),
        ("1,2,3\n4,5,6\n", "must begin with a header"),
        ("price,,size\n1,2,3\n", "must begin with a header"),
        ("price,size,size\n1,2,3\n", "must name each column once, got size more than once"),
        ("price,si\x07ze\n1,2\n", "must name its columns in printable characters"),
        ("price,size\n1,2\n3\n", "line 3, must have 2 cells as the header has, got 1"),
        ('price,size\n1,"2\n3"\n', "no line break in a cell"),
        ('price,size\n1,"2"3\n', "must be CSV"),
        ("cost,size\n1,2\n", "--label must be a column of"),
        (HEADER + rows(49), "must have 50 rows or more with a price, got 49"),
        ("price,size\n" + "1.5,\n" * 60, "must have a column beside price"),
        (HEADER + rows(60, price="x") + "1,red,y\n", "must occur 5 times or more, got y 1 times"),
        (HEADER + rows(60, price='"a,b"') + rows(60, price="c"), "must have no comma and no quotation mark, got a,b"),
    ],
)
def test_what_cannot_be_a_table_is_refused_in_a_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(Failure) as refused:
        read(tmp_path, text)
    assert sentence in str(refused.value)
    assert "\n" not in str(refused.value)


def test_bytes_that_are_not_utf_8_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "table.csv"
    file.write_bytes(HEADER.encode() + "1,grün,2.5\n".encode("latin-1"))
    with pytest.raises(Failure, match="must be UTF-8"):
        read_table(file, label="price")


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Failure, match="--csv must be a CSV file with a header"):
        read_table(tmp_path / "none.csv", label="price")


def test_the_columns_are_described_and_hold_the_files_that_are_made_of_them(tmp_path: Path) -> None:
    rows = [f'"a, {number}",{"" if number % 3 else number},{number + 0.5}' for number in range(60)]
    (tmp_path / "t.csv").write_text("\n".join(["town,size,price", *rows]) + "\n")
    table = read_table(tmp_path / "t.csv", label="price")
    columns = table.described()
    assert [(one.name, one.kind, one.missing) for one in columns] == [
        ("price", "number", False),
        ("town", "text", False),
        ("size", "integer", True),
    ]
    for name, text in table.files().items():
        (tmp_path / "made.csv").write_text(text)
        read = list(data_rows(tmp_path / "made.csv", columns=columns, form="csv", header=name.startswith("baseline")))
        assert read
        assert not [row.faults for row in read if row.faults]
