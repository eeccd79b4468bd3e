"""The stack that answers: models, endpoint, alarms, scaling."""

from collections.abc import Sequence
from pathlib import Path
from typing import Self

from modelyard.constructs.access import allow, write_data
from modelyard.constructs.container_image import ContainerImage
from modelyard.constructs.endpoint_alarms import EndpointAlarms
from modelyard.constructs.execution_role import ExecutionRole
from modelyard.constructs.model_endpoint import CaptureTarget, ModelEndpoint
from modelyard.constructs.stored_model import (
    ModelContainer,
    PackagedContainers,
    ServingScript,
    StoredArtifact,
    StoredModel,
    serving_statements,
)
from modelyard.constructs.variant_scaling import VariantScaling
from modelyard.manifest import Model
from modelyard.manifest.catalogue import family_of, published_image
from modelyard.manifest.serving import Serving, Variant
from modelyard.stacks.foundation import FoundationStack
from modelyard.stacks.model_stack import ModelContext, ModelStack
from modelyard.stacks.packaged import packaged_containers
from modelyard.stacks.promotion import Promotion
from modelyard.stacks.serving_script import serving_script
from modelyard.stacks.transformer import transformer_container


class ServingStack(ModelStack):
    """An endpoint for a model's variants, which captures, scales and rolls back as the manifest says."""

    def __init__(
        self, foundation: FoundationStack, *, model: Model, serving: Serving, scripts: Path, outdir: Path
    ) -> None:
        stage = foundation.stage
        super().__init__(
            foundation,
            "serving",
            model=model,
            description=f"Serves {model.name} in {stage.name}: endpoint, data capture, alarms, scaling",
        )
        self.add_stack_dependency(foundation)
        self._foundation = foundation
        self._model = model
        self._serving = serving
        self._name = model.endpoint(stage=stage.name)
        self.alarms = EndpointAlarms(
            self,
            "Alarms",
            endpoint=self._name,
            variants=[variant.name for variant in serving.variants],
            thresholds=serving.alarms,
            topic_arn=foundation.topic_arn,
        )
        script = serving_script(stack=self, model=model, scripts=scripts, outdir=outdir)
        uri = f"s3://{self._foundation.bucket}/{self._model.layout.capture}"
        self.endpoint = ModelEndpoint(
            self,
            "Endpoint",
            name=self._name,
            serving=serving,
            models=self._models(script=script),
            capture=CaptureTarget(uri=uri, key_arn=self._foundation.key_arn),
            alarms=self.alarms,
        )
        if serving.scaling is not None:
            for variant in serving.variants:
                VariantScaling(
                    self,
                    f"{variant.name}Scaling",
                    endpoint=self.endpoint,
                    variant=variant.name,
                    bounds=serving.scaling,
                )
        self.publish("EndpointName", self._name, description="Call it: yard invoke")
        self.publish(
            "EndpointConfigName",
            self.endpoint.config.attr_endpoint_config_name,
            description="What the endpoint must run after a deploy: another one means it was rolled back",
        )
        if self._serving.capture is not None:
            prefix = f"{self._model.layout.capture}/{self._name}"
            self.publish("CapturePrefix", prefix, description="The captured traffic, by variant and hour")

    @classmethod
    def from_context(cls, context: ModelContext) -> Self:
        """See `ModelStack`."""
        return cls(
            context.foundation,
            model=context.model,
            serving=context.table(Serving),
            scripts=context.scripts,
            outdir=context.outdir,
        )

    def _models(self, *, script: ServingScript | None) -> dict[str, StoredModel]:
        promotion = Promotion(self, model=self._model)
        transformers = self._transformers(promotion=promotion)
        packaged = self._packaged()
        trained = self._trained(promotion=promotion, script=script)
        loaded = [*trained.values(), *transformers.values()]
        # One for all variants: they answer the same requests and write the same captures.
        captures = [] if self._serving.capture is None else [self._model.layout.capture]
        role = ExecutionRole(
            self,
            "ModelRole",
            service="sagemaker.amazonaws.com",
            description=f"What the endpoint {self._name} may do",
            statements=[
                *serving_statements(
                    images=[
                        *(one.image for one in loaded),
                        *(image for one in packaged.values() for image in one.images),
                    ],
                    artifacts=[
                        *(one.artifact for one in loaded),
                        *(artifact for one in packaged.values() for artifact in one.artifacts),
                    ],
                    script=script if trained else None,
                    key_arn=self._foundation.key_arn,
                    log_group="Endpoints",
                    vpc=self.stage.vpc,
                ),
                *([write_data(bucket_arn=self._foundation.bucket_arn, prefixes=captures)] if captures else []),
                allow("cloudwatch:DescribeAlarms", on=self.alarms.rollback_arns),
            ],
        )
        containers = trained | packaged
        return {
            variant.name: StoredModel(
                self,
                f"{variant.name}Model",
                container=containers[variant.name],
                transformer=transformers.get(variant.name),
                role=role,
                vpc=self.stage.vpc,
                serverless=self._serving.serverless is not None,
                isolated=variant.package is not None or not self._model.loads_from_hub,
            )
            for variant in self._serving.all_variants
        }

    def _trained(self, *, promotion: Promotion, script: ServingScript | None) -> dict[str, ModelContainer]:
        """The container of each variant that serves an artifact."""
        variants = [variant for variant in self._serving.all_variants if variant.package is None]
        images = self._images(container=self._model.serving_container, variants=variants)
        return {
            variant.name: ModelContainer(
                image=images[variant.name],
                artifact=StoredArtifact.promoted(
                    artifact=promotion.artifact(promoted=variant.model), bucket=self._foundation.bucket
                ),
                script=script,
                environment=self._serving.environment,
                default_accept=self._model.default_accept,
            )
            for variant in variants
        }

    def _packaged(self) -> dict[str, PackagedContainers]:
        """The containers of each variant that serves a package."""
        found = {
            variant.name: packaged_containers(
                stack=self,
                called=f"{variant.name}Package",
                table=variant,
                model=self._model,
                instance=self._serving.instance_of(variant=variant),
                default_accept=self._model.default_accept,
            )
            for variant in self._serving.all_variants
        }
        return {name: one for name, one in found.items() if one is not None}

    def _transformers(self, *, promotion: Promotion) -> dict[str, ModelContainer]:
        """What stands before the model of each variant that was trained behind it."""
        preprocessing = self._model.preprocessing
        if preprocessing is None or not preprocessing.transformer:
            return {}
        # Another model's may have been trained behind none, and a package has its own in it.
        variants = [one for one in self._serving.all_variants if one.transformer is not None or not one.is_promoted]
        images = self._images(container=preprocessing.container, called="Transformer", variants=variants)
        return {
            variant.name: transformer_container(
                preprocessing=preprocessing,
                image=images[variant.name],
                artifact=StoredArtifact.promoted(
                    artifact=promotion.transformer(promoted=variant.transformer), bucket=self._foundation.bucket
                ),
            )
            for variant in variants
        }

    def _images(self, *, container: str, variants: Sequence[Variant], called: str = "") -> dict[str, ContainerImage]:
        """The image of each variant: that of its own instances' processor, and one for all of the same."""
        images: dict[str, ContainerImage] = {}
        by_processor: dict[str, ContainerImage] = {}
        for variant in variants:
            instance = self._serving.instance_of(variant=variant)
            processor = ""
            if family_of(container):
                image = published_image(container=container, scope="inference", instance=instance)
                processor = image.processor
            if processor not in by_processor:
                name = f"{called}Image" if not by_processor else f"{called}{processor}Image"
                by_processor[processor] = ContainerImage(
                    self, name, container=container, image_scope="inference", instance=instance
                )
            images[variant.name] = by_processor[processor]
        return images
