"""`yard quota` as an operator runs it, against the local AWS."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore.exceptions
import pytest

from modelyard.operations.aws import Aws
from modelyard.operations.planning.revision import Revision
from modelyard.operations.quotas.account import ask_account
from modelyard.operations.quotas.usage import used_by_others
from modelyard.template_checks.template import Template
from support.cloudformation import Stacks
from support.endpoints import Endpoints
from support.local_aws import SharedLocalAws
from support.templates import resource
from support.yard import Ran, Yard

ROLES = {"service": "iam", "name": "Roles per account"}
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "events.amazonaws.com"}}],
}
ROLE = resource("AWS::IAM::Role", {"AssumeRolePolicyDocument": TRUST})


@pytest.fixture
def head(tmp_path: Path) -> Path:
    """An assembly of one stack with two roles."""
    (tmp_path / "one.template.json").write_text(json.dumps({"Resources": {"One": ROLE, "Two": ROLE}}))
    artifact = {
        "type": "aws:cloudformation:stack",
        "environment": "aws://unknown-account/unknown-region",
        "properties": {"templateFile": "one.template.json", "stackName": "never-deployed"},
    }
    (tmp_path / "manifest.json").write_text(json.dumps({"artifacts": {"one": artifact}}))
    return tmp_path


@pytest.fixture
def few_roles(local_aws: SharedLocalAws) -> Iterator[None]:
    """An account that may have one role."""
    local_aws.connection.grant(**ROLES, value=1)
    yield
    local_aws.connection.grant(**ROLES, value=1000)


def roles(ran: Ran) -> dict[str, Any]:
    """The line about roles."""
    return next(line for line in ran.document["lines"] if line["what"] == "IAM roles")


def test_what_fits_ends_with_0(yard: Yard, head: Path) -> None:
    ran = yard("quota", "--head", str(head), "--json")

    assert (ran.code, roles(ran)["needed"], roles(ran)["verdict"]) == (0, 2, "fits")
    assert (roles(ran)["quota"], roles(ran)["origin"], roles(ran)["code"]) == (1000, "account", "L-FE177D64")


@pytest.mark.usefixtures("few_roles")
def test_a_quota_that_is_too_small_ends_with_1_and_the_way_to_a_larger(yard: Yard, head: Path) -> None:
    ran = yard("quota", "--head", str(head))

    assert ran.code == 1
    assert "too small" in ran.out
    assert "https://console.aws.amazon.com/servicequotas/home/services/iam/quotas/L-FE177D64" in ran.out


def test_a_model_is_synthesized_and_counted(yard: Yard) -> None:
    ran = yard("quota", "mnist_torch", "--json")

    needed = {line["what"]: line["needed"] for line in ran.document["lines"]}
    assert needed["stacks"] == 2
    assert any(what.endswith("for training") for what in needed)


def test_a_service_without_quotas_is_counted_by_defaults_and_said_so(yard: Yard, tmp_path: Path) -> None:
    machine = resource("AWS::StepFunctions::StateMachine", {"Definition": {"States": {}}})
    (tmp_path / "one.template.json").write_text(json.dumps({"Resources": {"Machine": machine}}))
    properties = {"templateFile": "one.template.json", "stackName": "never-deployed"}
    artifact = {"type": "aws:cloudformation:stack", "environment": "aws://1/2", "properties": properties}
    (tmp_path / "manifest.json").write_text(json.dumps({"artifacts": {"one": artifact}}))

    ran = yard("quota", "--head", str(tmp_path))

    assert "AWS's default quotas of 2026-11-22 are used for states, because Service Quotas cannot be read" in ran.err


def test_what_stands_of_the_same_stacks_is_not_counted_twice(local_aws: SharedLocalAws, reached: Aws) -> None:
    stacks = Stacks(aws=local_aws)
    before = used_by_others(aws=reached, revision=Revision(name="none", templates=()), seen=print)
    name = stacks.create({"One": ROLE, "Two": ROLE})
    try:
        own = Revision(name="own", templates=(Template(name=name, body={"Resources": {"One": ROLE}}),))
        after = used_by_others(aws=reached, revision=own, seen=print)
    finally:
        stacks.end()

    assert after["roles", ""] == before["roles", ""]


def test_a_service_that_cannot_be_asked_is_named_with_the_reason(reached: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")

    account = ask_account(aws=reached, services=["iam"])

    assert "credentials" in account.unreachable["iam"]


def test_what_may_not_be_listed_is_left_out_and_said(
    local_aws: SharedLocalAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    allowed = {"Effect": "Allow", "Action": ["iam:ListRoles"], "Resource": "*"}
    connection, given = local_aws.connection, local_aws.credentials(allowed)
    for name, value in (connection.variables() | given).items():
        monkeypatch.setenv(name, value)
    said: list[str] = []

    used = used_by_others(aws=Aws(), revision=Revision(name="none", templates=()), seen=said.append)

    assert list(used) == [("roles", "")]
    assert "Not counted, for it may not be listed: endpoints" in said


def test_an_endpoint_that_has_lost_its_configuration_is_counted_with_each_type_of_instance(
    local_aws: SharedLocalAws, yard: Yard, head: Path
) -> None:
    host = Endpoints(aws=local_aws, bucket=local_aws.bucket(), role=local_aws.role())
    endpoint = host.served(count=2)
    config = host.sagemaker.describe_endpoint(EndpointName=endpoint)["EndpointConfigName"]
    host.sagemaker.delete_endpoint_config(EndpointConfigName=config)
    try:
        used = used_by_others(aws=Aws(), revision=Revision(name="none", templates=()), seen=print)
        ran = yard("quota", "--head", str(head), "--json")
    finally:
        host.end()

    assert used["hosting", ""] == 2
    assert ran.code == 0
    assert (
        "Counted with each type of instance, for theirs is not known: 2 instances of the endpoint "
        f"{endpoint}: Could not find endpoint configuration"
    ) in ran.err


def test_quotas_are_listed_in_pages(local_aws: SharedLocalAws) -> None:
    client = local_aws.client("service-quotas")
    pages = list(client.get_paginator("list_service_quotas").paginate(ServiceCode="sagemaker"))

    names = [one["QuotaName"] for page in pages for one in page["Quotas"]]
    assert len(pages) == 2
    assert len(set(names)) == len(names) == 20


def test_one_quota_is_answered_by_its_code(local_aws: SharedLocalAws) -> None:
    found = local_aws.client("service-quotas").get_service_quota(ServiceCode="cloudformation", QuotaCode="L-0485CB21")

    assert (found["Quota"]["QuotaName"], found["Quota"]["Value"]) == ("Stack count", 2000)


@pytest.mark.parametrize(
    ("asked", "what"),
    [
        ({"ServiceCode": "rocketry", "QuotaCode": "L-1"}, "the service rocketry"),
        ({"ServiceCode": "iam", "QuotaCode": "L-1"}, "the quota L-1 of iam"),
    ],
)
def test_a_quota_that_is_not_rehearsed_is_refused(local_aws: SharedLocalAws, asked: dict[str, str], what: str) -> None:
    with pytest.raises(botocore.exceptions.ClientError, match=f"{what} is not part of the rehearsal"):
        local_aws.client("service-quotas").get_service_quota(**asked)


def test_quotas_are_told_to_those_who_may_ask(local_aws: SharedLocalAws) -> None:
    client = local_aws.assumed("service-quotas", {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"})

    with pytest.raises(botocore.exceptions.ClientError, match="servicequotas:ListServiceQuotas"):
        client.list_service_quotas(ServiceCode="iam")
