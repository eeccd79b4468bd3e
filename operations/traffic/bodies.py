"""The requests to send: one record each, as a client sends them."""

from __future__ import annotations

import tempfile
from pathlib import Path

from manifest import Model
from operations.data.examples import write_example
from operations.failures import Failure

TRAFFIC = "traffic/traffic.csv"


def bodies_of(*, model: Model, file: Path | None, drifted: bool) -> list[bytes]:
    """The lines of a file, or of an example's traffic: from the usual population, or one that has moved.

    Raises:
        Failure: the file is not there or empty, or the model is no example and no file is named.
    """
    if file is not None:
        return _lines(file)
    with tempfile.TemporaryDirectory() as folder:
        write_example(model=model, folder=Path(folder), drifted=drifted)
        return _lines(Path(folder) / TRAFFIC)


def _lines(file: Path) -> list[bytes]:
    if not file.is_file():
        raise Failure(f"{file} must be a file of records, one a line, there is none; name one")
    lines = [line for line in file.read_bytes().splitlines() if line.strip()]
    if not lines:
        raise Failure(f"{file} must hold records, it is empty; name another")
    return lines
