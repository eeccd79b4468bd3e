import hashlib
from pathlib import Path

import numpy as np
import pytest

from modelyard.operations.datasets.digits import DigitImages, enlarge

# What the first run wrote: another platform, or another numpy, must write the same.
TRAIN_DIGEST = "9c8f0700a79818c2b93986c792a5d25053f21ecc1323782b4d2d3deca9fe1ab0"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("digits")
    DigitImages().write(folder=folder)
    return folder


def test_the_pixels_are_the_same_on_every_machine(folder: Path) -> None:
    images = np.load(folder / "train/images.npy")

    assert hashlib.sha256(images.tobytes()).hexdigest() == TRAIN_DIGEST


def test_a_channel_holds_28_by_28_bytes_an_image(folder: Path) -> None:
    images = np.load(folder / "test/images.npy")

    assert (images.shape, images.dtype) == ((300, 28, 28), np.uint8)


def test_every_digit_is_in_both_channels(folder: Path) -> None:
    labels = [np.load(folder / name / "labels.npy") for name in ("train", "test")]

    assert [np.unique(part).tolist() for part in labels] == [list(range(10))] * 2


def test_no_digit_is_in_two_files(folder: Path) -> None:
    images = np.concatenate([np.load(folder / name / "images.npy") for name in ("train", "test")])

    assert len(np.unique(images.reshape(len(images), -1), axis=0)) == len(images)


def test_enlarging_keeps_the_brightest_ink_and_the_paper() -> None:
    image = np.zeros((1, 8, 8), dtype=np.int64)
    image[0, 2:6, 2:6] = 16

    large = enlarge(images=image)

    assert (int(large[0, 14, 14]), int(large[0, 0, 0])) == (255, 0)


def test_enlarging_keeps_an_even_grey_even() -> None:
    large = enlarge(images=np.full((1, 8, 8), 8, dtype=np.int64))

    assert np.unique(large).tolist() == [127]


def test_the_baseline_has_a_header_and_the_label_first(folder: Path) -> None:
    header = (folder / "baseline/baseline.csv").read_text().partition("\n")[0].split(",")

    assert (header[:2], len(header)) == (["digit", "pixel_0"], 785)


@pytest.mark.parametrize(("name", "count"), [("batch", 100), ("traffic", 300)])
def test_what_is_scored_is_784_pixels_a_line(folder: Path, name: str, count: int) -> None:
    assert np.loadtxt(folder / name / f"{name}.csv", delimiter=",").shape == (count, 784)


def test_drifted_digits_are_on_grey_paper(tmp_path: Path) -> None:
    DigitImages(drifted=True).write(folder=tmp_path)

    assert np.load(tmp_path / "train/images.npy").min() == 60
