"""Requests that are images, whether they were sent as a file, as nested lists of JSON or as pixels of CSV."""

import base64
import io
import json
import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from modelyard.drift.reading.records import Payload
from modelyard.operations.data.images import BYTE, Pixels, pixels_of

# Less is taken for a table.
SMALLEST_SIDE = 8
CHANNELS = (3, 4)


def picture_of(request: Payload) -> Pixels | None:
    """Return the image that was sent: (height, width), or with three or four channels behind; None for other data."""
    if request.encoding == "BASE64":
        found = pixels_of(base64.b64decode(request.data))
        return None if found is None else _framed(found)
    if request.encoding == "JSON":
        return _framed(_array(request.data))
    return None


def square_of(cells: Sequence[str | None]) -> Pixels | None:
    """Return cells as a square image, row by row; None where they are no square of numbers that is large enough."""
    side = math.isqrt(len(cells))
    if side < SMALLEST_SIDE or side * side != len(cells):
        return None
    try:
        return np.array([float(cell if cell is not None else "") for cell in cells]).reshape(side, side)
    except ValueError:
        return None


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


def _framed(pixels: Pixels) -> Pixels | None:
    """An image without dimensions of one element, its channels last."""
    plain = np.squeeze(pixels)
    if plain.ndim == 3 and plain.shape[0] in CHANNELS and plain.shape[-1] not in CHANNELS:
        plain = np.moveaxis(plain, 0, -1)
    flat = plain.ndim == 2 or (plain.ndim == 3 and plain.shape[-1] in CHANNELS)
    return plain if flat and min(plain.shape[:2]) >= SMALLEST_SIDE else None


def _stretched(pixels: Pixels) -> npt.NDArray[np.uint8]:
    numbers = np.nan_to_num(pixels.astype(np.float64))
    low, high = float(numbers.min()), float(numbers.max())
    return ((numbers - low) / (high - low if high > low else 1.0) * BYTE).astype(np.uint8)
