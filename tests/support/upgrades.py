"""A release that is deployed over another one, while data lie in the bucket and requests go to the endpoints."""

import json
import re
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import boto3
import botocore.config
import botocore.exceptions

from modelyard.rehearsal.session import Connection
from modelyard.scenario.commands import Commands
from support.cloudformation import Stacks
from support.deployed_examples import promoted_models, upload_models
from support.local_aws import SharedLocalAws
from support.synth import ROOT

ENDPOINTS = ("dev-churn", "dev-churn-forest")
# What the tiny models of tests/deployed.py were trained on.
RECORD = "0,1,2"
# A second attempt would hide that the first had failed.
ONCE = botocore.config.Config(retries={"total_max_attempts": 1}, read_timeout=60)
PAUSE_SECONDS = 0.08
LOOK_SECONDS = 0.25
STEP_SECONDS = 30.0
# The run that is promoted together with the upgrade, in the place of another one's: one endpoint moves, by its canary.
SERVED, NEXT = "/job/", "/next/"
# Whoever deployed the newest release has its examples' engines, and keeps them.
RELEASED_ENGINES = {"churn": "model-monitor", "churn_forest": "drift"}
MOVING = ("Updating", "RollingBack")
PLANS = (0, 2)

Identities = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What came of one request: when, in seconds of one clock, and the error if there was one."""

    endpoint: str
    began: float
    ended: float
    error: str


@dataclass(kw_only=True)
class Traffic:
    """One client for each endpoint, who sends the next request when the last was answered."""

    connection: Connection
    answers: list[Answer] = field(default_factory=list)
    _end: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def going(self) -> Iterator[None]:
        threads = [threading.Thread(target=self._send, args=(endpoint,)) for endpoint in ENDPOINTS]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._end.set()
            for thread in threads:
                thread.join()
            self._end.clear()

    @property
    def failed(self) -> list[Answer]:
        return [one for one in self.answers if one.error]

    def longest_pause(self) -> float:
        """Return the longest time in seconds between two answers of the same endpoint."""
        ends = {name: [one.ended for one in self.answers if one.endpoint == name] for name in ENDPOINTS}
        return max(after - before for times in ends.values() for before, after in pairwise(times))

    def sent_to(self, endpoint: str) -> int:
        return sum(one.endpoint == endpoint for one in self.answers)

    def _send(self, endpoint: str) -> None:
        connection = self.connection
        session = boto3.session.Session(connection.account, connection.secret, region_name=connection.region)
        client = session.client("sagemaker-runtime", endpoint_url=connection.endpoint, config=ONCE)
        while not self._end.wait(PAUSE_SECONDS):
            began, error = time.monotonic(), ""
            try:
                client.invoke_endpoint(EndpointName=endpoint, ContentType="text/csv", Body=RECORD)["Body"].read()
            except (botocore.exceptions.ClientError, botocore.exceptions.HTTPClientError) as failure:
                error = str(failure)
            self.answers.append(Answer(endpoint=endpoint, began=began, ended=time.monotonic(), error=error))


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """What stands at one moment: each resource's physical id by stack, and the versions of each object of the data."""

    resources: Identities
    versions: Mapping[str, frozenset[str]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Upgrade:
    """One deploy over another: what was predicted, what stood before and after, and how long it took.

    `kinds` has the type of each resource that stood before, `kept` those that outlive their stack.
    """

    predicted: Mapping[str, Any]
    before: Standing
    after: Standing
    seconds: float
    kinds: Mapping[tuple[str, str], str]
    kept: frozenset[tuple[str, str]]

    @property
    def actions(self) -> dict[tuple[str, str], str]:
        """What the plan says of each resource that changes."""
        return {(one["stack"], one["resource"]): one["action"] for one in self.predicted["changes"]}

    @property
    def replaced(self) -> set[tuple[str, str]]:
        """The resources that another stands for now."""
        return {one for one, was in _flat(self.before).items() if _flat(self.after).get(one, was) != was}

    @property
    def gone(self) -> set[tuple[str, str]]:
        return _flat(self.before).keys() - _flat(self.after).keys()

    @property
    def added(self) -> set[tuple[str, str]]:
        return _flat(self.after).keys() - _flat(self.before).keys()

    def told(self, *actions: str) -> set[tuple[str, str]]:
        """The resources of which the plan said so."""
        return {one for one, action in self.actions.items() if action in actions}


@dataclass(kw_only=True)
class Account:
    """An account to which releases are deployed, one over the other."""

    aws: SharedLocalAws
    folder: Path
    traffic: Traffic = field(init=False)

    def __post_init__(self) -> None:
        self.traffic = Traffic(connection=self.aws.connection)

    @cached_property
    def commands(self) -> Commands:
        return Commands(connection=self.aws.connection, folder=ROOT, log=self.folder / "log")

    def begin(self, assembly: Path) -> None:
        """Deploy the first release, and put artifacts and data where it expects them, some in two versions."""
        connection = self.aws.connection
        self.commands.cdk("bootstrap", f"aws://{connection.account}/{connection.region}", folder=self.folder)
        self.commands.cdk(*deploying(assembly), "dev-foundation")
        upload_models(aws=self.aws, bucket=self.bucket)
        self._copy_artifact()
        for turn in range(2):
            for model in ("churn", "churn_forest"):
                self._put(f"{model}/datasets/train/part-0.csv", f"{turn},1,2\n")
        self.commands.cdk(*deploying(assembly), "--all", "--concurrency", "4")

    def upgrade(self, assembly: Path) -> Upgrade:
        """Plan and make the deploy of an assembly over what stands, with traffic on before, during and after."""
        planned = self.commands.yard("--json", "plan", "--head", str(assembly), expect=PLANS)
        before, resources = self.standing(), self._resources()
        began = time.monotonic()
        with self.traffic.going():
            self._send(20)
            self._deploy(assembly)
            self._send(20)
        return Upgrade(
            predicted=json.loads(planned.text),
            before=before,
            after=self.standing(),
            seconds=time.monotonic() - began,
            kinds={where: one["Type"] for where, one in resources.items()},
            kept=frozenset(where for where, one in resources.items() if one.get("DeletionPolicy") == "Retain"),
        )

    @property
    def bucket(self) -> str:
        found = self.aws.client("cloudformation").describe_stacks(StackName="dev-foundation")["Stacks"][0]["Outputs"]
        return str(next(one["OutputValue"] for one in found if one["OutputKey"] == "DataBucketName"))

    def standing(self) -> Standing:
        self.aws.connection.flush()
        return Standing(
            resources={name: Stacks(aws=self.aws).identities(name) for name in self._stacks()},
            versions=self._versions(),
        )

    def captured(self, model: str, endpoint: str) -> int:
        """Return how many records were captured of an endpoint."""
        self.aws.connection.flush()
        s3 = self.aws.client("s3")
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=f"{model}/capture/{endpoint}/")
        keys = [one["Key"] for page in pages for one in page.get("Contents", ())]
        return sum(len(s3.get_object(Bucket=self.bucket, Key=key)["Body"].read().splitlines()) for key in keys)

    def _deploy(self, assembly: Path) -> None:
        """Deploy by the CLI; what an endpoint bakes, which is minutes, is skipped."""
        sagemaker = self.aws.client("sagemaker")
        deploy = self.commands.start("cdk", *deploying(assembly), "--all", "--concurrency", "4", "--no-color")
        while deploy.wait(timeout=LOOK_SECONDS) is None:
            states = [sagemaker.describe_endpoint(EndpointName=name)["EndpointStatus"] for name in ENDPOINTS]
            if any(state in MOVING for state in states):
                self.aws.advance(seconds=STEP_SECONDS)
        self.commands.finish(deploy)

    def _send(self, count: int) -> None:
        """Wait until so many requests more were answered by each endpoint."""
        enough = {name: self.traffic.sent_to(name) + count for name in ENDPOINTS}
        while any(self.traffic.sent_to(name) < least for name, least in enough.items()):
            time.sleep(PAUSE_SECONDS)

    def _copy_artifact(self) -> None:
        """Put an artifact where the line of a second promotion says."""
        s3, bucket = self.aws.client("s3"), self.bucket
        for key in (one["Key"] for one in s3.list_objects_v2(Bucket=bucket)["Contents"] if SERVED in one["Key"]):
            s3.copy_object(Bucket=bucket, Key=key.replace(SERVED, NEXT), CopySource={"Bucket": bucket, "Key": key})

    def _put(self, key: str, body: str) -> None:
        self.aws.client("s3").put_object(Bucket=self.bucket, Key=key, Body=body.encode())

    def _stacks(self) -> list[str]:
        pages = self.aws.client("cloudformation").get_paginator("describe_stacks").paginate()
        names = [one["StackName"] for page in pages for one in page["Stacks"]]
        return sorted(name for name in names if name.startswith("dev-"))

    def _versions(self) -> dict[str, frozenset[str]]:
        pages = self.aws.client("s3").get_paginator("list_object_versions").paginate(Bucket=self.bucket)
        found: dict[str, set[str]] = {}
        for page in pages:
            for one in page.get("Versions", ()):
                found.setdefault(one["Key"], set()).add(one["VersionId"])
        return {key: frozenset(ids) for key, ids in found.items()}

    def _resources(self) -> dict[tuple[str, str], dict[str, Any]]:
        """Return every resource as the deployed templates have it."""
        ask = self.aws.client("cloudformation").get_template
        templates = {name: ask(StackName=name)["TemplateBody"]["Resources"] for name in self._stacks()}
        return {(stack, one): body for stack, resources in templates.items() for one, body in resources.items()}


def promoted_again(folder: Path) -> Path:
    """Write the promoted manifests into a folder, with another artifact of churn and the engines of the release."""
    for manifest in promoted_models(folder).glob("*.toml"):
        text = manifest.read_text(encoding="utf-8").replace(SERVED, NEXT)
        engine = RELEASED_ENGINES.get(manifest.stem)
        if engine is not None:
            text = re.sub(r'^engine = "[\w-]+"', f'engine = "{engine}"', text, flags=re.MULTILINE)
        manifest.write_text(text, encoding="utf-8")
    return folder


def deploying(assembly: Path) -> Sequence[str]:
    """The words of a deploy of an assembly after `cdk`."""
    return ("deploy", "--app", str(assembly), "--require-approval", "never")


def _flat(standing: Standing) -> dict[tuple[str, str], str]:
    return {(stack, one): identity for stack, found in standing.resources.items() for one, identity in found.items()}
