"""Normalize digits before training, and requests before the model, in SageMaker's scikit-learn container.

Inputs `train` and `test`: images.npy, uint8 (n, 28, 28), and labels.npy, (n,). Outputs of the same names:
images.npy, float32 (n, 28, 28) of (pixel / 255 - mean) / deviation, and the labels as they were.
`transformer/model.tar.gz` holds the two numbers and this file, whose functions do the same to a request. It
prints the mean and the deviation of the training pixels, to compare with those that were given.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import shutil
import sys
import tarfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

CHANNELS = ("train", "test")
NORMALIZATION = "normalization.json"
SIDE = 28
NPY = "application/x-npy"


class BadInputError(ValueError):
    """What was given cannot be used: the message says what, and what to give instead."""

    status_code = 400


def normalize(pixels: Any, *, mean: float, deviation: float) -> Any:
    """Turn pixels of 0 to 255, 784 an image in any shape, into float32 (n, 28, 28).

    Raises:
        BadInputError: they are no images, or other numbers.

    """
    pixels = np.asarray(pixels, dtype=np.float32)
    if pixels.ndim < 2 or pixels.size == 0 or pixels.size != len(pixels) * SIDE * SIDE:
        raise BadInputError(f"images must have 28 x 28 pixels, got an array of shape {pixels.shape}")
    if not (pixels.min() >= 0 and pixels.max() <= 255):
        raise BadInputError("pixels must be between 0 and 255, got others")
    scaled = pixels.reshape(-1, SIDE, SIDE) / np.float32(255)
    return (scaled - np.float32(mean)) / np.float32(deviation)


def model_fn(model_dir: str) -> dict[str, float]:
    """Load the mean and the deviation."""
    numbers: dict[str, float] = json.loads(Path(model_dir, NORMALIZATION).read_text(encoding="utf-8"))
    return numbers


def input_fn(body: str | bytes, content_type: str) -> Any:
    """Read pixels: text/csv, 784 a line; application/json, {"instances": [...]} or a list; application/x-npy."""
    kind = content_type.partition(";")[0].strip().lower()
    try:
        if kind == "text/csv":
            text = body if isinstance(body, str) else body.decode()
            return np.loadtxt(io.StringIO(text), delimiter=",", ndmin=2)
        if kind == "application/json":
            document = json.loads(body)
            return np.asarray(document["instances"] if isinstance(document, dict) else document)
        if kind == NPY:
            return np.load(io.BytesIO(body if isinstance(body, bytes) else body.encode()), allow_pickle=False)
    except (ValueError, TypeError, KeyError, EOFError) as error:
        raise BadInputError(f"the request must hold images as {kind}, got what is none: {error}") from None
    raise BadInputError(f"Content-Type must be text/csv, application/json or {NPY}, got {content_type!r}")


def predict_fn(pixels: Any, model: dict[str, float]) -> Any:
    """Normalize the pixels, as those of the training data were."""
    return normalize(pixels, mean=model["mean"], deviation=model["deviation"])


def output_fn(images: Any, accept: str) -> tuple[bytes, str]:
    """Return the images as an .npy array, which the network takes as normalized; it is asked for nothing else."""
    del accept
    packed = io.BytesIO()
    np.save(packed, images)
    return packed.getvalue(), NPY


def prepare(options: argparse.Namespace) -> None:
    """Normalize both inputs, and pack what requests need."""
    if options.deviation <= 0:
        raise BadInputError(f"deviation must be above 0, got {options.deviation:g}")
    for name in CHANNELS:
        source, target = Path(options.inputs) / name, Path(options.outputs) / name
        if not (source / "images.npy").is_file() or not (source / "labels.npy").is_file():
            raise BadInputError(f"input {name} must hold images.npy and labels.npy, got neither or one of them")
        pixels = np.load(source / "images.npy", allow_pickle=False)
        target.mkdir(parents=True, exist_ok=True)
        np.save(target / "images.npy", normalize(pixels, mean=options.mean, deviation=options.deviation))
        shutil.copy(source / "labels.npy", target)
        scaled = pixels / 255
        print(f"{name}: {len(pixels)} digits, mean {scaled.mean():.4f}, deviation {scaled.std():.4f}", flush=True)
    _pack(Path(options.outputs) / "transformer", mean=options.mean, deviation=options.deviation)


def _pack(folder: Path, **numbers: float) -> None:
    """Pack the two numbers, and this file below code/, where the serving container looks for its functions."""
    folder.mkdir(parents=True, exist_ok=True)
    content = json.dumps(numbers).encode()
    entry = tarfile.TarInfo(NORMALIZATION)
    entry.size = len(content)
    with tarfile.open(folder / "model.tar.gz", "w:gz") as archive:
        archive.addfile(entry, io.BytesIO(content))
        archive.add(Path(__file__).resolve(), f"code/{Path(__file__).name}")


def main(arguments: Sequence[str]) -> int:
    """Prepare, and return the exit code: 0, or 1 after one sentence about the input."""
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("--mean", type=float, default=0.1307)
    parser.add_argument("--deviation", type=float, default=0.3081)
    parser.add_argument("--inputs", default=os.environ.get("PROCESSING_INPUTS", "."))
    parser.add_argument("--outputs", default=os.environ.get("PROCESSING_OUTPUTS", "."))
    try:
        prepare(parser.parse_args(arguments))
    except BadInputError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
