"""cdk-nag's AwsSolutions rules over all stacks, with the reasons that our roles give for their wildcards."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from cdk_nag import AwsSolutionsChecks

from modelyard.execution_role import StatedRole


def add_policy_checks(app: cdk.App) -> None:
    """Have synth hold the app to the rules: a finding that nothing explains fails it."""
    for construct in app.node.find_all():
        if isinstance(construct, StatedRole):
            _explain(construct)
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))


def _explain(role: StatedRole) -> None:
    """Acknowledge each wildcard of a role by itself, with the reason of its own statement."""
    stack = cdk.Stack.of(role)
    for statement in role.statements:
        for resource in statement.resources:
            if "*" in resource:
                rule = f"AwsSolutions-IAM5[Resource::{_as_reported(stack.resolve(resource))}]"
                reason = statement.safe_because
                cdk.Validations.of(role).acknowledge(cdk.Acknowledgment(id=rule, reason=reason))


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
