"""Real handwritten digits, enlarged to 28 x 28 pixels, as the digits workloads' channels expect them.

The digits are the 1,797 of 8 x 8 pixels that scikit-learn brings along (its `load_digits`): nothing is
downloaded.
"""

from dataclasses import dataclass
from itertools import accumulate, pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_digits

from modelyard.operations.datasets.integers import Integers, IntegerSource, write_lines

SIDE = 28
Pixels = NDArray[np.uint8]
SMALL_SIDE = 8
BRIGHTEST = 16
# How many of the 1,797 go to train/, test/, batch/ and traffic/: enough of the last that no request of a check repeats.
SIZES = (1097, 300, 100, 300)


@dataclass(frozen=True, kw_only=True, slots=True)
class DigitImages:
    """Digits to write: as they are, or drifted (grey paper, pale ink), in an order that the seed decides."""

    drifted: bool = False
    seed: int = 2026

    def write(self, *, folder: Path) -> tuple[Path, ...]:
        """Write the channels and three files of pixels as CSV, and return the paths.

        train/ and test/ hold images.npy, uint8 (n, 28, 28), 0 is paper and 255 ink, and labels.npy, uint8
        (n,). baseline/ holds the training digits as CSV: a header, the label first, then 784 pixels row by
        row. batch/ and traffic/ hold 784 pixels a line and nothing else.
        """
        images, labels = self._digits()
        train, test, batch, traffic = _parts()
        header = ",".join(["digit", *(f"pixel_{index}" for index in range(SIDE * SIDE))])
        rows = zip(labels[train].tolist(), _lines(images=images[train]), strict=True)
        baseline = folder / "baseline" / "baseline.csv"
        write_lines(path=baseline, lines=[header, *(f"{label},{line}" for label, line in rows)])
        return (
            *_write_channel(folder=folder / "train", images=images[train], labels=labels[train]),
            *_write_channel(folder=folder / "test", images=images[test], labels=labels[test]),
            baseline,
            _write_pixels(path=folder / "batch" / "batch.csv", images=images[batch]),
            _write_pixels(path=folder / "traffic" / "traffic.csv", images=images[traffic]),
        )

    def traffic(self) -> tuple[tuple[str, str], ...]:
        """Return the digits of traffic/, each as its label and its line."""
        images, labels = self._digits()
        *_, traffic = _parts()
        return tuple(zip(map(str, labels[traffic].tolist()), _lines(images=images[traffic]), strict=True))

    def _digits(self) -> tuple[Pixels, Pixels]:
        bundled = load_digits()
        order = IntegerSource(seed=self.seed).order(name="digits", count=len(bundled.target))
        images = enlarge(images=bundled.images.astype(np.int64)[order])
        if self.drifted:
            images = (images.astype(np.int64) * 6 // 10 + 60).astype(np.uint8)
        return images, bundled.target[order].astype(np.uint8)


def enlarge(*, images: Integers) -> Pixels:
    """Blow up (n, 8, 8) images of 0 to 16 to (n, 28, 28) of 0 to 255, by linear interpolation."""
    weights = _weights()
    scale = int(weights.sum(axis=1)[0]) ** 2 * BRIGHTEST
    large: Integers = weights @ images @ weights.T
    return (large * 255 // scale).astype(np.uint8)


def _parts() -> tuple[slice, ...]:
    ends = list(accumulate(SIZES, initial=0))
    return tuple(slice(start, end) for start, end in pairwise(ends))


def _weights() -> Integers:
    """How much each of 8 pixels adds to each of 28, in 56ths: (28, 8)."""
    weights = np.zeros((SIDE, SMALL_SIDE), dtype=np.int64)
    unit = 2 * SIDE
    for target in range(SIDE):
        # The centre of the target pixel, in 56ths of a small pixel, counted from the centre of the first.
        centre = (2 * target + 1) * SMALL_SIDE - SIDE
        left, share = divmod(centre, unit)
        weights[target, max(left, 0)] += unit - share
        weights[target, min(left + 1, SMALL_SIDE - 1)] += share
    return weights


def _write_channel(*, folder: Path, images: Pixels, labels: Pixels) -> tuple[Path, Path]:
    folder.mkdir(parents=True, exist_ok=True)
    np.save(folder / "images.npy", images)
    np.save(folder / "labels.npy", labels)
    return folder / "images.npy", folder / "labels.npy"


def _write_pixels(*, path: Path, images: Pixels) -> Path:
    write_lines(path=path, lines=_lines(images=images))
    return path


def _lines(*, images: Pixels) -> list[str]:
    return [",".join(map(str, row)) for row in images.reshape(len(images), -1).tolist()]
