"""Train a small convolutional network on 28 x 28 digits, and serve it, in SageMaker's PyTorch container.

Channels `train` and `test`: images.npy, uint8 (n, 28, 28), or float32 where they have been normalized (see
preprocess.py), and labels.npy, (n,) of 0 to 9. After each epoch
the first host prints `Train Loss: 0.1234;` and `Test Average loss: 0.1234, Test Accuracy: 98.76%;`. On
several hosts each trains on its share of the digits, and their gradients are averaged over `backend`.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import distributed, nn

MODEL_FILE = "model.pth"
NPY = "application/x-npy"
SIDE = 28
# Learning rates under which two epochs are enough to tell a good network from a bad one.
RATES = {"adam": 0.002, "rmsprop": 0.001, "sgd": 0.05}
OPTIMIZERS = {
    "adam": lambda parameters, rate: torch.optim.Adam(parameters, lr=rate),
    "rmsprop": lambda parameters, rate: torch.optim.RMSprop(parameters, lr=rate),
    "sgd": lambda parameters, rate: torch.optim.SGD(parameters, lr=rate, momentum=0.9),
}


class BadInputError(ValueError):
    """What was given cannot be used: the message says what, and what to give instead."""

    status_code = 400


class ContentTypeError(BadInputError):
    """A request came in a format that is not read here."""

    status_code = 415


class AcceptError(BadInputError):
    """An answer was asked for in a format that is not written here."""

    status_code = 406


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


def build_network(*, hidden_channels: int, dropout: float) -> Any:
    """Return a network from images, (n, 1, 28, 28), to ten scores an image, (n, 10)."""
    return nn.Sequential(
        nn.Conv2d(1, hidden_channels, kernel_size=5),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Conv2d(hidden_channels, 2 * hidden_channels, kernel_size=5),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Dropout(dropout),
        nn.Linear(2 * hidden_channels * 16, 50),
        nn.ReLU(),
        nn.Linear(50, 10),
    )


def model_fn(model_dir: str) -> Any:
    """Load the network that training saved, ready to predict."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    saved = torch.load(Path(model_dir) / MODEL_FILE, map_location=device, weights_only=True)
    network = build_network(hidden_channels=saved["hidden_channels"], dropout=saved["dropout"])
    network.load_state_dict(saved["weights"])
    return network.to(device).eval()


def input_fn(body: str | bytes, content_type: str) -> Any:
    """Turn a request into images, (n, 1, 28, 28).

    It takes pixels of 0 to 255 as text/csv, 784 a line; as application/json, {"instances": [...]} or a list,
    each image a list of 784 or of 28 lists of 28; or as application/x-npy of those shapes. An .npy array of
    floats has been normalized before.
    """
    kind = content_type.partition(";")[0].strip().lower()
    if kind not in _READERS:
        raise ContentTypeError(f"Content-Type must be one of {', '.join(_READERS)}, got {content_type!r}")
    try:
        read = np.asarray(_READERS[kind](body))
        normalized = kind == NPY and read.dtype.kind == "f"
        pixels = read.astype(np.float32)
    except (ValueError, TypeError, EOFError) as error:
        raise BadInputError(f"the request must hold images as {kind}, got what is none: {error}") from None
    return _to_images(pixels=pixels, source="the request", normalized=normalized)


def predict_fn(images: Any, model: Any) -> Any:
    """Return the probability of each digit, (n, 10)."""
    device = next(model.parameters()).device
    with torch.no_grad():
        return torch.softmax(model(images.to(device)), dim=1).cpu().numpy()


def output_fn(prediction: Any, accept: str) -> tuple[str, str]:
    """Return the digits: one a line as text/csv, or as JSON with the probability of each of the ten."""
    digits = prediction.argmax(axis=1).tolist()
    for wanted in (accept or "*/*").split(","):
        kind = wanted.partition(";")[0].strip().lower()
        if kind in ("application/json", "*/*"):
            rows = [
                {"digit": digit, "probabilities": [round(p, 6) for p in row]}
                for digit, row in zip(digits, prediction.tolist())
            ]
            return json.dumps({"predictions": rows}), "application/json"
        if kind == "text/csv":
            return "\n".join(map(str, digits)), kind
    raise AcceptError(f"Accept must be application/json or text/csv, got {accept!r}")


def _read_csv(body: str | bytes) -> Any:
    text = body if isinstance(body, str) else body.decode()
    return [[float(cell) for cell in line.split(",")] for line in io.StringIO(text, newline=None) if line.strip()]


def _read_json(body: str | bytes) -> Any:
    document = json.loads(body)
    return document.get("instances") if isinstance(document, dict) else document


def _read_npy(body: str | bytes) -> Any:
    return np.load(io.BytesIO(body if isinstance(body, bytes) else body.encode()), allow_pickle=False)


_READERS: dict[str, Callable[[str | bytes], Any]] = {
    "text/csv": _read_csv,
    "application/json": _read_json,
    NPY: _read_npy,
}


def read_channel(*, name: str, folder: str | None) -> tuple[Any, Any]:
    """Read a channel, and return its images, (n, 1, 28, 28), and labels, (n,).

    Raises:
        BadInputError: the channel or a file is missing or empty, or its arrays are not digits and their
        labels.

    """
    if not folder or not Path(folder).is_dir():
        raise BadInputError(f"channel {name} is missing, got {folder or 'no folder'}; add it to the training job")
    read = _load(folder=folder, name="images.npy")
    images = _to_images(
        pixels=read.astype(np.float32), source=f"channel {name}, images.npy", normalized=read.dtype.kind == "f"
    )
    labels = _load(folder=folder, name="labels.npy").astype(np.int64)
    if labels.shape != (len(images),) or labels.min() < 0 or labels.max() > 9:
        raise BadInputError(f"channel {name} must have a label of 0 to 9 for each of its {len(images)} images")
    return images, torch.from_numpy(labels)


def _load(*, folder: str, name: str) -> Any:
    path = Path(folder) / name
    if not path.is_file():
        raise BadInputError(f"{path} is missing; the channel must hold images.npy and labels.npy")
    try:
        array = np.load(path, allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise BadInputError(f"{path} must be an .npy file of numbers, got what is none: {error}") from None
    if array.dtype.kind not in "biuf":
        raise BadInputError(f"{path} must be an .npy file of numbers, got one of {array.dtype}")
    return array


def _to_images(*, pixels: Any, source: str, normalized: bool) -> Any:
    if pixels.ndim < 2 or pixels.size == 0 or pixels.size != len(pixels) * SIDE * SIDE:
        raise BadInputError(f"{source} must hold images of 28 x 28 pixels, got an array of shape {pixels.shape}")
    shaped = pixels.reshape(-1, 1, SIDE, SIDE)
    if normalized:
        if not np.isfinite(shaped).all():
            raise BadInputError(f"{source} must hold finite numbers, got others")
        return torch.from_numpy(shaped)
    if not (pixels.min() >= 0 and pixels.max() <= 255):
        raise BadInputError(f"{source} must hold pixels between 0 and 255, got others")
    return torch.from_numpy(shaped / 255)


def train(options: argparse.Namespace) -> None:
    """Train on this host's share of the digits; the first host measures, prints and saves."""
    images, labels = read_channel(name="train", folder=options.train)
    held = read_channel(name="test", folder=options.test)
    if len(images) < len(options.hosts):
        raise BadInputError(f"channel train must hold an image a host, got {len(images)}; take fewer hosts")
    rank, world = _join(options)
    # Shares of one size: a host that had a batch more would wait for ever for the others' gradients.
    share = slice(rank * (len(images) // world), (rank + 1) * (len(images) // world))
    network = _fit(options, images[share], labels[share], held=held if rank == 0 else None)
    if rank == 0:
        _save(network=network, options=options)
    if world > 1:
        distributed.barrier()
        distributed.destroy_process_group()


def _fit(options: argparse.Namespace, images: Any, labels: Any, *, held: tuple[Any, Any] | None) -> Any:
    """Return a network trained together with the other hosts, measured on `held` if that is given."""
    torch.manual_seed(options.seed)
    network = build_network(hidden_channels=options.hidden_channels, dropout=options.dropout)
    model = nn.parallel.DistributedDataParallel(network) if distributed.is_initialized() else network
    rate = RATES[options.optimizer] if options.lr is None else options.lr
    optimizer = OPTIMIZERS[options.optimizer](model.parameters(), rate)
    for epoch in range(1, options.epochs + 1):
        loss = _run_epoch(model, optimizer, images, labels, batch_size=options.batch_size)
        if held is not None:
            _report(epoch=epoch, loss=loss, network=network, images=held[0], labels=held[1])
    return network


def _join(options: argparse.Namespace) -> tuple[int, int]:
    """Meet the other hosts, and return this host's number and how many there are."""
    rank, world = options.hosts.index(options.current_host), len(options.hosts)
    if options.backend == "nccl" and not torch.cuda.is_available():
        raise BadInputError("backend nccl needs a GPU, and this instance has none; set backend to gloo")
    if world > 1:
        # The container sets the first two itself; 7777 is the port that it uses.
        os.environ.setdefault("MASTER_ADDR", options.hosts[0])
        os.environ.setdefault("MASTER_PORT", "7777")
        os.environ.setdefault("GLOO_SOCKET_IFNAME", os.environ.get("SM_NETWORK_INTERFACE_NAME", "eth0"))
        distributed.init_process_group(options.backend, rank=rank, world_size=world)
    return rank, world


def _run_epoch(model: Any, optimizer: Any, images: Any, labels: Any, *, batch_size: int) -> float:
    model.train()
    losses: list[float] = []
    for batch in torch.randperm(len(images)).split(batch_size):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(images[batch]), labels[batch])
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return sum(losses) / len(losses)


def _report(*, epoch: int, loss: float, network: Any, images: Any, labels: Any) -> None:
    network.eval()
    with torch.no_grad():
        scores = network(images)
    test_loss = nn.functional.cross_entropy(scores, labels).item()
    accuracy = 100 * (scores.argmax(dim=1) == labels).float().mean().item()
    print(f"Epoch {epoch}: Train Loss: {loss:.4f};", flush=True)
    print(f"Test Average loss: {test_loss:.4f}, Test Accuracy: {accuracy:.2f}%;", flush=True)


def _save(*, network: Any, options: argparse.Namespace) -> None:
    saved = {
        "hidden_channels": options.hidden_channels,
        "dropout": options.dropout,
        "weights": network.state_dict(),
    }
    torch.save(saved, Path(options.model_dir) / MODEL_FILE)
    # PyTorch's serving container loads the code that the model brings along, and no other.
    here = Path(__file__).resolve().parent
    left_out = shutil.ignore_patterns("__pycache__")
    shutil.copytree(here, Path(options.model_dir) / "code", ignore=left_out, dirs_exist_ok=True)


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
    parser.add_argument("--backend", choices=("gloo", "nccl"), default="gloo")
    parser.add_argument("--hidden_channels", type=_number(kind=int, low=1, high=1024), default=10)
    parser.add_argument("--dropout", type=_number(kind=float, low=0, high=0.95), default=0.2)
    parser.add_argument("--optimizer", choices=sorted(OPTIMIZERS), default="adam")
    parser.add_argument(
        "--lr", type=_number(kind=float, low=1e-8, high=10), help="the default depends on the optimizer"
    )
    parser.add_argument("--batch_size", type=_number(kind=int, low=1, high=100_000), default=32)
    parser.add_argument("--seed", type=_number(kind=int, low=0, high=2**31 - 1), default=0)
    _add_places(parser)
    return parser.parse_args(arguments)


def _add_places(parser: argparse.ArgumentParser) -> None:
    hosts = os.environ.get("SM_HOSTS", '["algo-1"]')
    parser.add_argument("--train", default=os.environ.get("SM_CHANNEL_TRAIN"))
    parser.add_argument("--test", default=os.environ.get("SM_CHANNEL_TEST"))
    parser.add_argument("--model-dir", default=os.environ.get("SM_MODEL_DIR", "/opt/ml/model"))
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
