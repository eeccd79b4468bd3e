"""What XGBoost's own algorithm takes of a training without a script: channels, metrics and hyperparameters."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from modelyard.manifest.problems import NOTHING, Problem, problem_if
from modelyard.shared.xgboost_channels import CHANNELS, TYPES
from modelyard.shared.xgboost_hyperparameters import METRICS, refusals


@dataclass(frozen=True, kw_only=True, slots=True)
class Given:
    """A hyperparameter as it is written below a key, and the text that a job is given."""

    key: str
    value: object
    text: str


def channel_problems(content_types: Mapping[str, str | None]) -> Iterator[Problem | None]:
    """Yield what is wrong with channels, by their content types: one that says nothing is libsvm to the algorithm."""
    for name, content_type in content_types.items():
        yield problem_if(
            name not in CHANNELS,
            key=f"channels.{name}",
            allowed=f"one of {', '.join(CHANNELS)} for XGBoost's own algorithm",
            got=name,
            hint="rename it, or name a script",
        )
        yield problem_if(
            content_type not in TYPES,
            key=f"channels.{name}.content_type",
            allowed=f"one of {', '.join(TYPES)} for XGBoost's own algorithm, to the letter",
            got=NOTHING if content_type is None else content_type,
            hint='write { path = "datasets/train", content_type = "text/csv" }',
        )


def objective_problems(*, metric: str, channels: Iterable[str], searched: bool) -> Iterator[Problem | None]:
    """Yield what is wrong with the metric by which jobs are compared; a search knows those of validation alone."""
    data, _, name = metric.partition(":")
    measured = ("validation",) if searched else ("train", "validation")
    known = data in measured and name.partition("@")[0] in METRICS
    yield problem_if(
        not known,
        key="objective.metric",
        allowed=f"{' or '.join(measured)}, a colon, and one of {', '.join(METRICS)} for XGBoost's own algorithm",
        got=metric,
        hint="such as validation:auc",
    )
    yield problem_if(
        known and data not in channels,
        key="objective.metric",
        allowed=f"measured on one of the channels ({', '.join(channels)})",
        got=metric,
        hint=f"add the channel {data}",
    )


def hyperparameter_problems(jobs: Iterable[Mapping[str, Given]]) -> Iterator[Problem]:
    """Yield what the container would refuse of each job, each problem once."""
    problems: dict[tuple[str, str], Problem] = {}
    for job in jobs:
        for refusal in refusals({name: given.text for name, given in job.items()}):
            given = job.get(refusal.name, Given(key=f"hyperparameters.{refusal.name}", value=NOTHING, text=""))
            problem = Problem(
                key=given.key,
                allowed=f"{refusal.allowed} for XGBoost's own algorithm",
                got=given.value,
                hint=f"its container refuses the job: {refusal.reason}",
            )
            problems.setdefault((given.key, refusal.allowed), problem)
    yield from problems.values()
