"""The table that a project begins with: read from a CSV file, checked, and cut into the datasets of a manifest."""

import csv
import hashlib
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

from modelyard.manifest import data
from modelyard.manifest.data import Kind
from modelyard.operations.data.augmented import is_augmented
from modelyard.operations.data.augmented_table import read_augmented_table
from modelyard.operations.data.rows import INTEGER, is_number
from modelyard.operations.data.schema import MISSING
from modelyard.operations.failures import Failure

Task = Literal["classification", "regression"]

FEWEST_ROWS = 50
FEWEST_OF_A_CLASS = 5
MOST_CLASSES = 20
# One row of five is for validation.
PARTS = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """A column by its name, with an empty text for each cell that is missing."""

    name: str
    cells: tuple[str, ...]

    @property
    def is_of_numbers(self) -> bool:
        """Whether every cell that is not missing is a finite number, and there is one."""
        known = [cell for cell in self.cells if cell]
        return bool(known) and all(map(is_number, known))

    @property
    def kind(self) -> Kind:
        """The kind that holds every cell."""
        if not self.is_of_numbers:
            return "text"
        return "integer" if all(INTEGER.fullmatch(cell) for cell in self.cells if cell) else "number"

    @property
    def mixes_whole_numbers_with_fractions(self) -> bool:
        """Whether it is of numbers, some written as whole ones and some not: a check takes these for two types."""
        whole = [INTEGER.fullmatch(cell) is not None for cell in self.cells if cell]
        return self.is_of_numbers and any(whole) and not all(whole)


@dataclass(frozen=True, kw_only=True)
class Table:
    """The rows whose label is known, the label's column first; `left_out` are columns without any value.

    Raises:
        Failure: there are too few rows, or of a class too few.
    """

    columns: tuple[Column, ...]
    left_out: tuple[str, ...] = ()
    unlabelled: int = 0

    def __post_init__(self) -> None:
        if len(self.label.cells) < FEWEST_ROWS:
            raise Failure(
                f"the table must have {FEWEST_ROWS} rows or more with a {self.label.name}, "
                f"got {len(self.label.cells)}; add rows"
            )
        if len(self.columns) < 2:
            raise Failure(f"the table must have a column beside {self.label.name}, got none with a value; add one")
        if self.task == "classification":
            self._check_classes()

    @property
    def label(self) -> Column:
        """What is to be predicted."""
        return self.columns[0]

    @cached_property
    def task(self) -> Task:
        """Regression where the label is a number with fractions or of many values, else classification."""
        values = set(self.label.cells)
        if not self.label.is_of_numbers:
            return "classification"
        whole = all(float(value).is_integer() for value in values)
        return "classification" if whole and len(values) <= MOST_CLASSES else "regression"

    def files(self) -> dict[str, str]:
        """Return the datasets of a manifest: `train/` and `validation/` without a header, `baseline/` with one.

        The baseline has the rows of `train/`; a predicted number has a fraction there, as an endpoint answers it.
        """
        train, validation = self._parts()
        numbers = self.task == "regression"
        baseline = [[repr(float(row[0])) if numbers else row[0], *row[1:]] for row in self._rows(train)]
        return {
            "train/train.csv": _text(self._rows(train)),
            "validation/validation.csv": _text(self._rows(validation)),
            "baseline/baseline.csv": _text([[column.name for column in self.columns], *baseline]),
        }

    def described(self) -> tuple[data.Column, ...]:
        """Return the columns as a manifest has them; a predicted number is one with a fraction."""
        kinds: dict[str, Kind] = {column.name: column.kind for column in self.columns}
        kinds |= {self.label.name: "number"} if self.task == "regression" else {}
        return tuple(
            data.Column(name=column.name, kind=kinds[column.name], missing="" in column.cells)
            for column in self.columns
        )

    def _check_classes(self) -> None:
        counts = Counter(self.label.cells)
        rare = [value for value, count in counts.items() if count < FEWEST_OF_A_CLASS]
        if len(counts) < 2:
            raise Failure(f"the label {self.label.name} must have two values or more, got only {next(iter(counts))}")
        if rare:
            raise Failure(
                f"each value of the label {self.label.name} must occur {FEWEST_OF_A_CLASS} times or more, "
                f"got {rare[0]} {counts[rare[0]]} times and {len(rare) - 1} more such values; "
                "join them with others, or leave these rows out"
            )
        wrong = next((value for value in counts if "," in value or '"' in value), None)
        if wrong is not None:
            raise Failure(
                f"a value of the label {self.label.name} must have no comma and no quotation mark, got {wrong}; "
                "write it otherwise"
            )

    def _parts(self) -> tuple[list[int], list[int]]:
        """The numbers of the rows for training and for validation, of each class the same share."""
        count = len(self.label.cells)
        order = sorted(range(count), key=lambda row: hashlib.sha256(str(row).encode()).digest())
        if self.task == "classification":
            order.sort(key=lambda row: self.label.cells[row])  # stable: shuffled within each class
        validation = set(order[PARTS - 1 :: PARTS])
        train = sorted(set(order) - validation)
        return train, sorted(validation)

    def _rows(self, numbers: Sequence[int]) -> list[list[str]]:
        return [[column.cells[number] for column in self.columns] for number in numbers]


def read_table(file: Path, *, label: str) -> Table:
    """Return the table of a CSV file with a header, one of whose columns is the label, or of an augmented manifest.

    Raises:
        Failure: the file cannot be read as such a table.
    """
    header, *rows = list(_rows(file, label=label))
    if label not in header:
        raise Failure(f"--label must be a column of {file} ({', '.join(header)}), got {label}; name one of them")
    cells = {name: tuple(_cell(row[number]) for row in rows) for number, name in enumerate(header)}
    known = [number for number, value in enumerate(cells[label]) if value]
    columns = [
        Column(name=name, cells=tuple(cells[name][number] for number in known))
        for name in (label, *(name for name in header if name != label))
    ]
    kept = tuple(column for column in columns if column.name == label or any(column.cells))
    return Table(
        columns=kept,
        left_out=tuple(column.name for column in columns if column not in kept),
        unlabelled=len(rows) - len(known),
    )


def read_header(file: Path, *, label: str | None = None) -> list[str]:
    """Return the names of a CSV file's columns, or of an augmented manifest's, by the labels of a name.

    Raises:
        Failure: the file cannot be read, or has no header.
    """
    return next(_rows(file, label=label))


def _rows(file: Path, *, label: str | None) -> Iterator[list[str]]:
    """The header, and each row that is not blank, all of the same length."""
    if not file.is_file():
        raise Failure(f"--csv must be a CSV file with a header, got {file}, which is none; name one")
    if is_augmented(file):
        manifest = read_augmented_table(file, label=label)
        _check_header(list(manifest.names), file=file)
        yield [*manifest.names]
        yield from ([cell.strip() if cell is not None else "" for cell in row] for row in manifest.rows)
        return
    try:
        lines = csv.reader(io.StringIO(file.read_text(encoding="utf-8-sig"), newline=""), strict=True)
        header: list[str] = []
        for row in lines:
            cells = [cell.strip() for cell in row]
            if not any(cells):
                continue
            if not header:
                _check_header(cells, file=file)
                header = cells
            else:
                _check_row(cells, header=header, where=f"{file}, line {lines.line_num},")
            yield cells
    except UnicodeDecodeError as error:
        raise Failure(f"{file} must be UTF-8, got bytes that are not ({error.reason}); save it as UTF-8") from error
    except csv.Error as error:
        raise Failure(f"{file} must be CSV, got {error} in line {lines.line_num}; correct it there") from error
    if not header:
        raise Failure(f"{file} must have a header and rows, it is empty; name another file")


def _check_header(header: list[str], *, file: Path) -> None:
    if len(header) < 2:
        raise Failure(f"{file} must have two columns or more, separated by commas, got {header[0][:60]}")
    if "" in header or any(map(is_number, header)):
        raise Failure(f"{file} must begin with a header that names each column, got {','.join(header)[:60]}; add it")
    twice = next((name for name, count in Counter(header).items() if count > 1), None)
    if twice is not None:
        raise Failure(f"{file} must name each column once, got {twice} more than once; rename one")
    broken = next((name for name in header if not name.isprintable()), None)
    if broken is not None:
        raise Failure(f"{file} must name its columns in printable characters, got {broken!r}; rename it")


def _check_row(row: list[str], *, header: list[str], where: str) -> None:
    if len(row) != len(header):
        raise Failure(f"{where} must have {len(header)} cells as the header has, got {len(row)}; correct the line")
    broken = next((cell for cell in row if not cell.isprintable()), None)
    if broken is not None:
        raise Failure(f"{where} must have printable characters and no line break in a cell, got {broken[:60]!r}")


def _cell(text: str) -> str:
    return "" if text.lower() in MISSING else text


def _text(rows: Sequence[Sequence[str]]) -> str:
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerows(rows)
    return written.getvalue()
