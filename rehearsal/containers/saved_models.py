"""A TensorFlow SavedModel, served as AWS's TensorFlow container does where the user adds no code.

Source: sagemaker-tensorflow-serving-container da19256, `tensorflowServing.js` and `tfs_utils.py`, and "REST API,
predict" in TensorFlow Serving's documentation, to which that container passes requests on.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from modelyard.drift.line_breaks import split_lines
from modelyard.rehearsal.containers.scripts import Answer, RequestError
from modelyard.rehearsal.containers.serving_defaults import CSV, JSON

SIGNATURE = "serving_default"
JSON_LINES = frozenset({"application/jsonlines", "application/jsons"})


@dataclass(frozen=True, kw_only=True, slots=True)
class SavedModel:
    """A loaded SavedModel's serving signature with one input and one output, and the dtype of its input."""

    predict: Any
    input_name: str
    dtype: str

    def answer(self, *, body: bytes, content_type: str, accept: str) -> Answer:
        """Answer instances with {"predictions": [...]}, both in order; whatever is accepted, the answer is JSON.

        A body is {"instances": [...]}, any other JSON, a line of JSON or a line of CSV an instance: all but the first
        become instances.

        Raises:
            RequestError: 415 for another content type, or one with a parameter, 400 for instances that the network does
                not take.

        """
        del accept  # TensorFlow Serving does not look at it.
        if content_type not in (JSON, CSV, *JSON_LINES):
            raise RequestError(
                status=415, reason=f"Unsupported Media Type: {content_type if content_type else 'Unknown'}"
            )
        try:
            instances = np.array(_instances(body=body, content_type=content_type), dtype=self.dtype)
        except (ValueError, TypeError) as error:
            reason = 'the body must be JSON as {"instances": [...]}, with instances of numbers that are equally large'
            raise RequestError(status=400, reason=reason) from error
        if instances.size == 0:
            raise RequestError(status=400, reason="instances must hold at least one, got none")
        # Only here: whoever serves another framework's model does without this one.
        import tensorflow as tf

        try:
            outputs: Mapping[str, Any] = self.predict(**{self.input_name: tf.constant(instances)})
        except (ValueError, TypeError, tf.errors.InvalidArgumentError) as error:
            shape = list(instances.shape)
            reason = f"instances must be of the network's input shape, got {shape}: {split_lines(str(error))[0]}"
            raise RequestError(status=400, reason=reason) from error
        predictions = json.dumps(next(iter(outputs.values())).numpy().tolist())
        # On several lines, as TensorFlow Serving writes it: whoever assembles a batch by lines has to know.
        text = f'{{\n    "predictions": {predictions[:-1]}\n    ]\n}}'
        return Answer(body=text.encode(), content_type=JSON)


def _instances(*, body: bytes, content_type: str) -> Any:
    """Return a body's instances; ValueError for what is not of its content type."""
    text = body.decode()
    lines = [line for line in split_lines(text) if line.strip()]
    if content_type == CSV:
        rows = [[float(cell) for cell in line.split(",")] for line in lines]
        # A row of one cell is that number and no list.
        return [row[0] if len(row) == 1 else row for row in rows]
    if content_type in JSON_LINES:
        return [json.loads(line) for line in lines]
    document = json.loads(text)
    if isinstance(document, dict) and "instances" in document:
        return document["instances"]
    return document if isinstance(document, list) else [document]


def version_folder(*, model: Path) -> Path | None:
    """Return the SavedModel of the highest version at any depth of a model's folder, or None if there is none."""
    folders = [path.parent for path in model.rglob("saved_model.pb") if path.parent.name.isdecimal()]
    return max(folders, key=lambda folder: int(folder.name), default=None)


def load_saved_model(*, folder: Path) -> SavedModel:
    """Load a version's serving signature.

    Raises:
        ValueError: there is no such signature, or it has more than one input.

    """
    import tensorflow as tf

    loaded = tf.saved_model.load(str(folder))
    if SIGNATURE not in loaded.signatures:
        raise ValueError(f"{folder} must have the signature {SIGNATURE}, found {list(loaded.signatures)}")
    signature = loaded.signatures[SIGNATURE]
    inputs = signature.structured_input_signature[1]
    if len(inputs) != 1:
        raise ValueError(f"{folder} must have one input to be served here, found {sorted(inputs)}")
    name, spec = next(iter(inputs.items()))
    # The signature dies with what it was loaded from, so that is kept with it.
    signature.loaded_from = loaded
    return SavedModel(predict=signature, input_name=name, dtype=spec.dtype.name)
