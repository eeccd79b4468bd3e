"""cdk-nag's AwsSolutions rules over all stacks, with the reasons why what they find of ours is safe."""

from typing import Any

import aws_cdk as cdk
from cdk_nag import AwsSolutionsChecks
from constructs import Construct

from modelyard.constructs.execution_role import RoleWithPolicy
from modelyard.constructs.rest_api.model_api import ModelApi

# By what an API asks of its callers: which rules it breaks, and why that is safe.
CALLERS = {
    "AWS_IAM": {"COG4": "callers are not users of a pool: each signs, and IAM must allow it execute-api:Invoke"},
    "NONE": dict.fromkeys(
        ("APIG4", "COG4"),
        "the manifest asks for API keys: every method wants one, a usage plan limits each, and no key does more than "
        "ask for predictions and tell labels",
    ),
    "COGNITO_USER_POOLS": {},
}
OPEN = (
    "the manifest does without the firewall (waf = true in [api] adds it): callers are authorized, throttled and "
    "validated before the endpoint is asked"
)


def add_policy_checks(app: cdk.App) -> None:
    """Have synth hold the app to the rules: a finding that nothing explains fails it."""
    for construct in app.node.find_all():
        if isinstance(construct, RoleWithPolicy):
            # Each wildcard by itself, with the reason of its own statement.
            for statement in construct.statements:
                for resource in filter(lambda arn: "*" in arn, statement.resources):
                    reported = _as_reported(cdk.Stack.of(construct).resolve(resource))
                    _acknowledge(construct, rule=f"IAM5[Resource::{reported}]", reason=statement.safe_because)
        elif isinstance(construct, ModelApi):
            for method in construct.methods:
                for rule, reason in CALLERS[method.authorization_type or "NONE"].items():
                    _acknowledge(method, rule=rule, reason=reason)
            if not construct.guarded:
                _acknowledge(construct.stage, rule="APIG3", reason=OPEN)
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))


def _acknowledge(construct: Construct, *, rule: str, reason: str) -> None:
    acknowledgment = cdk.Acknowledgment(id=f"AwsSolutions-{rule}", reason=reason)
    cdk.Validations.of(construct).acknowledge(acknowledgment)


def _as_reported(resolved: Any) -> str:
    """A resource as the finding writes it: references in angle brackets, imports by their name."""
    if isinstance(resolved, str):
        return resolved
    ((function, value),) = resolved.items()
    if function == "Fn::Join":
        return "".join(_as_reported(part) for part in value[1])
    if function == "Fn::ImportValue":
        return str(value)
    return f"<{'.'.join(value) if isinstance(value, list) else value}>"
