"""What goes in and out of the API, as JSON Schema of draft 4: the one that API Gateway validates by.

The same schemas are the API's models at synth and the OpenAPI document's. Every bound is one that makes a request
which passes also one that the mapping to CSV writes soundly.
"""

from typing import Any

from modelyard.manifest.api import LARGEST_NUMBER, LONGEST_TEXT, Api, Features
from modelyard.manifest.data import Kind

Schema = dict[str, Any]

DRAFT = "http://json-schema.org/draft-04/schema#"
# What every reader of JSON keeps exactly.
LARGEST_INTEGER = 2**53
# An inference's id, as API Gateway extends it or as an earlier version gave it; SageMaker takes 64 characters.
INFERENCE_ID = "^[A-Za-z0-9+/=_-]{12,64}$"
CELL = r'^[^"\\,\x00-\x1f]*$'


def predict_schema(api: Api) -> Schema:
    """Return the body of `/predict`: one row."""
    return _object({"features": row_schema(api)}, required=["features"])


def batch_schema(api: Api) -> Schema:
    """Return the body of `/predict/batch`: rows, at least one."""
    rows = {"type": "array", "minItems": 1, "maxItems": api.batch_rows, "items": row_schema(api)}
    return _object({"rows": rows}, required=["rows"])


def feedback_schema(api: Api) -> Schema:
    """Return the body of `/feedback`: which inference, and what proved true."""
    inference = {"type": "string", "pattern": INFERENCE_ID}
    return _object({"inferenceId": inference, "label": label_schema(api)}, required=["inferenceId", "label"])


def label_schema(api: Api) -> Schema:
    """Return what proves true of a row, or what a person decided on it."""
    return _kind(api.label_kind)


def row_schema(api: Api) -> Schema:
    """Return one row: every feature by its name, and none beside them."""
    properties = {name: _feature(group) for group in api.features for name in group.names}
    required = [name for group in api.features if group.default is None for name in group.names]
    return _object(properties, required=required)


def prediction_schema(api: Api) -> Schema:
    """Return what the model answers for a row; null stands for a number that JSON does not know."""
    number: Schema = {"type": "number"}
    return {
        "number": number,
        "numbers": {"type": "array", "items": number},
        "text": {"type": "string"},
    }[api.shape]


def _object(properties: Schema, *, required: list[str]) -> Schema:
    needed = {"required": required} if required else {}
    return {"type": "object", "properties": properties, **needed, "additionalProperties": False}


def _feature(group: Features) -> Schema:
    if group.values:
        return {"type": "string", "enum": list(group.values)}
    schema = _kind(group.type)
    for name, bound in (("minimum", group.minimum), ("maximum", group.maximum)):
        if bound is not None:
            # A whole number without its fraction: templates write 0, not 0.0.
            schema[name] = int(bound) if float(bound).is_integer() else bound
    return schema


def _kind(kind: Kind) -> Schema:
    if kind == "text":
        return {"type": "string", "maxLength": LONGEST_TEXT, "pattern": CELL}
    largest = LARGEST_INTEGER if kind == "integer" else LARGEST_NUMBER
    return {"type": kind, "minimum": -largest, "maximum": largest}
