"""The script that normalizes digits: what it prepares for the trials, and what it does to a request."""

import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from modelyard.rehearsal.containers.servers import ModelServer, ServedModel
from modelyard.shared.container_families import SKLEARN

SCRIPT = Path(__file__).parents[2] / "training_scripts" / "mnist_torch" / "preprocess.py"
MEAN, DEVIATION = 0.1307, 0.3081


def prepare(inputs: Path, outputs: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    folders = {"PROCESSING_INPUTS": str(inputs), "PROCESSING_OUTPUTS": str(outputs)}
    return subprocess.run(
        [sys.executable, str(SCRIPT), *arguments],
        env={**os.environ, **folders},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def outputs(digits: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("outputs")
    ended = prepare(digits, folder, "--mean", str(MEAN), "--deviation", str(DEVIATION))
    assert ended.returncode == 0, ended.stderr
    pixels = np.load(digits / "train/images.npy") / 255
    said = f"train: {len(pixels)} digits, mean {pixels.mean():.4f}, deviation {pixels.std():.4f}\n"
    assert ended.stdout.startswith(said)
    return folder


@pytest.fixture(scope="module")
def transformer(outputs: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModelServer]:
    model = ServedModel(archive=outputs / "transformer/model.tar.gz", program="preprocess.py", family=SKLEARN)
    with ModelServer(model=model, folder=tmp_path_factory.mktemp("server")) as server:
        yield server


def ask(server: ModelServer, body: str | bytes, content_type: str) -> tuple[int, str, bytes]:
    connection = HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.request("POST", "/invocations", body, {"Content-Type": content_type})
    answer = connection.getresponse()
    found = answer.status, answer.headers.get("Content-Type", ""), answer.read()
    connection.close()
    return found


def npy(array: Any) -> bytes:
    packed = io.BytesIO()
    np.save(packed, array)
    return packed.getvalue()


@pytest.mark.parametrize("channel", ["train", "test"])
def test_the_digits_are_normalized_and_keep_their_labels(digits: Path, outputs: Path, channel: str) -> None:
    pixels, prepared = np.load(digits / channel / "images.npy"), np.load(outputs / channel / "images.npy")

    assert prepared.dtype == np.float32
    np.testing.assert_allclose(prepared, (pixels / 255 - MEAN) / DEVIATION, atol=1e-5)
    assert (np.load(outputs / channel / "labels.npy") == np.load(digits / channel / "labels.npy")).all()


def test_the_transformer_holds_both_numbers_and_its_functions(outputs: Path) -> None:
    with tarfile.open(outputs / "transformer/model.tar.gz") as archive:
        assert sorted(archive.getnames()) == ["code/preprocess.py", "normalization.json"]
        numbers = archive.extractfile("normalization.json")
        assert numbers is not None
        assert json.load(numbers) == {"mean": MEAN, "deviation": DEVIATION}


def test_a_request_becomes_what_the_trials_were_trained_on(
    digits: Path, outputs: Path, transformer: ModelServer
) -> None:
    pixels, prepared = np.load(digits / "test/images.npy")[:2], np.load(outputs / "test/images.npy")[:2]
    rows = pixels.reshape(2, -1).tolist()
    bodies: dict[str, str | bytes] = {
        "text/csv": "\n".join(",".join(map(str, row)) for row in rows),
        "application/json": json.dumps({"instances": rows}),
        "application/x-npy": npy(pixels),
    }

    for content_type, body in bodies.items():
        status, answered, content = ask(transformer, body, content_type)
        assert (status, answered) == (200, "application/x-npy"), content_type
        assert (np.load(io.BytesIO(content)) == prepared).all()


@pytest.mark.parametrize(
    ("body", "content_type", "sentence"),
    [
        ("1,2,3", "text/csv", "images must have 28 x 28 pixels, got an array of shape (1, 3)"),
        (",".join(["256"] * 784), "text/csv", "pixels must be between 0 and 255, got others"),
        ("a", "text/csv", "the request must hold images as text/csv, got what is none"),
        ("{}", "application/json", "the request must hold images as application/json, got what is none"),
        ("x", "text/plain", "Content-Type must be text/csv, application/json or application/x-npy"),
    ],
)
def test_a_request_without_images_is_told_so(
    transformer: ModelServer, body: str, content_type: str, sentence: str
) -> None:
    status, _, said = ask(transformer, body, content_type)

    assert status == 500
    assert sentence in said.decode()


def test_an_input_without_its_files_ends_with_a_sentence(digits: Path, tmp_path: Path) -> None:
    shutil.copytree(digits / "train", tmp_path / "in/train")

    ended = prepare(tmp_path / "in", tmp_path / "out")

    assert (ended.returncode, ended.stderr) == (
        1,
        "input test must hold images.npy and labels.npy, got neither or one of them\n",
    )


def test_a_deviation_is_above_0(digits: Path, tmp_path: Path) -> None:
    ended = prepare(digits, tmp_path, "--deviation", "0")

    assert (ended.returncode, ended.stderr) == (1, "deviation must be above 0, got 0\n")
