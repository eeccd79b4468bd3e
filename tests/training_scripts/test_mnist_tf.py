import tarfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from rehearsal.containers.training import TrainingResult, TrainingStatus

pytestmark = pytest.mark.usefixtures("tensorflow_is_there")
# Guessing one digit of ten is right in 0.1; these small settings must be right in 0.6 more.
TRIVIAL, MARGIN = 0.1, 0.6
Train = Callable[..., TrainingResult]


@pytest.fixture(scope="module")
def channels(digits: Path) -> dict[str, Path]:
    return {name: digits / name for name in ("train", "test")}


@pytest.fixture(scope="module")
def result(train: Train, channels: dict[str, Path]) -> TrainingResult:
    given = {"epochs": 2, "model_dir": '"s3://bucket/digits/model"'}
    return train("mnist_tf", channels=channels, hyperparameters=given, host_count=2)


def test_training_completes(result: TrainingResult) -> None:
    assert (result.status, result.failure_reason) == (TrainingStatus.COMPLETED, None)


@pytest.mark.parametrize("name", ["train:loss", "val:loss", "val:accuracy"])
def test_a_metric_is_scraped_once_an_epoch_however_many_hosts_there_are(
    result: TrainingResult, name: str
) -> None:
    assert [metric.name for metric in result.metrics].count(name) == 2


def test_the_network_beats_guessing_by_far(result: TrainingResult) -> None:
    assert result.final_metrics["val:accuracy"] > TRIVIAL + MARGIN


def test_a_saved_model_is_packed_under_its_version(result: TrainingResult) -> None:
    assert result.model_archive is not None
    with tarfile.open(result.model_archive) as tar:
        assert "1/saved_model.pb" in tar.getnames()


def test_only_the_first_of_two_hosts_saves(result: TrainingResult) -> None:
    assert result.model_archive is not None
    folder = result.model_archive.parent

    saved = [[path.name for path in (folder / host / "model").iterdir()] for host in ("algo-1", "algo-2")]
    assert saved == [["1"], []]


def reason_of(result: TrainingResult) -> str:
    assert result.failure_reason is not None
    return result.failure_reason


def test_a_missing_channel_ends_with_one_sentence(train: Train, digits: Path) -> None:
    reason = reason_of(train("mnist_tf", channels={"train": digits / "train"}))

    assert 'ErrorMessage "channel test is missing, got no folder; add it to the training job"' in reason


def test_images_of_another_size_end_with_one_sentence(train: Train, digits: Path, tmp_path: Path) -> None:
    np.save(tmp_path / "images.npy", np.zeros((3, 8, 8), dtype=np.uint8))

    reason = reason_of(train("mnist_tf", channels={"train": tmp_path, "test": digits / "test"}))

    assert "channel train must hold images of 28 x 28 pixels, got the shape (3, 8, 8)" in reason


def test_an_empty_file_ends_with_one_sentence(train: Train, digits: Path, tmp_path: Path) -> None:
    (tmp_path / "images.npy").write_bytes(b"")

    reason = reason_of(train("mnist_tf", channels={"train": tmp_path, "test": digits / "test"}))

    assert "images.npy must be an .npy file of numbers, got what is none" in reason


def test_labels_that_are_no_digits_end_with_one_sentence(train: Train, digits: Path, tmp_path: Path) -> None:
    np.save(tmp_path / "images.npy", np.zeros((2, 28, 28), dtype=np.uint8))
    np.save(tmp_path / "labels.npy", np.array([3, -1]))

    reason = reason_of(train("mnist_tf", channels={"train": tmp_path, "test": digits / "test"}))

    assert "channel train must have a label of 0 to 9 for each of its 2 images" in reason


def test_a_wrong_hyperparameter_ends_with_one_sentence(train: Train, channels: dict[str, Path]) -> None:
    reason = reason_of(train("mnist_tf", channels=channels, hyperparameters={"epochs": "few"}))

    assert "argument --epochs: must be a whole number between 1 and 10000, got 'few'" in reason
