"""What a stage's models stand on, when it is to go: which of its buckets and keys go with it, and which stay."""

from collections.abc import Iterator
from dataclasses import dataclass

from modelyard.manifest.data_layout import TRACKING
from modelyard.manifest.stack_kinds import stack_kind
from modelyard.operations.aws import Aws
from modelyard.operations.bucket import DataBucket
from modelyard.operations.deployment import Stack, find_stack, resources_of
from modelyard.operations.failures import Failure
from modelyard.operations.teardown.steps import Step, check_deletable, delete_step, empty_step

BUCKET = "AWS::S3::Bucket"
# `Retain` and `RetainExceptOnCreate`; without a policy a resource goes (CloudFormation guide, "DeletionPolicy").
KEPT = "Retain"


@dataclass(frozen=True, kw_only=True, slots=True)
class Foundation:
    """The stack of a stage, and the buckets that it names: read before anything goes, looked for after."""

    aws: Aws
    stage: str
    stack: Stack
    buckets: tuple[str, ...]

    def steps(self, *, destroy_data: bool) -> Iterator[Step]:
        """Its deletion; with its data, which are emptied out of all of its buckets first, when that was asked for.

        Raises:
            Failure: the stack is being changed or is protected, or would keep the data that are to go.
        """
        check_deletable(self.stack)
        if destroy_data:
            # Asked of the template that is deployed: what stages.toml says counts from the next deploy on.
            deployed = self.aws.client("cloudformation").get_template(StackName=self.stack.name)["TemplateBody"]
            if not isinstance(deployed, dict):  # boto3 reads JSON, which is all that the CDK uploads
                raise Failure(
                    f"The template of {self.stack.name} is not JSON; deploy it anew: cdk deploy {self.stack.name}"
                )
            policies = {name: one.get("DeletionPolicy", "") for name, one in deployed["Resources"].items()}
            kept = [name for name, policy in policies.items() if policy.startswith(KEPT)]
            if kept:
                flag = "" if self.stage == "dev" else f" -c stage={self.stage}"
                raise Failure(
                    f"The stack {self.stack.name} is deployed with a DeletionPolicy that keeps {', '.join(kept)}; "
                    f"first: cdk deploy {self.stack.name}{flag} -c destroy_data={self.stage}, then repeat"
                )
            yield from (empty_step(aws=self.aws, bucket=bucket.name) for bucket in self.standing())
        besides = ""
        if "TrackingAppArn" in self.stack.outputs:
            besides = ", and with it the MLflow App and its runs"
            besides += "" if destroy_data else f", whose artifacts stay in the data bucket below {TRACKING}/"
        yield delete_step(aws=self.aws, stack=self.stack, besides=besides)

    def standing(self) -> list[DataBucket]:
        """Return those of its buckets that are there."""
        buckets = (DataBucket(aws=self.aws, name=name) for name in self.buckets)
        return [bucket for bucket in buckets if bucket.is_there()]


def find_foundation(*, aws: Aws, stage: str) -> Foundation | None:
    """Return a stage's foundation in whatever state it is, or None when there is none."""
    stack = find_stack(aws=aws, name=stack_kind("foundation").stack_name(stage=stage))
    if stack is None:
        return None
    buckets = resources_of(aws=aws, stack=stack.name, kind=BUCKET)
    return Foundation(aws=aws, stage=stage, stack=stack, buckets=tuple(buckets))
