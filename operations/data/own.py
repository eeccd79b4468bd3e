"""The data of a model of one's own: the folder `data/<model>/` of the project, and the traffic that is made of them."""

import csv
import io
import random
import re
import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path

from modelyard.manifest import Model
from modelyard.operations.data.schema import DATASETS, declared, problems, rows_of
from modelyard.operations.failures import Failure
from modelyard.operations.project import ROOT

DATA = "data"
MOST_ROWS = 5000
SEED = 2026
# By how many standard deviations the numbers of drifted traffic are moved.
SHIFT = 3


@dataclass(frozen=True, kw_only=True)
class OwnData:
    """The datasets of a model in `folder`, each at its path in the manifest after `datasets/`."""

    model: Model
    folder: Path
    drifted: bool = False

    def traffic(self) -> tuple[tuple[str, str], ...]:
        """Return rows, each as its label and what is sent; drifted ones are `moved`.

        Raises:
            Failure: there are no such rows, or they are not what the manifest says.
        """
        rows = moved(self.rows) if self.drifted else self.rows
        return tuple((label, csv_text([features])) for label, *features in rows)

    @cached_property
    def rows(self) -> list[list[str]]:
        """Rows of the baseline, else of the first channel with CSV, label first; at most 5000, shuffled.

        In the order of a sorted file, each part of the traffic would be another population.

        Raises:
            Failure: there is no row, or the dataset is not what the manifest says.
        """
        if self.model.training is None:
            raise Failure(
                f"{self.model.name} has no [training], of whose datasets traffic is made; give a file of records: "
                "--data FILE"
            )
        datasets = [one for one in declared(model=self.model, folder=self.folder) if one.labelled and one.csv_files]
        chosen = sorted(datasets, key=lambda dataset: dataset.header is not True)[:1]
        wrong = problems(chosen)
        if wrong:
            raise Failure(wrong[0])
        rows = [
            row
            for dataset in chosen
            for file in dataset.csv_files
            for row in islice(rows_of(file, errors="strict"), 1 if dataset.header else 0, None)
        ]
        if not rows or len(rows[0]) < 2:
            raise Failure(
                f"{self.folder}/ must hold rows of CSV with the label first, for traffic to be made of them, found "
                "none; put them into the baseline dataset or the first channel, as files *.csv"
            )
        random.Random(SEED).shuffle(rows)  # noqa: S311 - the same order on every run, and no secret
        return rows[:MOST_ROWS]


def own_data(model: Model, *, root: Path = ROOT) -> Path | None:
    """Return the folder of a model's own datasets in the project, None where there is none.

    Raises:
        Failure: there is a file in its place.
    """
    folder = root / DATA / model.name
    if folder.is_dir():
        return folder
    single = next((file for file in sorted((root / DATA).glob(f"{model.name}*")) if file.stem == model.name), None)
    if single is not None:
        raise Failure(
            f"{folder}/ must be a folder with the datasets of {model.name} ({dataset_names(model)}), there is only the "
            f"file {single}; cut it into files at these paths, or create a project from it: yard new"
        )
    return None


def dataset_names(model: Model) -> str:
    """Return the paths of a model's channels after `datasets/`, for a sentence."""
    channels = model.training.channels.values() if model.training is not None else ()
    return ", ".join([*(channel.path.removeprefix(DATASETS) for channel in channels), "…"])


def csv_text(rows: Sequence[Sequence[str]]) -> str:
    """Return rows as CSV, without a line end after the last."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().removesuffix("\n")


def moved(rows: Sequence[Sequence[str]]) -> list[list[str]]:
    """Return rows of a population that has moved; the first column, which is the label, stays.

    Numbers are three standard deviations larger, whole ones by a whole number; of other columns every row has the
    value that was the rarest. Cells that are missing stay so.
    """
    label, *columns = [list(column) for column in zip(*rows, strict=True)]
    return [list(row) for row in zip(label, *map(_moved_column, columns), strict=True)]


def _moved_column(cells: Sequence[str]) -> list[str]:
    known = [cell for cell in cells if cell]
    try:
        numbers = [float(cell) for cell in known]
    except ValueError:
        rarest = min(Counter(known).items(), key=lambda item: (item[1], item[0]))[0]
        return [rarest if cell else cell for cell in cells]
    deviation = statistics.pstdev(numbers) if numbers else 0.0
    shift = SHIFT * deviation if deviation > 0 else 1.0
    # By how they are written: 59.0 is a fraction to the check, which expects the type that the baseline has.
    if all(re.fullmatch(r"[+-]?[0-9]+", cell) for cell in known):
        return [str(int(cell) + max(round(shift), 1)) if cell else cell for cell in cells]
    return [repr(float(cell) + shift) if cell else cell for cell in cells]
