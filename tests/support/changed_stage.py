"""A stage whose declarations change one after another: each change is planned, as `yard plan` does, and deployed."""

import itertools
import json
import re
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from aws_cdk import cx_api

from modelyard.operations.aws import Aws
from modelyard.operations.costs.prices import shipped
from modelyard.operations.deployment import find_stack
from modelyard.operations.planning.differences import Action
from modelyard.operations.planning.plan import Plan, plan
from modelyard.operations.planning.revision import read_assembly
from modelyard.operations.planning.sources import deployed
from modelyard.scenario.commands import Commands
from support.cloudformation import CAPABILITIES, Stacks
from support.deployed_examples import boosted
from support.local_aws import SharedLocalAws
from support.plans import DeployedExamples
from support.synth import ROOT, synthesize

ARTIFACT = re.compile(r'\bmodel = "(?P<key>[^"]+/model\.tar\.gz)"')
# The declaration that is no model's.
STAGES = "stages"
# An update that waits for the clock is moved on by so much at a time.
STEP_SECONDS = 60
PAUSE_SECONDS = 0.1


@dataclass(frozen=True, kw_only=True, slots=True)
class ListedChange:
    """What CloudFormation's own change set says of a resource before it is executed.

    `static` says that the change does not depend on what a reference will give.
    """

    action: str
    replacement: str
    static: bool

    def allows(self, action: Action) -> bool:
        """Whether this may turn out as an action of the plan."""
        match self.action:
            case "Add":
                return action is Action.ADD
            case "Remove":
                return action in (Action.REMOVE, Action.ABANDON)
            case _:
                refuted = "False" if action is Action.REPLACE else "True"
                return action in (Action.REPLACE, Action.UPDATE) and self.replacement != refuted


@dataclass(frozen=True, kw_only=True, slots=True)
class ListedDeploy:
    """A change of one stack that was predicted, listed by a change set, and made by executing that."""

    listed: Mapping[str, ListedChange]
    done: DeployedExamples

    def check(self) -> None:
        """Hold the plan against what happened, and against the change set.

        A change set lists too much where a value depends on what a changed resource will give.
        """
        self.done.check()
        actions = self.done.actions
        assert actions.keys() <= self.listed.keys(), "CloudFormation lists fewer changes"
        for logical_id, one in self.listed.items():
            if logical_id in actions:
                assert one.allows(actions[logical_id]), f"{logical_id} was listed as {one}"
            else:
                assert not one.static, f"{logical_id} was to stay, and was listed as {one}"


@dataclass(frozen=True, kw_only=True, slots=True)
class _Begun:
    """A deploy of one stack that goes on."""

    stack: str
    before: Mapping[str, str]
    listed: Mapping[str, ListedChange]


@dataclass(kw_only=True)
class ChangedStage:
    """A stage and its account."""

    name: str
    aws: SharedLocalAws
    folder: Path
    _numbers: "itertools.count[int]" = field(default_factory=itertools.count)
    _published: set[str] = field(default_factory=set)

    @property
    def foundation(self) -> str:
        return f"{self.name}-foundation"

    @cached_property
    def stacks(self) -> Stacks:
        return Stacks(aws=self.aws)

    @cached_property
    def assets(self) -> str:
        """The bucket that the CDK's bootstrap makes."""
        connection = self.aws.connection
        commands = Commands(connection=connection, folder=ROOT, log=self.folder / "log")
        commands.cdk("bootstrap", f"aws://{connection.account}/{connection.region}", folder=self.folder)
        return f"cdk-hnb659fds-assets-{connection.account}-{connection.region}"

    def deploy(self, declarations: Mapping[str, str]) -> Mapping[str, ListedDeploy]:
        """Synthesize declarations, plan them over what stands, and deploy each stack whose template is another.

        They are the texts of manifests by the names of their models, and of `stages.toml`.
        """
        assembly = self._synthesized(declarations)
        self._publish(assembly)
        head = read_assembly(assembly)
        base = deployed(aws=Aws(), templates=head.templates)
        predicted = plan(base=base, head=head, prices=shipped())
        before = {one.name: one.body for one in base.templates}
        done: dict[str, ListedDeploy] = {}
        for wave in _waves(cx_api.CloudAssembly(str(assembly)).stacks):
            changed = [one for one in wave if one.template != before.get(one.stack_name)]
            begun = [self._begin(one, exists=one.stack_name in before) for one in changed]
            done |= {one.stack: self._end(one, predicted=predicted) for one in begun}
            if self.foundation in map(_name, wave):
                self._put_artifacts(declarations.values())
        return done

    def failed_run(self, model: str) -> str:
        """Start a run of a model's training, which fails, and return why."""
        machine = self._output(f"{self.name}-{model}-training", "TrainingStateMachineArn")
        machines = self.aws.client("stepfunctions")
        run = machines.start_execution(stateMachineArn=machine, input="{}")["executionArn"]
        while (ended := machines.describe_execution(executionArn=run))["status"] == "RUNNING":
            time.sleep(PAUSE_SECONDS)
        assert ended["status"] == "FAILED", ended
        return str(ended["cause"])

    def _synthesized(self, declarations: Mapping[str, str]) -> Path:
        folder = self.folder / str(next(self._numbers))
        (folder / "models").mkdir(parents=True)
        for name, text in declarations.items():
            below = folder if name == STAGES else folder / "models"
            (below / f"{name}.toml").write_text(text, encoding="utf-8")
        synthesize(
            folder / "out",
            models=folder / "models",
            stages=folder / "stages.toml",
            stage=self.name,
            preview=False,
        )
        return folder / "out"

    def _publish(self, assembly: Path) -> None:
        """Put templates and scripts where the stacks read them, as the CDK's command does."""
        s3 = self.aws.client("s3")
        for manifest in assembly.glob("*.assets.json"):
            for asset in json.loads(manifest.read_text(encoding="utf-8"))["files"].values():
                (place,) = asset["destinations"].values()
                if place["objectKey"] not in self._published:
                    content = _made(asset["source"], folder=assembly).read_bytes()
                    s3.put_object(Bucket=self.assets, Key=place["objectKey"], Body=content)
                    self._published.add(place["objectKey"])

    def _begin(self, stack: cx_api.CloudFormationStackArtifact, *, exists: bool) -> _Begun:
        """Have a change set made of a stack's template and executed, as the CDK's command does."""
        client, name = self.stacks.client, stack.stack_name
        before = self.stacks.identities(name) if exists else {}
        if not exists:
            self._delete_uncreated(name)
        url = str(stack.stack_template_asset_object_url)
        change_set = f"change-{next(self._numbers)}"
        client.create_change_set(
            StackName=name,
            ChangeSetName=change_set,
            ChangeSetType="UPDATE" if exists else "CREATE",
            TemplateURL=f"https://s3.{self.aws.connection.region}.amazonaws.com/{self.assets}/{url.rpartition('/')[2]}",
            Capabilities=CAPABILITIES,
            Tags=[{"Key": key, "Value": value} for key, value in stack.tags.items()],
        )
        listed = self._listed(name, change_set=change_set)
        client.execute_change_set(StackName=name, ChangeSetName=change_set)
        return _Begun(stack=name, before=before, listed=listed)

    def _end(self, begun: _Begun, *, predicted: Plan) -> ListedDeploy:
        """Wait for a stack's deploy."""
        name = begun.stack
        status = self._settled(name)
        done = DeployedExamples(
            stack=name,
            plan=predicted,
            status=status,
            reasons=self.stacks.reasons(name),
            before=begun.before,
            after=self.stacks.identities(name),
        )
        return ListedDeploy(listed=begun.listed, done=done)

    def _delete_uncreated(self, name: str) -> None:
        """Delete what failed to be created, as the CDK's command does."""
        stack = find_stack(aws=Aws(), name=name)
        if stack is None:
            return
        assert not stack.was_created, stack
        arn = self.stacks.client.describe_stacks(StackName=name)["Stacks"][0]["StackId"]
        self.stacks.client.delete_stack(StackName=name)
        assert self.stacks.settled(arn) == "DELETE_COMPLETE"

    def _listed(self, name: str, *, change_set: str) -> dict[str, ListedChange]:
        pages = self.stacks.client.get_paginator("describe_change_set").paginate(
            StackName=name, ChangeSetName=change_set
        )
        changes = [one["ResourceChange"] for page in pages for one in page["Changes"]]
        return {
            one["LogicalResourceId"]: ListedChange(
                action=one["Action"],
                replacement=one.get("Replacement", "False"),
                static=any(detail["Evaluation"] == "Static" for detail in one.get("Details", ())),
            )
            for one in changes
        }

    def _settled(self, name: str) -> str:
        """Wait for a stack; what an endpoint bakes is skipped."""
        while (status := self.stacks.status(name)).endswith("IN_PROGRESS"):
            if "Updating" in self._endpoint_states():
                self.aws.advance(seconds=STEP_SECONDS)
            time.sleep(PAUSE_SECONDS)
        return status

    def _output(self, stack: str, key: str) -> str:
        found = find_stack(aws=Aws(), name=stack)
        assert found is not None, stack
        return found.output(key)

    def _endpoint_states(self) -> set[str]:
        return {one["EndpointStatus"] for one in self.aws.client("sagemaker").list_endpoints()["Endpoints"]}

    def _put_artifacts(self, declarations: Iterable[str]) -> None:
        """Put a model of XGBoost wherever a declaration names an artifact."""
        s3, content = self.aws.client("s3"), boosted()
        bucket = self._output(self.foundation, "DataBucketName")
        for found in itertools.chain.from_iterable(map(ARTIFACT.finditer, declarations)):
            s3.put_object(Bucket=bucket, Key=found["key"], Body=content)


def _waves(stacks: Iterable[cx_api.CloudFormationStackArtifact]) -> list[list[cx_api.CloudFormationStackArtifact]]:
    """Return stacks, which are given in the order of their deploys, in groups that can be deployed at once."""
    waves: list[list[cx_api.CloudFormationStackArtifact]] = []
    for stack in stacks:
        needed = {one.id for one in stack.dependencies}
        after = [number for number, wave in enumerate(waves) if needed & {one.id for one in wave}]
        number = max(after) + 1 if after else 0
        waves += [[]] if number == len(waves) else []
        waves[number].append(stack)
    return waves


def _name(stack: cx_api.CloudFormationStackArtifact) -> str:
    return str(stack.stack_name)


def _made(source: Mapping[str, Any], *, folder: Path) -> Path:
    """Return an asset's file, which is in the assembly, or which a command makes and whose path it prints."""
    if "path" in source:
        return folder / str(source["path"])
    command = [sys.executable, *source["executable"][1:]]
    made = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return Path(made.stdout.strip())
