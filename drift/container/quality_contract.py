"""What the platform tells the analyzer of model quality, and the merger of ground truth.

Source: AWS's developer guide and the environment of real jobs. ground_truth_source beside MODEL_QUALITY, and
merged_path, are Modelyard's own: one job merges and analyzes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from modelyard.drift.container.contract import DataFormat, Publication, data_format, publication
from modelyard.drift.container.variables import Variables
from modelyard.drift.errors import DriftError
from modelyard.drift.quality.analysis import Window
from modelyard.drift.quality.jobs import MergeJob, QualityJob
from modelyard.drift.quality.task import DEFAULT_THRESHOLD, Task, named_problem_type


@dataclass(frozen=True, kw_only=True, slots=True)
class QualityRunJob:
    """One run of the container: the job, and what is done with its result."""

    job: QualityJob
    publication: Publication
    postprocessor: Path | None


def read_merge_job(*, environment: Mapping[str, str], root: Path) -> MergeJob:
    """Read the merger's environment variables.

    Raises:
        DriftError: a variable is missing.
    """
    variables = Variables(environment=environment, root=root)
    return MergeJob(
        captures=variables.path(name="dataset_source"),
        ground_truth=variables.path(name="ground_truth_source"),
        output=variables.path(name="output_path"),
    )


def read_quality_run_job(*, environment: Mapping[str, str], root: Path) -> QualityRunJob:
    """Read the contract's environment variables; paths under /opt/ml are taken under the root.

    Raises:
        DriftError: a variable is missing or cannot be used.
    """
    variables = Variables(environment=environment, root=root)
    script = variables.optional(name="record_preprocessor_script")
    if script is not None:
        raise DriftError(
            f"record_preprocessor_script must be left out for MODEL_QUALITY, got {script} in the environment; "
            "name the values by inference_attribute and probability_attribute"
        )
    data = _dataset_format(variables)
    return QualityRunJob(
        job=QualityJob(
            task=Task(
                problem=named_problem_type(name=variables.required(name="problem_type")),
                inference=variables.optional(name="inference_attribute"),
                probability=variables.optional(name="probability_attribute"),
                threshold=variables.number(name="probability_threshold_attribute", default=DEFAULT_THRESHOLD),
                ground_truth=variables.optional(name="ground_truth_attribute"),
                positive_label=variables.optional(name="positive_label"),
            ),
            source=variables.path(name="dataset_source"),
            format=data.format if data is not None else None,
            header=data.header if data is not None else True,
            output=variables.path(name="output_path"),
            ground_truth=variables.optional_path(name="ground_truth_source"),
            merged=variables.optional_path(name="merged_path"),
            constraints=variables.optional_path(name="baseline_constraints"),
            estimates=variables.switch(name="estimate", default=True),
            window=Window(start=variables.optional(name="start_time"), end=variables.optional(name="end_time")),
        ),
        publication=publication(variables=variables),
        postprocessor=variables.optional_path(name="post_analytics_processor_script"),
    )


def _dataset_format(variables: Variables) -> DataFormat | None:
    """Return the data set's format, None for merged lines and for captures that are merged first."""
    name, _ = variables.one_key(name="dataset_format")
    merging = variables.optional(name="ground_truth_source") is not None
    if name == "sagemakermergejson" or (name == "sagemakercapturejson" and merging):
        return None
    return data_format(variables=variables)
