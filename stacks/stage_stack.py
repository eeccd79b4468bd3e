"""What all stacks of a stage have in common: environment, tags, protection, a description."""

import aws_cdk as cdk
from constructs import Construct

from modelyard.manifest import Stage

# On these a tag cannot be changed in place: to change one would replace the resource, an online store with its data.
CREATE_ONLY_TAGS = [
    "AWS::SageMaker::DataQualityJobDefinition",
    "AWS::SageMaker::FeatureGroup",
    "AWS::SageMaker::ModelBiasJobDefinition",
    "AWS::SageMaker::ModelExplainabilityJobDefinition",
    "AWS::SageMaker::ModelQualityJobDefinition",
    "AWS::SageMaker::ProcessingJob",
    "AWS::SageMaker::Project",
]


class StageStack(cdk.Stack):
    """A stack of one stage, of one model where it has one.

    Without an account and a region in `stages.toml` its template fits any. `model_name` is None for a stack that all
    models share.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, stage: Stage, description: str, model: str | None = None
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            description=description,
            env=cdk.Environment(account=stage.account, region=stage.region),
            termination_protection=stage.termination_protection,
        )
        self.stage = stage
        self.model_name = model
        tags = {**stage.tags, "stage": stage.name, **({"model": model} if model is not None else {})}
        for key, value in tags.items():
            cdk.Tags.of(self).add(key, value, exclude_resource_types=CREATE_ONLY_TAGS)

    def publish(self, name: str, value: str, *, description: str) -> None:
        """An output under a name that the operator's commands look up, and that therefore never changes."""
        cdk.CfnOutput(self, name, value=value, description=description)
