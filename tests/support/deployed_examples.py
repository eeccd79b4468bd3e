"""The example models promoted and deployed with the real CDK CLI, for tests of what is then there."""

import io
import re
import shutil
import tarfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

import joblib
import numpy as np
import xgboost
from sklearn.ensemble import RandomForestClassifier

from maintenance.promoted_examples import PROMOTED, promote_examples
from modelyard.scenario.commands import Commands
from support.local_aws import SharedLocalAws
from support.synth import ROOT, Synthesized, synthesize


@dataclass(kw_only=True)
class DeployedExamples:
    """An account to which all stacks of the example models have been deployed, and their templates."""

    aws: SharedLocalAws
    commands: Commands
    app: Synthesized

    def one(self, stack: str, kind: str, name: str | None = None) -> dict[str, Any]:
        """The properties that a template has for a resource."""
        return self.app.one(stack, kind, name)

    def named(self, stack: str, logical_id: str) -> str:
        """The physical name of the resource of a stack whose id begins so."""
        found = self.aws.client("cloudformation").describe_stack_resources(StackName=stack)["StackResources"]
        (name,) = [
            item["PhysicalResourceId"]
            for item in found
            if re.fullmatch(f"{logical_id}[0-9A-F]{{8}}", item["LogicalResourceId"])
        ]
        return str(name)

    @cached_property
    def bucket(self) -> str:
        return self.named("dev-foundation", "DataBucket")

    @cached_property
    def key(self) -> str:
        found = self.aws.client("kms").describe_key(KeyId=self.named("dev-foundation", "DataKey"))
        return str(found["KeyMetadata"]["Arn"])


def deploy(
    *,
    aws: SharedLocalAws,
    folder: Path,
    models: Path | None = None,
    scripts: Path = ROOT / "training_scripts",
    stages: Path = ROOT / "stages.toml",
    artifacts: Mapping[str, bytes] = MappingProxyType({}),
) -> DeployedExamples:
    """Bootstrap the account and deploy every stack of the example models, promoted, or of the models of a folder.

    `artifacts` are uploaded, by their key, before the stacks that need them.
    """
    declared = promoted_models(folder / "models") if models is None else models
    app = synthesize(folder / "app", models=declared, scripts=scripts, stages=stages, preview=False)
    commands = Commands(connection=aws.connection, folder=ROOT, log=folder / "log")
    # Away from the repository: there the CLI would synthesize to one folder that another test may be using.
    commands.cdk("bootstrap", f"aws://{aws.connection.account}/{aws.connection.region}", folder=folder)
    deploy_ = ("deploy", "--app", str(folder / "app"), "--require-approval", "never")
    commands.cdk(*deploy_, "dev-foundation")
    deployed = DeployedExamples(aws=aws, commands=commands, app=app)
    upload_models(aws=aws, bucket=deployed.bucket)
    for key, content in artifacts.items():
        aws.client("s3").put_object(Bucket=deployed.bucket, Key=key, Body=content)
    commands.cdk(*deploy_, "--all", "--concurrency", "4")
    return deployed


def promoted_models(folder: Path) -> Path:
    """Write the example manifests into a folder, with the lines that a promotion would add."""
    folder.mkdir()
    for manifest in sorted((ROOT / "models").glob("*.toml")):
        shutil.copy(manifest, folder)
    promote_examples(folder)
    return folder


def upload_models(*, aws: SharedLocalAws, bucket: str) -> None:
    """Put an artifact that its script can load where each promoted line says."""
    s3 = aws.client("s3")
    for model, lines in PROMOTED.items():
        for key in (line.split('"')[1] for line in lines.values() if line.startswith("model")):
            s3.put_object(Bucket=bucket, Key=key, Body=MAKERS[model]())


def boosted() -> bytes:
    """Return an artifact of XGBoost."""
    rows, labels = _table()
    booster = xgboost.train({"objective": "binary:logistic"}, xgboost.DMatrix(rows, label=labels), num_boost_round=1)
    return packed("model.json", bytes(booster.save_raw(raw_format="json")))


def forest() -> bytes:
    """Return an artifact of scikit-learn."""
    buffer = io.BytesIO()
    joblib.dump(RandomForestClassifier(n_estimators=2).fit(*_table()), buffer)
    return packed("model.joblib", buffer.getvalue())


MAKERS: Mapping[str, Callable[[], bytes]] = {"churn": boosted, "churn_forest": forest}


def _table() -> tuple[Any, Any]:
    return np.arange(30, dtype=np.float64).reshape(10, 3), np.arange(10) % 2


def packed(name: str, content: bytes) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        entry = tarfile.TarInfo(name)
        entry.size = len(content)
        tar.addfile(entry, io.BytesIO(content))
    return packed.getvalue()
