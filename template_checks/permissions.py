"""Permissions that are no wider than needed: no rehearsal finds them, as nothing fails for a permission too many."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from modelyard.manifest.problems import Problem
from modelyard.template_checks.roles import POLICIES
from modelyard.template_checks.template import Resource, Template, as_text, listed, table, values_at

# Actions that know no resource (service authorization reference), and those that their guides want for all: tags by
# Step Functions' ("IAM policies for calling SageMaker AI"), interfaces by SageMaker's ("execution roles").
FOR_ALL = frozenset(
    {
        "cloudformation:ListImports",
        "cloudformation:ListStacks",
        "cloudwatch:ListMetrics",
        "cloudwatch:PutMetricData",
        "ec2:CreateNetworkInterface",
        "ec2:CreateNetworkInterfacePermission",
        "ec2:DeleteNetworkInterface",
        "ec2:DeleteNetworkInterfacePermission",
        "ec2:DescribeDhcpOptions",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeSubnets",
        "ec2:DescribeVpcs",
        "ecr:GetAuthorizationToken",
        "logs:CreateLogDelivery",
        "logs:DeleteLogDelivery",
        "logs:DescribeLogGroups",
        "logs:DescribeResourcePolicies",
        "logs:GetLogDelivery",
        "logs:ListLogDeliveries",
        "logs:PutResourcePolicy",
        "logs:UpdateLogDelivery",
        "sagemaker:ListApps",
        "sagemaker:ListCandidatesForAutoMLJob",
        "sagemaker:ListHyperParameterTuningJobs",
        "sagemaker:ListMonitoringExecutions",
        "sagemaker:ListProcessingJobs",
        "sagemaker:ListTags",
        "sagemaker:ListTrainingJobs",
        "sagemaker:ListTransformJobs",
        "tag:GetResources",
        "xray:GetSamplingRules",
        "xray:GetSamplingTargets",
        "xray:PutTelemetryRecords",
        "xray:PutTraceSegments",
    }
)
# API Gateway has one role an account for the logs of every API, and refuses one that may do less than AWS's own policy
# for it, AmazonAPIGatewayPushToCloudWatchLogs (its guide, "Set up CloudWatch logging for REST APIs").
API_LOGS = frozenset(
    {
        "logs:CreateLogGroup",
        "logs:CreateLogStream",
        "logs:DescribeLogStreams",
        "logs:FilterLogEvents",
        "logs:GetLogEvents",
        "logs:PutLogEvents",
    }
)
# What a pipeline may look at everywhere: alarms, as CloudWatch wants it for composite ones (API reference,
# DescribeAlarms); models and endpoint configurations, whose names CloudFormation chooses.
LOOKED_AT = frozenset({"cloudwatch:DescribeAlarms", "sagemaker:DescribeEndpointConfig", "sagemaker:DescribeModel"})
# What an action must be held to by a condition, whatever its resource.
HELD_BY: Mapping[str, str] = {
    "iam:PassRole": "iam:PassedToService",
    "kms:CreateGrant": "kms:GrantIsForAWSResource",
    "s3:ListBucket": "s3:prefix",
}
# A whole bucket's objects, all of SageMaker's resources of a kind, all log groups.
WHOLE = (re.compile(r"[^/]*/\*"), re.compile(r".*:sagemaker:.*:[a-z-]+/\*"), re.compile(r".*:log-group:\*"))
# Services that say for which account they take a role ("confused deputy" in their guides).
SAY_THE_ACCOUNT = frozenset({"events.amazonaws.com", "scheduler.amazonaws.com", "states.amazonaws.com"})
ACCOUNT_KEYS = frozenset({"aws:sourceaccount", "aws:sourcearn"})
RESOURCE_POLICIES = ("AWS::S3::BucketPolicy", "AWS::SNS::TopicPolicy", "AWS::SQS::QueuePolicy")

Statement = Mapping[str, Any]


def roles_may_no_more_than_their_work(template: Template) -> Iterator[Problem | None]:
    """S21: actions and resources are named, and what can be held by a condition is."""
    for resource in template.resources("AWS::IAM::Role", *POLICIES):
        trusted, for_all = _trusted(resource), FOR_ALL | _account_wide_actions(resource)
        for statement in _allowing(resource, key="PolicyDocument"):
            actions = [str(one) for one in listed(statement.get("Action"))]
            arns = [as_text(one) for one in listed(statement.get("Resource"))]
            yield _wide_action_problem(resource, statement)
            narrowable = [one for one in actions if one not in for_all]
            # What is made by hand is named by anybody, and known by its tag.
            tagged = any(key.startswith("aws:resourcetag/") for key in _condition_keys(statement))
            patterns = () if tagged else WHOLE
            whole = [arn for arn in arns if arn == "*" or any(pattern.fullmatch(arn) for pattern in patterns)]
            yield resource.problem_if(
                bool(whole and narrowable),
                key="Resource",
                allowed=f"what {', '.join(narrowable)} needs",
                got=whole,
                hint="name the resource, or what its name begins with, or add a condition on its tag",
            )
            for action in actions:
                key = HELD_BY.get(action, "")
                values = [value for found in values_at(statement.get("Condition", {}), key) for value in listed(found)]
                yield resource.problem_if(
                    bool(key) and (not values or "*" in values),
                    key="Condition",
                    allowed=f"one that holds {action} by {key}",
                    got=values,
                    hint="add the condition",
                )
            # The roles of SageMaker's own machines publish in namespaces that are SageMaker's to name; no others do.
            publishes = "cloudwatch:PutMetricData" in listed(statement.get("Action"))
            held = "cloudwatch:namespace" in _condition_keys(statement)
            yield resource.problem_if(
                publishes and not held and bool(trusted) and "sagemaker.amazonaws.com" not in trusted,
                key="Condition",
                allowed="one that holds cloudwatch:PutMetricData by cloudwatch:namespace",
                got=sorted(_condition_keys(statement)),
                hint="add the condition",
            )


def policies_name_who_comes_and_for_what(template: Template) -> Iterator[Problem | None]:
    """S22: nobody is let in by a wildcard, and a service only for named actions and in the account's own name."""
    for resource in template.resources("AWS::IAM::Role", "AWS::KMS::Key", *RESOURCE_POLICIES):
        for key in (
            "AssumeRolePolicyDocument",
            "KeyPolicy",
            *(("PolicyDocument",) if resource.type in RESOURCE_POLICIES else ()),
        ):
            for statement in _allowing(resource, key=key):
                principal = statement.get("Principal")
                anyone = principal == "*" or "*" in [
                    one for value in table(principal).values() for one in listed(value)
                ]
                yield resource.problem_if(
                    anyone, key="Principal", allowed="one principal by name", got=principal, hint="name who comes"
                )
                if _services(statement):
                    yield _wide_action_problem(resource, statement)
                    yield _account_problem(resource, statement)
                    yield _whole_resource_problem(resource, statement)


def _account_wide_actions(resource: Resource) -> frozenset[str]:
    """The actions that a role must have on everything, for who takes it works for the whole account."""
    if _trusted(resource) == {"apigateway.amazonaws.com"}:
        return API_LOGS
    ways_in = {
        str(one) for entry in _allowing(resource, key="AssumeRolePolicyDocument") for one in listed(entry.get("Action"))
    }
    # A pipeline's: none but jobs outside AWS take it, by their tokens.
    return LOOKED_AT if ways_in == {"sts:AssumeRoleWithWebIdentity"} else frozenset()


def _trusted(resource: Resource) -> set[str]:
    return {service for one in _allowing(resource, key="AssumeRolePolicyDocument") for service in _services(one)}


def _wide_action_problem(resource: Resource, statement: Statement) -> Problem | None:
    """In a key's own policy CloudWatch Logs' guide writes `kms:ReEncrypt*`: two actions, and no service whole."""
    ending = ":*" if resource.type == "AWS::KMS::Key" else "*"
    wide = [one for one in listed(statement.get("Action")) if str(one).endswith(ending)]
    return resource.problem_if(
        bool(wide), key="Action", allowed="named actions", got=wide, hint="name those that are used"
    )


def _account_problem(resource: Resource, statement: Statement) -> Problem | None:
    """Alarms use a key without saying for whom (CloudWatch user guide, "Amazon SNS encryption"); logs say for what."""
    services, keys = _services(statement), _condition_keys(statement)
    if resource.type == "AWS::IAM::Role":
        says_for_whom = bool(services & SAY_THE_ACCOUNT)
    else:
        says_for_whom = bool(services - {"cloudwatch.amazonaws.com"}) or resource.type in RESOURCE_POLICIES
    held = bool(keys) if resource.type == "AWS::KMS::Key" else bool(keys & ACCOUNT_KEYS)
    return resource.problem_if(
        says_for_whom and not held,
        key="Condition",
        allowed="one that names the account by aws:SourceAccount",
        got=sorted(keys),
        hint="add the condition",
    )


def _whole_resource_problem(resource: Resource, statement: Statement) -> Problem | None:
    """In a key's own policy `*` means the key."""
    arns = [as_text(one) for one in listed(statement.get("Resource", []))]
    whole = [arn for arn in arns if arn == "*" or WHOLE[0].fullmatch(arn)]
    return resource.problem_if(
        bool(whole) and resource.type in RESOURCE_POLICIES,
        key="Resource",
        allowed="what the service writes or reads",
        got=whole,
        hint="name it, or what its name begins with",
    )


def _allowing(resource: Resource, *, key: str) -> Iterator[Statement]:
    for document in values_at(resource.properties, key):
        for statement in listed(table(document).get("Statement", [])):
            if table(statement).get("Effect") == "Allow":
                yield statement


def _condition_keys(statement: Statement) -> set[str]:
    return {key.lower() for keys in table(statement.get("Condition")).values() for key in table(keys)}


def _services(statement: Statement) -> set[str]:
    return {str(one) for one in listed(table(statement.get("Principal")).get("Service", []))}
