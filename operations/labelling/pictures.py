"""Requests that are images, whether they were sent as a file, as nested lists of JSON or as pixels of CSV."""

import base64
import io
import json
import math
import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from modelyard.drift.reading.records import Payload
from modelyard.operations.data.images import BYTE, NUMPY_MARK, Pixels, pixels_of

# Less is taken for a table.
SMALLEST_SIDE = 8
CHANNELS = (3, 4)


def picture_of(request: Payload) -> Pixels | None:
    """Return the image that was sent: (height, width), or with three or four channels behind; None for other data.

    Of arrays the first axis is that of records, as the analyzer has it, so that one image is the only one of its first.
    """
    if request.encoding == "BASE64":
        content = base64.b64decode(request.data)
        found = pixels_of(content)
        return found if found is None or not content.startswith(NUMPY_MARK) else _only_image(found)
    return _only_image(_array(request.data)) if request.encoding == "JSON" else None


def square_of(cells: Sequence[str | None]) -> Pixels | None:
    """Return cells as a square image, row by row; None where they are no square of numbers that is large enough."""
    side = math.isqrt(len(cells))
    if side < SMALLEST_SIDE or side * side != len(cells):
        return None
    try:
        return np.array([float(cell if cell is not None else "") for cell in cells]).reshape(side, side)
    except ValueError:
        return None


def are_numbered(names: Sequence[str]) -> bool:
    """Return whether columns have no names but numbers behind one word, as pixels have."""
    words = {re.sub(r"[0-9]+$", "", name) for name in names}
    return len(words) <= 1 and all(name[-1:].isdecimal() for name in names)


def as_png(pixels: Pixels) -> bytes:
    """Return an image as a file of PNG; other numbers than bytes are stretched from the least to the greatest."""
    from PIL import Image

    content = io.BytesIO()
    Image.fromarray(pixels if pixels.dtype == np.uint8 else _stretched(pixels)).save(content, format="PNG")
    return content.getvalue()


def _array(text: str) -> Pixels:
    """The numbers of JSON; of an object those of its only key, as servers take instances."""
    try:
        value = json.loads(text)
        if isinstance(value, dict) and len(value) == 1:
            (value,) = value.values()
        return np.asarray(value, dtype=np.float64)
    except (ValueError, TypeError):
        return np.zeros(0)


def _only_image(pixels: Pixels) -> Pixels | None:
    """The one image of an array, its channels last."""
    if pixels.ndim < 3 or len(pixels) != 1:
        return None
    image = pixels[0]
    if image.ndim == 3 and len(image) in (1, *CHANNELS):
        image = np.moveaxis(image, 0, -1)
    if image.ndim == 3 and image.shape[-1] == 1:
        image = image[..., 0]
    fits = image.ndim == 2 or (image.ndim == 3 and image.shape[-1] in CHANNELS)
    return image if fits and min(image.shape[:2]) >= SMALLEST_SIDE else None


def _stretched(pixels: Pixels) -> npt.NDArray[np.uint8]:
    numbers = np.nan_to_num(pixels.astype(np.float64))
    low, high = float(numbers.min()), float(numbers.max())
    return ((numbers - low) / (high - low if high > low else 1.0) * BYTE).astype(np.uint8)
