"""How a training job ended, as DescribeTrainingJob tells it: its status, its metrics and why it failed."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from modelyard.rehearsal.containers.environment import LONGEST_MESSAGE
from modelyard.rehearsal.regexes import RegexError, Regexes


class TrainingStatus(StrEnum):
    """How a job ended: the values of TrainingJobStatus."""

    COMPLETED = "Completed"
    FAILED = "Failed"
    STOPPED = "Stopped"


@dataclass(frozen=True, kw_only=True, slots=True)
class MetricDefinition:
    r"""A metric's name and the regular expression whose first group is its value, as `auc:(\S+)`.

    Raises:
        ValueError: the name is empty, or the expression is not one, or has no group to take the value from.

    """

    name: str
    regex: str

    def __post_init__(self) -> None:
        if not self.name:
            raise ValueError("a metric's name must not be empty; give it the name that the objective uses")
        try:
            groups = re.compile(self.regex).groups
        except (re.error, OverflowError, RecursionError) as error:
            raise ValueError(f"metric {self.name}: {self.regex!r} is no regular expression: {error}") from error
        if groups < 1:
            raise ValueError(f"metric {self.name}: {self.regex!r} must have a group, as 'auc:(.+)'")


@dataclass(frozen=True, kw_only=True, slots=True)
class Metric:
    """A metric's value and the moment at which it was printed."""

    name: str
    value: float
    timestamp: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainingResult:
    """How a job ended and what it left.

    `secondary_status` is `MaxRuntimeExceeded` for a job that ran out of time, and else the status again. The
    model's archive is there unless the job failed, `output_archive` if the script left anything in
    SM_OUTPUT_DATA_DIR.
    """

    status: TrainingStatus
    secondary_status: str
    failure_reason: str | None
    metrics: tuple[Metric, ...]
    model_archive: Path | None
    output_archive: Path | None
    training_seconds: float

    @property
    def final_metrics(self) -> dict[str, float]:
        """The last value of each metric, which is what AWS calls FinalMetricDataList."""
        return {metric.name: metric.value for metric in self.metrics}


def scrape(
    *, line: str, definitions: Sequence[MetricDefinition], timestamp: datetime, regexes: Regexes
) -> list[Metric]:
    """Return the metrics in one line that a script printed.

    Raises:
        ValueError: a definition's regular expression took too long.
        RegexesClosedError: nothing is matched any more.

    """
    if not definitions:
        return []
    try:
        answers = regexes.answers([("values", definition.regex, line) for definition in definitions])
    except RegexError as error:
        raise ValueError(
            f"metric {definitions[error.index].name}: {error}; let its regex match in one way only, as 'auc: ([0-9.]+)'"
        ) from error
    return [
        Metric(name=definition.name, value=value, timestamp=timestamp)
        for definition, values in zip(definitions, answers, strict=True)
        for value in values
    ]


def client_error(message: str) -> str:
    """Word what is wrong with the request itself."""
    return f"ClientError: {message}"[:LONGEST_MESSAGE]


def container_failure(*, kind: str, message: str, exit_code: int) -> str:
    """Word what went wrong inside the container; a long message loses its end, never the exit code.

    `kind` is AlgorithmError for a script, and ClientError where a built-in algorithm refuses its parameters or data.
    """
    start, end = f"{kind}: ", f", exit code: {exit_code}"
    return f"{start}{message[: LONGEST_MESSAGE - len(start) - len(end)]}{end}"


def script_message(*, exit_code: int, error_message: str, command: Sequence[str]) -> str:
    """Word a script's failure as the containers' toolkit does: code, the last that it printed, and command."""
    typed = " ".join(command)
    return f'ExecuteUserScriptError:\nExitCode {exit_code}\nErrorMessage "{error_message}"\nCommand "{typed}"'
