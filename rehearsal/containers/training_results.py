"""How a training job ended, as DescribeTrainingJob tells it: its status, its metrics and why it failed."""

import builtins
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from modelyard.rehearsal.containers.environment import LONGEST_MESSAGE
from modelyard.rehearsal.regexes import RegexError, Regexes
from modelyard.shared.container_families import ContainerFamily, FailureText

# The names that a toolkit looks for; theirs is a list of Python's own exceptions too.
ERROR_NAMES = tuple(name for name in vars(builtins) if name.endswith("Error"))
# What a shell makes of SIGKILL, and how a toolkit explains it.
KILLED = 137
OUT_OF_MEMORY = "OutOfMemory: Process killed by SIGKILL (signal 9)"


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


def container_failure(message: str, *, exit_code: int = 1) -> str:
    """Word what went wrong inside the container; a long message loses its end, never the exit code.

    That is the container's, and not its script's: AWS's toolkits leave with 1 whatever the script left with
    (sagemaker-training 5.1.1, `trainer.train`; sagemaker-containers 2.8.6, `_trainer.train`).
    """
    start, end = "AlgorithmError: ", f", exit code: {exit_code}"
    return f"{start}{message[: LONGEST_MESSAGE - len(start) - len(end)]}{end}"


def advised(reason: str, advice: str | None) -> str:
    """Put what to do about it here behind AWS's words, of which the end goes where both are longer than a reason is."""
    if advice is None:
        return reason
    told = f". {advice}"
    return f"{reason[: LONGEST_MESSAGE - len(told)]}{told}"


def script_message(
    *,
    family: ContainerFamily | None,
    error: str = "ExecuteUserScriptError",
    exit_code: int,
    captured: str,
    command: Sequence[str],
) -> str:
    """Word a failed command as its container's toolkit does; an image of one's own is taken to keep what it captured.

    Source: `errors.py` of sagemaker-training 5.1.1, `_errors.py` of sagemaker-containers 2.8.6.
    """
    text = FailureText.CAPTURED if family is None else family.failure_text
    typed = f'Command "{" ".join(command)}"'
    if text is FailureText.COMMAND:
        return f"{error}:\n{typed}"
    told = captured if text is FailureText.CAPTURED else ""
    killed = f'ExtraInfo "{OUT_OF_MEMORY}"\n' if exit_code == KILLED else ""
    return f'{error}:\nExitCode {exit_code}\nErrorMessage "{told}"\n{killed}{typed}'


def captured_error(printed: Sequence[str]) -> str:
    """Return what a toolkit keeps of the lines that a script printed: those from the first with an error's name on.

    A line that came before is dropped. Source: `process.watch` of sagemaker-training 5.1.1.
    """
    kept: list[str] = []
    for line in printed:
        text = line.strip()
        if (kept or any(name in text for name in ERROR_NAMES)) and text and text not in kept:
            kept.append(text)
    return "\n ".join(kept)
