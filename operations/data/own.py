"""The data of a model of one's own: the folder `data/<model>/` of the project, and the traffic that is made of them."""

import random
import re
import statistics
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path

from modelyard.manifest import Model
from modelyard.manifest.data_layout import PREPROCESSED
from modelyard.operations.data.augmented import is_augmented
from modelyard.operations.data.rows import Cell, body_of, csv_rows, csv_text
from modelyard.operations.data.schema import DATASETS, Dataset, declared, problems
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
        data = self.model.data
        columns, form = ((), "csv") if data is None else (data.features, data.format)
        table = moved(self.rows) if self.drifted else self.rows
        return tuple(
            (label if label is not None else "", body_of(features, columns=columns, form=form))
            for label, *features in table
        )

    @cached_property
    def rows(self) -> list[list[Cell]]:
        """Rows of the sample, label first; at most 5000, shuffled.

        In the order of a sorted file, each part of the traffic would be another population.

        Raises:
            Failure: there is no row, or the dataset is not what the manifest says.
        """
        data = self.model.data
        if self.model.training is None and (data is None or data.sample is None):
            raise Failure(
                f"{self.model.name} has no [training], of whose datasets traffic is made; give a file of records: "
                "--data FILE, or name the sample under [data]"
            )
        check_sampled(self.model)
        table = self._table()
        random.Random(SEED).shuffle(table)  # noqa: S311 - the same order on every run, and no secret
        return table[:MOST_ROWS]

    def write_baseline(self, *, folder: Path) -> Path:
        """Write every row of the sample that [data] describes, the label first, to a file that a baseline is made of.

        Raises:
            Failure: there is no row, or the dataset is not what the manifest says.
        """
        data = self.model.data
        assert data is not None  # noqa: S101 - columns without names are not described
        columns, table = data.label_first, self._table()
        # Parquet becomes CSV: the kinds of its columns are those of the cells.
        suffix = "jsonl" if data.format == "jsonl" else "csv"
        header = [csv_text([[column.name for column in columns]])] if suffix == "csv" else []
        rows = table if data.label is not None else [row[1:] for row in table]
        lines = [*header, *(body_of(row, columns=columns, form=data.format) for row in rows)]
        file = folder / f"sample.{suffix}"
        file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        return file

    @property
    def sample(self) -> Dataset | None:
        """The dataset that [data] names, else the baseline, else the first channel; None if it has no files."""
        data, training = self.model.data, self.model.training
        named = data.sample if data is not None else None
        baseline = training.stored_baseline_dataset if training is not None else None
        found = [
            one
            for one in declared(model=self.model, folder=self.folder)
            if one.labelled and (one.tables or one.manifests)
        ]
        if named is not None:
            return next((one for one in found if one.path == named), None)
        return min(found, key=lambda dataset: dataset.path != baseline, default=None)

    def _table(self) -> list[list[Cell]]:
        dataset = self.sample
        if dataset is not None and (wrong := problems([dataset])):
            raise Failure(wrong[0])
        table = (
            []
            if dataset is None
            else [row for file in (*dataset.tables, *dataset.manifests) for row in self._rows_of(file, dataset)]
        )
        if not table or len(table[0]) < 2:
            data = self.model.data
            what, suffix = ("CSV with the label first", "csv") if data is None else (data.format, data.format)
            hint = f"put them into the baseline dataset or the first channel, as files *.{suffix}"
            raise Failure(
                f"{self.folder}/ must hold rows of {what}, for traffic to be made of them, found none; {hint}"
            )
        return table

    def _rows_of(self, file: Path, dataset: Dataset) -> Iterator[list[Cell]]:
        """Each row, its label first: empty where the data have none."""
        data = self.model.data
        if data is None and is_augmented(file):
            for row in dataset.rows_of(file):
                yield [*row.cells]
            return
        if data is None:
            for cells in islice(csv_rows(file, errors="strict"), 1 if dataset.header else 0, None):
                yield [*cells]
            return
        names = [column.name for column in dataset.columns]
        order = [names.index(column.name) for column in data.label_first]
        for row in dataset.rows_of(file):
            label_first = [row.cells[at] for at in order]
            yield label_first if data.label is not None else [None, *label_first]


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


def check_sampled(model: Model) -> None:
    """Refuse a model that is trained on places of other buckets and what is prepared alone, and names no sample.

    Raises:
        Failure: it is such a model.
    """
    data, training = model.data, model.training
    if training is None or training.stored_channels or training.stored_baseline_dataset is not None:
        return
    if data is None or data.sample is None:
        outputs = [f"{PREPROCESSED}{output}" for output in training.outputs.values()]
        places = ", ".join([*map(str, training.places_elsewhere.values()), *dict.fromkeys(outputs)])
        raise Failure(
            f"{model.name} is trained on {places} alone, from which no records are taken; give a file of records: "
            "--data FILE, or name the sample under [data]"
        )


def absence(model: Model, *, where: str) -> str:
    """Return the sentence that a model has no data in a place."""
    return (
        f"{where} must hold the datasets of {model.name} ({dataset_names(model)}), there is no such folder; put them "
        f"there, each at its path after {DATASETS}, or give a folder or a file of your own"
    )


def dataset_names(model: Model) -> str:
    """Return the paths of a model's channels after `datasets/`, for a sentence."""
    channels = model.training.stored_channels.values() if model.training is not None else ()
    return ", ".join([*(channel.path.removeprefix(DATASETS) for channel in channels), "…"])


def moved(table: Sequence[Sequence[Cell]]) -> list[list[Cell]]:
    """Return rows of a population that has moved; the first column, which is the label, stays.

    Numbers are three standard deviations larger, whole ones by a whole number; of other columns every row has the
    value that was the rarest. Cells that are missing stay so.
    """
    label, *columns = [list(column) for column in zip(*table, strict=True)]
    return [list(row) for row in zip(label, *map(_moved_column, columns), strict=True)]


def _moved_column(cells: Sequence[Cell]) -> list[Cell]:
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
