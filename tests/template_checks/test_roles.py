from typing import Any

import pytest

from support.templates import definition, model, resource, role, sentences_of

ATTACHED = {"Roles": [{"Ref": "Role"}], "PolicyDocument": {"Statement": []}}
ARN = {"Fn::GetAtt": ["Role", "Arn"]}
NAME = {"Fn::GetAtt": ["Endpoint", "EndpointName"]}
PREFIX = "arn:aws:sagemaker:eu-west-1:123456789012:endpoint/"


def allowing(arn: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": "sagemaker:InvokeEndpoint", "Resource": arn}
    return resource("AWS::IAM::Policy", {"PolicyDocument": {"Statement": [statement]}})


@pytest.mark.parametrize(
    "policy",
    [
        resource("AWS::IAM::Policy", ATTACHED),
        resource("AWS::IAM::ManagedPolicy", ATTACHED),
        resource("AWS::IAM::RolePolicy", {"RoleName": {"Ref": "Role"}}),
    ],
)
@pytest.mark.parametrize(
    "user",
    [model(), definition(RoleArn=ARN), resource("Pipeline", {"RoleArn": {"Fn::GetAtt": "Role.Arn"}})],
)
def test_s13_refuses_what_may_be_made_before_the_policies_of_its_role(
    user: dict[str, Any], policy: dict[str, Any]
) -> None:
    said = sentences_of(User=user, Role=role(), Policy=policy)

    assert said == [
        'S13 User.DependsOn must be one that has the policies of Role, got ["Policy"] in stack; '
        "depend on them, or put the statements into the role"
    ]


@pytest.mark.parametrize("beside", ["Policy", ["Role", "Policy"]])
def test_s13_takes_what_depends_on_the_policies_of_its_role(beside: str | list[str]) -> None:
    user = {**model(), "DependsOn": beside}

    said = sentences_of(User=user, Role=role(), Policy=resource("AWS::IAM::Policy", ATTACHED))

    assert said == []


@pytest.mark.parametrize(
    "attached",
    [
        {},
        {"Roles": []},
        {"Roles": None},
        {"Roles": [{"Ref": "Other"}]},
        {"Roles": {"Fn::If": ["IsProd", [{"Ref": "Role"}], []]}},
        {"Roles": ["a-role-by-name"]},
    ],
)
def test_s13_takes_a_role_whose_statements_are_in_it(attached: dict[str, Any]) -> None:
    said = sentences_of(User=model(), Role=role(), Policy=resource("AWS::IAM::Policy", attached))

    assert said == []


@pytest.mark.parametrize(
    ("arn", "shown"),
    [
        (
            {"Fn::Join": ["", ["arn:aws:sagemaker:eu-west-1:1:endpoint/", NAME]]},
            '["arn:aws:sagemaker:eu-west-1:1:endpoint/<Fn::GetAtt [\\"End…',
        ),
        (
            {"Fn::Sub": "arn:aws:sagemaker:eu-west-1:1:endpoint/${Endpoint.EndpointName}"},
            '["arn:aws:sagemaker:eu-west-1:1:endpoint/<Fn::GetAtt [\\"End…',
        ),
        (f"{PREFIX}devChurn", '["arn:aws:sagemaker:eu-west-1:123456789012:endpoint/devChur…'),
        ([f"{PREFIX}dev", f"{PREFIX}Dev"], '["arn:aws:sagemaker:eu-west-1:123456789012:endpoint/Dev"]'),
    ],
)
def test_s17_refuses_an_endpoint_by_its_name_which_an_arn_has_in_lower_case(arn: Any, shown: str) -> None:
    said = sentences_of(Policy=allowing(arn))

    assert said == [
        f"S17 Policy.Resource must be the endpoint's ARN by Ref, got {shown} in stack; ARNs carry names in lower case"
    ]


@pytest.mark.parametrize(
    "arn",
    [{"Ref": "Endpoint"}, f"{PREFIX}dev-churn", f"{PREFIX}*", "*", None, [], {"Fn::If": ["A", "*", PREFIX]}],
)
def test_s17_takes_an_endpoint_by_reference_or_in_lower_case(arn: Any) -> None:
    said = sentences_of(Policy=allowing(arn), rule="S17")

    assert said == []
