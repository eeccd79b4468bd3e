"""The batch workflow: score what lies below the input, and report when that fails."""

from dataclasses import dataclass
from typing import Any

from modelyard.constructs.workflows.requests import JobContext, Request, transform_job
from modelyard.constructs.workflows.states import (
    RUN,
    States,
    choose,
    end_with,
    expression,
    give_up,
    machine,
    name_the_run,
    refuse_run,
    task,
    text,
)
from modelyard.manifest.batch import Batch
from modelyard.manifest.model import Model
from modelyard.manifest.names import MARK

LONGEST_SECONDS = 24 * 3600
# An execution has 25,000 events (Step Functions quotas), and a look takes some ten.
SECONDS_BETWEEN_LOOKS = 60


@dataclass(frozen=True, kw_only=True, slots=True)
class BatchRun:
    """A model's batch transform as a definition for Step Functions.

    An execution may be given `{"input": "<path below the model>"}` to score something else than the manifest's.
    """

    model: Model
    batch: Batch
    stage: str
    job_context: JobContext
    model_name: str
    topic_arn: str
    partition: str

    @property
    def definition(self) -> dict[str, Any]:
        """The whole state machine."""
        # Another path is taken as it is given: an operator may score one file of a folder.
        declared = self.job_context.uri(self.model.layout.dataset(path=self.batch.input))
        root = self.job_context.uri(self.model.name)
        source = expression(f"$exists($states.input.input) ? '{root}/' & $states.input.input : '{declared}'")
        prefix, output = (
            f"{self.stage}-{self.model.slug}",
            text(self.job_context.uri(self.model.layout.transform(run=RUN))),
        )
        request = {
            "TransformJobName": text(f"{prefix}{MARK}{RUN}"),
            **transform_job(
                batch=self.batch,
                job_context=self.job_context,
                model_name=self.model_name,
                source=expression("$source"),
                output=output,
                capture=self.job_context.uri(self.model.layout.transform_capture),
            ),
        }
        result = {"run": expression("$run"), "source": expression("$source"), "output": output}
        return machine(
            comment=f"Score files with {self.model.name}",
            start="Name the run",
            states={
                "Name the run": name_the_run(then="Transform", assign={"source": source}),
                **(self._followed(request) if self.batch.capture else self._awaited(request)),
                "Done": end_with(result),
                **give_up(
                    subject=f"{prefix}: batch transform failed",
                    topic_arn=self.topic_arn,
                    partition=self.partition,
                ),
            },
            seconds=LONGEST_SECONDS,
        )

    def _awaited(self, request: Request) -> States:
        """Run the job, with an integration that waits for its end and stops it with the execution."""
        return {
            "Transform": task(
                resource="sagemaker:createTransformJob.sync",
                arguments=request,
                then="Done",
                caught_by="Report the failure",
                partition=self.partition,
            )
        }

    def _followed(self, request: Request) -> States:
        """Start the job, and look at it until it has ended.

        The integration that waits takes a list of members of its own; that DataCaptureConfig is one of them is written
        nowhere. The SDK's call takes whatever the API does.
        """
        name = request["TransformJobName"]
        described = """{
            'status': $states.result.TransformJobStatus,
            'reason': $exists($states.result.FailureReason) ? $states.result.FailureReason : 'no reason was given'
        }"""
        return {
            "Transform": task(
                resource="aws-sdk:sagemaker:createTransformJob",
                arguments=request,
                then="Wait",
                caught_by="Report the failure",
                partition=self.partition,
            ),
            "Wait": {"Type": "Wait", "Seconds": SECONDS_BETWEEN_LOOKS, "Next": "Look"},
            "Look": task(
                resource="aws-sdk:sagemaker:describeTransformJob",
                arguments={"TransformJobName": name},
                output=expression(described),
                then="Has it completed?",
                caught_by="Report the failure",
                partition=self.partition,
            ),
            "Has it completed?": choose(
                when="$states.input.status = 'Completed'", then="Done", otherwise="Does it run?"
            ),
            "Does it run?": choose(
                when="$states.input.status in ['InProgress', 'Stopping']", then="Wait", otherwise="It failed"
            ),
            "It failed": refuse_run(
                error="TransformFailed",
                cause=expression("'The job ended as ' & $states.input.status & ': ' & $states.input.reason"),
            ),
        }
