"""A model's data where nobody names a file: the project's own, else those that are made here for its script."""

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from modelyard.manifest import Model
from modelyard.operations.bucket import DataBucket
from modelyard.operations.data.own import DATA, OwnData, absence, own_data
from modelyard.operations.data.stored import StoredSample
from modelyard.operations.failures import Failure
from modelyard.operations.project import ROOT


class Traffic(Protocol):
    """Where records to send come from."""

    def traffic(self) -> tuple[tuple[str, str], ...]:
        """Return records, each as its label and what is sent."""


class Example(Traffic, Protocol):
    """Data that can be made."""

    def write(self, *, folder: Path) -> tuple[Path, ...]:
        """Write the files to a folder, and return them."""


@contextmanager
def datasets_of(model: Model, *, root: Path = ROOT) -> Iterator[Path]:
    """Give a folder with a model's datasets: the project's own, or for the time of the `with` those that are made.

    It is empty where all that a model is trained on lies in other buckets.

    Raises:
        Failure: there are none.
    """
    own = own_data(model, root=root)
    if own is not None:
        yield own
        return
    with tempfile.TemporaryDirectory() as made:
        if model.training is None or model.datasets:
            example_of(model=model).write(folder=Path(made))
        yield Path(made)


def traffic_of(*, model: Model, drifted: bool = False, root: Path = ROOT, bucket: DataBucket | None = None) -> Traffic:
    """Return where a model's traffic comes from: the usual population, or one that has moved.

    Data that are neither in the project nor made here are looked for in the bucket, where one is given.

    Raises:
        Failure: there are no data of the model.
    """
    own = own_data(model, root=root)
    if own is not None:
        return OwnData(model=model, folder=own, drifted=drifted)
    if bucket is not None and not is_made(model=model):
        return StoredSample(model=model, bucket=bucket, drifted=drifted)
    return example_of(model=model, drifted=drifted)


def is_made(*, model: Model) -> bool:
    """Return whether a model's script is one whose data are made here."""
    return _reader(model) in MAKERS


def example_of(*, model: Model, drifted: bool = False) -> Example:
    """Return the data that are made for a model's script.

    Raises:
        Failure: none are, so that somebody must bring them.
    """
    make = MAKERS.get(_reader(model))
    if make is None:
        raise Failure(absence(model, where=f"{DATA}/{model.name}/"))
    return make(drifted)


def _reader(model: Model) -> str:
    """The folder of the script that reads a model's data."""
    script = model.training.script if model.training is not None else model.serving_script
    return script.partition("/")[0] if script is not None else ""


# Imported where they are made: numpy and scikit-learn take a second to load.
def _churn(drifted: bool) -> Example:  # noqa: FBT001 - the one thing that a maker is told
    from modelyard.operations.datasets.churn import DRIFTED, USUAL, ChurnTable

    return ChurnTable(population=DRIFTED if drifted else USUAL)


def _digits(drifted: bool) -> Example:  # noqa: FBT001
    from modelyard.operations.datasets.digits import DigitImages

    return DigitImages(drifted=drifted)


# By the folder of the script that reads them.
MAKERS: Mapping[str, Callable[[bool], Example]] = {
    "churn_xgboost": _churn,
    "churn_forest": _churn,
    "mnist_torch": _digits,
    "mnist_tf": _digits,
}
