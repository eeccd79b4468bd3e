"""The states in which a run's best model and the promoted one answer the same held-out rows."""

from dataclasses import dataclass
from typing import Any

from modelyard.constructs.workflows.requests import JobContext, Request, transform_job, vpc_config
from modelyard.constructs.workflows.retraining_data import IS_RETRAINING
from modelyard.constructs.workflows.states import (
    RUN,
    State,
    States,
    choose,
    each,
    expression,
    refuse_run,
    task,
    text,
    without_none,
)
from modelyard.manifest.batch import Batch
from modelyard.manifest.data_layout import DataLayout
from modelyard.manifest.names import MARK
from modelyard.manifest.retraining import Retrain

# In the names of models and jobs, as short as a run leaves room for; the folders of the answers say it in full.
CANDIDATE, PROMOTED = "new", "now"
# What every family's server takes in one request.
PAYLOAD_MB = 1
RECORDS, SCORED = "records", "scored"


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """A model each for the two artifacts, a transform job each over the held-out records, and a note of the run.

    The models are deleted again. `job_context` has the role under which they answer.
    """

    retrain: Retrain
    layout: DataLayout
    prefix: str
    job_context: JobContext
    image: str
    environment: dict[str, str] | None
    isolated: bool
    artifact: str
    partition: str

    @property
    def name_prefixes(self) -> list[str]:
        """What the names of its models and jobs begin with."""
        return [f"{self.prefix}{MARK}{mark}-" for mark in (CANDIDATE, PROMOTED)]

    def states(self, *, then: str) -> States:
        """Return the states, the first of which is `Is it to be compared?`."""
        candidate = f"{{'who': 'candidate', 'mark': '{CANDIDATE}', 'artifact': '{self.artifact}'}}"
        promoted = f"""{{'who': 'promoted', 'mark': '{PROMOTED}',
            'artifact': '{self.job_context.uri("")}' & $retrain.promoted}}"""
        chosen = "$states.context.Map.Item.Value"
        return {
            "Is it to be compared?": choose(when=IS_RETRAINING, then="Score both models", otherwise=then),
            "Score both models": each(
                items=expression(f"$append([{candidate}], $exists($retrain.promoted) ? [{promoted}] : [])"),
                item={
                    "who": expression(f"{chosen}.who"),
                    "artifact": expression(f"{chosen}.artifact"),
                    "name": text(f"{self.prefix}{MARK}' & {chosen}.mark & '-{RUN}"),
                },
                # One after the other, as they run where a quota allows one at a time.
                at_once=1,
                start="Make the model",
                states=self._one_model(),
                then="Was everything scored?",
            ),
            "Was everything scored?": choose(
                when="$count($states.input[$exists(error)]) = 0", then="Write the note", otherwise="Not scored"
            ),
            "Not scored": refuse_run(
                error="NotScored",
                cause=expression("$join($states.input[$exists(error)].(who & ': ' & error), '; ')"),
            ),
            "Write the note": self._note(then=then),
        }

    def _one_model(self) -> States:
        kept = {name: expression(f"$states.input.{name}") for name in ("who", "name")}
        # An error's cause is optional, and the description of a failed job is long.
        failed = {**kept, "error": expression("$states.errorOutput.Error")}
        return {
            "Make the model": task(
                resource="aws-sdk:sagemaker:createModel",
                arguments=self._model(),
                output=expression("$states.input"),
                then="Score the records",
                caught_by="Not made",
                caught_as=failed,
                partition=self.partition,
            ),
            "Not made": {"Type": "Pass", "End": True},
            "Score the records": task(
                resource="sagemaker:createTransformJob.sync",
                arguments={"TransformJobName": expression("$states.input.name"), **self._transform()},
                output=kept,
                then="Delete the model",
                caught_by="Delete the model",
                caught_as=failed,
                partition=self.partition,
            ),
            "Delete the model": task(
                resource="aws-sdk:sagemaker:deleteModel",
                arguments={"ModelName": expression("$states.input.name")},
                output=expression("$states.input"),
                then=None,
                partition=self.partition,
            ),
        }

    def _model(self) -> Request:
        container = {
            "Image": self.image,
            "ModelDataUrl": expression("$states.input.artifact"),
            "Environment": self.environment,
        }
        return without_none(
            {
                "ModelName": expression("$states.input.name"),
                "ExecutionRoleArn": self.job_context.role_arn,
                "PrimaryContainer": without_none(container),
                "EnableNetworkIsolation": self.isolated,
                "VpcConfig": vpc_config(vpc=self.job_context.vpc),
            }
        )

    def _transform(self) -> Request:
        return transform_job(
            batch=Batch(instance=self.retrain.instance, max_payload_mb=PAYLOAD_MB),
            job_context=self.job_context,
            model_name=expression("$states.input.name"),
            source=text(f"{self._folder}/{RECORDS}/"),
            output=text(f"{self._folder}/{SCORED}/' & $states.input.who & '"),
            capture="",
        )

    @property
    def _folder(self) -> str:
        return self.job_context.uri(self.layout.retraining(run=RUN))

    def _note(self, *, then: str) -> State:
        note: dict[str, Any] = {
            "Bucket": self.job_context.bucket,
            "Key": text(self.layout.retraining_note(run=RUN)),
            "ContentType": "application/json",
            "Body": expression("$string($merge([$retrain, {'run': $run, 'trial': $ranked[0].name}]))"),
        }
        return task(
            resource="aws-sdk:s3:putObject",
            arguments=note,
            output=expression("$states.input"),
            then=then,
            caught_by="Report the failure",
            partition=self.partition,
        )
