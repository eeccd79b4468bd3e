"""The MLflow App of a stage: one like it is made, and lists what a run has left in the data bucket."""

import urllib.error
import urllib.request
from collections.abc import Iterator
from functools import partial

from proofs.permissions.machines import next_name
from proofs.permissions.part import Part
from proofs.permissions.world import Failed, World

from modelyard.operations.aws import Aws
from modelyard.operations.failures import Failure
from modelyard.operations.tracking.app import TrackingApp
from modelyard.shared.s3_uri import S3Uri


def tracking_parts(world: World) -> Iterator[Part]:
    """Each app's part; scripts log to it in the parts that train."""
    for stack, logical_id, arn in world.resources("AWS::SageMaker::MlflowApp"):
        yield Part(name=f"{stack} {logical_id[:-8]} app", run=partial(_list_artifacts, world, deployed=arn))


def _list_artifacts(world: World, *, deployed: str) -> None:
    sagemaker = world.client("sagemaker")
    like = sagemaker.describe_mlflow_app(Arn=deployed)
    arn = sagemaker.create_mlflow_app(
        Name=next_name(), ArtifactStoreUri=like["ArtifactStoreUri"], RoleArn=like["RoleArn"]
    )["Arn"]
    try:
        world.until(
            lambda: not str(sagemaker.describe_mlflow_app(Arn=arn)["Status"]).endswith("ing"), what=f"{arn} being made"
        )
        _list_run(world, app=TrackingApp(aws=Aws(region=world.aws.connection.region), arn=arn))
    except Failure as failure:
        raise Failed(str(failure)) from failure
    finally:
        sagemaker.delete_mlflow_app(Arn=arn)


def _list_run(world: World, *, app: TrackingApp) -> None:
    """Make a run, leave a file in its folder as a client does, and have the app's server find it."""
    experiment = app.post("experiments/create", {"name": next_name()})["experiment_id"]
    run = app.post("runs/create", {"experiment_id": experiment})["run"]["info"]
    place = S3Uri.parse(run["artifact_uri"])
    world.client("s3").put_object(Bucket=place.bucket, Key=f"{place.key}/notes.txt", Body=b"words")
    found = app.get("artifacts/list", run_id=run["run_id"]).get("files", [])
    if [one["path"] for one in found] != ["notes.txt"]:
        raise Failed(f"{app.arn} must list notes.txt, it lists {found}")
    _show(app=app, path=f"get-artifact?path=notes.txt&run_uuid={run['run_id']}")


def _show(*, app: TrackingApp, path: str) -> None:
    """Look at what lies there as a browser does, for which the app's server reads it."""
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    try:
        with browser.open(app.url(), timeout=60) as screen:
            place = screen.geturl()
        with browser.open(f"{place}{path}", timeout=60) as shown:
            shown.read()
    except urllib.error.HTTPError as error:
        raise Failed(f"{path} answers {error.code}: {error.read()[:500]!r}") from error
