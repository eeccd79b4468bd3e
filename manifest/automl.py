"""The `[training.automl]` table: a search by Autopilot in the place of trials.

Autopilot chooses images, instances and hyperparameters itself, so that it is told of nothing else than the table, the
target, what the search is for, and when it ends.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from modelyard.manifest.channel import Channel
from modelyard.manifest.problems import NOTHING, Problem, problem_if
from modelyard.manifest.rules import Between, Declared, Matches
from modelyard.shared.autopilot import MINIMIZED, OBJECTIVES
from modelyard.shared.autopilot import Problem as ProblemType

TARGET = Matches(
    re.compile(r"[^\x00-\x1f\x7f]{1,256}"),
    form="the name of a column, of at most 256 characters",
    hint="as in the header",
)
# Of AutoMLJobCompletionCriteria (SageMaker API reference).
MOST_CANDIDATES = 750
# Two days: nobody who waits longer than that wants to find out from the bill.
LONGEST_SEARCH_MINUTES = 48 * 60
# The channels by Autopilot's names, beside those that channels have in a manifest.
CHANNELS: Mapping[str, str] = {"train": "training", "training": "training", "validation": "validation"}
CONTENT_TYPE = "text/csv;header=present"
CONTENT_TYPES = ("text/csv", CONTENT_TYPE)


@dataclass(frozen=True, kw_only=True, slots=True)
class AutoML(Declared):
    """A search by SageMaker Autopilot for a model of a table, in place of trials and of a container.

    `target` is the column to predict, `problem_type` what it is. The search ends after `max_candidates` or after
    `max_total_minutes`, whichever comes first; `max_runtime_minutes` of `[training]` ends each of its jobs. By `mode`
    Autopilot combines several models, or tunes one; with AUTO it combines for data below 100 MB.
    """

    target: Annotated[str, TARGET]
    problem_type: ProblemType
    max_candidates: Annotated[int, Between(1, MOST_CANDIDATES)] = 10
    max_total_minutes: Annotated[int, Between(1, LONGEST_SEARCH_MINUTES)] = 120
    mode: Literal["AUTO", "ENSEMBLING", "HYPERPARAMETER_TUNING"] = "AUTO"

    def objective_problems(self, *, metric: str, goal: str) -> Iterator[Problem | None]:
        """Yield what is wrong with the objective: the API takes a problem and a metric that fits it, or neither."""
        known = OBJECTIVES[self.problem_type]
        wanted = "minimize" if metric in MINIMIZED else "maximize"
        yield problem_if(
            metric not in known,
            key="objective.metric",
            allowed=f"one of {', '.join(known)} for {self.problem_type} with Autopilot",
            got=metric,
            hint="Autopilot measures these, and no others",
        )
        yield problem_if(
            metric in known and goal != wanted,
            key="objective.goal",
            allowed=f"{wanted} for {metric}, as Autopilot ranks by it",
            got=goal,
            hint="change it",
        )


def channel_problems(channels: Mapping[str, Channel]) -> Iterator[Problem | None]:
    """Yield what is wrong with the channels of a search: CSV with a header, one to train on, one to measure on."""
    trained = [name for name in channels if CHANNELS.get(name) == "training"]
    unknown = [name for name in channels if name not in CHANNELS]
    yield problem_if(
        bool(unknown) or len(trained) != 1,
        key="channels",
        allowed="train, and perhaps validation, with Autopilot",
        got=list(channels),
        hint="rename them; without validation Autopilot holds a fifth of the rows back",
    )
    for name, channel in channels.items():
        yield problem_if(
            not channel.header,
            key=f"channels.{name}.header",
            allowed="true with Autopilot, which finds the target by its name",
            got=False,
            hint="write the names of the columns into the first line of each file, and header = true",
        )
        yield problem_if(
            channel.content_type is not None and channel.content_type.replace(" ", "") not in CONTENT_TYPES,
            key=f"channels.{name}.content_type",
            allowed="text/csv with Autopilot",
            got=channel.content_type if channel.content_type is not None else NOTHING,
            hint="leave it out",
        )
        yield problem_if(
            channel.distribution != "FullyReplicated",
            key=f"channels.{name}.distribution",
            allowed="left out with Autopilot, which shares the rows out itself",
            got=channel.distribution,
            hint="remove it",
        )
        yield problem_if(
            channel.output is not None,
            key=f"channels.{name}.path",
            allowed="no output of [preprocessing] with Autopilot, which prepares the data itself",
            got=channel.path,
            hint="name the table as it is",
        )


def beside_problems(beside: Mapping[str, Any]) -> Iterator[Problem | None]:
    """Yield which keys are given beside a search, though Autopilot takes no such thing."""
    for key, value in beside.items():
        yield problem_if(
            bool(value),
            key=key,
            allowed="left out beside [training.automl], which has none",
            got=value,
            hint=f"remove {key}, or [training.automl]",
        )
