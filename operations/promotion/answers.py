"""Whether a baseline can be held against what the manifest declares of the model's answer."""

import tempfile
from pathlib import Path

from modelyard.drift.documents.constraints import FeatureConstraints, read_constraints
from modelyard.drift.profiling.value_types import InferredType
from modelyard.manifest import Model
from modelyard.manifest.answer import Answer
from modelyard.operations.bucket import DataBucket
from modelyard.operations.failures import Failure

CONSTRAINTS = "constraints.json"


def check_answer(baseline: str, *, model: Model, bucket: DataBucket) -> None:
    """Refuse a baseline whose label is none of what the model answers, before a check rings for it each hour.

    Raises:
        Failure: the classes are others, or AWS's analyzer would hold the answer to another type.
        DriftError: its constraints cannot be used.
    """
    answer, content = model.answer, bucket.read(f"{baseline}/{CONSTRAINTS}")
    if answer is None or content is None or model.monitoring is None:
        return
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / CONSTRAINTS
        file.write_bytes(content)
        features = read_constraints(path=file).features
    if features and features[0].monitoring.evaluate:
        _check_classes(features[0], answer=answer, model=model.name)
        if model.monitoring.engine == "model-monitor":
            _check_type(features[0], answer=answer, model=model.name)


def _check_classes(label: FeatureConstraints, *, answer: Answer, model: str) -> None:
    unknown = sorted(set(label.domains if label.domains is not None else ()) - set(answer.classes))
    if answer.classes and unknown:
        raise Failure(
            f"serving.answer.classes of {model} must name every label of the baseline's column {label.name}, "
            f"{', '.join(unknown)} {'is' if len(unknown) == 1 else 'are'} missing; correct it, or train again"
        )


def _check_type(label: FeatureConstraints, *, answer: Answer, model: str) -> None:
    """AWS's analyzer takes a probability for a label, and a number for a whole one; ours is told what they are."""
    kind = "probability" if answer.inference is None else answer.inference_kind
    expected = {"text": InferredType.STRING, "integer": InferredType.INTEGRAL}.get(kind, InferredType.FRACTIONAL)
    if label.inferred is not expected:
        raise Failure(
            f"{label.name} is {label.inferred.value} in the baseline, in its place {model} answers a {kind}, and AWS's "
            f'analyzer would report that each hour; write ignore = ["{label.name}"] below [monitoring.limits], or '
            'use engine = "drift", which compares what can be compared'
        )
