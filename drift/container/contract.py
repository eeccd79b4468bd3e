"""What the platform tells the analyzer: environment variables and paths under /opt/ml.

Source: AWS's developer guide on bringing one's own monitoring container, and the SageMaker Python SDK.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from drift.errors import DriftError
from drift.reading.capture import BOTH_SIDES
from drift.reading.source import Format

_UNIX = "/opt/ml"


@dataclass(frozen=True, kw_only=True, slots=True)
class DataFormat:
    """What the data are: a header is of CSV, sides are of captured records."""

    format: Format
    header: bool = True
    sides: tuple[str, ...] = BOTH_SIDES


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """One run of the container. Without baseline constraints it makes a baseline, else it checks."""

    data: DataFormat
    source: Path
    output: Path
    message: Path
    metrics: Path
    constraints: Path | None
    statistics: Path | None
    publish_metrics: bool
    preprocessor: Path | None
    postprocessor: Path | None
    endpoint: str | None
    schedule: str | None
    metric_time: str | None


def message_path(*, root: Path) -> Path:
    """Return where the exit message goes; the root takes the place of /opt/ml."""
    return root / "output" / "message"


def read_job(*, environment: Mapping[str, str], root: Path) -> Job:
    """Read the contract's environment variables; paths under /opt/ml are taken under the root.

    Raise DriftError for a variable that is missing or cannot be used.
    """
    _refuse_other_analyses(environment)
    return Job(
        data=_data_format(environment),
        source=_relocated(_required(environment, "dataset_source"), root),
        output=_relocated(_required(environment, "output_path"), root),
        message=message_path(root=root),
        metrics=root / "output" / "metrics" / "cloudwatch" / "cloudwatch_metrics.jsonl",
        constraints=_optional_path(environment, "baseline_constraints", root),
        statistics=_optional_path(environment, "baseline_statistics", root),
        publish_metrics=_switch(environment, "publish_cloudwatch_metrics"),
        preprocessor=_optional_path(environment, "record_preprocessor_script", root),
        postprocessor=_optional_path(environment, "post_analytics_processor_script", root),
        endpoint=_optional(environment, "sagemaker_endpoint_name"),
        schedule=_optional(environment, "sagemaker_monitoring_schedule_name"),
        metric_time=_first(environment, "metric_time", "end_time", "start_time"),
    )


def _refuse_other_analyses(environment: Mapping[str, str]) -> None:
    kind = environment.get("analysis_type", "DATA_QUALITY")
    if kind != "DATA_QUALITY":
        raise DriftError(f"analysis_type must be DATA_QUALITY, got {kind} in the environment; leave it out")


def _optional(environment: Mapping[str, str], name: str) -> str | None:
    value = environment.get(name)
    return value if value != "" else None


def _first(environment: Mapping[str, str], *names: str) -> str | None:
    given = (_optional(environment, name) for name in names)
    return next((value for value in given if value is not None), None)


def _required(environment: Mapping[str, str], name: str) -> str:
    value = _optional(environment, name)
    if value is None:
        raise DriftError(f"{name} must be given, it is missing in the environment; set it on the job")
    return value


def _relocated(path: str, root: Path) -> Path:
    plain = Path(path.removeprefix("file://"))
    return root / plain.relative_to(_UNIX) if plain.is_relative_to(_UNIX) else plain


def _optional_path(environment: Mapping[str, str], name: str, root: Path) -> Path | None:
    value = _optional(environment, name)
    return _relocated(value, root) if value is not None else None


def _switch(environment: Mapping[str, str], name: str) -> bool:
    value = environment.get(name, "Disabled")
    if value not in ("Enabled", "Disabled"):
        raise DriftError(f"{name} must be Enabled or Disabled, got {value} in the environment; write one of the two")
    return value == "Enabled"


def _data_format(environment: Mapping[str, str]) -> DataFormat:
    text = _required(environment, "dataset_format")
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DriftError(f"dataset_format must be JSON, got {text[:60]} in the environment; give an object") from error
    if not isinstance(value, dict) or len(value) != 1:
        raise DriftError(f"dataset_format must be an object of one key, got {text[:60]} in the environment; name one")
    (name, options), *_ = value.items()
    return _named_format(name.lower(), options if isinstance(options, dict) else {})


def _named_format(name: str, options: Mapping[str, object]) -> DataFormat:
    if name == "csv":
        header = options.get("header", options.get("Header", False))
        return DataFormat(format=Format.CSV, header=header in (True, "true", "True"))
    if name == "json":
        return DataFormat(format=Format.JSON_LINES)
    if name == "parquet":
        return DataFormat(format=Format.PARQUET)
    if name == "sagemakercapturejson":
        sides = options.get("captureIndexNames", list(BOTH_SIDES))
        return DataFormat(format=Format.CAPTURE, sides=tuple(map(str, sides)) if isinstance(sides, list) else ())
    raise DriftError(
        f"dataset_format must be csv, json, parquet or sagemakerCaptureJson, got {name} in the environment; name one"
    )
