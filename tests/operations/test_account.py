"""What `yard plan` and `yard quota` ask of the account, against the local AWS."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore.exceptions
import pytest

from modelyard.operations.account import SCALING_ROLE, AccountAnswer, account_answers
from modelyard.operations.aws import Aws
from modelyard.operations.planning.revision import Revision
from modelyard.operations.project import Project
from modelyard.rehearsal.session import Connection, Rehearsal
from modelyard.template_checks.template import Template
from support.local_aws import SharedLocalAws
from support.templates import capture, config, resource, schedule, target
from support.yard import Yard

TRUST = {"Version": "2012-10-17", "Statement": []}
STAGE = resource("AWS::ApiGateway::Stage", {"AccessLogSetting": {"Format": "$context.requestId"}})
MONITORED = {"Config": config(DataCaptureConfig=capture()), "Schedule": schedule()}


@pytest.fixture(scope="module")
def fresh() -> Iterator[Connection]:
    """An account in which nothing has ever been deployed."""
    with Rehearsal() as rehearsal:
        yield rehearsal.connection


@pytest.fixture
def aws(fresh: Connection, monkeypatch: pytest.MonkeyPatch) -> Aws:
    for name, value in fresh.variables().items():
        monkeypatch.setenv(name, value)
    return Aws()


def revision(resources: dict[str, Any]) -> Revision:
    return Revision(name="head", templates=(Template(name="stack", body={"Resources": resources}),))


def answers(aws: Aws, resources: dict[str, Any]) -> dict[str, AccountAnswer]:
    return {one.need: one for one in account_answers(aws=aws, revision=revision(resources))}


def test_what_no_stack_needs_is_not_asked_for(aws: Aws) -> None:
    assert set(answers(aws, {})) == {"resource types in us-east-1"}


def test_an_api_that_writes_logs_fails_in_an_account_without_a_role_for_them(aws: Aws) -> None:
    found = answers(aws, {"Stage": STAGE})["API Gateway's role for logs"]

    assert (found.answer, found.fails) == ("no", True)
    assert "api_log_role = true" in found.first


@pytest.mark.parametrize(
    "stage",
    [
        resource("AWS::ApiGateway::Stage", {"MethodSettings": [{"LoggingLevel": "ERROR"}]}),
        resource("AWS::ApiGateway::Stage", {"MethodSettings": [{"LoggingLevel": "OFF"}, {"LoggingLevel": "INFO"}]}),
    ],
)
def test_the_log_of_executions_needs_the_role_too(aws: Aws, stage: Any) -> None:
    assert answers(aws, {"Stage": stage})["API Gateway's role for logs"].fails


def test_a_role_that_another_stage_sets_is_no_failure_before_that_stage_is_deployed(aws: Aws) -> None:
    head = revision({"Stage": STAGE})
    given = {one.need: one for one in account_answers(aws=aws, revision=head, log_role_stages=["dev"])}
    found = given["API Gateway's role for logs"]

    assert (found.answer, found.fails) == ("unknown", False)
    assert found.first.startswith("deploy dev-foundation before")


@pytest.mark.parametrize(
    ("dev", "setting"),
    [
        ("api_log_role = true\n", ("dev",)),
        ('api_log_role = true\naccount = "123456789012"\nregion = "eu-west-1"\n', ("dev",)),
        ('api_log_role = true\naccount = "210987654321"\nregion = "eu-west-1"\n', ()),
        ('api_log_role = true\naccount = "123456789012"\nregion = "eu-west-2"\n', ()),
        ("api_log_role = false\n", ()),
    ],
)
def test_another_stage_counts_where_it_may_be_in_the_same_account_and_region(
    tmp_path: Path, dev: str, setting: tuple[str, ...]
) -> None:
    (tmp_path / "models").mkdir()
    prod = '[prod]\naccount = "123456789012"\nregion = "eu-west-1"\n'
    (tmp_path / "stages.toml").write_text(f"[dev]\n{dev}{prod}")
    assert Project(stage_name="prod", models=tmp_path / "models").log_role_stages == setting


def test_an_api_without_logs_needs_no_role(aws: Aws) -> None:
    assert "API Gateway's role for logs" not in answers(aws, {"Stage": resource("AWS::ApiGateway::Stage")})


def test_a_foundation_that_sets_the_role_is_an_answer(aws: Aws) -> None:
    found = answers(aws, {"Stage": STAGE, "Account": resource("AWS::ApiGateway::Account")})

    assert found["API Gateway's role for logs"].answer == "yes"


def test_a_role_that_the_account_has_is_named(aws: Aws, fresh: Connection) -> None:
    iam, gateway = fresh.client("iam"), fresh.client("apigateway")
    arn = iam.create_role(RoleName="logs", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    path = "/cloudwatchRoleArn"
    gateway.update_account(patchOperations=[{"op": "replace", "path": path, "value": arn}])
    try:
        found = answers(aws, {"Stage": STAGE})["API Gateway's role for logs"]
    finally:
        gateway.update_account(patchOperations=[{"op": "replace", "path": path, "value": ""}])

    assert (found.answer, found.detail) == ("yes", arn)


def test_an_account_without_schedules_does_not_say_whether_model_monitor_is_open(aws: Aws) -> None:
    found = answers(aws, MONITORED)

    assert (found["Model Monitor"].answer, found["Model Monitor"].fails) == ("unknown", False)
    assert "closed to new customers effective 7/30/26" in found["Model Monitor"].detail
    assert 'engine = "drift"' in found["Model Monitor"].first
    assert found["data capture"].answer == "unknown"
    assert "believed to be open" in found["data capture"].detail


def test_an_account_with_a_schedule_has_model_monitor(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    sagemaker = aws.client("sagemaker")
    listed = {"MonitoringScheduleSummaries": [{"MonitoringScheduleName": "dev-churn-data-quality"}]}
    monkeypatch.setattr(sagemaker, "list_monitoring_schedules", lambda **_: listed)

    found = answers(aws, MONITORED)

    assert (found["Model Monitor"].answer, found["data capture"].answer) == ("yes", "yes")
    assert found["Model Monitor"].first == ""


def test_an_account_that_is_refused_as_a_new_customer_fails(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    error = {"Error": {"Code": "ValidationException", "Message": "Model Monitor is closed to new customers"}}

    def refuse(**_: Any) -> None:
        raise botocore.exceptions.ClientError(error, "ListMonitoringSchedules")

    monkeypatch.setattr(aws.client("sagemaker"), "list_monitoring_schedules", refuse)

    assert answers(aws, MONITORED)["Model Monitor"].fails


def test_a_region_without_a_type_fails(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Aws, "region", "eu-central-2")

    found = answers(aws, {"Experiment": resource("Experiment")})["resource types in eu-central-2"]

    assert (found.answer, found.fails) == ("no", True)
    assert "AWS::SageMaker::Experiment" in found.detail


def test_the_role_of_scaling_is_asked_for_and_may_be_made_by_the_deploy(aws: Aws, fresh: Connection) -> None:
    iam, need = fresh.client("iam"), "Application Auto Scaling's service-linked role"
    before = answers(aws, {"Target": target()})[need]
    iam.create_role(RoleName=SCALING_ROLE, AssumeRolePolicyDocument=json.dumps(TRUST))
    after = answers(aws, {"Target": target()})[need]
    iam.delete_role(RoleName=SCALING_ROLE)

    assert (before.answer, before.fails, after.answer) == ("no", False, "yes")
    assert "iam:CreateServiceLinkedRole" in before.first


def test_what_may_not_be_asked_is_unknown_and_never_good(
    local_aws: SharedLocalAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = local_aws.credentials({"Effect": "Allow", "Action": ["sts:GetCallerIdentity"], "Resource": "*"})
    for name, value in (local_aws.connection.variables() | given).items():
        monkeypatch.setenv(name, value)

    found = answers(Aws(), {"Stage": STAGE, "Target": target(), **MONITORED})

    asked = [one for need, one in found.items() if not need.startswith("resource types")]
    assert {one.answer for one in asked} == {"unknown"}
    assert all("it may not be asked for" in one.detail and one.first for one in asked)


def test_what_cannot_be_reached_is_unknown_with_the_reason(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")

    found = answers(aws, {"Stage": STAGE})["API Gateway's role for logs"]

    assert found.answer == "unknown"
    assert "credentials" in found.detail


@pytest.fixture
def head(tmp_path: Path) -> Path:
    """An assembly of one stack whose API writes logs."""
    (tmp_path / "one.template.json").write_text(json.dumps({"Resources": {"Stage": STAGE}}))
    properties = {"templateFile": "one.template.json", "stackName": "never-deployed"}
    artifact = {"type": "aws:cloudformation:stack", "environment": "aws://1/us-east-1", "properties": properties}
    (tmp_path / "manifest.json").write_text(json.dumps({"artifacts": {"one": artifact}}))
    return tmp_path


@pytest.mark.parametrize(("command", "code"), [("plan", 2), ("quota", 1)])
def test_a_command_shows_the_answers_and_fails_by_them(
    yard: Yard, head: Path, fresh: Connection, monkeypatch: pytest.MonkeyPatch, command: str, code: int
) -> None:
    for name, value in fresh.variables().items():
        monkeypatch.setenv(name, value)

    ran = yard(command, "--head", str(head), "--json")

    assert ran.code == code
    assert {one["need"]: one["answer"] for one in ran.document["account"]}["API Gateway's role for logs"] == "no"


JOBS = {"Machine": resource("AWS::StepFunctions::StateMachine")}
LOGS = "an end for the logs of jobs and endpoints"


def test_log_groups_that_sagemaker_has_yet_to_make_are_unknown(aws: Aws) -> None:
    found = answers(aws, JOBS)[LOGS]
    assert (found.answer, found.fails) == ("unknown", False)
    assert found.first.startswith("after the deploy: aws logs put-retention-policy")


def test_a_log_group_that_sagemaker_has_made_is_kept_for_ever_until_somebody_says_how_long(aws: Aws) -> None:
    logs = aws.client("logs")
    logs.create_log_group(logGroupName="/aws/sagemaker/TrainingJobs")
    try:
        found = answers(aws, JOBS)[LOGS]
        assert (found.answer, found.fails) == ("no", False)
        assert found.detail == "kept for ever: /aws/sagemaker/TrainingJobs"
        assert "--log-group-name /aws/sagemaker/TrainingJobs" in found.first
        logs.put_retention_policy(logGroupName="/aws/sagemaker/TrainingJobs", retentionInDays=90)
        assert answers(aws, JOBS)[LOGS].answer == "yes"
    finally:
        logs.delete_log_group(logGroupName="/aws/sagemaker/TrainingJobs")


def test_the_log_group_of_another_s_endpoint_is_not_asked_about(aws: Aws) -> None:
    logs = aws.client("logs")
    logs.create_log_group(logGroupName="/aws/sagemaker/Endpoints/theirs")
    try:
        ours = resource("AWS::SageMaker::Endpoint", {"EndpointName": "ours"})
        assert answers(aws, {"Endpoint": ours})[LOGS].answer == "unknown"
        theirs = resource("AWS::SageMaker::Endpoint", {"EndpointName": "theirs"})
        assert answers(aws, {"Endpoint": theirs})[LOGS].detail == "kept for ever: /aws/sagemaker/Endpoints/theirs"
    finally:
        logs.delete_log_group(logGroupName="/aws/sagemaker/Endpoints/theirs")
