"""An AutoML job: it looks at the target, starts a training job for each candidate, and keeps the best.

AWS searches with containers of its own, which nobody else can run. What is searched here is small and real: pipelines
of scikit-learn (`containers/automl_candidate.py`), each trained by a training job and served by scikit-learn's image.
"""

import contextlib
import csv
import io
import tarfile
from dataclasses import dataclass
from datetime import timedelta
from importlib.resources import files
from typing import Any
from uuid import uuid4

from modelyard.rehearsal.containers.environment import LONGEST_MESSAGE
from modelyard.rehearsal.sagemaker.errors import ServiceError
from modelyard.rehearsal.sagemaker.jobs.automl_requests import AutoMLPlan, Candidate, Objective
from modelyard.rehearsal.sagemaker.jobs.failures import INTERNAL, JobFailed
from modelyard.rehearsal.sagemaker.jobs.progress import AUTOML, Progress
from modelyard.rehearsal.sagemaker.jobs.search_jobs import SearchJobs, Training
from modelyard.rehearsal.sagemaker.jobs.transfers import Transfers
from modelyard.rehearsal.sagemaker.permissions import require_call
from modelyard.rehearsal.sagemaker.platform import Platform
from modelyard.rehearsal.sagemaker.store import Document
from modelyard.shared.container_families import (
    NO_BUILD_ISOLATION,
    PACKED_CODE,
    PROGRAM,
    REGION,
    SUBMIT_DIRECTORY,
)
from modelyard.shared.s3_uri import S3Uri

PROGRAM_FILE = "automl_candidate.py"
POLL_SECONDS = 0.05
# Of the private registry of nobody: the repository says that scikit-learn answers, and the tag that it does so here.
IMAGE = "{account}.dkr.ecr.{region}.amazonaws.com/sagemaker-scikit-learn:rehearsed-automl"
INSTANCE = "ml.m5.large"
NO_CANDIDATE = "AlgorithmError: No candidate has an objective metric; the last one: {reason}"
NONE_TRIED = "none was tried before the time was over"


@dataclass(frozen=True, kw_only=True, slots=True)
class Trial:
    """A candidate, and the training job that it is."""

    name: str
    candidate: Candidate
    output: S3Uri


class AutoMLTask:
    """A search that runs in the thread that calls `run`, and is stopped from others."""

    def __init__(self, *, platform: Platform, document: Document, plan: AutoMLPlan, training: Training) -> None:
        self._platform = platform
        self._progress = Progress(platform=platform, document=document, kind=AUTOML)
        self._name: str = document["AutoMLJobName"]
        self._plan = plan
        self._training = training
        self._output = S3Uri.parse(plan.request["OutputDataConfig"]["S3OutputPath"]).below(f"{self._name}/")
        self._jobs = SearchJobs(training)
        self._late = False
        self._trials: list[Trial] = []

    def run(self) -> None:
        """Search to the end; the document says what was found."""
        try:
            with contextlib.ExitStack() as limits:
                seconds = self._plan.criteria.get("MaxAutoMLJobRuntimeInSeconds")
                if seconds is not None:
                    due = self._progress.document["CreationTime"] + timedelta(seconds=seconds)
                    limits.callback(self._platform.clock.at(moment=due, run=self._reach_limit).cancel)
                self._enter("AnalyzingData")
                objective = self._plan.objective_of(self._target_values())
                source = self._upload_program()
                self._progress.set({"ResolvedAttributes": self._resolved(objective)})
                self._enter("TrainingModels")
                for candidate in self._plan.candidates():
                    if self._jobs.is_stopping:
                        break
                    self._try(candidate, objective=objective, source=source)
        except JobFailed as failed:
            self._close(status="Failed", secondary="Failed", changes={"FailureReason": failed.reason})
            return
        except ServiceError as error:
            self._close(status="Failed", secondary="Failed", changes={"FailureReason": error.message})
            return
        if self._jobs.is_ending:
            return
        best = self._best()
        if best is None and not self._asked_to_stop:
            tried = self._progress.document.get("_Candidates", [])
            last = tried[-1]["FailureReason"] if tried else NONE_TRIED
            reason = NO_CANDIDATE.format(reason=last)[:LONGEST_MESSAGE]
            self._close(status="Failed", secondary="Failed", changes={"FailureReason": reason})
            return
        changes = {} if best is None else {"BestCandidate": best}
        if self._asked_to_stop:
            self._close(status="Stopped", secondary="Stopped", changes=changes)
        elif self._late:
            self._close(status="Completed", secondary="MaxAutoMLJobRuntimeReached", changes=changes)
        else:
            self._close(status="Completed", secondary="MaxCandidatesReached", changes=changes)

    def stop(self) -> None:
        """See `SearchJobs`."""
        self._jobs.stop()

    def end(self) -> None:
        """See `SearchJobs`."""
        self._jobs.end()

    def fail(self) -> None:
        """Close the job as failed by an internal error."""
        self._close(status="Failed", secondary="Failed", changes={"FailureReason": INTERNAL})

    @property
    def _asked_to_stop(self) -> bool:
        return bool(self._progress.document["AutoMLJobStatus"] == "Stopping")

    def _reach_limit(self) -> None:
        self._late = True
        self.stop()

    def _enter(self, secondary: str) -> None:
        self._progress.set({"AutoMLJobSecondaryStatus": secondary})

    def _resolved(self, objective: Objective) -> Document:
        table = {"ProblemType": objective.problem}
        return {
            "AutoMLJobObjective": {"MetricName": objective.metric},
            "AutoMLProblemTypeResolvedAttributes": {"TabularResolvedAttributes": table},
        }

    def _transfers(self) -> Transfers:
        role_arn = self._plan.request["RoleArn"]
        client: Any = self._platform.role_client(role_arn=role_arn, service="s3")
        return Transfers(client=client, role_arn=role_arn, region=self._platform.region)

    def _target_values(self) -> list[str]:
        """Return the values of the target in the first file; JobFailed if there is no such column."""
        transfers = self._transfers()
        source = self._plan.sources["training"]
        first = min(transfers.objects(source), key=lambda found: found.key)
        rows = csv.reader(io.StringIO(transfers.read(first).decode(errors="replace"), newline=""))
        header = next(rows, [])
        if self._plan.target not in header:
            raise JobFailed(
                f"ClientError: The target {self._plan.target!r} must be a column of {first}, it has {header[:20]}"
            )
        place = header.index(self._plan.target)
        return [row[place] for row in rows if len(row) > place and row[place]]

    def _upload_program(self) -> S3Uri:
        content = files("modelyard.rehearsal.containers").joinpath(PROGRAM_FILE).read_bytes()
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w:gz") as tar:
            member = tarfile.TarInfo(PROGRAM_FILE)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
        folder = self._output.below("sagemaker-automl-candidates/")
        key = self._plan.request["OutputDataConfig"].get("KmsKeyId")
        self._transfers().write(content=packed.getvalue(), target=folder, name="sourcedir.tar.gz", key_id=key)
        return folder.below("sourcedir.tar.gz")

    def _try(self, candidate: Candidate, *, objective: Objective, source: S3Uri) -> None:
        """Train a candidate to its end."""
        name = f"{self._name}-{self._jobs.started + 1:03}-{uuid4().hex[:8]}"
        output = self._output.below("tuning/")
        self._trials.append(Trial(name=name, candidate=candidate, output=output))
        arn = self._progress.document["AutoMLJobArn"]
        request = self._request(name=name, candidate=candidate, objective=objective, source=source, output=output)
        self._require("CreateTrainingJob", request=request)
        self._jobs.launch(request, owner={"AutoMLJobArn": arn})
        while not self._training.wait(name, timeout=POLL_SECONDS):
            if self._jobs.is_ending:
                return
        self._require("DescribeTrainingJob", request={"TrainingJobName": name})
        self._progress.set({"_Candidates": [self._described(trial, objective=objective) for trial in self._trials]})

    def _require(self, operation: str, *, request: Document) -> None:
        """Require of the search's role what a call needs: Autopilot starts and follows its jobs as it."""
        role_arn = self._plan.request["RoleArn"]
        require_call(platform=self._platform, role_arn=role_arn, operation=operation, request=request)

    def _request(
        self, *, name: str, candidate: Candidate, objective: Objective, source: S3Uri, output: S3Uri
    ) -> Document:
        """Return the CreateTrainingJob of a candidate."""
        request = self._plan.request
        security = request.get("SecurityConfig", {})
        channels = [
            {"ChannelName": kind, "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": str(uri)}}}
            for kind, uri in self._plan.sources.items()
        ]
        hyperparameters = {
            "sagemaker_program": PROGRAM_FILE,
            "sagemaker_submit_directory": str(source),
            **candidate.hyperparameters,
            "target": self._plan.target,
            "problem": objective.problem,
            "fraction": repr(self._plan.fraction),
        }
        return {
            "TrainingJobName": name,
            "AlgorithmSpecification": {
                "TrainingImage": self._image,
                "TrainingInputMode": "File",
                "MetricDefinitions": [
                    {"Name": objective.metric, "Regex": rf"validation:{objective.metric}=(\S+)"},
                ],
            },
            "HyperParameters": hyperparameters,
            "RoleArn": request["RoleArn"],
            "InputDataConfig": channels,
            "OutputDataConfig": {**request["OutputDataConfig"], "S3OutputPath": str(output)},
            "ResourceConfig": {
                "InstanceType": INSTANCE,
                "InstanceCount": 1,
                "VolumeSizeInGB": 30,
                **({"VolumeKmsKeyId": security["VolumeKmsKeyId"]} if "VolumeKmsKeyId" in security else {}),
            },
            "StoppingCondition": {"MaxRuntimeInSeconds": self._plan.training_seconds},
            **({"VpcConfig": security["VpcConfig"]} if "VpcConfig" in security else {}),
        }

    @property
    def _image(self) -> str:
        return IMAGE.format(account=self._platform.account, region=self._platform.region)

    def _described(self, trial: Trial, *, objective: Objective) -> Document:
        """Return a trial as AutoMLCandidate."""
        job = self._training.describe_training_job({"TrainingJobName": trial.name})
        metrics = {one["MetricName"]: float(one["Value"]) for one in job.get("FinalMetricDataList", [])}
        ended = job["TrainingJobStatus"] == "Completed" and objective.metric in metrics
        candidate: Document = {
            "CandidateName": trial.name,
            "ObjectiveStatus": "Succeeded" if ended else "Failed",
            "CandidateStatus": "Completed"
            if ended
            else "Stopped"
            if job["TrainingJobStatus"] == "Stopped"
            else "Failed",
            "CandidateSteps": [
                {
                    "CandidateStepType": "AWS::SageMaker::TrainingJob",
                    "CandidateStepArn": job["TrainingJobArn"],
                    "CandidateStepName": trial.name,
                }
            ],
            "CreationTime": job["CreationTime"],
            "LastModifiedTime": job["LastModifiedTime"],
        }
        if "TrainingEndTime" in job:
            candidate["EndTime"] = job["TrainingEndTime"]
        if not ended:
            return {**candidate, "FailureReason": job.get("FailureReason", "No objective metric was found.")}
        value = metrics[objective.metric]
        return {
            **candidate,
            "FinalAutoMLJobObjectiveMetric": {
                "Type": objective.kind,
                "MetricName": objective.metric,
                "StandardMetricName": objective.metric,
                "Value": value,
            },
            "CandidateProperties": {
                "CandidateMetrics": [
                    {
                        "MetricName": objective.metric,
                        "StandardMetricName": objective.metric,
                        "Value": value,
                        "Set": "Validation",
                    }
                ]
            },
            "InferenceContainers": [self._container(job, objective=objective)],
        }

    def _container(self, job: Document, *, objective: Objective) -> Document:
        output = "predicted_label" if objective.problem == "Regression" else "predicted_label,probability"
        return {
            "Image": self._image,
            "ModelDataUrl": job["ModelArtifacts"]["S3ModelArtifacts"],
            "Environment": {
                PROGRAM: PROGRAM_FILE,
                SUBMIT_DIRECTORY: PACKED_CODE,
                **NO_BUILD_ISOLATION,
                REGION: self._platform.region,
                "SAGEMAKER_INFERENCE_OUTPUT": output,
            },
        }

    def _best(self) -> Document | None:
        ranked = ranked_candidates(self._progress.document.get("_Candidates", []))
        return ranked[0] if ranked else None

    def _close(self, *, status: str, secondary: str, changes: Document) -> None:
        ended = {"EndTime": self._progress.now(), "AutoMLJobStatus": status, "AutoMLJobSecondaryStatus": secondary}
        self._progress.set(changes | ended)


def ranked_candidates(candidates: list[Document]) -> list[Document]:
    """Return the candidates that have an objective, the best first."""
    measured = [one for one in candidates if "FinalAutoMLJobObjectiveMetric" in one]
    return sorted(measured, key=_rank)


def _rank(candidate: Document) -> float:
    metric = candidate["FinalAutoMLJobObjectiveMetric"]
    value = float(metric["Value"])
    return value if metric["Type"] == "Minimize" else -value
