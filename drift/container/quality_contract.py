"""What the platform tells the analyzer of model quality, and the merger of ground truth.

Source: AWS's developer guide and the environment of real jobs. ground_truth_source beside MODEL_QUALITY, and
merged_path, are Modelyard's own: one job merges and analyzes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from drift.container.contract import DataFormat, Publication, data_format, publication
from drift.container.variables import Variables
from drift.errors import DriftError
from drift.quality.analysis import Window
from drift.quality.task import DEFAULT_THRESHOLD, Task, named_problem
from drift.reading.source import Format


@dataclass(frozen=True, kw_only=True, slots=True)
class MergeJob:
    """One run of the merger: captures and ground truth in, merged lines out, by the captures' paths."""

    captures: Path
    ground_truth: Path
    output: Path


@dataclass(frozen=True, kw_only=True, slots=True)
class QualityJob:
    """One run of the analyzer. Without baseline constraints it makes a baseline, else it checks.

    The data are a data set, or merged lines (no data format); with ground truth they are captures, which are
    merged with it first, and the merged lines kept when there is a path for them.
    """

    task: Task
    data: DataFormat | None
    source: Path
    ground_truth: Path | None
    merged: Path | None
    output: Path
    constraints: Path | None
    window: Window
    publication: Publication
    postprocessor: Path | None


def read_merge_job(*, environment: Mapping[str, str], root: Path) -> MergeJob:
    """Read the merger's environment variables. Raise DriftError for one that is missing."""
    variables = Variables(environment=environment, root=root)
    return MergeJob(
        captures=variables.path(name="dataset_source"),
        ground_truth=variables.path(name="ground_truth_source"),
        output=variables.path(name="output_path"),
    )


def read_quality_job(*, environment: Mapping[str, str], root: Path) -> QualityJob:
    """Read the contract's environment variables; paths under /opt/ml are taken under the root.

    Raise DriftError for a variable that is missing or cannot be used.
    """
    variables = Variables(environment=environment, root=root)
    _refuse_preprocessor(variables)
    return QualityJob(
        task=_task(variables),
        data=_merged_or_data(variables),
        source=variables.path(name="dataset_source"),
        ground_truth=variables.optional_path(name="ground_truth_source"),
        merged=variables.optional_path(name="merged_path"),
        output=variables.path(name="output_path"),
        constraints=variables.optional_path(name="baseline_constraints"),
        window=Window(start=variables.optional(name="start_time"), end=variables.optional(name="end_time")),
        publication=publication(variables=variables),
        postprocessor=variables.optional_path(name="post_analytics_processor_script"),
    )


def _refuse_preprocessor(variables: Variables) -> None:
    script = variables.optional(name="record_preprocessor_script")
    if script is not None:
        raise DriftError(
            f"record_preprocessor_script must be left out for MODEL_QUALITY, got {script} in the environment; "
            "name the values by inference_attribute and probability_attribute"
        )


def _task(variables: Variables) -> Task:
    return Task(
        problem=named_problem(name=variables.required(name="problem_type")),
        inference=variables.optional(name="inference_attribute"),
        probability=variables.optional(name="probability_attribute"),
        threshold=variables.number(name="probability_threshold_attribute", default=DEFAULT_THRESHOLD),
        ground_truth=variables.optional(name="ground_truth_attribute"),
        positive_label=variables.optional(name="positive_label"),
    )


def _merged_or_data(variables: Variables) -> DataFormat | None:
    """Return the data set's format, None for merged lines and for captures that are to be merged."""
    name, _ = variables.one_key(name="dataset_format")
    if name == "sagemakermergejson":
        return None
    described = data_format(variables=variables)
    merging = variables.optional(name="ground_truth_source") is not None
    if described.format is Format.CAPTURE and not merging:
        raise DriftError("ground_truth_source must be given with captured records, it is missing; set it on the job")
    if described.format is not Format.CAPTURE and merging:
        raise DriftError(
            f"dataset_format must be sagemakerMergeJson or sagemakerCaptureJson with ground_truth_source, "
            f"got {described.format} in the environment; leave ground_truth_source out for a data set"
        )
    return None if merging else described
