"""A model's data where nobody names a file: the project's own, else an example's, by the script that reads them."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from modelyard.manifest import Model
from modelyard.operations.data.own import OwnData, own_data
from modelyard.operations.failures import Failure
from modelyard.operations.project import ROOT

CHURN = frozenset({"churn_xgboost", "churn_forest"})
DIGITS = frozenset({"mnist_torch", "mnist_tf"})


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
    """Give a folder with a model's datasets: the project's own, or for the time of the `with` an example's.

    Raises:
        Failure: there are none.
    """
    own = own_data(model, root=root)
    if own is not None:
        yield own
        return
    with tempfile.TemporaryDirectory() as made:
        example_of(model=model).write(folder=Path(made))
        yield Path(made)


def traffic_of(*, model: Model, drifted: bool = False, root: Path = ROOT) -> Traffic:
    """Return where a model's traffic comes from: the usual population, or one that has moved.

    Raises:
        Failure: the project has no data of it, and it is none of the examples.
    """
    own = own_data(model, root=root)
    return (
        example_of(model=model, drifted=drifted) if own is None else OwnData(model=model, folder=own, drifted=drifted)
    )


def example_of(*, model: Model, drifted: bool = False) -> Example:
    """Return the example whose data a model's script reads.

    Raises:
        Failure: it is none of the examples, so its data are not ours to make.
    """
    script = model.training.script if model.training is not None else model.serving_script
    reader = script.partition("/")[0] if script is not None else ""
    # Imported where they are made: numpy and scikit-learn take a second to load.
    if reader in CHURN:
        from modelyard.operations.datasets.churn import DRIFTED, USUAL, ChurnTable

        return ChurnTable(population=DRIFTED if drifted else USUAL)
    if reader in DIGITS:
        from modelyard.operations.datasets.digits import DigitImages

        return DigitImages(drifted=drifted)
    raise Failure(
        f"{model.name} is none of the examples, whose data can be made, and there is no folder data/{model.name}; "
        "give a folder or a file of your own"
    )
