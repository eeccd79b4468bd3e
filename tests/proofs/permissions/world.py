"""The account in which permissions are taken away: models deployed, trained and promoted, with data to work on."""

import re
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from proofs.permissions.declarations import MODELS, declare

from maintenance.promoted_examples import PROMOTED
from modelyard.manifest import Model
from modelyard.manifest.batch import Batch
from modelyard.manifest.reading import read_model
from modelyard.operations.datasets.churn import ChurnTable
from modelyard.rehearsal.sagemaker.hosting.capture import CaptureSettings, Exchange, record_line
from modelyard.rehearsal.session import Rehearsal
from modelyard.shared.loopback import isolate_process
from modelyard.shared.s3_uri import S3Uri
from support.deployed_examples import DeployedExamples, deploy, forest, packed
from support.leavers import leavers
from support.local_aws import SharedLocalAws

STAGE = "dev"
ROWS = 400
PATIENCE_SECONDS = 120.0
JOB_LOGS = ("TrainingJobs", "ProcessingJobs", "TransformJobs")


class Failed(Exception):
    """A part of the work did not succeed; the message is what AWS said."""


@dataclass(kw_only=True)
class World:
    """The deployed models, and what every part of the work needs of the account."""

    deployed: DeployedExamples
    models: Path
    rows: str
    _served: set[str] = field(default_factory=set)

    @property
    def aws(self) -> SharedLocalAws:
        """The local AWS."""
        return self.deployed.aws

    def client(self, service: str) -> Any:
        """A client with the account's own credentials."""
        return self._clients[service]

    @cached_property
    def _clients(self) -> Mapping[str, Any]:
        return _Clients(self.aws)

    @cached_property
    def templates(self) -> Mapping[str, Mapping[str, Any]]:
        """The templates by the name of their stack."""
        return self.deployed.app.templates

    @cached_property
    def physical(self) -> Mapping[tuple[str, str], str]:
        """The physical name of each resource, by stack and logical id."""
        cloudformation = self.client("cloudformation")
        return {
            (stack, one["LogicalResourceId"]): one["PhysicalResourceId"]
            for stack in self.templates
            for one in cloudformation.describe_stack_resources(StackName=stack)["StackResources"]
        }

    def resources(self, kind: str) -> Iterator[tuple[str, str, str]]:
        """The stack, logical id and physical name of each resource of a type."""
        for stack, template in self.templates.items():
            for logical_id, resource in template["Resources"].items():
                if resource["Type"] == kind:
                    yield stack, logical_id, self.physical[stack, logical_id]

    def model_of(self, stack: str) -> Model:
        """The model that a stack belongs to."""
        slug = re.sub(rf"^{STAGE}-|-(training|batch|serving|monitoring|api)$", "", stack)
        return read_model(self.models / f"{slug.replace('-', '_')}.toml")

    def until(self, holds: Callable[[], bool], *, what: str) -> None:
        """Wait for something to come true.

        Raises:
            Failed: it has not, in two minutes.
        """
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not holds():
            if time.monotonic() > deadline:
                raise Failed(f"{what} has not come true within {PATIENCE_SECONDS:g} s")
            time.sleep(0.1)

    def settle(self) -> None:
        """Have everything said that is held back: captures, logs and metrics are sent a little after the fact."""
        self.aws.connection.flush()
        time.sleep(0.6)

    def forget_logs(self) -> None:
        """Remove the logs of jobs: the role of the next is to make its group again."""
        logs = self.client("logs")
        for group in logs.describe_log_groups(logGroupNamePrefix="/aws/sagemaker/")["logGroups"]:
            if group["logGroupName"].rpartition("/")[2] in JOB_LOGS:
                logs.delete_log_group(logGroupName=group["logGroupName"])

    def put_capture(self, *, model: Model, hour: datetime) -> list[str]:
        """Leave captures in an hour's folder of each variant, as an endpoint does, and return the ids of the events."""
        serving = model.serving
        row, _, _ = self.rows.partition("\n")
        exchange = Exchange(
            moment=hour, sent=row.encode(), sent_type="text/csv", answered=b"0.25", answered_type="text/csv"
        )
        settings = CaptureSettings(enabled=True, sampling_percentage=100, destination="", csv_types=("text/csv",))
        ids = [str(uuid.uuid4()) for _ in range(20)]
        lines = "".join(record_line(exchange=exchange, settings=settings, event_id=one) for one in ids)
        for variant in serving.variants if serving is not None else ():
            folder = f"{model.layout.capture}/{model.endpoint(stage=STAGE)}/{variant.name}/{hour:%Y/%m/%d/%H}"
            key = f"{folder}/{uuid.uuid4()}.jsonl"
            self.client("s3").put_object(Bucket=self.deployed.bucket, Key=key, Body=lines.encode())
        return ids

    def serve_promoted(self, *, endpoint: str) -> None:
        """Have a deployed endpoint serve what was promoted after its deploy; once is enough."""
        if endpoint in self._served:
            return
        sagemaker = self.client("sagemaker")
        config = sagemaker.describe_endpoint(EndpointName=endpoint)["EndpointConfigName"]
        sagemaker.update_endpoint(EndpointName=endpoint, EndpointConfigName=config)
        self.until(
            lambda: sagemaker.describe_endpoint(EndpointName=endpoint)["EndpointStatus"] == "InService",
            what=f"the update of {endpoint}",
        )
        self._served.add(endpoint)

    def promote(self, *, model: str, artifact: str, baseline: str) -> None:
        """Put what a run made where the promoted lines of a manifest say it is."""
        s3, bucket = self.client("s3"), self.deployed.bucket
        for line in PROMOTED.get(model, {}).values():
            name, _, target = line.replace('"', "").partition(" = ")
            if name == "model":
                s3.copy_object(Bucket=bucket, Key=target, CopySource=f"{bucket}/{_key(artifact)}")
            drift = name == "baseline" and not target.endswith("/model-quality")
            for file in ("statistics.json", "constraints.json") if drift else ():
                s3.copy_object(Bucket=bucket, Key=f"{target}/{file}", CopySource=f"{bucket}/{_key(baseline)}/{file}")

    def promote_quality(self, *, model: str, baseline: str) -> None:
        """Do the same for a baseline of quality, which is a prefix of the data bucket."""
        s3, bucket = self.client("s3"), self.deployed.bucket
        for line in PROMOTED.get(model, {}).values():
            _, _, target = line.replace('"', "").partition(" = ")
            if target.endswith("/model-quality"):
                for file in ("statistics.json", "constraints.json"):
                    s3.copy_object(Bucket=bucket, Key=f"{target}/{file}", CopySource=f"{bucket}/{baseline}/{file}")

    def promote_prepared(self, *, batch: Batch, artifact: str, transformer: str) -> None:
        """Put both that a run made of prepared data where the manifest's batch names them."""
        s3, bucket = self.client("s3"), self.deployed.bucket
        for target, source in ((batch.model, _key(artifact)), (batch.transformer, transformer)):
            s3.copy_object(Bucket=bucket, Key=target, CopySource=f"{bucket}/{source}")

    def forget_preprocessing(self, *, model: Model) -> None:
        """Remove the notes of what was prepared: the next run is to prepare it again."""
        s3, bucket = self.client("s3"), self.deployed.bucket
        prefix = model.layout.preprocessed(digest="").rstrip("/")
        for one in s3.list_objects_v2(Bucket=bucket, Prefix=f"{prefix}/").get("Contents", []):
            s3.delete_object(Bucket=bucket, Key=one["Key"])


class _Clients(dict[str, Any]):
    """Clients, made when first asked for."""

    def __init__(self, aws: SharedLocalAws) -> None:
        super().__init__()
        self._aws = aws

    def __missing__(self, service: str) -> Any:
        self[service] = self._aws.client(service)
        return self[service]


def build(*, rehearsal: Rehearsal, folder: Path, models: Sequence[str] = MODELS, mlflow: Path | None = None) -> World:
    """Deploy models, of those that there are, with the real CDK CLI, and upload their data.

    With an interpreter that has MLflow the stage tracks. This process's environment is the rehearsal's from then on:
    `yard`'s own code finds its AWS there.
    """
    aws = SharedLocalAws(connection=rehearsal.connection)
    isolate_process(settings=rehearsal.connection.variables())
    declared = declare(_made(folder / "declared"), models=models, mlflow=mlflow)
    deployed = deploy(
        aws=aws,
        folder=folder,
        models=declared.models,
        scripts=declared.scripts,
        stages=declared.stages,
        artifacts=_artifacts(declared.models),
    )
    ChurnTable(rows=ROWS).write(folder=_made(folder / "data"))
    (_made(folder / "data" / "leavers") / "leavers.csv").write_text(leavers(ROWS), encoding="utf-8")
    _upload(aws=aws, bucket=deployed.bucket, folder=folder / "data", models=models)
    rows = (folder / "data" / "traffic" / "traffic.csv").read_text(encoding="utf-8")
    return World(deployed=deployed, models=declared.models, rows=rows)


def hour_of(world: World) -> datetime:
    """The beginning of the hour before this one, whose folders are whole."""
    return world.aws.now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)


def _artifacts(models: Path) -> dict[str, bytes]:
    """What is promoted of models that are no examples, by key: their stacks cannot be made without it."""
    found = {}
    for model in (read_model(file) for file in models.glob("*.toml")):
        if model.batch is not None and model.batch.transformer is not None:
            found[str(model.batch.model)] = forest()
            found[model.batch.transformer] = packed("fitted", b"")
    return found


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _upload(*, aws: SharedLocalAws, bucket: str, folder: Path, models: Sequence[str]) -> None:
    s3 = aws.client("s3")
    for file in (path for path in folder.rglob("*") if path.is_file()):
        for model in models:
            key = f"{model}/datasets/{file.relative_to(folder)}"
            s3.put_object(Bucket=bucket, Key=key, Body=file.read_bytes())


def _key(uri: str) -> str:
    return S3Uri.parse(uri).key
