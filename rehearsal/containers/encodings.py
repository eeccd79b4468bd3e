"""The functions that a container falls back on where a script defines none of its own.

Source: AWS's sagemaker-inference toolkit, modules `decoder`, `encoder` and `default_inference_handler`.
"""

import io
import json
from typing import Any

import numpy as np

from modelyard.drift.line_breaks import split_lines

JSON = "application/json"
CSV = "text/csv"
NPY = "application/x-npy"


class UnsupportedFormatError(ValueError):
    """A content type that the defaults do not read."""

    status_code = 415


class UnsupportedAcceptError(ValueError):
    """A content type that the defaults do not write."""

    status_code = 406


def input_fn(body: str | bytes, content_type: str) -> Any:
    """Turn JSON, CSV or .npy into an array of the shape that it has; CSV gives (rows, columns)."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind == JSON:
        return np.array(json.loads(body))
    if kind == CSV:
        text = body if isinstance(body, str) else body.decode()
        return np.array([[float(cell) for cell in line.split(",")] for line in split_lines(text) if line.strip()])
    if kind == NPY and isinstance(body, bytes):
        return np.load(io.BytesIO(body), allow_pickle=False)
    raise UnsupportedFormatError(f"Content-Type must be {JSON}, {CSV} or {NPY}, got {content_type!r}")


def predict_fn(data: Any, model: Any) -> Any:
    """Ask the model for its predictions."""
    return model.predict(data)


def output_fn(prediction: Any, accept: str) -> tuple[bytes, str]:
    """Write an array as JSON, CSV or .npy, whichever the caller accepts first."""
    for part in accept.split(","):
        kind = part.partition(";")[0].strip().lower()
        if kind in (JSON, CSV, NPY):
            return _encode(array=np.asarray(prediction), kind=kind), kind
    raise UnsupportedAcceptError(f"Accept must be {JSON}, {CSV} or {NPY}, got {accept!r}")


def _encode(*, array: Any, kind: str) -> bytes:
    if kind == JSON:
        return json.dumps(array.tolist()).encode()
    if kind == CSV:
        rows = array.reshape(len(array), -1) if array.ndim else array.reshape(1, 1)
        return "\n".join(",".join(map(str, row)) for row in rows.tolist()).encode()
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()
