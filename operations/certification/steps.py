"""The steps of the life, each by the functions that the commands have."""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from modelyard.manifest.stack_kinds import StackKey
from modelyard.operations.aws import Aws
from modelyard.operations.bucket import DataBucket
from modelyard.operations.certification.ceiling import Meter
from modelyard.operations.certification.deploying import Cdk
from modelyard.operations.certification.histories import EndpointWatch, StackEvents, execution_histories
from modelyard.operations.certification.record import Step
from modelyard.operations.certification.recorder import Recorder
from modelyard.operations.certification.workspace import FEWEST_TRIALS, STAGE, Workspace
from modelyard.operations.data.examples import datasets_of
from modelyard.operations.data.pushing import planned, send
from modelyard.operations.deployment import Deployment
from modelyard.operations.executions import Execution, Machine
from modelyard.operations.failures import Failure
from modelyard.operations.monitoring import schedule
from modelyard.operations.monitoring.checks import check_machine, check_now
from modelyard.operations.monitoring.monitor import drift_of
from modelyard.operations.monitoring.window import window_of
from modelyard.operations.promotion.candidate import candidate
from modelyard.operations.promotion.promote import VARIANTS, apply, chosen_variants, edits, write_whole
from modelyard.operations.promotion.toml_lines import Edit
from modelyard.operations.scoring.request import Request, invoke
from modelyard.operations.served_artifacts import served_artifacts
from modelyard.operations.traffic.bodies import bodies_of
from modelyard.operations.traffic.endpoint import endpoint_state
from modelyard.operations.training.leaderboard import read_leaderboard
from modelyard.operations.training.request import training_request
from modelyard.operations.verification import Verification

CAPTURE_SECONDS = 300
REQUESTS = 30
# SageMaker cannot unpack it: the new fleet never comes up, and the one before goes on.
BROKEN = b"This is no archive."
NAMESPACE = "sagemaker"


@dataclass(kw_only=True)
class Life:
    """What the steps share. `aws` is recorded; `unrecorded` looks on, as often as it likes.

    `stacks` has the id of each stack that was deployed, by its kind; `trials` the trials of the run, the best first.
    """

    workspace: Workspace
    aws: Aws
    unrecorded: Aws
    recorder: Recorder
    cdk: Cdk
    meter: Meter
    events: StackEvents
    stacks: dict[StackKey, str] = field(default_factory=dict)
    run: str = ""
    trials: tuple[str, ...] = ()

    @property
    def deployment(self) -> Deployment:
        """The stacks as they are now."""
        return Deployment(aws=self.aws, model=self.workspace.model, stage=STAGE)

    @property
    def endpoint(self) -> str:
        """The endpoint's name."""
        return self.workspace.model.endpoint(stage=STAGE)

    def bucket(self) -> DataBucket:
        """Return the data bucket."""
        return DataBucket(aws=self.aws, name=self.deployment.bucket)

    def deploy(self, step: Step, *parts: StackKey, watches: bool = False) -> str | None:
        """Deploy stacks, and return what the CLI said if it failed.

        However it ends, the stacks' events go into the step, and the endpoint's states where it is to be watched.
        """
        watch = EndpointWatch(aws=self.unrecorded, scrubber=self.recorder.scrubber, name=self.endpoint)

        def look() -> None:
            self.meter.check()
            if watches:
                watch.look()

        deployment = self.deployment
        try:
            return self.cdk.deploy(*map(deployment.name_of, parts), look=look)
        finally:
            if watches:
                watch.look()
                step.histories.append(watch.history)
            self.find_stacks(*parts)
            step.events += self.events.new({part: self.stacks[part] for part in parts if part in self.stacks})

    def find_stacks(self, *parts: StackKey) -> None:
        """Note the ids of the stacks that are there: by their names nobody finds them once they are deleted."""
        named = {self.deployment.name_of(part): part for part in parts}
        for page in self.unrecorded.client("cloudformation").get_paginator("describe_stacks").paginate():
            for stack in page["Stacks"]:
                if stack["StackName"] in named:
                    self.stacks[named[stack["StackName"]]] = stack["StackId"]

    def promote(self, artifact: str | None = None, *, trial: str | None = None) -> None:
        """Write a trial's artifact and baseline into the manifest, or an artifact alone."""
        model, file = self.workspace.model, self.workspace.manifest
        if artifact is not None:
            changes = [Edit(table=VARIANTS, index=0, key="model", value=artifact)]
        else:
            found = candidate(model=model, bucket=self.bucket(), run=self.run, trial=trial)
            chosen = chosen_variants(model=model, name=None)
            changes = edits(model=model, candidate=found, variants=chosen, weight=None)
        write_whole(file=file, text=apply(text=file.read_text(encoding="utf-8"), changes=changes))


def deploy_training(life: Life, step: Step) -> None:
    """Deploy the foundation and what trains."""
    _require_deployed(life.deploy(step, "foundation", "training"))


def push_data(life: Life, _step: Step) -> None:
    """Upload the datasets."""
    bucket = life.bucket()
    with datasets_of(life.workspace.model, root=life.cdk.root) as folder, tempfile.TemporaryDirectory() as work:
        plan = planned(model=life.workspace.model, folder=folder, bucket=bucket, into=Path(work))
        send(plan.pushes, bucket=bucket, sent=lambda _: None)


def train(life: Life, step: Step) -> None:
    """Run the trials, and read what SageMaker says of each job."""
    model, bucket = life.workspace.model, life.bucket()
    machine = Machine(aws=life.aws, arn=life.deployment.output("training", "TrainingStateMachineArn"))
    request = training_request(model=model, machine=machine, bucket=bucket, trials=[])
    arn = machine.start(name=request.name(moment=life.aws.now()), payload=request.input)

    def seen(_: Execution) -> None:
        life.meter.check()

    execution = machine.follow(arn, seen=seen)
    step.histories += _histories(life, subject="training", arn=arn)
    # Before anything is read of a run that may have failed: why is what a job says.
    sagemaker = life.aws.client("sagemaker")
    jobs = sagemaker.list_training_jobs(NameContains=execution.name, SortBy="Name", SortOrder="Ascending")
    for job in jobs["TrainingJobSummaries"]:
        sagemaker.describe_training_job(TrainingJobName=job["TrainingJobName"])
    life.run = str(execution.result(what="The run")["run"])
    board = read_leaderboard(model=model, bucket=bucket, run=life.run)
    life.trials = tuple(trial.name for trial in board.trials if trial.status == "Completed")
    if len(life.trials) < FEWEST_TRIALS:
        raise Failure(
            f"{FEWEST_TRIALS} trials of run {life.run} must complete, {len(life.trials)} did; see yard leaderboard"
        )


def deploy_endpoint(life: Life, step: Step) -> None:
    """Promote the best trial, and deploy what serves and watches it."""
    life.promote(trial=life.trials[0])
    _require_deployed(life.deploy(step, "serving", "monitoring", watches=True))
    _served(life)


def capture(life: Life, _step: Step) -> None:
    """Verify the deployment, a captured request included, and send records for the check."""
    bodies = bodies_of(model=life.workspace.model, file=None, drifted=False)
    for number in range(REQUESTS):
        request = Request(
            body=bodies[number % len(bodies)], content_type="text/csv", accept=life.workspace.model.accept
        )
        invoke(aws=life.aws, endpoint=life.endpoint, request=request)
    for check in Verification(deployment=life.deployment, body=bodies[0], seconds=CAPTURE_SECONDS).checks():
        if check.ok is False:
            raise Failure(f"It must hold that {check.what}: {check.detail}")
        life.meter.check()


def check_traffic(life: Life, step: Step) -> None:
    """Have our engine check the captured hour, and switch its schedule off: one check is enough."""
    monitor = drift_of(life.deployment)
    window = window_of(model=life.workspace.model, now=life.aws.now(), since=None, until=None)
    folder = check_now(monitor=monitor, window=window, seen=lambda _: life.meter.check())
    newest = next(check_machine(monitor).executions())
    step.histories += _histories(life, subject="check", arn=newest["executionArn"])
    if not folder:
        raise Failure("The check must find the captured requests, it found none; see yard captures")
    sagemaker = life.aws.client("sagemaker")
    jobs = sagemaker.list_processing_jobs(NameContains=life.endpoint, SortBy="CreationTime", SortOrder="Descending")
    sagemaker.describe_processing_job(ProcessingJobName=jobs["ProcessingJobSummaries"][0]["ProcessingJobName"])
    schedule.pause(monitor, seen=lambda _: life.meter.check())


def check_scaling(life: Life, _step: Step) -> None:
    """See that the variant is registered to scale."""
    scaling = life.aws.client("application-autoscaling")
    variant = f"endpoint/{life.endpoint}/variant/{life.workspace.variant}"
    targets = scaling.describe_scalable_targets(ServiceNamespace=NAMESPACE, ResourceIds=[variant])
    policies = scaling.describe_scaling_policies(ServiceNamespace=NAMESPACE, ResourceId=variant)
    if not targets["ScalableTargets"] or not policies["ScalingPolicies"]:
        raise Failure(f"{variant} must be registered with a policy to scale, it is not; see yard status")


def update(life: Life, step: Step) -> None:
    """Have another trial's model take the endpoint over."""
    before = _served(life)
    life.promote(trial=life.trials[1])
    _require_deployed(life.deploy(step, "serving", watches=True))
    if _served(life) == before:
        raise Failure(f"Another model must serve after an update, {', '.join(before.values())} does")


def roll_back(life: Life, step: Step) -> None:
    """Deploy a model that cannot be loaded: the deployment fails, and the one before serves on."""
    before = _served(life)
    key = f"{life.workspace.model.name}/training/broken/output/model.tar.gz"
    life.bucket().write(key=key, content=BROKEN)
    life.promote(key)
    if life.deploy(step, "serving", watches=True) is None:
        raise Failure(f"The deployment of {key}, which is no archive, must fail, it succeeded")
    after = endpoint_state(aws=life.aws, name=life.endpoint)
    if after.status != "InService" or _served(life) != before:
        raise Failure(f"The model before must serve after the rollback, the endpoint is {after.status}")


def _require_deployed(failed: str | None) -> None:
    if failed is not None:
        raise Failure(f"cdk deploy must succeed, it ended with: {failed}")


def _histories(life: Life, *, subject: str, arn: str) -> Any:
    return execution_histories(aws=life.unrecorded, scrubber=life.recorder.scrubber, subject=subject, arn=arn)


def _served(life: Life) -> Mapping[str, str]:
    """Which artifacts are served; for the record also the endpoint, its configuration and its models, described."""
    config = endpoint_state(aws=life.aws, name=life.endpoint).config
    return served_artifacts(aws=life.aws, config=config)
