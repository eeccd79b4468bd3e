"""Train a small Keras network on 28 x 28 digits, in SageMaker's TensorFlow container.

Channels `train` and `test`: images.npy, uint8 (n, 28, 28), and labels.npy, (n,) of 0 to 9. After each epoch
it prints `train_loss: 0.1234`, `val_loss: 0.1234` and `val_accuracy: 0.9876`, each on a line. The first host
saves a SavedModel under the version folder `1`, which TensorFlow Serving serves without further code: it
takes pixels of 0 to 255, (n, 784), as JSON or as lines of CSV, and gives the probability of each digit, (n, 10).
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

VERSION = "1"
SIDE = 28


class BadInputError(ValueError):
    """What was given cannot be used: the message says what, and what to give instead."""


class _Parser(argparse.ArgumentParser):
    """A parser that ends with one sentence, the job's failure reason, and not with the usage."""

    def error(self, message: str) -> Any:
        _tell(f"hyperparameters: {message}")
        self.exit(2)


def _tell(message: str) -> None:
    """Print why the job fails, and write it where the container finds it: what is printed alone gets lost."""
    print(message, file=sys.stderr)
    if "SM_OUTPUT_DIR" in os.environ:
        Path(os.environ["SM_OUTPUT_DIR"], "failure").write_text(message, encoding="utf-8")


def _print_metrics(epoch: int, logs: Any) -> None:
    """Print an epoch's metrics on lines of their own: Keras's progress bar is hard to take apart."""
    print(f"epoch: {epoch + 1}")
    for name, key in (("train_loss", "loss"), ("val_loss", "val_loss"), ("val_accuracy", "val_accuracy")):
        print(f"{name}: {logs[key]:.4f}", flush=True)


def build_network(*, dropout: float, learning_rate: float) -> Any:
    """Return a compiled network from pixels of 0 to 255, (n, 784), to probabilities, (n, 10)."""
    tf = _tensorflow()
    layers = tf.keras.layers
    network = tf.keras.Sequential(
        [
            tf.keras.Input(shape=(SIDE * SIDE,)),
            layers.Rescaling(1 / 255),
            layers.Reshape((SIDE, SIDE, 1)),
            layers.Conv2D(8, kernel_size=5, strides=2, activation="relu"),
            layers.Conv2D(16, kernel_size=5, strides=2, activation="relu"),
            layers.Flatten(),
            layers.Dropout(dropout),
            layers.Dense(10, activation="softmax"),
        ]
    )
    optimizer = tf.keras.optimizers.Adam(learning_rate)
    network.compile(optimizer=optimizer, loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return network


def read_channel(*, name: str, folder: str | None) -> tuple[Any, Any]:
    """Read a channel, and return its pixels, float32 (n, 784) of 0 to 255, and labels, (n,).

    Raises:
        BadInputError: the channel or a file is missing or empty, or its arrays are not digits and their
        labels.

    """
    if not folder or not Path(folder).is_dir():
        raise BadInputError(f"channel {name} is missing, got {folder or 'no folder'}; add it to the training job")
    images = _load(folder=folder, name="images.npy")
    if images.size == 0 or images.shape[1:] != (SIDE, SIDE):
        raise BadInputError(f"channel {name} must hold images of 28 x 28 pixels, got the shape {images.shape}")
    labels = _load(folder=folder, name="labels.npy").astype(np.int64)
    if labels.shape != (len(images),) or labels.min() < 0 or labels.max() > 9:
        raise BadInputError(f"channel {name} must have a label of 0 to 9 for each of its {len(images)} images")
    return images.reshape(-1, SIDE * SIDE), labels


def _load(*, folder: str, name: str) -> Any:
    path = Path(folder) / name
    if not path.is_file():
        raise BadInputError(f"{path} is missing; the channel must hold images.npy and labels.npy")
    try:
        array = np.load(path, allow_pickle=False)
        return array.astype(np.float32)
    except (ValueError, EOFError) as error:
        raise BadInputError(f"{path} must be an .npy file of numbers, got what is none: {error}") from None


def train(options: argparse.Namespace) -> None:
    """Train on one channel, measure on the other, and save the network if this is the first host."""
    images, labels = read_channel(name="train", folder=options.train)
    held = read_channel(name="test", folder=options.test)
    tf = _tensorflow()
    tf.keras.utils.set_random_seed(options.seed)
    network = build_network(dropout=options.dropout, learning_rate=options.learning_rate)
    first = options.current_host == options.hosts[0]
    # A metric that every host printed would be there as often as there are hosts.
    callbacks = [tf.keras.callbacks.LambdaCallback(on_epoch_end=_print_metrics)] if first else []
    times = {"epochs": options.epochs, "batch_size": options.batch_size}
    network.fit(images, labels, validation_data=held, callbacks=callbacks, verbose=0, **times)
    if first:
        network.export(str(Path(options.sm_model_dir) / VERSION))


def _tensorflow() -> Any:
    """Return TensorFlow, loaded when it is needed: whoever gave a wrong input need not wait for it."""
    # It logs what it finds of the processor, and a job's last words must be its own.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    import tensorflow as tf

    return tf


def _number(*, kind: Callable[[str], float], low: float, high: float) -> Callable[[str], float]:
    def convert(text: str) -> float:
        try:
            value = kind(text)
        except ValueError:
            value = float("nan")
        if not low <= value <= high:
            name = "a whole number" if kind is int else "a number"
            raise argparse.ArgumentTypeError(f"must be {name} between {low:g} and {high:g}, got {text!r}")
        return value

    return convert


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = _Parser(allow_abbrev=False)
    parser.add_argument("--epochs", type=_number(kind=int, low=1, high=10_000), default=10)
    parser.add_argument("--batch_size", type=_number(kind=int, low=1, high=100_000), default=32)
    parser.add_argument("--learning_rate", type=_number(kind=float, low=1e-8, high=10), default=0.003)
    parser.add_argument("--dropout", type=_number(kind=float, low=0, high=0.95), default=0.2)
    parser.add_argument("--seed", type=_number(kind=int, low=0, high=2**31 - 1), default=0)
    _add_places(parser)
    return parser.parse_args(arguments)


def _add_places(parser: argparse.ArgumentParser) -> None:
    hosts = os.environ.get("SM_HOSTS", '["algo-1"]')
    # The container gives one in every job of a search, and AWS uploads SM_MODEL_DIR all the same.
    parser.add_argument("--model_dir", help="taken and not used")
    parser.add_argument("--sm-model-dir", default=os.environ.get("SM_MODEL_DIR", "/opt/ml/model"))
    parser.add_argument("--train", default=os.environ.get("SM_CHANNEL_TRAIN"))
    parser.add_argument("--test", default=os.environ.get("SM_CHANNEL_TEST"))
    parser.add_argument("--hosts", type=json.loads, default=json.loads(hosts))
    parser.add_argument("--current-host", default=os.environ.get("SM_CURRENT_HOST", "algo-1"))


def main(arguments: Sequence[str]) -> int:
    """Train, and return the exit code: 0, or 1 after one sentence about the input."""
    try:
        train(_options(arguments))
    except BadInputError as error:
        _tell(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
