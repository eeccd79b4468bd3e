"""Objects that an augmented manifest names, as arrays of images and labels: what scripts load with NumPy."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from modelyard.operations.data.augmented import AugmentedManifest
from modelyard.operations.failures import Failure
from modelyard.operations.screen.words import counted

IMAGES, LABELS = "images.npy", "labels.npy"
NUMPY_MARK = b"\x93NUMPY"
BYTE = np.iinfo(np.uint8).max

Pixels = npt.NDArray[np.generic]


@dataclass(frozen=True, kw_only=True, slots=True)
class ConvertedImages:
    """The two files that were written, and what could not be read, a sentence each."""

    files: tuple[Path, Path]
    unreadable: tuple[str, ...]


def write_images(manifest: AugmentedManifest, *, folder: Path, read: Callable[[str], bytes | None]) -> ConvertedImages:
    """Write `images.npy`, an array of all images, and `labels.npy`, one label each, into a folder.

    `read` returns an object's content, and None where there is none or it may not be read.

    Raises:
        Failure: no image can be read, or they are not of one size and type.
    """
    images: list[Pixels] = []
    labels: list[str] = []
    unreadable: list[str] = []
    for line in manifest.lines:
        where = f"{manifest.file}, line {line.line},"
        content = None if line.reference is None else read(line.reference)
        image = None if content is None else pixels_of(content)
        if image is None:
            what = "there is no such object, or it may not be read" if content is None else "it is no image"
            unreadable.append(f"{where} {line.reference}: {what}")
            continue
        if images and (image.shape, image.dtype) != (images[0].shape, images[0].dtype):
            raise Failure(
                f"{where} must name an image of {_form(images[0])} as the lines before do, got {_form(image)}; "
                "scale the images to one size"
            )
        images.append(image)
        labels.append(str(line.label(kind=None)))
    if not images:
        raise Failure(f"{manifest.file} must name images that can be read, got none: {unreadable[0]}")
    folder.mkdir(parents=True, exist_ok=True)
    files = (folder / IMAGES, folder / LABELS)
    np.save(files[0], np.stack(images))
    np.save(files[1], _labels(labels))
    return ConvertedImages(files=files, unreadable=tuple(unreadable))


def pixels_of(content: bytes) -> Pixels | None:
    """Return an image of NumPy's format, or of any that Pillow reads; None for other content."""
    if content.startswith(NUMPY_MARK):
        try:
            return np.asarray(np.load(io.BytesIO(content), allow_pickle=False))
        except (ValueError, EOFError):
            return None
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(content)) as image:
            return np.asarray(image)
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError):
        return None


def as_npy(pixels: Pixels) -> bytes:
    """Return an image in NumPy's format."""
    content = io.BytesIO()
    np.save(content, pixels)
    return content.getvalue()


def unreadable_sentence(unreadable: tuple[str, ...]) -> str:
    """Return how many objects could not be read, with the first of them."""
    return f"{counted(len(unreadable), 'object')} could not be read and left out; the first: {unreadable[0]}"


def _labels(labels: list[str]) -> npt.NDArray[np.generic]:
    """Bytes where all labels are whole numbers of that size, as the images are; else whole numbers or texts."""
    try:
        numbers = np.array([int(label) for label in labels])
    except ValueError:
        return np.array(labels)
    return numbers.astype(np.uint8) if numbers.min() >= 0 and numbers.max() <= BYTE else numbers


def _form(image: Pixels) -> str:
    return f"{' x '.join(map(str, image.shape))} {image.dtype}"
