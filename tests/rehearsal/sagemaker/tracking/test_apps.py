"""MLflow Apps of the local AWS, with a real MLflow server behind each and MLflow's real client before it."""

import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import botocore.exceptions
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.httpsession import URLLib3Session

from modelyard.rehearsal.sagemaker.tracking.server import MLFLOW, PLUGIN, MlflowMissingError, find_python
from support.local_aws import SharedLocalAws, allow
from support.synth import ROOT
from support.tracking import App, await_app, needs_mlflow, start_app

LOG_A_RUN = """
import json, mlflow
mlflow.set_experiment("{experiment}")
with mlflow.start_run(run_name="first") as run:
    mlflow.log_param("depth", 3)
    for step, value in enumerate([0.5, 0.7]):
        mlflow.log_metric("auc", value, step=step)
    mlflow.log_text("some words", "notes.txt")
client = mlflow.MlflowClient()
found = client.get_run(run.info.run_id)
artifacts = [one.path for one in client.list_artifacts(run.info.run_id)]
print(json.dumps([found.data.params, found.data.metrics, found.info.artifact_uri, artifacts]))
"""


def search(
    local_aws: SharedLocalAws, *, arn: str, credentials: Mapping[str, str], service: str = "sagemaker"
) -> tuple[int, str]:
    """Ask an app for its experiments as a caller, and return the status and what it says."""
    url = f"{local_aws.connection.endpoint}/api/2.0/mlflow/experiments/search"
    headers = {"Content-Type": "application/json", "x-sm-mlflow-app-arn": arn}
    request = AWSRequest(method="POST", url=url, headers=headers, data=b'{"max_results": 5}')
    SigV4Auth(Credentials(*credentials.values()), service, "us-east-1").add_auth(request)
    answer = URLLib3Session().send(request.prepare())
    return answer.status_code, answer.text


@pytest.fixture(scope="module")
def tracked(local_aws: SharedLocalAws) -> Iterator[App]:
    started = start_app(local_aws)
    yield started
    local_aws.client("sagemaker").delete_mlflow_app(Arn=started.arn)


def code(refused: pytest.ExceptionInfo[botocore.exceptions.ClientError]) -> Any:
    return refused.value.response["Error"]["Code"]


@needs_mlflow
def test_the_client_of_mlflow_logs_a_run_as_on_aws(tracked: App) -> None:
    params, metrics, place, artifacts = tracked.run(LOG_A_RUN.format(experiment="logged"))

    assert (params, metrics, artifacts) == ({"depth": "3"}, {"auc": 0.7}, ["notes.txt"])
    assert place.startswith(f"s3://{tracked.bucket}/runs/")
    key = place.removeprefix(f"s3://{tracked.bucket}/") + "/notes.txt"
    assert tracked.local_aws.client("s3").get_object(Bucket=tracked.bucket, Key=key)["Body"].read() == b"some words"


@needs_mlflow
def test_a_caller_needs_one_permission_on_this_app(tracked: App, local_aws: SharedLocalAws) -> None:
    allowed = local_aws.credentials(allow("sagemaker:CallMlflowAppApi", on=tracked.arn))
    elsewhere = local_aws.credentials(allow("sagemaker:CallMlflowAppApi", on=f"{tracked.arn}2"))
    of_servers = local_aws.credentials(allow("sagemaker-mlflow:*"))

    assert search(local_aws, arn=tracked.arn, credentials=allowed)[0] == 200
    for other in (elsewhere, of_servers):
        status, said = search(local_aws, arn=tracked.arn, credentials=other)
        assert status == 403
        assert "Request is not authorized" in said
        assert "sagemaker:CallMlflowAppApi" in said


@needs_mlflow
def test_an_app_that_is_not_there_answers_nobody(local_aws: SharedLocalAws) -> None:
    credentials = local_aws.credentials(allow("sagemaker:CallMlflowAppApi"))
    arn = "arn:aws:sagemaker:us-east-1:111122223333:mlflow-app/app-AAAAAAAAAAAA"

    status, said = search(local_aws, arn=arn, credentials=credentials)
    assert (status, "does not exist" in said) == (400, True)


@needs_mlflow
def test_an_app_is_described_and_listed_by_its_arn(tracked: App, local_aws: SharedLocalAws) -> None:
    sagemaker = local_aws.client("sagemaker")
    described = sagemaker.describe_mlflow_app(Arn=tracked.arn)

    assert described["Status"] == "Created"
    assert described["ModelRegistrationMode"] == "AutoModelRegistrationDisabled"
    assert described["Name"] not in tracked.arn
    assert tracked.arn in [one["Arn"] for one in sagemaker.list_mlflow_apps(Status="Created")["Summaries"]]
    assert sagemaker.list_mlflow_apps(Status="Deleting")["Summaries"] == []


@needs_mlflow
def test_an_app_is_renamed_in_place(tracked: App, local_aws: SharedLocalAws) -> None:
    sagemaker = local_aws.client("sagemaker")
    sagemaker.update_mlflow_app(Arn=tracked.arn, WeeklyMaintenanceWindowStart="Sun:03:30", Name="renamed")

    described = sagemaker.describe_mlflow_app(Arn=tracked.arn)
    assert (described["Status"], described["Name"]) == ("Updated", "renamed")
    sagemaker.update_mlflow_app(Arn=tracked.arn)
    left = ("Name", "WeeklyMaintenanceWindowStart", "ArtifactStoreUri", "ModelRegistrationMode")
    again = sagemaker.describe_mlflow_app(Arn=tracked.arn)
    assert [again[member] for member in left] == [described[member] for member in left]


class Browser(urllib.request.HTTPRedirectHandler):
    """What follows no redirection, and keeps the cookie that it was given."""

    def redirect_request(self, *_: Any) -> None:
        return None


def ask(url: str, *, cookie: str = "", body: bytes | None = None) -> tuple[int, Any, bytes]:
    headers = {"Content-Type": "application/json", **({"Cookie": cookie} if cookie else {})}
    request = urllib.request.Request(url, headers=headers, data=body)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), Browser())
    try:
        with opener.open(request, timeout=30) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


@needs_mlflow
def test_a_browser_sees_an_app_by_the_url_that_was_made_for_it(tracked: App, local_aws: SharedLocalAws) -> None:
    url = local_aws.client("sagemaker").create_presigned_mlflow_app_url(Arn=tracked.arn)["AuthorizedUrl"]
    status, headers, _ = ask(url)
    cookie = headers["set-cookie"].partition(";")[0]
    screen = f"{local_aws.connection.endpoint}{headers['location']}"

    assert status == 302
    assert "HttpOnly; SameSite=Strict" in headers["set-cookie"]
    assert b"<title>MLflow</title>" in ask(screen, cookie=cookie)[2]
    search = f"{screen}ajax-api/2.0/mlflow/experiments/search"
    assert ask(search, cookie=cookie, body=b'{"max_results": 5}')[0] == 200
    assert ask(search, body=b'{"max_results": 5}')[0] == 403
    assert ask(f"{screen}", cookie="mlflow-session=guessed")[0] == 403


@needs_mlflow
def test_a_url_expires_by_the_rehearsal_s_clock(tracked: App, local_aws: SharedLocalAws) -> None:
    made = local_aws.client("sagemaker").create_presigned_mlflow_app_url(Arn=tracked.arn, ExpiresInSeconds=5)
    local_aws.advance(seconds=6)

    status, _, said = ask(made["AuthorizedUrl"])
    assert (status, b"the URL has expired" in said) == (403, True)


@needs_mlflow
def test_experiments_that_begin_later_have_the_folder_that_an_app_was_given(
    tracked: App, local_aws: SharedLocalAws
) -> None:
    sagemaker, uri = local_aws.client("sagemaker"), f"s3://{tracked.bucket}/other"
    sagemaker.update_mlflow_app(Arn=tracked.arn, ArtifactStoreUri=uri)
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        sagemaker.update_mlflow_app(Arn=tracked.arn, Name="meanwhile")

    assert code(refused) == "ConflictException"
    assert await_app(local_aws, arn=tracked.arn) == "Updated"
    assert tracked.run(LOG_A_RUN.format(experiment="after"))[2].startswith(uri)


@needs_mlflow
def test_an_app_whose_role_cannot_be_taken_is_refused(local_aws: SharedLocalAws) -> None:
    role = local_aws.role(service="lambda.amazonaws.com")
    with pytest.raises(botocore.exceptions.ClientError, match="Could not assume role") as refused:
        local_aws.client("sagemaker").create_mlflow_app(
            Name="tracking", ArtifactStoreUri="s3://bucket/runs", RoleArn=role
        )

    assert code(refused) == "ValidationException"


@needs_mlflow
def test_an_app_that_registers_models_is_refused(local_aws: SharedLocalAws) -> None:
    with pytest.raises(botocore.exceptions.ClientError, match="must be AutoModelRegistrationDisabled here"):
        local_aws.client("sagemaker").create_mlflow_app(
            Name="tracking",
            ArtifactStoreUri="s3://bucket/runs",
            RoleArn=local_aws.role(),
            ModelRegistrationMode="AutoModelRegistrationEnabled",
        )


@pytest.mark.parametrize("operation", ["describe", "update", "delete"])
def test_an_app_that_is_not_there_is_not_found(local_aws: SharedLocalAws, operation: str) -> None:
    arn = "arn:aws:sagemaker:us-east-1:111122223333:mlflow-app/app-AAAAAAAAAAAA"
    with pytest.raises(botocore.exceptions.ClientError, match="does not exist") as refused:
        getattr(local_aws.client("sagemaker"), f"{operation}_mlflow_app")(Arn=arn)

    assert code(refused) == "ResourceNotFound"


def test_without_a_server_it_is_said_how_to_install_one(tmp_path: Path) -> None:
    with pytest.raises(MlflowMissingError, match=r"found none in .*\.tracking; install it: make tracking, or python"):
        find_python(tmp_path)


def test_what_is_rehearsed_is_what_is_installed() -> None:
    wanted = (ROOT / "requirements-tracking.txt").read_text(encoding="utf-8").split("\n")

    assert {MLFLOW, PLUGIN} <= set(wanted)
