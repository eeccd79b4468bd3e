"""What the platform tells the analyzer: environment variables and paths under /opt/ml.

Source: AWS's developer guide on bringing one's own monitoring container, and the SageMaker Python SDK.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from modelyard.drift.container.cloudwatch_metrics import Emitter
from modelyard.drift.container.variables import Variables
from modelyard.drift.documents.node import read_document
from modelyard.drift.errors import DriftError
from modelyard.drift.reading.answers import AnswerKind, DeclaredAnswer
from modelyard.drift.reading.attributes import parse_place
from modelyard.drift.reading.captures import BOTH_SIDES
from modelyard.drift.reading.source import Format
from modelyard.drift.verdict.verdict import Alarm, Budget

HOUR_SECONDS = 3600


class Analysis(StrEnum):
    """What a job does. Merging is what AWS has a container of its own for, the data of retraining are ours alone."""

    DATA_QUALITY = "DATA_QUALITY"
    MODEL_QUALITY = "MODEL_QUALITY"
    MERGE = "MERGE"
    RETRAINING_DATA = "RETRAINING_DATA"


@dataclass(frozen=True, kw_only=True, slots=True)
class DataFormat:
    """What the data are: a header is of CSV, sides are of captured records."""

    format: Format
    header: bool = True
    sides: tuple[str, ...] = BOTH_SIDES


@dataclass(frozen=True, kw_only=True, slots=True)
class Publication:
    """Whether and where metrics are published, and whose they are.

    With a namespace they are put into CloudWatch of that region, which may be the environment's; else into the file.
    """

    enabled: bool
    path: Path
    namespace: str | None
    region: str | None
    endpoint: str | None
    schedule: str | None
    time: str | None

    def emitter(self) -> Emitter:
        """Return the emitter of a run's metrics; their time is the one that was given, else now."""
        now = datetime.now(tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        time = self.time if self.time is not None else now
        return Emitter(endpoint=self.endpoint, schedule=self.schedule, time=time)


@dataclass(frozen=True, kw_only=True, slots=True)
class EarlierPlaces:
    """Where what earlier windows have counted is, where this one's goes, and from when to when it is."""

    folder: Path
    output: Path
    start: datetime
    end: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """One run of the container. Without baseline constraints it makes a baseline, else it checks.

    Without a budget of false alarms it gives no verdict, and without a place of earlier windows it takes rows as
    independent. With the file of a part it is one of several instances, and writes what it finds there and no more; the
    check of the parts is told how many there must be, 0 where the data are in none. Sketches are written into
    the statistics of a check or not.
    """

    data: DataFormat
    source: Path
    output: Path
    constraints: Path | None
    statistics: Path | None
    publication: Publication
    preprocessor: Path | None
    postprocessor: Path | None
    answer: DeclaredAnswer | None
    budget: Budget | None
    alarm: Alarm
    earlier: EarlierPlaces | None
    part: Path | None
    parts: int
    sketches: bool


def message_path(*, root: Path) -> Path:
    """Return where the exit message goes; the root takes the place of /opt/ml."""
    return root / "output" / "message"


def check_instances(*, environment: Mapping[str, str], root: Path) -> None:
    """Refuse to be one of several instances, each of which would check its own part of the data alone.

    Those of a job that is told where the parts go leave the check to another.

    Raises:
        DriftError: there are others, or the file cannot be used.
    """
    if Variables(environment=environment, root=root).optional(name="part_path") is not None:
        return
    path = _resources(root=root)
    hosts = list(read_document(path=path).get("hosts").items()) if path.is_file() else []
    if len(hosts) > 1:
        raise DriftError(
            f"InstanceCount must be 1, got {len(hosts)} hosts in {path}; let one instance check, or have each write "
            "its part for another job: part_path"
        )


def read_analysis(*, environment: Mapping[str, str], root: Path) -> Analysis:
    """Return what the job has to do.

    Data quality when the environment does not say it, and merging when it names ground truth and no analysis, as it
    does for AWS's merger.

    Raises:
        DriftError: the environment names another analysis.
    """
    variables = Variables(environment=environment, root=root)
    kind = variables.optional(name="analysis_type")
    if kind is None:
        merging = variables.optional(name="ground_truth_source") is not None
        return Analysis.MERGE if merging else Analysis.DATA_QUALITY
    if kind not in (Analysis.DATA_QUALITY, Analysis.MODEL_QUALITY, Analysis.RETRAINING_DATA):
        raise DriftError(
            f"analysis_type must be DATA_QUALITY, MODEL_QUALITY or RETRAINING_DATA, got {kind} in the environment; "
            "write one of them"
        )
    return Analysis(kind)


def read_job(*, environment: Mapping[str, str], root: Path) -> Job:
    """Read the contract's environment variables; paths under /opt/ml are taken under the root.

    Raises:
        DriftError: a variable is missing or cannot be used.
    """
    variables = Variables(environment=environment, root=root)
    return Job(
        data=data_format(variables=variables),
        source=variables.path(name="dataset_source"),
        output=variables.path(name="output_path"),
        constraints=variables.optional_path(name="baseline_constraints"),
        statistics=variables.optional_path(name="baseline_statistics"),
        publication=publication(variables=variables),
        preprocessor=variables.optional_path(name="record_preprocessor_script"),
        postprocessor=variables.optional_path(name="post_analytics_processor_script"),
        answer=_answer(variables=variables),
        budget=_budget(variables=variables),
        alarm=_alarm(variables=variables),
        earlier=_earlier(variables=variables),
        part=_part(variables=variables),
        parts=int(variables.number(name="parts", default=0)),
        sketches=variables.switch(name="sketches", default=True),
    )


def _part(*, variables: Variables) -> Path | None:
    """The file of this instance's part, which is named after it."""
    folder = variables.optional_path(name="part_path")
    if folder is None:
        return None
    path = _resources(root=variables.root)
    return folder / f"{read_document(path=path).get('current_host').text()}.profile"


def _resources(*, root: Path) -> Path:
    """Where Processing tells a container of its host and the others.

    Source: developer guide, "How Amazon SageMaker AI Processing configures your processing container".
    """
    return root / "config" / "resourceconfig.json"


def _budget(*, variables: Variables) -> Budget | None:
    """The false alarms of a year, and the hours of the window, which is one where the job is not told."""
    if not variables.switch(name="verdict", default=True):
        return None
    start, end = variables.moment(name="start_time"), variables.moment(name="end_time")
    hours = 1.0 if start is None or end is None else (end - start).total_seconds() / HOUR_SECONDS
    return Budget(false_alarms_per_year=variables.number(name="false_alarms_per_year", default=1.0), hours=hours)


def _earlier(*, variables: Variables) -> EarlierPlaces | None:
    folder = variables.optional_path(name="earlier_windows")
    if folder is None:
        return None
    start, end = variables.moment(name="start_time"), variables.moment(name="end_time")
    if start is None or end is None or end <= start:
        raise DriftError(
            "start_time and end_time must be given with earlier_windows, the first before the second; set them on the "
            "job, or take earlier_windows away"
        )
    return EarlierPlaces(folder=folder, output=variables.path(name="window_path"), start=start, end=end)


def _alarm(*, variables: Variables) -> Alarm:
    alarm = variables.optional(name="alarm_on")
    if alarm is not None and alarm not in list(Alarm):
        raise DriftError(f"alarm_on must be one of {', '.join(Alarm)}, got {alarm} in the environment; name one")
    return Alarm.CONSTRAINTS if alarm is None else Alarm(alarm)


def _answer(*, variables: Variables) -> DeclaredAnswer | None:
    """Where the prediction is, or for want of one the probability; the names are those of model quality's variables."""
    inference = variables.optional(name="inference_attribute")
    probability = variables.optional(name="probability_attribute")
    kind = variables.optional(name="inference_kind")
    known = [one.value for one in AnswerKind if one is not AnswerKind.PROBABILITY]
    if kind is not None and kind not in known:
        raise DriftError(f"inference_kind must be one of {', '.join(known)}, got {kind} in the environment; name one")
    if inference is not None:
        return DeclaredAnswer(
            place=parse_place(text=inference), kind=AnswerKind(kind if kind is not None else "number")
        )
    if probability is not None:
        return DeclaredAnswer(place=parse_place(text=probability), kind=AnswerKind.PROBABILITY)
    return None


def publication(*, variables: Variables) -> Publication:
    """Read whether and for whom metrics are published.

    Raises:
        DriftError: a switch is neither Enabled nor Disabled.
    """
    return Publication(
        enabled=variables.switch(name="publish_cloudwatch_metrics"),
        path=variables.root / "output" / "metrics" / "cloudwatch" / "cloudwatch_metrics.jsonl",
        namespace=variables.optional(name="metrics_namespace"),
        region=variables.optional(name="metrics_region"),
        endpoint=variables.optional(name="sagemaker_endpoint_name"),
        schedule=variables.optional(name="sagemaker_monitoring_schedule_name"),
        time=variables.first(names=("metric_time", "end_time", "start_time")),
    )


def data_format(*, variables: Variables) -> DataFormat:
    """Read dataset_format.

    Raises:
        DriftError: it names no format that the analyzer reads.
    """
    name, options = variables.one_key(name="dataset_format")
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
    if name == "profile":
        return DataFormat(format=Format.PROFILE)
    raise DriftError(
        f"dataset_format must be csv, json, parquet or sagemakerCaptureJson, got {name} in the environment; name one"
    )
