"""The stack that lets a pipeline look and deploy."""

import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest

from modelyard.stacks.assembly import Declarations, build_app, check_assembly
from support.linting import findings
from support.synth import FLAGS, ROOT, Synthesized, synthesize

STACK = "dev-delivery"
HEAD = "[dev]\ntermination_protection = false\n[dev.delivery]\n"
GITHUB = HEAD + 'provider = "github"\nrepository = "octocat/models"\nenvironment = "dev"\n'
GITLAB = HEAD + 'provider = "gitlab"\nrepository = "octocat/models"\nprovider_exists = true\n'
READS = ("Describe", "Get", "List")


def made(folder: Path, stages: str) -> Synthesized:
    file = folder / "stages.toml"
    file.write_text(stages, encoding="utf-8")
    return synthesize(folder / "app", stages=file, model="mnist_tf")


@pytest.fixture(scope="module")
def github(tmp_path_factory: pytest.TempPathFactory) -> Synthesized:
    return made(tmp_path_factory.mktemp("github"), GITHUB)


@pytest.fixture(scope="module")
def gitlab(tmp_path_factory: pytest.TempPathFactory) -> Synthesized:
    return made(tmp_path_factory.mktemp("gitlab"), GITLAB)


def trust(app: Synthesized, role: str) -> Any:
    (statement,) = app.one(STACK, "IAM::Role", role)["AssumeRolePolicyDocument"]["Statement"]
    return statement


def allowed(app: Synthesized, role: str) -> list[dict[str, Any]]:
    (policy,) = app.one(STACK, "IAM::Role", role)["Policies"]
    return list(policy["PolicyDocument"]["Statement"])


def actions(app: Synthesized, role: str) -> set[str]:
    return {action for statement in allowed(app, role) for action in statement["Action"]}


def test_a_stage_without_a_pipeline_has_no_such_stack(app: Synthesized) -> None:
    assert STACK not in app.templates


def test_the_provider_knows_the_platform_and_who_its_tokens_are_for(github: Synthesized) -> None:
    found = github.one(STACK, "IAM::OIDCProvider")
    assert found["Url"] == "https://token.actions.githubusercontent.com"
    assert found["ClientIdList"] == ["sts.amazonaws.com"]


def test_a_provider_that_is_there_already_is_not_made_again(gitlab: Synthesized) -> None:
    assert gitlab.resources(STACK, "IAM::OIDCProvider") == {}


@pytest.mark.parametrize(
    ("role", "subject"),
    [
        ("DiffRole", "repo:octocat/models:ref:refs/heads/main"),
        ("DeployRole", "repo:octocat/models:environment:dev"),
    ],
)
def test_a_role_trusts_one_subject_of_one_issuer_to_the_letter(github: Synthesized, role: str, subject: str) -> None:
    issuer = "token.actions.githubusercontent.com"
    assert trust(github, role) == {
        "Effect": "Allow",
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Principal": {"Federated": f"arn:<Partition>:iam::<AccountId>:oidc-provider/{issuer}"},
        "Condition": {"StringEquals": {f"{issuer}:aud": "sts.amazonaws.com", f"{issuer}:sub": subject}},
    }


@pytest.mark.parametrize("role", ["DiffRole", "DeployRole"])
def test_with_gitlab_the_branch_decides(gitlab: Synthesized, role: str) -> None:
    assert trust(gitlab, role)["Condition"] == {
        "StringEquals": {
            "gitlab.com:aud": "https://gitlab.com",
            "gitlab.com:sub": "project_path:octocat/models:ref_type:branch:ref:main",
        }
    }


def test_the_role_that_looks_may_only_read(github: Synthesized) -> None:
    assert {action.partition(":")[2].startswith(READS) for action in actions(github, "DiffRole")} == {True}


def test_the_role_that_looks_reads_none_of_the_data(github: Synthesized) -> None:
    assert not [action for action in actions(github, "DiffRole") if action.startswith(("s3:", "kms:"))]


def test_the_role_that_deploys_takes_two_roles_of_the_bootstrap(github: Synthesized) -> None:
    (found,) = [one["Resource"] for one in allowed(github, "DeployRole") if one["Action"] == ["sts:AssumeRole"]]
    role = "arn:<Partition>:iam::<AccountId>:role/cdk-hnb659fds-{}-role-<AccountId>-<Region>"
    assert found == [role.format("deploy"), role.format("file-publishing")]


def test_the_role_that_deploys_changes_nothing_by_itself(github: Synthesized) -> None:
    beside = {"sts:AssumeRole", "sagemaker:InvokeEndpoint", "kms:Decrypt", "execute-api:Invoke", "apigateway:GET"}
    assert {action.partition(":")[2].startswith(READS) for action in actions(github, "DeployRole") - beside} == {True}


def test_the_role_that_deploys_reads_only_what_was_captured(github: Synthesized) -> None:
    (found,) = [one["Resource"] for one in allowed(github, "DeployRole") if one["Action"] == ["s3:GetObject"]]
    assert found == ["<bucket-arn>/*/capture/*"]


def test_the_role_that_deploys_asks_apis_for_predictions_only(github: Synthesized) -> None:
    (found,) = [one["Resource"] for one in allowed(github, "DeployRole") if one["Action"] == ["execute-api:Invoke"]]
    assert found == ["arn:<Partition>:execute-api:<Region>:<AccountId>:*/*/POST/predict"]


def test_the_role_that_deploys_reads_the_keys_of_its_own_stage(github: Synthesized) -> None:
    (found,) = [one for one in allowed(github, "DeployRole") if one["Action"] == ["apigateway:GET"]]
    assert found["Resource"] == ["arn:<Partition>:apigateway:<Region>::/apikeys/*"]
    assert found["Condition"] == {"StringEquals": {"aws:ResourceTag/stage": "dev"}}


# What names no stage: states that are read and say nothing of data, and what knows neither name nor tag.
EVERYWHERE = {
    "cloudformation:ListImports",
    "cloudformation:ListStacks",
    "cloudwatch:DescribeAlarms",
    "cloudwatch:ListMetrics",
    "execute-api:Invoke",
    "sagemaker:DescribeEndpointConfig",
    "sagemaker:DescribeModel",
    "sagemaker:ListApps",
    "sagemaker:ListHyperParameterTuningJobs",
    "sagemaker:ListMonitoringExecutions",
    "sagemaker:ListProcessingJobs",
    "sagemaker:ListTrainingJobs",
    "sagemaker:ListTransformJobs",
    "tag:GetResources",
}


@pytest.mark.parametrize("role", ["DiffRole", "DeployRole"])
def test_all_else_that_a_pipeline_may_do_is_of_its_own_stage(github: Synthesized, role: str) -> None:
    wide = {
        action
        for one in allowed(github, role)
        for action in one["Action"]
        if any("*" in arn and "/dev-*" not in arn and "<bucket-arn>" not in arn for arn in one["Resource"])
        and "aws:ResourceTag/stage" not in str(one.get("Condition"))
    }
    assert wide - EVERYWHERE == set()


def test_credentials_last_as_long_as_a_slow_rollout(github: Synthesized) -> None:
    assert github.one(STACK, "IAM::Role", "DeployRole")["MaxSessionDuration"] == 14_400
    assert "MaxSessionDuration" not in github.one(STACK, "IAM::Role", "DiffRole")


def test_both_roles_are_published_for_the_pipeline_s_variables(github: Synthesized) -> None:
    assert github.outputs(STACK) == {"DiffRoleArn": "<DiffRole.Arn>", "DeployRoleArn": "<DeployRole.Arn>"}


def test_the_linter_finds_nothing(github: Synthesized) -> None:
    assert findings(github.templates[STACK]) == []


def test_every_check_of_a_synth_finds_nothing(tmp_path: Path) -> None:
    (tmp_path / "stages.toml").write_text(GITHUB, encoding="utf-8")
    app = cdk.App(outdir=str(tmp_path / "app"), context=FLAGS, builtin_cloud_formation_validation=False)
    declarations = Declarations(
        models=ROOT / "models",
        stages=tmp_path / "stages.toml",
        scripts=ROOT / "training_scripts",
        model="mnist_tf",
    )
    build_app(app, declarations=declarations, validate=True)
    check_assembly(app.synth(), region=None)
    report = json.loads((tmp_path / "app" / "validation-report.json").read_text(encoding="utf-8"))
    assert report["pluginReports"] == []


@pytest.fixture(scope="module")
def proposing(tmp_path_factory: pytest.TempPathFactory) -> Synthesized:
    return made(tmp_path_factory.mktemp("proposing"), GITHUB + "proposals = true\n")


def test_only_a_stage_that_says_so_has_a_role_that_proposes(github: Synthesized, proposing: Synthesized) -> None:
    assert "ProposeRoleArn" not in github.outputs(STACK)
    assert "ProposeRoleArn" in proposing.outputs(STACK)


def test_a_proposal_is_made_by_jobs_of_the_branch(proposing: Synthesized) -> None:
    condition = trust(proposing, "ProposeRole")["Condition"]
    assert condition["StringEquals"]["token.actions.githubusercontent.com:sub"] == (
        "repo:octocat/models:ref:refs/heads/main"
    )


def test_who_proposes_changes_nothing_that_serves(proposing: Synthesized) -> None:
    assert actions(proposing, "ProposeRole") == {
        "cloudformation:DescribeStacks",
        "kms:Decrypt",
        "kms:GenerateDataKey",
        "s3:DeleteObject",
        "s3:GetObject",
        "s3:ListBucket",
        "s3:PutObject",
        "sagemaker:DescribeModelPackage",
        "sagemaker:ListModelPackageGroups",
        "sagemaker:ListModelPackages",
    }
    written = [
        name.partition("/")[2]
        for statement in allowed(proposing, "ProposeRole")
        if {"s3:PutObject", "s3:DeleteObject"} & set(statement["Action"])
        for name in statement["Resource"]
    ]
    assert written == [
        "*/training/*/verdict.json",
        "*/training/open/*",
        "*/baseline/*/limits-*/*",
        "*/training/open/*",
    ]


def test_the_deploying_role_sets_mlflow_s_aliases_in_a_stage_that_tracks(tmp_path: Path, github: Synthesized) -> None:
    app = made(tmp_path, GITHUB.replace("[dev]\n", "[dev]\ntracking = {}\n"))
    action = "sagemaker:CallMlflowAppApi"

    (statement,) = [one for one in allowed(app, "DeployRole") if action in one["Action"]]
    assert statement["Resource"] == ["<tracking-arn>"]
    assert action not in actions(app, "DiffRole") | actions(github, "DeployRole")
