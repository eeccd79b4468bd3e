"""A stack of a few constructs, for tests of one of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import aws_cdk as cdk
from aws_cdk import assertions

from support.synth import FLAGS, Synthesized

BUCKET_ARN = "arn:aws:s3:::data"
KEY_ARN = "arn:aws:kms:eu-west-1:111111111111:key/k"
TOPIC_ARN = "arn:aws:sns:eu-west-1:111111111111:alerts"


@dataclass(frozen=True, kw_only=True)
class SmallStack:
    """A stack, read as a template when a test asks for its resources."""

    stack: cdk.Stack = field(default_factory=lambda: cdk.Stack(cdk.App(context=FLAGS), "Small"))

    def synthesize(self) -> Synthesized:
        """Synthesize the stack; afterwards it cannot be changed."""
        return Synthesized(templates={"Small": assertions.Template.from_stack(self.stack).to_json()})

    def resources(self, kind: str) -> Mapping[str, Mapping[str, Any]]:
        """Return the resources of a kind (`SageMaker::Endpoint`) by their ids without the hash."""
        return self.synthesize().resources("Small", kind)

    def one(self, kind: str, name: str | None = None) -> dict[str, Any]:
        """Return the properties of the only resource of a kind, or of the one so named."""
        return self.synthesize().one("Small", kind, name)
