"""The `[batch]` table: scoring files with a transform job."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Literal

from modelyard.manifest.artifact import Artifact
from modelyard.manifest.origin import FROM_MODEL
from modelyard.manifest.package import PACKAGE, PACKAGE_ARTIFACTS, PACKAGE_IMAGES
from modelyard.manifest.problems import Problem, problem_if
from modelyard.manifest.rules import (
    MEDIA_TYPE,
    AtMost,
    Between,
    DataPath,
    Declared,
    Instance,
    JsonPath,
    TimeZone,
)
from modelyard.manifest.schedule import LONGEST_SCHEDULE, RECURRING, schedule_problem

# Limits of CreateTransformJob (SageMaker API reference).
MOST_PAYLOAD_MB = 100
MOST_INSTANCES = 100
LONGEST_TIMEOUT_SECONDS = 3600
MOST_RETRIES = 3
# The media types that a transform job reads records of, and which of them can be joined (developer guide, "Associate
# prediction results with input records").
JOINABLE = {"text/csv": "CSV", "application/json": "JSON", "application/jsonlines": "JSON"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Batch(Declared):
    """How files below `input` are scored.

    `model` is the promoted artifact, with the `transformer` that stands before it; without it, those of the first
    serving variant. `from_model` names the model that made the artifact, if it is another model's or lies in another
    bucket. `package` is a model package in place of them, with what the role must be allowed to read of it. `timezone`
    is that of the schedule; without `schedule` a transform only runs on demand. `max_payload_mb = 0` streams records of
    any size.
    """

    instance: Annotated[str, Instance("transform")]
    model: Annotated[str | None, Artifact()] = None
    transformer: Annotated[str | None, Artifact()] = None
    from_model: Annotated[str | None, FROM_MODEL] = None
    package: Annotated[str | None, PACKAGE] = None
    package_artifacts: Annotated[tuple[str, ...], *PACKAGE_ARTIFACTS] = ()
    package_images: Annotated[tuple[str, ...], *PACKAGE_IMAGES] = ()
    input: Annotated[str, DataPath()] = "datasets/batch"
    instance_count: Annotated[int, Between(1, MOST_INSTANCES)] = 1
    strategy: Literal["MultiRecord", "SingleRecord"] = "MultiRecord"
    split_type: Literal["None", "Line", "RecordIO", "TFRecord"] = "Line"
    assemble_with: Literal["None", "Line"] = "Line"
    content_type: Annotated[str, MEDIA_TYPE] = "text/csv"
    accept: Annotated[str, MEDIA_TYPE] = "text/csv"
    max_payload_mb: Annotated[int, Between(0, MOST_PAYLOAD_MB)] = 6
    max_concurrent_transforms: Annotated[int, Between(1, MOST_PAYLOAD_MB)] = 1
    timeout_seconds: Annotated[int, Between(1, LONGEST_TIMEOUT_SECONDS)] = 600
    max_retries: Annotated[int, Between(0, MOST_RETRIES)] = 3
    input_filter: Annotated[str | None, JsonPath()] = None
    output_filter: Annotated[str | None, JsonPath()] = None
    join: Literal["None", "Input"] = "None"
    schedule: Annotated[str | None, AtMost(LONGEST_SCHEDULE), RECURRING] = None
    timezone: Annotated[str, TimeZone()] = "UTC"
    capture: bool = False

    @property
    def is_promoted(self) -> bool:
        """Whether it has a model of its own to score with."""
        return self.model is not None or self.package is not None

    def check_combination(self) -> Iterable[Problem | None]:
        """See `Declared`."""
        at_once = self.max_payload_mb * self.max_concurrent_transforms
        return (
            schedule_problem(self.schedule),
            *self._record_problems(),
            problem_if(
                self.strategy == "MultiRecord" and self.split_type == "None",
                key="strategy",
                allowed="SingleRecord when split_type is None",
                got=self.strategy,
                hint="split the input or send it whole",
            ),
            problem_if(
                at_once > MOST_PAYLOAD_MB,
                key="max_concurrent_transforms",
                allowed=f"at most {MOST_PAYLOAD_MB // max(self.max_payload_mb, 1)} beside max_payload_mb",
                got=self.max_concurrent_transforms,
                hint=f"their product may not pass {MOST_PAYLOAD_MB}",
            ),
        )

    def _record_problems(self) -> tuple[Problem | None, ...]:
        """What filters and a join ask of the records' form."""
        sent, answered = (
            JOINABLE.get(form.partition(";")[0].strip().lower()) for form in (self.content_type, self.accept)
        )
        known = ", ".join(JOINABLE)
        joined = self.join == "Input"
        return (
            problem_if(
                sent is None and (joined or self.input_filter is not None),
                key="content_type",
                allowed=f"one of {known} for a filter or a join",
                got=self.content_type,
                hint="a transform job looks into no other records",
            ),
            problem_if(
                answered is None and (joined or self.output_filter is not None or self.capture),
                key="accept",
                allowed=f"one of {known} for a filter, a join or capture",
                got=self.accept,
                hint="a transform job looks into no other answers",
            ),
            problem_if(
                joined and sent is not None and answered is not None and sent != answered,
                key="join",
                allowed=f'"None" while content_type is {sent} and accept is {answered}',
                got=self.join,
                hint="make both CSV or both JSON, or leave join out",
            ),
        )
