"""The limits that a manifest declares, written into the constraints of a baseline."""

import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from modelyard.drift.documents.files import CALIBRATION_FILE
from modelyard.drift.documents.importance import IMPORTANCE
from modelyard.drift.documents.jackson import document_text
from modelyard.drift.documents.node import Node
from modelyard.drift.quality.task import ProblemType
from modelyard.manifest import Model
from modelyard.manifest.limits import Limits, with_limits
from modelyard.operations.bucket import DataBucket
from modelyard.operations.failures import Failure

CONSTRAINTS, STATISTICS = "constraints.json", "statistics.json"
CONFIG = "monitoring_config"
# As AWS's developer guide has it ("Schema for constraints (constraints.json file)"); the SageMaker Python SDK has it
# otherwise (aws/sagemaker-python-sdk, issue 2745). Our analyzer reads both.
OVERRIDES = "monitoringConfigOverrides"
DISTRIBUTION = (
    "comparison_threshold",
    "comparison_method",
    "categorical_comparison_threshold",
    "categorical_drift_method",
)
CONTENT = ("datatype_check_threshold", "domain_content_threshold")
OF_FEATURE = ("completeness", "inferred_type")


def write_limits(baseline: str, *, model: Model, bucket: DataBucket) -> str:
    """Write a copy of a baseline with the model's limits in its constraints, and return the copy's prefix.

    Without limits it is the baseline as it was suggested. The copy's prefix names the limits: neither a baseline that
    a deployed check reads nor a suggested one is ever changed.

    Raises:
        Failure: the baseline is not there, or lacks a column that has limits.
        DriftError: its constraints cannot be used.
    """
    limits = model.monitoring.limits if model.monitoring is not None else None
    if limits is None:
        return with_limits(baseline, limits=None)
    change = partial(limited, limits=limits, model=model.name)
    return _write_copy(baseline, limits=limits.document, bucket=bucket, change=change)


def write_quality_limits(baseline: str, *, model: Model, bucket: DataBucket) -> str:
    """Do the same for a baseline of model quality.

    Raises:
        Failure: the baseline is not there, or does not define a metric that has a limit.
        DriftError: its constraints cannot be used.
    """
    quality = model.monitoring.quality if model.monitoring is not None else None
    limits = quality.declared_limits if quality is not None else None
    if quality is None or limits is None:
        return with_limits(baseline, limits=None)
    change = partial(limited_quality, limits=limits, problem=ProblemType(quality.problem_type), model=model.name)
    return _write_copy(baseline, limits=limits, bucket=bucket, change=change)


def _write_copy(
    baseline: str, *, limits: Mapping[str, Any], bucket: DataBucket, change: Callable[..., dict[str, Any]]
) -> str:
    source, target = with_limits(baseline, limits=None), with_limits(baseline, limits=limits)
    key, hint = f"{source}/{CONSTRAINTS}", "name a baseline that has both, or promote a run again"
    suggested, statistics = bucket.read(key), bucket.read(f"{source}/{STATISTICS}")
    if suggested is None or statistics is None:
        raise Failure(f"{bucket.uri(source)} must hold {CONSTRAINTS} and {STATISTICS}, it does not; {hint}")
    try:
        document = json.loads(suggested)
    except ValueError as error:
        raise Failure(f"{bucket.uri(key)} must be JSON, it is not ({error}); {hint}") from error
    written = change(document, source=bucket.uri(key))
    bucket.write(key=f"{target}/{STATISTICS}", content=statistics)
    bucket.write(key=f"{target}/{CONSTRAINTS}", content=document_text(written).encode())
    for name in (CALIBRATION_FILE, IMPORTANCE):
        beside = bucket.read(f"{source}/{name}")
        if beside is not None:
            bucket.write(key=f"{target}/{name}", content=beside)
    return target


def limited(document: Any, *, limits: Limits, source: str, model: str) -> dict[str, Any]:
    """Return a document of constraints with the limits in it; what they leave out stays.

    Raises:
        Failure: a column with limits is not among its features.
        DriftError: it is no document of constraints.
    """
    node = Node(file=source, key="the document", value=document)
    suggested = {feature.get("name").text(): feature.members() for feature in node.get("features").items()}
    unknown = [name for name in limits.named_columns if name not in suggested]
    if unknown:
        raise Failure(
            f"monitoring.limits of {model} must name columns of the baseline data ({', '.join(suggested)}), "
            f"got {', '.join(unknown)}; correct the name, or remove it"
        )
    declared = limits.document
    columns = declared.get("columns", {})
    features = []
    for name, feature in suggested.items():
        own = columns.get(name, {})
        override = _config(own) | ({"evaluate_constraints": "Disabled"} if name in limits.ignore else {})
        changed = {**feature, **_only(OF_FEATURE, declared), **_only(OF_FEATURE, own)}
        features.append(_merged(changed, {OVERRIDES: override}) if override else changed)
    return _merged({**document, "features": features}, {CONFIG: _config(declared)})


def limited_quality(
    document: Any, *, limits: Mapping[str, float], problem: ProblemType, source: str, model: str
) -> dict[str, Any]:
    """Return constraints of model quality with these limits, and no others.

    Raises:
        Failure: a metric with a limit is not among the suggested ones.
        DriftError: it is no document of constraints of this problem.
    """
    key = f"{problem.stem}_constraints"
    node = Node(file=source, key="the document", value=document).get(key)
    suggested = node.members()
    unknown = [name for name in limits if name not in suggested]
    if unknown:
        raise Failure(
            f"monitoring.quality.limits of {model} must name metrics that its baseline defines "
            f"({', '.join(suggested)}), got {', '.join(unknown)}; remove it, or make a baseline that defines it"
        )
    return {**document, key: {name: {**node.get(name).members(), "threshold": limit} for name, limit in limits.items()}}


def _config(declared: Mapping[str, Any]) -> dict[str, Any]:
    """The limits as a monitoring_config holds them, or an override of it."""
    measures = {
        key: value if not isinstance(value, bool) else "Enabled" if value else "Disabled"
        for key, value in declared.get("measures", {}).items()
    }
    parts = {"distribution_constraints": _only(DISTRIBUTION, declared), "additional_measures": measures}
    return {**_only(CONTENT, declared), **{key: part for key, part in parts.items() if part}}


def _only(keys: tuple[str, ...], table: Mapping[str, Any]) -> dict[str, Any]:
    return {key: table[key] for key in keys if key in table}


def _merged(table: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """A table with the changes of another, deep inside: what the other does not have stays."""
    inner = {
        key: _merged(table[key], value) if isinstance(value, dict) and isinstance(table.get(key), dict) else value
        for key, value in changes.items()
    }
    return {**table, **inner}
