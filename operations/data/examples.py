"""A model's data where nobody names a file: the project's own, else an example's, by the script that reads them."""

from pathlib import Path
from typing import Protocol

from modelyard.manifest import Model
from modelyard.operations.data.own import OwnData, own_data
from modelyard.operations.failures import Failure

CHURN = frozenset({"churn_xgboost", "churn_forest"})
DIGITS = frozenset({"mnist_torch", "mnist_tf"})


class Example(Protocol):
    """Data that can be made."""

    def write(self, *, folder: Path) -> tuple[Path, ...]:
        """Write the files to a folder, and return them."""

    def traffic_labels(self) -> tuple[str, ...]:
        """Return what proves true of the records of the traffic."""


def write_example(*, model: Model, folder: Path, drifted: bool = False) -> tuple[Path, ...]:
    """Make an example's data in a folder, from the usual population or one that has moved.

    Raises:
        Failure: the model is none of the examples, so its data are not ours to make.
    """
    return example_of(model=model, drifted=drifted).write(folder=folder)


def example_of(*, model: Model, drifted: bool) -> Example:
    """Return the data of a model: what the project has of it, else those of an example.

    Raises:
        Failure: there are none; or they shall be from a population that has moved, and the model is no example.
    """
    folder = own_data(model)
    if folder is not None and drifted:
        raise Failure(f"{folder} has no drifted data, only those of the examples can be made; give a file: --data FILE")
    if folder is not None:
        return OwnData(folder=folder)
    script = model.training.script if model.training is not None else model.serving_script
    reader = script.partition("/")[0] if script is not None else ""
    if reader in CHURN:
        return _churn(drifted=drifted)
    if reader in DIGITS:
        from modelyard.operations.datasets.digits import DigitImages  # scikit-learn takes a second to load

        return DigitImages(drifted=drifted)
    raise Failure(
        f"{model.name} is none of the examples, whose data can be made, and there is no folder data/{model.name}; "
        "give a folder or a file of your own"
    )


def _churn(*, drifted: bool) -> Example:
    from modelyard.operations.datasets.churn import DRIFTED, USUAL, ChurnTable

    return ChurnTable(population=DRIFTED if drifted else USUAL)
