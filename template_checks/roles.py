"""Permissions that are there in time, and that mean the endpoint they name."""

import re
from collections.abc import Iterator

from modelyard.manifest.problems import Problem
from modelyard.template_checks.template import Template, as_text, listed, referred, values_at

NAMED_ENDPOINT = re.compile(r':endpoint/(<Fn::GetAtt \[".+", "EndpointName"\]>|[^*<]*[A-Z])')
POLICIES = ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::IAM::RolePolicy")
ROLE_KEYS = ("ExecutionRoleArn", "RoleArn")


def roles_have_their_policies_first(template: Template) -> Iterator[Problem | None]:
    """S13: a role is there before a policy beside it, and SageMaker checks the permissions at once."""
    for resource in template.resources():
        if not resource.type.startswith("AWS::SageMaker::"):
            continue
        for key in ROLE_KEYS:
            role = referred(resource.properties.get(key))
            missing = sorted(
                policies_of(template, role=role) - set(map(str, listed(resource.body.get("DependsOn", []))))
            )
            yield resource.problem_if(
                bool(missing),
                key="DependsOn",
                allowed=f"one that has the policies of {role}",
                got=missing,
                hint="depend on them, or put the statements into the role",
            )


def endpoints_are_named_by_reference(template: Template) -> Iterator[Problem | None]:
    """S17: an ARN has the endpoint's name in lower case, the name's own attribute has not."""
    for resource in template.resources("AWS::IAM::Role", *POLICIES):
        arns = [as_text(one) for found in values_at(resource.properties, "Resource") for one in listed(found)]
        wrong = [arn for arn in arns if NAMED_ENDPOINT.search(arn)]
        yield resource.problem_if(
            bool(wrong),
            key="Resource",
            allowed="the endpoint's ARN by Ref",
            got=wrong,
            hint="ARNs carry names in lower case",
        )


def policies_of(template: Template, *, role: str | None) -> set[str]:
    """Return the policies that stand beside a role."""
    return {
        policy.logical_id
        for policy in template.resources(*POLICIES)
        if role is not None
        and role in map(referred, (*listed(policy.properties.get("Roles")), policy.properties.get("RoleName")))
    }
