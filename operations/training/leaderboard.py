"""The trials of a run, best first, as the run left them in the data bucket."""

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from modelyard.manifest import Model
from modelyard.operations.bucket import DataBucket
from modelyard.operations.failures import Failure
from modelyard.operations.screen.table import Cell, Table

FILE = "leaderboard.json"
# What SageMaker's containers are told for themselves, which nobody chose.
OF_THE_CONTAINER = "sagemaker_"
# How the sentence begins that says what became of a run's data.
PREPROCESSING = "Preprocessing"


@dataclass(frozen=True, kw_only=True, slots=True)
class Trial:
    """One trial: what it was told, what it measured."""

    name: str
    job: str
    status: str
    hyperparameters: dict[str, str]
    metrics: dict[str, float]
    reason: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Origin:
    """Where an archive was imported from, and its SHA-256."""

    source: str
    digest: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Preprocessed:
    """What a run's trials were trained on: the digest of what went in, and the run that prepared it.

    `transformer` is the key of what was fitted with it, None where nothing was.
    """

    digest: str
    run: str
    reused: bool
    transformer: str | None = None

    @property
    def sentence(self) -> str:
        """Whether it was prepared for this run, or found again."""
        if self.reused:
            return f"{PREPROCESSING}: the same code and data as in run {self.run}, whose outputs were used again"
        return f"{PREPROCESSING}: prepared for this run"


@dataclass(frozen=True, kw_only=True, slots=True)
class Leaderboard:
    """A run's trials in their order: those without the objective's value come last.

    That of an imported model has its one trial, without values, and `origin`.
    """

    run: str
    metric: str
    goal: str
    trials: tuple[Trial, ...]
    origin: Origin | None = None
    preprocessed: Preprocessed | None = None

    @property
    def best(self) -> Trial:
        """The first; a run without a trial that has a value writes no leaderboard."""
        return self.trials[0]

    def trial(self, name: str) -> Trial:
        """Return a trial by its name.

        Raises:
            Failure: there is none of that name, or it did not complete.
        """
        found = [trial for trial in self.trials if trial.name == name]
        if not found:
            known = ", ".join(trial.name for trial in self.trials)
            raise Failure(f"--trial must be one of {known} of run {self.run}, got {name}; name one of them")
        if found[0].status != "Completed":
            raise Failure(f"The trial {name} of run {self.run} is {found[0].status}; choose one that is Completed")
        return found[0]

    def value(self, trial: Trial) -> float | None:
        """Return the objective's value of a trial."""
        return trial.metrics.get(self.metric)

    def is_worse(self, *, value: float, than: float) -> bool:
        """Return whether a value is worse than another by the run's objective."""
        return value < than if self.goal == "maximize" else value > than

    @property
    def document(self) -> dict[str, Any]:
        """The whole, as JSON."""
        return {
            "run": self.run,
            "objective": {"metric": self.metric, "goal": self.goal},
            "trials": [dataclasses.asdict(trial) for trial in self.trials],
            **({} if self.origin is None else {"imported": dataclasses.asdict(self.origin)}),
            **({} if self.preprocessed is None else {"preprocessing": dataclasses.asdict(self.preprocessed)}),
        }

    @property
    def table(self) -> Table:
        """Rank, trial, objective, the other metrics, and the hyperparameters that differ."""
        others = _keys(trial.metrics for trial in self.trials if trial.metrics)
        shown = [] if self.origin is not None else [self.metric, *(name for name in others if name != self.metric)]
        names = _keys(trial.hyperparameters for trial in self.trials)
        chosen = [name for name in names if not name.startswith(OF_THE_CONTAINER)]
        varied = [name for name in chosen if len({trial.hyperparameters.get(name) for trial in self.trials}) > 1]
        columns = ("rank", "trial", "status", *shown, *varied)
        rows: tuple[tuple[Cell, ...], ...] = tuple(
            (
                rank if self.value(trial) is not None else None,
                trial.name,
                trial.status,
                *(trial.metrics.get(name) for name in shown),
                *(trial.hyperparameters.get(name) for name in varied),
            )
            for rank, trial in enumerate(self.trials, 1)
        )
        what = f"{self.goal} {self.metric}" if self.origin is None else f"imported from {self.origin.source}"
        return Table(columns=columns, rows=rows, title=f"Run {self.run}: {what}")


def leaderboard_document(*, model: Model, run: str, trial: str, job: str, origin: str, digest: str) -> dict[str, Any]:
    """Return the leaderboard of an imported model, as a run would have written it."""
    objective = None if model.training is None else model.training.objective
    only = Trial(name=trial, job=job, status="Completed", hyperparameters={}, metrics={})
    board = Leaderboard(
        run=run,
        metric="" if objective is None else objective.metric,
        goal="maximize" if objective is None else objective.goal,
        trials=(only,),
        origin=Origin(source=origin, digest=digest),
    )
    return {"model": model.name, **board.document}


def leaderboard_of(document: dict[str, Any]) -> Leaderboard:
    """Return what a run wrote as its leaderboard."""
    imported, prepared = document.get("imported"), document.get("preprocessing")
    return Leaderboard(
        run=document["run"],
        metric=document["objective"]["metric"],
        goal=document["objective"]["goal"],
        trials=tuple(
            Trial(
                name=trial["name"],
                job=trial["job"],
                status=trial["status"],
                hyperparameters={name: _plain(value) for name, value in trial["hyperparameters"].items()},
                metrics=dict(trial["metrics"]),
                reason=trial.get("reason", ""),
            )
            for trial in document["trials"]
        ),
        origin=None if imported is None else Origin(source=imported["source"], digest=imported["digest"]),
        preprocessed=None
        if prepared is None
        else Preprocessed(
            digest=prepared["digest"],
            run=prepared["run"],
            reused=prepared["reused"],
            transformer=prepared.get("transformer"),
        ),
    )


def read_leaderboard(*, model: Model, bucket: DataBucket, run: str | None = None) -> Leaderboard:
    """Return the leaderboard of a run, or of the newest.

    Raises:
        Failure: there is no such run, or none at all.
    """
    if run is None:
        known = runs(model=model, bucket=bucket)
        if not known:
            imported = model.training is None
            first = f"yard import {model.name} ARCHIVE" if imported else f"yard train {model.name} --wait"
            raise Failure(f"No run of {model.name} has completed yet; first: {first}")
        run = known[-1]
    found = bucket.read_json(model.layout.leaderboard(run=run))
    if found is None:
        names = ", ".join(runs(model=model, bucket=bucket))
        raise Failure(f"--run must be one of {names or 'the runs that completed'}, got {run}; name one of them")
    return leaderboard_of(found)


def runs(*, model: Model, bucket: DataBucket) -> list[str]:
    """Return the runs that wrote a leaderboard, oldest first."""
    root = f"{model.layout.training(run='')}"
    stored = [one for one in bucket.objects(root) if one.key.endswith(f"/{FILE}")]
    return [one.key.removeprefix(root).partition("/")[0] for one in sorted(stored, key=lambda one: one.modified)]


def _plain(value: Any) -> str:
    """A text hyperparameter travels as JSON, in quotes."""
    text = str(value)
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text


def _keys(mappings: Iterable[dict[str, Any]]) -> list[str]:
    return list(dict.fromkeys(key for mapping in mappings for key in mapping))
