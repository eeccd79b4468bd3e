"""One tuning job at work: start training jobs, so many at a time, and keep the best."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol
from uuid import uuid4

from modelyard.rehearsal.sagemaker.errors import ServiceError
from modelyard.rehearsal.sagemaker.jobs.failures import INTERNAL
from modelyard.rehearsal.sagemaker.jobs.progress import RUNNING, Progress
from modelyard.rehearsal.sagemaker.jobs.tuning_plans import Candidate, TuningPlan
from modelyard.rehearsal.sagemaker.platform import Platform
from modelyard.rehearsal.sagemaker.store import Document

ALL_FAILED = "All training jobs failed. Please take a look at the training jobs failures to get more details."
POLL_SECONDS = 0.05
COUNTERS = ("Completed", "InProgress", "RetryableError", "NonRetryableError", "Stopped")


class Training(Protocol):
    """What a search needs of training jobs."""

    def launch(self, request: Document, *, tuning_job_arn: str | None = None) -> str:
        """Start one and return its ARN."""

    def describe_training_job(self, request: Document) -> Document:
        """Describe one."""

    def stop_training_job(self, request: Document) -> Document:
        """Stop one."""

    def wait(self, name: str, *, timeout: float | None = None) -> bool:
        """Wait for its end."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Trial:
    """A training job of the search."""

    name: str
    candidate: Candidate

    def summary(self, described: Document, *, tuning_job: str) -> Document:
        """Return its HyperParameterTrainingJobSummary."""
        value = self.value(described)
        same = ("TrainingJobArn", "CreationTime", "TrainingStartTime", "TrainingEndTime", "FailureReason")
        found = {member: described[member] for member in (*same, "TrainingJobStatus") if member in described}
        named = {} if self.candidate.definition is None else {"TrainingJobDefinitionName": self.candidate.definition}
        return {
            "TrainingJobName": self.name,
            "TuningJobName": tuning_job,
            "TunedHyperParameters": self.candidate.tuned,
            "ObjectiveStatus": self._objective_status(described),
            **found,
            **named,
            **({} if value is None else {"FinalHyperParameterTuningJobObjectiveMetric": self._final(value)}),
        }

    def value(self, described: Document) -> float | None:
        """Return the objective that it reached, or None."""
        for metric in described.get("FinalMetricDataList", []):
            if metric["MetricName"] == self.candidate.objective.metric:
                return float(metric["Value"])
        return None

    def _final(self, value: float) -> Document:
        objective = self.candidate.objective
        kind = "Maximize" if objective.maximize else "Minimize"
        return {"Type": kind, "MetricName": objective.metric, "Value": value}

    def _objective_status(self, described: Document) -> str:
        if described["TrainingJobStatus"] in RUNNING:
            return "Pending"
        return "Failed" if self.value(described) is None else "Succeeded"


class TuningTask:
    """A search that runs in the thread that calls `run`, and is stopped from others."""

    def __init__(self, *, platform: Platform, document: Document, plan: TuningPlan, training: Training) -> None:
        self._platform = platform
        self._progress = Progress(platform=platform, document=document, status="HyperParameterTuningJobStatus")
        self._name: str = document["HyperParameterTuningJobName"]
        self._arn: str = document["HyperParameterTuningJobArn"]
        self._plan = plan
        self._training = training
        self._stopping = threading.Event()
        self._ending = False
        self._trials: list[Trial] = []

    def run(self) -> None:
        """Search to the end; the document says what was found."""
        limit = self._plan.request["HyperParameterTuningJobConfig"]["ResourceLimits"].get("MaxRuntimeInSeconds")
        due = None if limit is None else self._limit(limit)
        try:
            self._search(self._plan.candidates())
        finally:
            if due is not None:
                due()
        self._close()

    def stop(self) -> None:
        """Start no more jobs, and stop those that run."""
        self._stopping.set()
        for trial in list(self._trials):
            try:
                self._training.stop_training_job({"TrainingJobName": trial.name})
            except ServiceError:
                # It has ended meanwhile, which is all that is wanted of it.
                continue

    def end(self) -> None:
        """Start no more jobs, and wait for none; who runs them ends them."""
        self._ending = True
        self._stopping.set()

    def fault(self) -> None:
        """Say that the job failed by no fault of its own."""
        self._finish(status="Failed", changes={"FailureReason": INTERNAL})

    def summaries(self) -> list[Document]:
        """Return the search's training jobs as they are now."""
        return [
            trial.summary(self._described(trial), tuning_job=self._name)
            for trial in list(self._trials)
            if self._known(trial)
        ]

    def _limit(self, seconds: int) -> Callable[[], None]:
        moment = self._progress.now() + timedelta(seconds=seconds)
        return self._platform.clock.at(moment=moment, run=self.stop).cancel

    def _search(self, candidates: Iterator[Candidate]) -> None:
        running: list[Trial] = []
        waiting = next(candidates, None)
        while running or (waiting is not None and not self._stopping.is_set()):
            while waiting is not None and len(running) < self._plan.parallel and not self._stopping.is_set():
                running.append(self._start(waiting))
                waiting = next(candidates, None)
            left = [trial for trial in running if not self._training.wait(trial.name, timeout=POLL_SECONDS)]
            if self._ending:
                return
            if len(left) < len(running):
                self._judge()
            running = left

    def _judge(self) -> None:
        """Count what has ended, and end the search if a job was good enough."""
        self._count()
        if self._good_enough():
            self.stop()

    def _start(self, candidate: Candidate) -> Trial:
        name = f"{self._name}-{len(self._trials) + 1:03}-{uuid4().hex[:8]}"
        trial = Trial(name=name, candidate=candidate)
        self._training.launch({"TrainingJobName": name, **candidate.request}, tuning_job_arn=self._arn)
        self._trials.append(trial)
        self._count()
        return trial

    def _described(self, trial: Trial) -> Document:
        return self._training.describe_training_job({"TrainingJobName": trial.name})

    def _known(self, trial: Trial) -> bool:
        """Whether a trial's job has not been deleted."""
        return self._platform.store.table("TrainingJob").find(trial.name) is not None

    def _good_enough(self) -> bool:
        best = self._best()
        if best is None or self._stopping.is_set():
            return False
        objective = next(trial.candidate.objective for trial in self._trials if trial.name == best["TrainingJobName"])
        return objective.reached(best["FinalHyperParameterTuningJobObjectiveMetric"]["Value"])

    def _best(self) -> Document | None:
        best: Document | None = None
        objectives = {trial.name: trial.candidate.objective for trial in self._trials}
        for summary in self.summaries():
            final = summary.get("FinalHyperParameterTuningJobObjectiveMetric")
            if final is None or summary["TrainingJobStatus"] != "Completed":
                continue
            known = None if best is None else best["FinalHyperParameterTuningJobObjectiveMetric"]["Value"]
            if known is None or objectives[summary["TrainingJobName"]].better(final["Value"], than=known):
                best = summary
        return best

    def _count(self) -> None:
        """Bring the counters and the best job up to date."""
        statuses = [(summary["TrainingJobStatus"], summary["ObjectiveStatus"]) for summary in self.summaries()]
        names = {"Failed": "NonRetryableError", "Stopping": "InProgress"}
        jobs = [names.get(status, status) for status, _ in statuses]
        best = self._best()
        self._progress.set(
            {
                "TrainingJobStatusCounters": {name: jobs.count(name) for name in COUNTERS},
                "ObjectiveStatusCounters": {
                    name: [objective for _, objective in statuses].count(name)
                    for name in ("Succeeded", "Pending", "Failed")
                },
                **({} if best is None else {"BestTrainingJob": best}),
            }
        )

    def _close(self) -> None:
        self._count()
        if self._progress.document["HyperParameterTuningJobStatus"] == "Stopping":
            self._finish(status="Stopped", changes={})
        elif self._best() is None:
            self._finish(status="Failed", changes={"FailureReason": self._nothing_found()})
        else:
            self._finish(status="Completed", changes={})

    def _nothing_found(self) -> str:
        completed = [summary for summary in self.summaries() if summary["TrainingJobStatus"] == "Completed"]
        if not completed:
            return ALL_FAILED
        return (
            f"No objective metrics found after running {len(self._trials)} training jobs. Please ensure that the "
            "custom algorithm is emitting the objective metric as defined by the regular expression provided."
        )

    def _finish(self, *, status: str, changes: Document) -> None:
        ended = {"HyperParameterTuningEndTime": self._progress.now()}
        self._progress.set(changes | ended | {"HyperParameterTuningJobStatus": status})
