"""The `[training]` table: an experiment of several trials, or a tuning job or Autopilot in their place."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

from modelyard.manifest import algorithm, algorithm_resource, automl, catalogue
from modelyard.manifest.algorithm_resource import ALGORITHM, ALGORITHM_IMAGE
from modelyard.manifest.automl import AutoML
from modelyard.manifest.channel import Channel
from modelyard.manifest.data_layout import as_dataset, output_of
from modelyard.manifest.hyperparameters import (
    HYPERPARAMETERS,
    LONGEST_HYPERPARAMETER,
    MOST_HYPERPARAMETERS,
    Hyperparameter,
    hyperparameter_text,
)
from modelyard.manifest.problems import NOTHING, Problem, problem_if
from modelyard.manifest.retraining import Retrain
from modelyard.manifest.rules import (
    LONGEST_SCRIPT,
    AtMost,
    AwsName,
    Between,
    Container,
    Count,
    DataPath,
    Declared,
    Each,
    Instance,
    Matches,
)
from modelyard.manifest.tuning import Tuning
from modelyard.shared.container_families import FAMILIES, XGBOOST
from modelyard.shared.s3_uri import S3Uri

# Limits of CreateTrainingJob (SageMaker API reference).
LONGEST_RUNTIME_MINUTES = 432_000 // 60
MOST_INSTANCES = 20
LARGEST_VOLUME_GB = 16_384
MOST_PARALLEL_TRIALS = 40
MOST_METRICS = 40
LONGEST_REGEX = 500
MOST_CHANNELS = 20
# Channels on which models are measured and not fitted, as SageMaker's own algorithms name them.
MEASURING_CHANNELS = ("validation", "test")
LONGEST_TRIAL = 24
# What a state of Step Functions holds, less what stands around a run's trials: the map hands all of them on at once.
MOST_BYTES_OF_TRIALS = 240_000
# Of each trial: its name and its job's, its status, and as much of a failure's reason, whose quotes are escaped.
BYTES_OF_A_TRIAL = 1312
LONGEST_REASON = 512
# A metric's name and value.
BYTES_OF_A_METRIC = 100
# What a job is given beside the manifest's: a script's name and archive, and what a search looks for.
SCRIPT_HYPERPARAMETERS = 2
SEARCH_HYPERPARAMETERS = 1

CHANNEL_NAME = Matches(
    re.compile(r"[A-Za-z0-9._-]{1,64}"),
    form="names of at most 64 letters, digits, dots, _ and -",
    hint="it becomes a folder of the job",
)
METRIC_NAME = Matches(
    re.compile(r"[A-Za-z0-9_.:/@+%()=^ -]{1,255}"),
    form="a name of at most 255 letters, digits, spaces and _ . : / @ + % ( ) = ^ -",
    hint="such as validation:auc",
)
# What a shell hands on as it is; all else it takes apart, replaces or runs (POSIX, Shell Command Language, Quoting).
SHELL_SAFE = re.compile(r"[A-Za-z0-9_@%+=:,./-]+")


@dataclass(frozen=True, slots=True)
class Regexes:
    """Expressions by which metrics are found in the log: the first group is the value."""

    def problem(self, *, key: str, value: dict[str, str]) -> Problem | None:
        """Return the problem of the first expression that has one."""
        wrong = [(name, regex) for name, regex in value.items() if not _finds_value(regex)]
        return problem_if(
            bool(wrong),
            key=f'{key}."{wrong[0][0]}"' if wrong else key,
            allowed=f"a regular expression of at most {LONGEST_REGEX} characters whose first group is the value",
            got=wrong[0][1] if wrong else NOTHING,
            hint=r"write for instance 'auc:(\S+)'",
        )


def _finds_value(regex: str) -> bool:
    try:
        return len(regex) <= LONGEST_REGEX and re.compile(regex).groups >= 1
    except (re.error, OverflowError, RecursionError):
        return False


@dataclass(frozen=True, kw_only=True, slots=True)
class Objective(Declared):
    """What makes one trial better than another."""

    metric: Annotated[str, METRIC_NAME]
    goal: Literal["maximize", "minimize"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Trial(Declared):
    """Hyperparameters of one trial, in addition to those of all trials."""

    name: Annotated[str, AwsName(LONGEST_TRIAL)]
    hyperparameters: Annotated[
        dict[str, Hyperparameter],
        Count(0, MOST_HYPERPARAMETERS, hint="leave some to the script's defaults"),
        *HYPERPARAMETERS,
    ] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Spot(Declared):
    """Training on spot instances: cheaper, and may be interrupted.

    `max_wait_minutes` counts from the start of the job and includes its running time (CreateTrainingJob,
    StoppingCondition); with `checkpoints` an interrupted job continues where it was. Jobs of a search begin
    again: they would share one folder of checkpoints.
    """

    max_wait_minutes: Annotated[int, Between(1, LONGEST_RUNTIME_MINUTES)]
    checkpoints: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Training(Declared):
    """How a model is trained.

    Without `script` the container's built-in algorithm is used. Without `trials` and `tuning` there is one trial, named
    `single`. `container` and `instance` are given unless `automl` lets Autopilot choose them. `algorithm` is, in place
    of `container`, an algorithm by its ARN: a product of the AWS Marketplace, or one that is registered in the account,
    whose `algorithm_image` the role must be allowed to pull. Without `baseline_dataset` there is no baseline, and the
    model cannot be monitored. It holds what callers send: of data that [preprocessing] transforms, those before.
    """

    container: Annotated[str | None, Container("training")] = None
    algorithm: Annotated[str | None, ALGORITHM] = None
    algorithm_image: Annotated[str | None, ALGORITHM_IMAGE] = None
    instance: Annotated[str | None, Instance("training")] = None
    objective: Objective
    channels: Annotated[
        dict[str, Channel], Count(1, MOST_CHANNELS, hint="name the data to train on"), Each(CHANNEL_NAME)
    ]
    script: Annotated[str | None, AtMost(LONGEST_SCRIPT)] = None
    instance_count: Annotated[int, Between(1, MOST_INSTANCES)] = 1
    volume_gb: Annotated[int, Between(1, LARGEST_VOLUME_GB)] = 30
    max_runtime_minutes: Annotated[int, Between(1, LONGEST_RUNTIME_MINUTES)] = 60
    max_parallel: Annotated[int, Between(1, MOST_PARALLEL_TRIALS)] = 3
    baseline_dataset: Annotated[str | None, DataPath()] = None
    metrics: Annotated[dict[str, str], Count(0, MOST_METRICS, hint="scrape fewer"), Each(METRIC_NAME), Regexes()] = (
        field(default_factory=dict)
    )
    hyperparameters: Annotated[dict[str, Hyperparameter], *HYPERPARAMETERS] = field(default_factory=dict)
    trials: tuple[Trial, ...] = ()
    tuning: Tuning | None = None
    automl: AutoML | None = None
    spot: Spot | None = None
    retrain: Retrain | None = None

    def check_combination(self) -> Iterable[Problem | None]:
        """See `Declared`."""
        return (
            *self._trial_problems(),
            *self._automl_problems(),
            *self._algorithm_resource_problems(),
            *self._container_problems(),
            *self._hyperparameter_problems(),
            *self._retrain_problems(),
            problem_if(
                self.script is not None and self.algorithm is None and self.objective.metric not in self.metrics,
                key="objective.metric",
                allowed=f"one of the metrics ({', '.join(self.metrics)})",
                got=self.objective.metric,
                hint="add its regular expression under [training.metrics]",
            ),
            problem_if(
                self.script is None and bool(self.metrics) and bool(self.family),
                key="metrics",
                allowed="left out for a built-in algorithm, which names its own",
                got=sorted(self.metrics),
                hint="remove [training.metrics] or name a script",
            ),
            problem_if(
                self.spot is not None and self.spot.max_wait_minutes < self.max_runtime_minutes,
                key="spot.max_wait_minutes",
                allowed=f"at least max_runtime_minutes ({self.max_runtime_minutes})",
                got=self.spot.max_wait_minutes if self.spot is not None else NOTHING,
                hint="the wait includes the run: raise it or lower max_runtime_minutes",
            ),
        )

    def _retrain_problems(self) -> Iterable[Problem | None]:
        """What is held out must be in no channel, and what captures are added to must be one whose files are known."""
        if self.retrain is None:
            return
        held_out, wanted = as_dataset(self.retrain.held_out), self.retrain.captures_to
        fitted = [
            name
            for name, channel in self.stored_channels.items()
            if as_dataset(channel.path) == held_out and (name not in MEASURING_CHANNELS or name == wanted)
        ]
        yield problem_if(
            bool(fitted),
            key="retrain.held_out",
            allowed=f"a dataset that no model is fitted to (it is the channel {', '.join(fitted)})",
            got=self.retrain.held_out,
            hint="name labelled rows that are kept apart",
        )
        yield problem_if(
            wanted is not None and wanted not in self.stored_channels,
            key="retrain.captures_to",
            allowed=f"a channel in the data bucket ({', '.join(self.stored_channels)})",
            got=wanted,
            hint="name the channel that the training data are in, or leave it out",
        )

    @property
    def all_trials(self) -> tuple[Trial, ...]:
        """The trials to run, none of them without a name; empty where a search takes their place."""
        if self.tuning is not None or self.automl is not None:
            return ()
        return self.trials if self.trials else (Trial(name="single"),)

    @property
    def stored_channels(self) -> dict[str, Channel]:
        """The channels whose data are put into the data bucket by hand."""
        return {
            name: channel
            for name, channel in self.channels.items()
            if channel.elsewhere is None and channel.output is None
        }

    @property
    def stored_baseline_dataset(self) -> str | None:
        """The data of the baseline where they are put into the data bucket by hand."""
        dataset = self.baseline_dataset
        return None if dataset is None or output_of(dataset) is not None else dataset

    @property
    def outputs(self) -> dict[str, str]:
        """The outputs of [preprocessing] that are read, by the keys that name them."""
        named = {f"channels.{name}": channel.output for name, channel in self.channels.items()}
        if self.baseline_dataset is not None:
            named["baseline_dataset"] = output_of(self.baseline_dataset)
        return {key: output for key, output in named.items() if output is not None}

    @property
    def places_elsewhere(self) -> dict[str, S3Uri]:
        """The places in other buckets, by the channels that read them."""
        places = {name: channel.elsewhere for name, channel in self.channels.items()}
        return {name: place for name, place in places.items() if place is not None}

    @property
    def family(self) -> str:
        """The container's family, empty for an image of the user's own."""
        return catalogue.family_of(self.job_container)

    @property
    def is_packaged(self) -> bool:
        """Whether what a run finds is served by the package that it registers: Autopilot's, or an algorithm's."""
        return self.automl is not None or self.algorithm is not None

    @property
    def is_of_product(self) -> bool:
        """Whether the algorithm is a product of the AWS Marketplace, whose images SageMaker pulls itself."""
        return self.algorithm is not None and self.algorithm_image is None

    @property
    def job_container(self) -> str:
        """The container of the jobs; empty where Autopilot chooses it, or an algorithm has it."""
        return self.container if self.container is not None else ""

    @property
    def job_instance(self) -> str:
        """The instance of the jobs; empty where Autopilot chooses it."""
        return self.instance if self.instance is not None else ""

    def _trial_problems(self) -> tuple[Problem | None, ...]:
        names = [trial.name for trial in self.trials]
        twice = sorted({name for name in names if names.count(name) > 1})
        return (
            problem_if(
                bool(self.trials) and self.tuning is not None,
                key="tuning",
                allowed="left out when trials are listed",
                got="given",
                hint="keep one of the two",
            ),
            problem_if(
                bool(twice),
                key="trials.name",
                allowed="different in each trial",
                got=twice,
                hint="rename one of them",
            ),
            problem_if(
                self._bytes_of_trials > MOST_BYTES_OF_TRIALS,
                key="trials",
                allowed=f"few and short enough for a state of Step Functions ({MOST_BYTES_OF_TRIALS} bytes of results)",
                got=f"{len(self.trials)} trials with {self._bytes_of_trials} bytes",
                hint="list fewer, or let [training.tuning] search",
            ),
        )

    def _automl_problems(self) -> Iterable[Problem | None]:
        """What Autopilot chooses is left out beside it; without it, image and instance are named."""
        if self.automl is None:
            yield problem_if(
                self.container is None and self.algorithm is None,
                key="container",
                allowed="given without [training.automl] and without algorithm",
                got=NOTHING,
                hint='write for instance container = "xgboost:3.2-0"',
            )
            yield problem_if(
                self.instance is None,
                key="instance",
                allowed="given without [training.automl]",
                got=NOTHING,
                hint='write for instance instance = "ml.m5.large"',
            )
            return
        yield from automl.beside_problems(
            {
                "container": self.container,
                "algorithm": self.algorithm,
                "instance": self.instance,
                "script": self.script,
                "trials": [trial.name for trial in self.trials],
                "tuning": None if self.tuning is None else "given",
                "spot": None if self.spot is None else "given",
                "retrain": None if self.retrain is None else "given",
                "metrics": sorted(self.metrics),
                "hyperparameters": sorted(self.hyperparameters),
            }
        )
        yield from automl.channel_problems(self.channels)
        yield from self.automl.objective_problems(metric=self.objective.metric, goal=self.objective.goal)

    def _algorithm_resource_problems(self) -> Iterable[Problem | None]:
        """What an algorithm resource has itself is left out beside it."""
        if self.algorithm is None:
            yield problem_if(
                self.algorithm_image is not None,
                key="algorithm_image",
                allowed="left out without algorithm",
                got=self.algorithm_image,
                hint="remove it, or name the algorithm",
            )
            return
        yield from algorithm_resource.beside_problems(
            {
                "container": self.container,
                "script": self.script,
                "metrics": sorted(self.metrics),
                "retrain": None if self.retrain is None else "given",
            }
        )
        if self.spot is not None:
            yield algorithm_resource.wait_problem(
                max_wait_minutes=self.spot.max_wait_minutes,
                keeps_checkpoints=self.spot.checkpoints and self.tuning is None,
            )

    def _container_problems(self) -> Iterable[Problem | None]:
        """What the containers of some families do to a script's hyperparameters on their way."""
        family = FAMILIES.get(self.family)
        if family is XGBOOST and self.script is None:
            yield from self._algorithm_problems()
        yield problem_if(
            family not in (None, XGBOOST) and self.script is None,
            key="script",
            allowed="named for an image of a framework, which has no algorithm of its own",
            got=NOTHING,
            hint="name a folder of training_scripts/",
        )
        if family is None or self.script is None:
            return
        ranges = {} if self.tuning is None else self.tuning.ranges
        given = {"hyperparameters": self.hyperparameters} | {
            f"trials.{trial.name}.hyperparameters": trial.hyperparameters for trial in self.trials
        }
        texts = [(f"{key}.{name}", value) for key, values in given.items() for name, value in values.items()]
        texts += [(f"tuning.ranges.{name}", word) for name, searched in ranges.items() for word in searched.values]
        for key, value in texts:
            yield problem_if(
                family.reads_shell and isinstance(value, str) and SHELL_SAFE.fullmatch(value) is None,
                key=key,
                allowed=f"letters, digits and _ @ % + = : , . / - for {family.name}, which starts scripts by a shell",
                got=value,
                hint="write lists with commas, or put the text into a file beside the script",
            )
            yield problem_if(
                family.rewrites_model_dir and key.endswith(".model_dir"),
                key=key,
                allowed=f"left out for {family.name}, whose container rewrites it in a search",
                got=value,
                hint="save to SM_MODEL_DIR",
            )

    def _algorithm_problems(self) -> Iterator[Problem | None]:
        """What XGBoost's own algorithm would refuse of the jobs; a search is tried at the ends of each range."""
        yield from algorithm.channel_problems({name: channel.content_type for name, channel in self.channels.items()})
        for name, channel in self.channels.items():
            yield problem_if(
                channel.header,
                key=f"channels.{name}.header",
                allowed="false for XGBoost's own algorithm, which reads CSV from its first line",
                got=True,
                hint="remove the line from the files too, or name a script that reads it",
            )
        yield from algorithm.objective_problems(
            metric=self.objective.metric, channels=self.channels, searched=self.tuning is not None
        )
        shared = _written("hyperparameters", self.hyperparameters)
        jobs = [shared | _written(f"trials.{one.name}.hyperparameters", one.hyperparameters) for one in self.all_trials]
        ranges = {} if self.tuning is None else self.tuning.ranges
        searched = [_written("tuning.ranges", {name: end}) for name, one in ranges.items() for end in one.ends]
        firsts = {name: value for one in reversed(searched) for name, value in one.items()}
        jobs += [shared | firsts | one for one in searched]
        yield from algorithm.hyperparameter_problems(jobs)

    @property
    def _bytes_of_trials(self) -> int:
        """What the results of all trials take at most."""
        fixed = BYTES_OF_A_TRIAL + BYTES_OF_A_METRIC * len(self.metrics)
        return sum(
            fixed + len(json.dumps({**self.hyperparameters, **trial.hyperparameters}).encode()) for trial in self.trials
        )

    def _hyperparameter_problems(self) -> Iterable[Problem | None]:
        """What each job is given: as many as it takes, each as long as it takes, none of them by two."""
        family = FAMILIES.get(self.family)
        told = 0 if self.script is None else SCRIPT_HYPERPARAMETERS
        # TensorFlow's container is told its model_dir too.
        told += self.script is not None and family is not None and family.rewrites_model_dir
        added = told + (SEARCH_HYPERPARAMETERS if self.tuning is not None else 0)
        searched = {} if self.tuning is None else self.tuning.ranges
        owns = {f"trials.{trial.name}.hyperparameters": trial.hyperparameters for trial in self.trials}
        for key, own in (owns if owns else {"hyperparameters": {}}).items():
            count = len({**self.hyperparameters, **own, **searched})
            yield problem_if(
                count > MOST_HYPERPARAMETERS - added,
                key=key,
                allowed=f"at most {MOST_HYPERPARAMETERS - added} with those of all trials and of the search",
                got=count,
                hint=f"a job takes {MOST_HYPERPARAMETERS}, {added} of them ours: leave some to the script's defaults",
            )
        for key, own in {"hyperparameters": self.hyperparameters, **owns}.items():
            for name, value in own.items():
                length = len(hyperparameter_text(value, for_script=self.script is not None))
                yield problem_if(
                    length > LONGEST_HYPERPARAMETER
                    and not AtMost(LONGEST_HYPERPARAMETER).problem(key=key, value=value),
                    key=f'{key}."{name}"',
                    allowed=f"at most {LONGEST_HYPERPARAMETER} characters as the job is given it",
                    got=length,
                    hint="shorten it, or let the script read it from a file",
                )
        fixed = sorted(self.hyperparameters.keys() & searched)
        yield problem_if(
            bool(fixed),
            key="tuning.ranges",
            allowed="others than those of hyperparameters",
            got=fixed,
            hint="search it or fix it: keep one of the two",
        )


def _written(place: str, values: Mapping[str, Hyperparameter]) -> dict[str, algorithm.Given]:
    """Return hyperparameters of the algorithm that are written below a key."""
    return {
        name: algorithm.Given(key=f"{place}.{name}", value=value, text=hyperparameter_text(value, for_script=False))
        for name, value in values.items()
    }
