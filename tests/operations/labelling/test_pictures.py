"""Which requests are images, and as what they are shown and written."""

import base64
import io
import json
from typing import Any

import numpy as np
import pytest
from PIL import Image

from modelyard.drift.reading.records import Payload
from modelyard.operations.data.images import as_npy, pixels_of
from modelyard.operations.labelling.candidates import read_candidates
from modelyard.operations.labelling.pictures import are_numbered, as_png, picture_of, square_of


def binary(content: bytes) -> Payload:
    data = base64.b64encode(content).decode()
    return Payload(data=data, encoding="BASE64", content_type="application/x-npy", mode="INPUT")


def of_json(value: Any) -> Payload:
    return Payload(data=json.dumps(value), encoding="JSON", content_type="application/json", mode="INPUT")


@pytest.mark.parametrize(
    ("shape", "found"),
    [
        ((1, 28, 28), (28, 28)),
        ((1, 1, 28, 28), (28, 28)),
        ((1, 28, 28, 1), (28, 28)),
        ((1, 3, 28, 20), (28, 20, 3)),
        ((1, 28, 28, 4), (28, 28, 4)),
        ((2, 28, 28), None),
        ((28, 28), None),
        ((1, 784), None),
        ((1, 4, 4), None),
        ((1, 28, 28, 5), None),
    ],
)
def test_an_array_is_an_image_where_it_is_the_only_one_of_its_first_axis(
    shape: tuple[int, ...], found: tuple[int, ...] | None
) -> None:
    array = np.zeros(shape, dtype=np.uint8)
    for request in (binary(as_npy(array)), of_json(array.tolist()), of_json({"instances": array.tolist()})):
        picture = picture_of(request)
        assert (None if picture is None else picture.shape) == found


def test_a_file_of_an_image_is_one() -> None:
    content = io.BytesIO()
    Image.fromarray(np.full((5, 6, 3), 9, dtype=np.uint8)).save(content, format="PNG")
    picture = picture_of(binary(content.getvalue()))
    assert picture is not None
    assert picture.shape == (5, 6, 3)


@pytest.mark.parametrize("request_", [of_json({"a": 1, "b": [1]}), of_json([{"a": 1}]), of_json("text"), binary(b"no")])
def test_other_data_are_no_image(request_: Payload) -> None:
    assert picture_of(request_) is None


def test_pixels_of_csv_are_a_square() -> None:
    square = square_of([str(number) for number in range(64)])
    assert square is not None
    assert square[1, 0] == 8
    assert square_of(["1"] * 65) is None
    assert square_of(["1"] * 49) is None
    assert square_of(["x"] * 64) is None
    assert square_of([None] * 64) is None


def test_columns_that_are_only_numbered_are_pixels_and_others_are_not() -> None:
    assert are_numbered([])
    assert are_numbered(["pixel_0", "pixel_1"])
    assert not are_numbered(["day_1", "eve_1"])
    assert not are_numbered(["size", "size2"])


def test_numbers_are_stretched_for_the_eye_and_bytes_are_as_they_are() -> None:
    shown = pixels_of(as_png(np.array([[0.0, 0.5], [1.0, np.nan]])))
    assert shown is not None
    assert shown.tolist() == [[0, 127], [255, 0]]
    same = pixels_of(as_png(np.array([[3, 7]], dtype=np.uint8)))
    assert same is not None
    assert same.tolist() == [[3, 7]]


def test_a_captured_image_is_a_candidate_without_cells() -> None:
    data = base64.b64encode(as_npy(np.zeros((1, 28, 28), dtype=np.uint8))).decode()
    side = {"observedContentType": "application/x-npy", "mode": "INPUT", "data": data, "encoding": "BASE64"}
    about = {"eventId": "one", "inferenceTime": "2026-11-22T10:00:00Z"}
    line = json.dumps({"captureData": {"endpointInput": side}, "eventMetadata": about}).encode()
    (found,) = read_candidates([line], names=[], probabilities=None, labelled=frozenset()).records
    assert found.picture is not None
    assert (found.picture.shape, found.cells) == ((28, 28), {})
