"""A short life: its steps in their order, what it may take, and the teardown that ends it whatever happened."""

import tempfile
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import botocore
from botocore.exceptions import BotoCoreError, ClientError

from modelyard.manifest import Model
from modelyard.operations.aws import Aws
from modelyard.operations.certification import steps
from modelyard.operations.certification.ceiling import (
    MINUTES_AN_HOUR,
    TEARDOWN_MINUTES,
    Ceiling,
    CeilingReached,
    Meter,
    Use,
    hourly,
)
from modelyard.operations.certification.deploying import Cdk
from modelyard.operations.certification.histories import StackEvents
from modelyard.operations.certification.record import Record, Resource, Step
from modelyard.operations.certification.recorder import Recorder
from modelyard.operations.certification.scrubbing import Scrubber
from modelyard.operations.certification.teardown import tear_down
from modelyard.operations.certification.workspace import STAGE, Workspace, make_workspace
from modelyard.operations.costs.prices import Prices
from modelyard.operations.deployment import find_stack
from modelyard.operations.failures import Failure, sentence_of
from modelyard.operations.project import ROOT, Project

TOOLKIT = "CDKToolkit"
WHOLE = "whole"

Uses = Callable[[Model], tuple[Use, ...]]
Say = Callable[[str], None]


def nothing(_model: Model) -> tuple[Use, ...]:
    """Return that no instance runs."""
    return ()


def trials(model: Model) -> tuple[Use, ...]:
    """Return the instances of all trials at once."""
    training = model.training
    if training is None or training.instance is None:
        return ()
    return (Use(instance=training.instance, count=len(training.all_trials)),)


def endpoint(model: Model, *, fleets: int = 1) -> tuple[Use, ...]:
    """Return the endpoint's instances; while it is updated there are two fleets."""
    serving = model.serving
    if serving is None:
        return ()
    return tuple(
        Use(instance=serving.instance_of(variant=one), count=fleets * serving.initial_count) for one in serving.variants
    )


def both_fleets(model: Model) -> tuple[Use, ...]:
    """Return the instances of an endpoint that is updated."""
    return endpoint(model, fleets=2)


def endpoint_and_check(model: Model) -> tuple[Use, ...]:
    """Return the endpoint's instances and a check's."""
    monitoring = model.monitoring
    return endpoint(model) + (() if monitoring is None else (Use(instance=monitoring.instance, count=1),))


@dataclass(frozen=True, kw_only=True, slots=True)
class LifeStep:
    """One step: what it usually takes on AWS beside a rollout's own waits, and which instances run meanwhile."""

    name: str
    minutes: float
    run: Callable[[steps.Life, Step], None]
    uses: Uses = nothing
    rolls_out: bool = False

    def usual_minutes(self, model: Model) -> float:
        """Return what it usually takes of a model."""
        waits = model.serving.rollout.waiting_seconds / 60 if self.rolls_out and model.serving is not None else 0.0
        return self.minutes + waits


# Estimates from AWS's documents, as those of the rehearsal's steps: nobody has timed them on AWS.
STEPS = (
    LifeStep(name="foundation and training", minutes=3, run=steps.deploy_training),
    LifeStep(name="data", minutes=0.5, run=steps.push_data),
    LifeStep(name="training", minutes=10, run=steps.train, uses=trials),
    LifeStep(name="endpoint", minutes=10, run=steps.deploy_endpoint, uses=endpoint),
    LifeStep(name="capture", minutes=3, run=steps.capture, uses=endpoint),
    LifeStep(name="check", minutes=8, run=steps.check_traffic, uses=endpoint_and_check),
    LifeStep(name="scaling", minutes=0.1, run=steps.check_scaling, uses=endpoint),
    LifeStep(name="update", minutes=8, run=steps.update, uses=both_fleets, rolls_out=True),
    LifeStep(name="rollback", minutes=15, run=steps.roll_back, uses=both_fleets),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Estimate:
    """What a life usually takes, its teardown included, by a price list."""

    minutes: float
    dollars: float


def estimate_of(model: Model, *, prices: Prices) -> Estimate:
    """Return what the life of a model usually takes.

    Raises:
        Failure: an instance has no price.
    """
    spans = [(step.usual_minutes(model), hourly(step.uses(model), prices=prices)) for step in STEPS]
    spans.append((TEARDOWN_MINUTES, hourly(endpoint(model), prices=prices)))
    return Estimate(
        minutes=sum(minutes for minutes, _ in spans),
        dollars=sum(minutes / MINUTES_AN_HOUR * dollars for minutes, dollars in spans),
    )


def check_enough(estimate: Estimate, *, ceiling: Ceiling) -> None:
    """Refuse a ceiling that a usual life would reach.

    Raises:
        Failure: it is too low.
    """
    for option, needed, given in (
        ("--max-usd", estimate.dollars, ceiling.dollars),
        ("--max-minutes", estimate.minutes, ceiling.minutes),
    ):
        if needed > given:
            raise Failure(f"{option} must be at least {needed:.2f}, as a life usually takes, got {given:g}; raise it")


def check_free(aws: Aws) -> None:
    """Refuse an account that is not bootstrapped, or that has the stage already.

    Raises:
        Failure: one of both.
    """
    if find_stack(aws=aws, name=TOOLKIT) is None:
        raise Failure(f"The stack {TOOLKIT} must be there for cdk deploy, it is not; first: cdk bootstrap")
    name = f"{STAGE}-foundation"
    if find_stack(aws=aws, name=name) is not None:
        raise Failure(f"The stack {name} must not be there, a certification has left it; first: yard certify clear")


@contextmanager
def prepared(*, project: Project, model: str, region: str | None, meter: Meter) -> Iterator[steps.Life]:
    """Give a life that is about to begin, with a folder for as long as the `with`.

    Raises:
        manifest.Refused: the model's declarations cannot be taken.
        Failure: the model has not what a life plays.
    """
    with tempfile.TemporaryDirectory(prefix="yard-certify-") as folder:
        workspace: Workspace = make_workspace(project=project, name=model, folder=Path(folder))
        recorder = Recorder(scrubber=Scrubber())
        unrecorded = Aws(region=region)
        yield steps.Life(
            workspace=workspace,
            aws=Aws(region=region, on_session=recorder.attach),
            unrecorded=unrecorded,
            recorder=recorder,
            cdk=Cdk(root=ROOT, workspace=workspace, region=unrecorded.region),
            meter=meter,
            events=StackEvents(aws=unrecorded, scrubber=recorder.scrubber, variant=workspace.variant),
        )


def play(life: steps.Life, *, say: Say) -> Record:
    """Play a life to its end or its first failure, tear it down, and return its record.

    An interruption ends the life as a failure does; a second one, while it is torn down, is raised.
    """
    digest, ended = life.workspace.digest, WHOLE
    try:
        for number, step in enumerate(STEPS, 1):
            life.meter.run(step.uses(life.workspace.model))
            life.meter.check()
            say(f"{number} of {len(STEPS)}: {step.name}, {life.meter.minutes:.0f} min, {life.meter.dollars:.2f} USD")
            with life.recorder.step(step.name) as recorded:
                step.run(life, recorded)
    except KeyboardInterrupt:
        ended = "interrupted"
    except CeilingReached as reached:
        ended = f"ceiling: {reached}"
    except (Failure, ClientError, BotoCoreError) as error:
        sentence = str(error) if isinstance(error, Failure) else sentence_of(error)
        say(sentence)
        ended = f"failed: {life.recorder.scrubber.text(sentence)}"
    except Exception as unexpected:  # noqa: BLE001 - told in full; an answer that nobody expected is what is looked for
        for line in traceback.format_exception(unexpected):
            say(line)
        ended = f"failed: {type(unexpected).__name__}"
    say("teardown")
    with life.recorder.step("teardown") as recorded:
        resources = tear_down(life, step=recorded, say=say)
    return Record(
        release=_release(),
        sdk=botocore.__version__,
        manifest=digest,
        max_dollars=life.meter.ceiling.dollars,
        max_minutes=life.meter.ceiling.minutes,
        dollars=round(life.meter.dollars, 4),
        minutes=round(life.meter.minutes, 1),
        ended=ended,
        steps=tuple(life.recorder.steps),
        resources=tuple(resources),
    )


def left(resources: Sequence[Resource]) -> list[Resource]:
    """Return what is left: what is there, and what nobody says is gone."""
    return [one for one in resources if one.gone is not True]


def _release() -> str:
    try:
        return version("modelyard")
    except PackageNotFoundError:
        return "a clone, not installed"
