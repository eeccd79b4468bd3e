"""A TensorFlow SavedModel, served as AWS's TensorFlow container does where the user adds no code.

Source: "REST API, predict" in TensorFlow Serving's documentation, to which that container passes requests on.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from modelyard.drift.line_breaks import split_lines
from modelyard.rehearsal.containers.scripts import JSON, Answer, RequestError

SIGNATURE = "serving_default"


@dataclass(frozen=True, kw_only=True, slots=True)
class SavedModel:
    """A loaded SavedModel's serving signature with one input and one output, and the dtype of its input."""

    predict: Any
    input_name: str
    dtype: str

    def answer(self, *, body: bytes, content_type: str, accept: str) -> Answer:
        """Answer {"instances": [...]} with {"predictions": [...]}, both in order.

        Raises:
            RequestError: 415 for what is no JSON, 406 for an Accept without JSON, 400 for instances that the network
                does not take.

        """
        if content_type.partition(";")[0].strip().lower() != JSON:
            raise RequestError(status=415, reason=f"Content-Type must be {JSON}, got {content_type!r}")
        if not any(kind in accept for kind in (JSON, "*/*")) and accept:
            raise RequestError(status=406, reason=f"Accept must be {JSON}, got {accept!r}")
        try:
            instances = np.array(json.loads(body)["instances"], dtype=self.dtype)
        except (ValueError, TypeError, KeyError) as error:
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
        predictions = next(iter(outputs.values())).numpy().tolist()
        return Answer(body=json.dumps({"predictions": predictions}).encode(), content_type=JSON)


def version_folder(*, model: Path) -> Path | None:
    """Return the SavedModel of the highest version under a model's folder, or None if there is none."""
    folders = [path.parent for path in model.glob("*/saved_model.pb") if path.parent.name.isdecimal()]
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
