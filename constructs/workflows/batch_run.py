"""The batch workflow: score what lies below the input, and report when that fails."""

from dataclasses import dataclass
from typing import Any

from modelyard.constructs.workflows.requests import JobContext, transform_job
from modelyard.constructs.workflows.states import RUN, expression, give_up, machine, name_the_run, task, text
from modelyard.manifest.batch import Batch
from modelyard.manifest.model import Model
from modelyard.manifest.names import MARK

LONGEST_SECONDS = 24 * 3600


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
        return machine(
            comment=f"Score files with {self.model.name}",
            start="Name the run",
            states={
                "Name the run": name_the_run(then="Transform", assign={"source": source}),
                "Transform": task(
                    resource="sagemaker:createTransformJob.sync",
                    arguments={
                        "TransformJobName": text(f"{prefix}{MARK}{RUN}"),
                        **transform_job(
                            batch=self.batch,
                            job_context=self.job_context,
                            model_name=self.model_name,
                            source=expression("$source"),
                            output=output,
                            capture=self.job_context.uri(self.model.layout.transform_capture),
                        ),
                    },
                    output={"run": expression("$run"), "source": expression("$source"), "output": output},
                    then="Done",
                    caught_by="Report the failure",
                    partition=self.partition,
                ),
                "Done": {"Type": "Succeed"},
                **give_up(
                    subject=f"{prefix}: batch transform failed",
                    topic_arn=self.topic_arn,
                    partition=self.partition,
                ),
            },
            seconds=LONGEST_SECONDS,
        )
