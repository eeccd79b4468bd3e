"""The roles of a pipeline, taken with tokens as its platform signs them, over what the CDK CLI has deployed.

The local AWS holds a token's issuer, audience and subject against the trust policy, as AWS does. It does not check the
signature, nor whether the account knows the issuer: AWS does both, and nothing here shows it.
"""

import base64
import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from modelyard.operations.api.calling import call
from modelyard.operations.aws import Aws
from modelyard.operations.cli.main import main
from modelyard.rehearsal.cloud.identities import Credentials
from support.deployed_examples import DeployedExamples
from support.synth import synthesize

ISSUER = "https://token.actions.githubusercontent.com"
AUDIENCE = "sts.amazonaws.com"
BRANCH, ENVIRONMENT = "repo:octocat/models:ref:refs/heads/main", "repo:octocat/models:environment:dev"
STAGES = """
[dev]
termination_protection = false
[dev.delivery]
provider = "github"
repository = "octocat/models"
environment = "dev"
"""


@pytest.fixture(scope="module")
def roles(deployed: DeployedExamples, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, str]]:
    """The ARNs of the roles by the names of their outputs; the stack is deployed over the foundation that is there."""
    folder = tmp_path_factory.mktemp("delivery")
    stages = folder / "stages.toml"
    stages.write_text(STAGES, encoding="utf-8")
    app = synthesize(folder / "app", stages=stages, model="churn", preview=False)
    cloudformation, name = deployed.aws.client("cloudformation"), "dev-delivery"
    body = json.dumps(app.templates[name])
    cloudformation.create_stack(StackName=name, TemplateBody=body, Capabilities=["CAPABILITY_IAM"])
    cloudformation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    outputs = cloudformation.describe_stacks(StackName=name)["Stacks"][0]["Outputs"]
    yield {one["OutputKey"]: one["OutputValue"] for one in outputs}
    cloudformation.delete_stack(StackName=name)
    cloudformation.get_waiter("stack_delete_complete").wait(StackName=name, WaiterConfig={"Delay": 1})


def token(**claims: str) -> str:
    parts = ({"alg": "RS256", "typ": "JWT"}, claims)
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts]
    return ".".join([*encoded, "c2lnbmF0dXJl"])


def taken(deployed: DeployedExamples, role: str, **claims: str) -> Credentials:
    connection = deployed.aws.connection
    sts = boto3.client(
        "sts", connection.region, endpoint_url=connection.endpoint, config=Config(signature_version=UNSIGNED)
    )
    given = sts.assume_role_with_web_identity(
        RoleArn=role, RoleSessionName="pipeline", WebIdentityToken=token(iss=ISSUER, **claims)
    )["Credentials"]
    return Credentials(key=given["AccessKeyId"], secret=given["SecretAccessKey"], token=given["SessionToken"])


def acting(deployed: DeployedExamples, credentials: Credentials, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (deployed.aws.connection.variables() | credentials.variables()).items():
        monkeypatch.setenv(name, value)


def client(service: str) -> Any:
    """A client as of a process of its own: the default session keeps the credentials of whoever asked it first."""
    return boto3.Session().client(service)


def models(deployed: DeployedExamples) -> Path:
    """The promoted manifests that were deployed."""
    return deployed.commands.log.parent / "models"


def assembly(deployed: DeployedExamples) -> Path:
    return deployed.commands.log.parent / "app"


@pytest.mark.parametrize(("output", "subject"), [("DiffRoleArn", BRANCH), ("DeployRoleArn", ENVIRONMENT)])
def test_each_role_is_taken_by_the_jobs_that_it_is_for(
    deployed: DeployedExamples, roles: Mapping[str, str], output: str, subject: str
) -> None:
    assert taken(deployed, roles[output], aud=AUDIENCE, sub=subject).token


@pytest.mark.parametrize(
    ("output", "claims"),
    [
        ("DiffRoleArn", {"aud": AUDIENCE, "sub": "repo:octocat/models:pull_request"}),
        ("DiffRoleArn", {"aud": AUDIENCE, "sub": "repo:octocat/models:ref:refs/heads/main-too"}),
        ("DiffRoleArn", {"aud": AUDIENCE, "sub": "repo:someone/models:ref:refs/heads/main"}),
        ("DeployRoleArn", {"aud": AUDIENCE, "sub": BRANCH}),
        ("DeployRoleArn", {"aud": AUDIENCE, "sub": "repo:octocat/models:environment:prod"}),
        ("DeployRoleArn", {"aud": "https://github.com/octocat", "sub": ENVIRONMENT}),
        ("DeployRoleArn", {"aud": AUDIENCE}),
    ],
)
def test_no_other_token_takes_a_role(
    deployed: DeployedExamples, roles: Mapping[str, str], output: str, claims: dict[str, Any]
) -> None:
    with pytest.raises(ClientError, match="Not authorized to perform sts:AssumeRoleWithWebIdentity"):
        taken(deployed, roles[output], **claims)


def test_the_role_that_looks_plans(
    deployed: DeployedExamples,
    roles: Mapping[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    acting(deployed, taken(deployed, roles["DiffRoleArn"], aud=AUDIENCE, sub=BRANCH), monkeypatch)
    code = main(["plan", "--head", str(assembly(deployed))])
    said = capsys.readouterr()
    assert (code, said.err) == (0, "")
    assert "Nothing changes" in said.out


def test_the_role_that_looks_describes_what_is_in_no_stack_and_has_the_stage_s_tag(
    deployed: DeployedExamples,
    roles: Mapping[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    sagemaker = deployed.aws.client("sagemaker")
    variant = {"VariantName": "one", "ModelName": sagemaker.list_models()["Models"][0]["ModelName"]}
    sized = variant | {"InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    tags = [{"Key": "stage", "Value": "dev"}]
    sagemaker.create_endpoint_config(EndpointConfigName="by-hand", ProductionVariants=[sized], Tags=tags)
    acting(deployed, taken(deployed, roles["DiffRoleArn"], aud=AUDIENCE, sub=BRANCH), monkeypatch)
    main(["plan", "--head", str(assembly(deployed)), "--json"])
    said = capsys.readouterr()
    sagemaker.delete_endpoint_config(EndpointConfigName="by-hand")
    (one,) = json.loads(said.out)["undeclared_resources"]
    assert (one["name"], one["hourly"], said.err) == ("by-hand", 0.0, "")


def test_the_role_that_looks_diffs_by_the_cdk_s_command_line(
    deployed: DeployedExamples, roles: Mapping[str, str], tmp_path: Path
) -> None:
    credentials = taken(deployed, roles["DiffRoleArn"], aud=AUDIENCE, sub=BRANCH)
    variables = deployed.aws.connection.variables() | credentials.variables()
    words = ("cdk", "diff", "--all", "--method", "template", "--app", str(assembly(deployed)), "--no-color")
    done = subprocess.run(words, cwd=tmp_path, env=os.environ | variables, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Number of stacks with differences: 0" in done.stderr + done.stdout


def test_the_role_that_looks_reads_no_data_and_deploys_nothing(
    deployed: DeployedExamples, roles: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    acting(deployed, taken(deployed, roles["DiffRoleArn"], aud=AUDIENCE, sub=BRANCH), monkeypatch)
    account, region = deployed.aws.connection.account, deployed.aws.connection.region
    deploy_role = f"arn:aws:iam::{account}:role/cdk-hnb659fds-deploy-role-{account}-{region}"
    with pytest.raises(ClientError, match="AccessDenied"):
        client("s3").list_objects_v2(Bucket=deployed.bucket)
    with pytest.raises(ClientError, match="AccessDenied"):
        client("sts").assume_role(RoleArn=deploy_role, RoleSessionName="pipeline")
    with pytest.raises(ClientError, match="AccessDenied"):
        client("sagemaker-runtime").invoke_endpoint(EndpointName="dev-churn", Body=b"1")


@pytest.mark.parametrize("model", ["churn", "churn_forest"])
def test_the_role_that_deploys_verifies_what_it_has_deployed(
    deployed: DeployedExamples,
    roles: Mapping[str, str],
    model: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    record = tmp_path / "record.csv"
    record.write_text("0,1,2\n", encoding="utf-8")
    acting(deployed, taken(deployed, roles["DeployRoleArn"], aud=AUDIENCE, sub=ENVIRONMENT), monkeypatch)
    main(["verify", model, "--models", str(models(deployed)), "--data", str(record), "--json"])
    found = json.loads(capsys.readouterr().out)
    # The model here was trained on three columns, and churn's API asks for all of its own.
    assert {one["what"] for one in found if one["holds"] is False} <= {"the API answers"}
    assert "the request is captured" in {one["what"] for one in found}
    assert "not authorized" not in json.dumps(found)


def test_the_role_that_deploys_is_let_in_by_the_api(
    deployed: DeployedExamples, roles: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    acting(deployed, taken(deployed, roles["DeployRoleArn"], aud=AUDIENCE, sub=ENVIRONMENT), monkeypatch)
    outputs = deployed.aws.client("cloudformation").describe_stacks(StackName="dev-churn-api")["Stacks"][0]["Outputs"]
    url = next(one["OutputValue"] for one in outputs if one["OutputKey"] == "ApiUrl")
    reply = call(aws=Aws(), url=f"{url}/predict", document={}, key=None)
    assert reply.status == 400  # what the API says of an empty row to whoever is let in


def test_the_role_that_deploys_deletes_nothing_by_itself(
    deployed: DeployedExamples, roles: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    acting(deployed, taken(deployed, roles["DeployRoleArn"], aud=AUDIENCE, sub=ENVIRONMENT), monkeypatch)
    with pytest.raises(ClientError, match="AccessDenied"):
        client("sagemaker").delete_endpoint(EndpointName="dev-churn")
    with pytest.raises(ClientError, match="AccessDenied"):
        client("cloudformation").delete_stack(StackName="dev-churn-serving")
