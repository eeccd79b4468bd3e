"""The stack that scores files: a model of its own, and the state machine that transforms."""

from collections.abc import Sequence
from pathlib import Path
from typing import Self

import aws_cdk as cdk

from modelyard.constructs.access import publish, read_data, run_jobs, write_data, write_with_key
from modelyard.constructs.container_image import ContainerImage
from modelyard.constructs.execution_role import ExecutionRole
from modelyard.constructs.recurring_start import RecurringStart
from modelyard.constructs.state_machine import StateMachine
from modelyard.constructs.stored_model import (
    ModelContainer,
    PackagedContainers,
    ServingScript,
    StoredArtifact,
    StoredModel,
    serving_statements,
)
from modelyard.constructs.workflows.batch_run import BatchRun
from modelyard.constructs.workflows.requests import JobContext
from modelyard.manifest import Model
from modelyard.manifest.batch import Batch
from modelyard.manifest.names import MARK
from modelyard.stacks.foundation import FoundationStack
from modelyard.stacks.model_stack import ModelContext, ModelStack
from modelyard.stacks.packaged import packaged_containers
from modelyard.stacks.promotion import Promotion
from modelyard.stacks.serving_script import serving_script
from modelyard.stacks.transformer import transformer_container


class BatchStack(ModelStack):
    """Scores what lies below a prefix of the data bucket, on a schedule or when asked.

    A transform job runs under its model's role, so the model is another than the endpoint's: that one need not read
    what is scored here, nor this one what is captured there.
    """

    def __init__(self, foundation: FoundationStack, *, model: Model, batch: Batch, scripts: Path, outdir: Path) -> None:
        stage = foundation.stage
        self._prefix = f"{stage.name}-{model.slug}"
        super().__init__(
            foundation,
            "batch",
            model=model,
            description=f"Scores files with {model.name} in {stage.name}",
        )
        self.add_stack_dependency(foundation)
        self._foundation = foundation
        self._model = model
        self._batch = batch
        self.model = self._stored(promotion=Promotion(self, model=model), scripts=scripts, outdir=outdir)
        run = BatchRun(
            model=model,
            batch=batch,
            stage=stage.name,
            job_context=JobContext(bucket=foundation.bucket, key_arn=foundation.key_arn, vpc=stage.vpc),
            model_name=self.model.name,
            topic_arn=foundation.topic_arn,
            partition=cdk.Aws.PARTITION,
        )
        self.machine = StateMachine(
            self,
            "Run",
            name=f"{self._prefix}-batch",
            definition=run.definition,
            statements=[
                *run_jobs(kind="TransformJob", name_prefixes=[f"{self._prefix}{MARK}"], rule="Transform"),
                publish(topic_arn=foundation.topic_arn),
                write_with_key(key_arn=foundation.key_arn),
            ],
            topic_arn=foundation.topic_arn,
            key_arn=foundation.key_arn,
            log_days=stage.log_days,
        )
        if batch.schedule is not None:
            RecurringStart(
                self,
                "Schedule",
                name=f"{self._prefix}-batch",
                machine=self.machine,
                expression=batch.schedule,
                payload="{}",
                timezone=batch.timezone,
            )
        self.publish("BatchStateMachineArn", self.machine.arn, description="Start it to score: yard transform")
        self.publish("BatchModelName", self.model.name, description="The model that scores files")
        self.publish(
            "TransformPrefix", model.layout.transform_root, description="Where in the data bucket the scored files lie"
        )

    @classmethod
    def from_context(cls, context: ModelContext) -> Self:
        """See `ModelStack`."""
        return cls(
            context.foundation,
            model=context.model,
            batch=context.table(Batch),
            scripts=context.scripts,
            outdir=context.outdir,
        )

    def _stored(self, *, promotion: Promotion, scripts: Path, outdir: Path) -> StoredModel:
        scoring = self._model.scoring
        packaged = None
        if scoring is not None:
            packaged = packaged_containers(
                stack=self,
                called="Package",
                table=scoring,
                model=self._model,
                instance=self._batch.instance,
            )
        if packaged is not None:
            return self._model_of(
                packaged, images=packaged.images, artifacts=packaged.artifacts, script=None, transformer=None
            )
        artifact = StoredArtifact.promoted(
            artifact=promotion.artifact(promoted=self._model.batch_model), bucket=self._foundation.bucket
        )
        image = ContainerImage(
            self,
            "Image",
            container=self._model.serving_container,
            image_scope="inference",
            instance=self._batch.instance,
        )
        script = serving_script(stack=self, model=self._model, scripts=scripts, outdir=outdir)
        transformers = self._transformers(promotion=promotion)
        return self._model_of(
            ModelContainer(image=image, artifact=artifact, script=script, environment=self._model.serving_environment),
            images=[image, *(one.image for one in transformers)],
            artifacts=[artifact, *(one.artifact for one in transformers)],
            script=script,
            transformer=next(iter(transformers), None),
        )

    def _model_of(
        self,
        container: ModelContainer | PackagedContainers,
        *,
        images: Sequence[ContainerImage],
        artifacts: Sequence[StoredArtifact],
        script: ServingScript | None,
        transformer: ModelContainer | None,
    ) -> StoredModel:
        layout = self._model.layout
        # What the schedule scores, and the single files that an operator has scored.
        reads = [layout.dataset(path=self._batch.input), layout.transform_input(run="*")]
        writes = [layout.transform_root, *([layout.transform_capture] if self._batch.capture else [])]
        role = ExecutionRole(
            self,
            "ModelRole",
            service="sagemaker.amazonaws.com",
            description=f"What the batch transforms of {self._prefix} may do",
            statements=[
                *serving_statements(
                    images=images,
                    artifacts=artifacts,
                    script=script,
                    key_arn=self._foundation.key_arn,
                    log_group="TransformJobs",
                    vpc=self.stage.vpc,
                ),
                *read_data(bucket_arn=self._foundation.bucket_arn, prefixes=reads),
                write_data(bucket_arn=self._foundation.bucket_arn, prefixes=writes),
            ],
        )
        return StoredModel(
            self,
            "Model",
            container=container,
            transformer=transformer,
            role=role,
            vpc=self.stage.vpc,
            isolated=isinstance(container, PackagedContainers) or not self._model.loads_from_hub,
        )

    def _transformers(self, *, promotion: Promotion) -> list[ModelContainer]:
        """What stands before the model, if it was trained behind something."""
        preprocessing, promoted = self._model.preprocessing, self._model.batch_transformer
        # Another model's may have been trained behind none.
        waits = self._model.batch_model is None
        if preprocessing is None or not preprocessing.transformer or (promoted is None and not waits):
            return []
        image = ContainerImage(
            self,
            "TransformerImage",
            container=preprocessing.container,
            image_scope="inference",
            instance=self._batch.instance,
        )
        artifact = StoredArtifact.promoted(
            artifact=promotion.transformer(promoted=promoted), bucket=self._foundation.bucket
        )
        return [transformer_container(preprocessing=preprocessing, image=image, artifact=artifact)]
