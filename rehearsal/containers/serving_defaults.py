"""What a serving container calls where a script defines no function of its own, family by family.

Source: sagemaker-scikit-learn-container eae7b6b, `serving.py`; sagemaker-xgboost-container cb8df91, `serving.py` and
`encoder.py`; sagemaker-containers 2.8.6, `_encoders.py`; sagemaker-pytorch-inference 2.0.25,
`default_pytorch_inference_handler.py`; sagemaker-inference 1.10.1, `decoder.py` and `encoder.py`;
sagemaker-huggingface-inference-toolkit 2.6.0, `handler_service.py` and `decoder_encoder.py`.
"""

import csv
import io
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from modelyard.drift.line_breaks import split_lines
from modelyard.rehearsal.containers.xgboost_data import csv_table, libsvm_table
from modelyard.shared.container_families import HUGGINGFACE, PYTORCH, SKLEARN, XGBOOST, ContainerFamily
from modelyard.shared.xgboost_channels import LIBSVM_TYPES

JSON = "application/json"
CSV = "text/csv"
NPY = "application/x-npy"
# One of which the header of CSV must have in the defaults of Hugging Face's container.
HUGGINGFACE_HEADERS = ("question", "context", "inputs")
Functions = Mapping[str, Callable[..., Any]]


class UnsupportedFormatError(ValueError):
    """A content type that the defaults do not read."""

    status_code = 415


class UnsupportedAcceptError(ValueError):
    """A content type that the defaults do not write."""

    status_code = 406


class ModelLoadError(Exception):
    """A model that the default model_fn cannot load."""


def functions_of(family: ContainerFamily | None) -> Functions:
    """Return the defaults of a family's images by the functions' names; those for an image of the user's own."""
    return OWN if family is None else OF_FAMILIES.get(family.name, OWN)


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
            return _encode(prediction, kind=kind), kind
    raise UnsupportedAcceptError(f"Accept must be {JSON}, {CSV} or {NPY}, got {accept!r}")


def _encode(prediction: Any, *, kind: str) -> bytes:
    array = np.asarray(prediction)
    if kind == JSON:
        return json.dumps(array.tolist()).encode()
    if kind == CSV:
        rows = array.reshape(len(array), -1) if array.ndim else array.reshape(1, 1)
        return "".join(",".join(map(str, row)) + "\n" for row in rows.tolist()).encode()
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()


def _exact_output(prediction: Any, accept: str) -> tuple[bytes, str]:
    """Write an array in the type that is accepted, which is one and has no parameter."""
    if accept not in (JSON, CSV, NPY):
        raise UnsupportedAcceptError(f"Accept must be {JSON}, {CSV} or {NPY}, got {accept!r}")
    return _encode(prediction, kind=accept), accept


def _sklearn_input(body: str | bytes, content_type: str) -> Any:
    """Read text as float32, CSV without the dimensions of length 1: one row is no table, which predict refuses."""
    if content_type == JSON:
        return np.array(json.loads(body)).astype(np.float32)
    if content_type == CSV and isinstance(body, str):
        return np.array(list(csv.reader(io.StringIO(body)))).squeeze().astype(np.float32)
    return input_fn(body, content_type)


def _xgboost_input(body: str | bytes, content_type: str) -> Any:
    # Only here: whoever serves another framework's model does without this one.
    import xgboost

    text = body if isinstance(body, str) else body.decode(errors="replace")
    if content_type == CSV:
        return xgboost.DMatrix(csv_table(split_lines(text)))
    if content_type in LIBSVM_TYPES:
        return xgboost.DMatrix(libsvm_table(split_lines(text))[1])
    raise UnsupportedFormatError(f"Content-Type must be {CSV} or {LIBSVM_TYPES[0]}, got {content_type!r}")


def _xgboost_predict(data: Any, model: Any) -> Any:
    return model.predict(data, validate_features=False)


def _torch_model(model_dir: str) -> Any:
    """Load TorchScript: model.pt, or the only file of its kind."""
    try:
        import torch
    except ImportError as error:
        raise ModelLoadError("TorchScript is loaded by torch, which is not installed here: run make deep.") from error
    files = [path for path in Path(model_dir).iterdir() if path.suffix in (".pt", ".pth")]
    named = [path for path in files if path.name == "model.pt"]
    if not named and len(files) != 1:
        raise ModelLoadError("Please ensure model is saved using torchscript: model.pt, or one file .pt or .pth.")
    file = (named if named else files)[0]
    try:
        return torch.jit.load(file, map_location="cpu")
    except RuntimeError as error:
        raise ModelLoadError(f"Failed to load {file.name}. Please ensure model is saved using torchscript.") from error


def _torch_input(body: str | bytes, content_type: str) -> Any:
    """Read text as float32; one row of CSV, or one column, is a vector."""
    import torch

    if content_type == CSV and isinstance(body, str):
        return torch.tensor(np.genfromtxt(io.StringIO(body), delimiter=","), dtype=torch.float32)
    array = input_fn(body, content_type)
    return torch.tensor(array, dtype=torch.float32) if content_type == JSON else torch.from_numpy(array)


def _torch_predict(data: Any, model: Any) -> Any:
    import torch

    model.eval()
    with torch.no_grad():
        return model(data)


def _torch_output(prediction: Any, accept: str) -> tuple[bytes, str]:
    return output_fn(prediction.detach().numpy() if hasattr(prediction, "detach") else prediction, accept)


def _huggingface_input(body: str | bytes, content_type: str) -> Any:
    """Read JSON as it is, and CSV under a header; images and sounds, which the container reads, are not read here."""
    if content_type == JSON:
        return json.loads(body)
    if content_type == CSV and isinstance(body, str):
        header = body.partition("\n")[0].strip().lower()
        if not any(word in header for word in HUGGINGFACE_HEADERS):
            raise ValueError(f"CSV must have a header with one of {', '.join(HUGGINGFACE_HEADERS)}, got {header!r}")
        rows = list(csv.DictReader(io.StringIO(body)))
        return {"inputs": [row["inputs"] for row in rows] if "inputs" in rows[0] else rows}
    if content_type == NPY and isinstance(body, bytes):
        return np.load(io.BytesIO(body), allow_pickle=False)
    raise UnsupportedFormatError(f"Content-Type must be {JSON}, {CSV} or {NPY} here, got {content_type!r}")


def _huggingface_predict(data: Any, model: Any) -> Any:
    """Call the model, as a pipeline is called, with `inputs` and with `parameters` by their names."""
    inputs = data.pop("inputs", data)
    parameters = data.pop("parameters", None)
    return model(inputs) if parameters is None else model(inputs, **parameters)


def _huggingface_output(prediction: Any, accept: str) -> tuple[bytes, str]:
    """Write JSON without spaces, CSV under the keys of the first answer, or .npy."""
    if accept == JSON:
        text = json.dumps(
            prediction, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=lambda value: value.tolist()
        )
        return text.encode(), accept
    if accept == CSV:
        rows, stream = list(prediction), io.StringIO()
        writer = csv.DictWriter(stream, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
        return stream.getvalue().encode(), accept
    return _exact_output(prediction, accept)


OWN: Functions = {"input_fn": input_fn, "predict_fn": predict_fn, "output_fn": output_fn}
OF_FAMILIES: Mapping[str, Functions] = {
    XGBOOST.name: {"input_fn": _xgboost_input, "predict_fn": _xgboost_predict, "output_fn": _exact_output},
    SKLEARN.name: {"input_fn": _sklearn_input, "predict_fn": predict_fn, "output_fn": _exact_output},
    PYTORCH.name: {
        "model_fn": _torch_model,
        "input_fn": _torch_input,
        "predict_fn": _torch_predict,
        "output_fn": _torch_output,
    },
    HUGGINGFACE.name: {
        "input_fn": _huggingface_input,
        "predict_fn": _huggingface_predict,
        "output_fn": _huggingface_output,
    },
}
