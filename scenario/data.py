"""The data of the model whose scenario is run: those of the project in `data/<model>/`, or an example's, made here."""

import csv
import io
import random
import re
import statistics
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Protocol

from modelyard.manifest import Model
from modelyard.operations.data.examples import example_of, write_example
from modelyard.operations.data.own import DATA, own_data
from modelyard.operations.data.schema import Dataset, declared, problems
from modelyard.operations.failures import Failure

# Below the workspace, so that commands name what lies there as briefly as a user would.
EXAMPLE = Path("example-data")
TRAFFIC = Path("scenario-traffic")
BATCH_ROWS = 20
MOST_ROWS = 5000
SEED = 2026
# By how many standard deviations the numbers of drifted traffic are moved.
SHIFT = 3


class DataError(Exception):
    """There are no data to run the scenario with."""


class ModelData(Protocol):
    """What commands are told of the data; paths are relative to the workspace, where the commands run."""

    def dataset_arguments(self) -> tuple[str, ...]:
        """Return what `yard data push MODEL` takes beside the model."""

    def traffic_arguments(self, *, drifted: bool) -> tuple[str, ...]:
        """Return what `yard traffic MODEL` takes for records of the usual population, or of one that has moved."""

    def feedback_arguments(self) -> tuple[str, ...]:
        """Return what `yard traffic MODEL --feedback` takes for labelled records of a population that has moved."""

    def record_arguments(self) -> tuple[str, ...]:
        """Return what `yard verify MODEL` takes for the record that it sends."""

    def baseline_arguments(self) -> tuple[str, ...]:
        """Return what `yard baseline MODEL` takes for the labelled records."""

    def batch_file(self) -> Path:
        """Return a file to score in batch."""

    def label(self) -> str | float:
        """Return a label that a record of the population may have."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ExampleData:
    """The data of an example, which its commands make themselves."""

    model: Model
    workspace: Path

    def dataset_arguments(self) -> tuple[str, ...]:
        """See `ModelData`."""
        return ()

    def traffic_arguments(self, *, drifted: bool) -> tuple[str, ...]:
        """See `ModelData`."""
        return ("--drifted",) if drifted else ()

    def feedback_arguments(self) -> tuple[str, ...]:
        """See `ModelData`."""
        return ("--drifted",)

    def record_arguments(self) -> tuple[str, ...]:
        """See `ModelData`."""
        return ()

    def baseline_arguments(self) -> tuple[str, ...]:
        """See `ModelData`."""
        return ()

    def batch_file(self) -> Path:
        """See `ModelData`."""
        if not (self.workspace / EXAMPLE).exists():
            write_example(model=self.model, folder=self.workspace / EXAMPLE)
        return EXAMPLE / "batch" / "batch.csv"

    def label(self) -> str | float:
        """See `ModelData`."""
        return 1


@dataclass(frozen=True, kw_only=True)
class ProjectData:
    """The datasets of a model of one's own. `workspace` has a link to the project's `data/`."""

    model: Model
    workspace: Path

    def dataset_arguments(self) -> tuple[str, ...]:
        """See `ModelData`."""
        return (f"{DATA}/{self.model.name}",)

    def traffic_arguments(self, *, drifted: bool) -> tuple[str, ...]:
        """See `ModelData`."""
        name, rows = ("drifted.csv", moved(self._rows)) if drifted else ("usual.csv", self._rows)
        return ("--data", self._write(name, rows=[row[1:] for row in rows]))

    def feedback_arguments(self) -> tuple[str, ...]:
        """See `ModelData`."""
        return ("--data", self._write("drifted-labelled.csv", rows=moved(self._rows)))

    def record_arguments(self) -> tuple[str, ...]:
        """See `ModelData`."""
        return self.traffic_arguments(drifted=False)

    def baseline_arguments(self) -> tuple[str, ...]:
        """See `ModelData`."""
        validation = any(one.key == "training.channels.validation" and one.csv_files for one in self._datasets)
        return () if validation else (self._write("labelled.csv", rows=self._rows),)

    def batch_file(self) -> Path:
        """See `ModelData`."""
        files = [file for one in self._datasets if one.key == "batch.input" for file in one.files]
        if files:
            return files[0].relative_to(self.workspace)
        return Path(self._write("batch.csv", rows=[row[1:] for row in self._rows[:BATCH_ROWS]]))

    def label(self) -> str | float:
        """See `ModelData`."""
        text = self._rows[0][0]
        return float(text) if _is_number(text) else text

    @cached_property
    def _datasets(self) -> list[Dataset]:
        return declared(model=self.model, folder=self.workspace / DATA / self.model.name)

    @cached_property
    def _rows(self) -> list[list[str]]:
        """Rows with the label first, in no order: what is sorted would be another population in each part."""
        rows = list(labelled_rows(self._datasets, model=self.model))
        random.Random(SEED).shuffle(rows)  # noqa: S311 - the same order on every run, and no secret
        return rows[:MOST_ROWS]

    def _write(self, name: str, *, rows: Sequence[Sequence[str]]) -> str:
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(rows)
        (self.workspace / TRAFFIC).mkdir(exist_ok=True)
        (self.workspace / TRAFFIC / name).write_text(text.getvalue(), encoding="utf-8")
        return str(TRAFFIC / name)


def check_data(*, model: Model, project: Path) -> Callable[[Path], ModelData]:
    """Return what makes the model's data in a workspace, if there are any.

    Raises:
        DataError: there are none in the project, they are not what the manifest says, or requests cannot be made
            of them.

    """
    folder = own_data(model, root=project)
    if folder is None:
        _check_example(model)
        return lambda workspace: ExampleData(model=model, workspace=workspace)
    datasets = declared(model=model, folder=folder)
    wrong = problems(datasets)
    if wrong:
        raise DataError(wrong[0])
    if model.serving is not None or model.batch is not None:
        next(labelled_rows(datasets, model=model))
    return lambda workspace: ProjectData(model=model, workspace=workspace)


def _check_example(model: Model) -> None:
    if model.training is None:
        return
    try:
        example_of(model=model, drifted=False)
    except Failure as failure:
        paths = [channel.path for channel in model.training.channels.values()]
        names = ", ".join(path.removeprefix("datasets/") for path in paths)
        raise DataError(
            f"{DATA}/{model.name}/ must hold the datasets of {model.name} ({names}, …), there is no such folder; put "
            "them there, each at its path after datasets/"
        ) from failure


def labelled_rows(datasets: Sequence[Dataset], *, model: Model) -> Iterator[list[str]]:
    """Yield the rows that the baseline is made of, or those of the first channel, the label first.

    Raises:
        DataError: there is no row of CSV.

    """
    labelled = [dataset for dataset in datasets if dataset.labelled and dataset.csv_files]
    chosen = min(labelled, key=lambda dataset: dataset.header is not True, default=None)
    found = False
    for file in () if chosen is None else chosen.csv_files:
        with file.open(encoding="utf-8", newline="") as lines:
            rows = filter(None, csv.reader(lines))
            for row in islice(rows, 1 if chosen is not None and chosen.header else 0, None):
                found = True
                yield row
    if not found:
        raise DataError(
            f"{DATA}/{model.name}/ must hold rows of CSV with the label first, for traffic to be made of them, found "
            "none; put them into the baseline dataset or the first channel"
        )


def moved(rows: Sequence[Sequence[str]]) -> list[list[str]]:
    """Return rows of a population that has moved; the first column, which is the label, stays.

    Numbers are three standard deviations larger, whole ones by a whole number; of other columns every row has the
    value that was the rarest. Cells that are missing stay so.
    """
    label, *columns = [list(column) for column in zip(*rows, strict=True)]
    return [list(row) for row in zip(label, *map(_moved_column, columns), strict=True)]


def _moved_column(cells: Sequence[str]) -> list[str]:
    known = [cell for cell in cells if cell]
    if not all(map(_is_number, known)):
        rarest = min(Counter(known).items(), key=lambda item: (item[1], item[0]))[0]
        return [rarest if cell else cell for cell in cells]
    deviation = statistics.pstdev(map(float, known)) if known else 0.0
    shift = SHIFT * deviation if deviation > 0 else 1.0
    # By how they are written: 59.0 is a fraction to the check, which expects the type that the baseline has.
    if all(re.fullmatch(r"[+-]?[0-9]+", cell) for cell in known):
        return [str(int(cell) + max(round(shift), 1)) if cell else cell for cell in cells]
    return [repr(float(cell) + shift) if cell else cell for cell in cells]


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
