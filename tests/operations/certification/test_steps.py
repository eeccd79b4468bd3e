"""A step that does not find what it must find ends the life with a sentence. `test_lives` plays the steps whole."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from modelyard.operations.aws import Aws
from modelyard.operations.certification import steps
from modelyard.operations.certification.record import Step
from modelyard.operations.failures import Failure
from modelyard.operations.verification import Check

FIRST, SECOND = {"primary": "s3://data/first"}, {"primary": "s3://data/second"}


def life(**members: Any) -> Any:
    """Where a step is played: nothing of it is asked but what a test gives."""
    given = {
        "aws": SimpleNamespace(now=lambda: None, client=lambda _: AnyClient()),
        "endpoint": "certify-churn",
        "workspace": SimpleNamespace(model=SimpleNamespace(name="churn", accept=None), variant="primary"),
        "meter": SimpleNamespace(check=lambda: None),
        "deployment": SimpleNamespace(output=lambda *_: "arn"),
        "bucket": lambda: SimpleNamespace(write=lambda **_: None),
        "promote": lambda *_, **__: None,
        "deploy": lambda *_, **__: None,
        "trials": ("first", "second"),
        "run": "",
    }
    return SimpleNamespace(**{**given, **members})


class AnyClient:
    """A service that has nothing of anything."""

    def __getattr__(self, _operation: str) -> Callable[..., Any]:
        return lambda **_: {"TrainingJobSummaries": [], "ProcessingJobSummaries": []}


def serving(monkeypatch: pytest.MonkeyPatch, *served: dict[str, str], status: str = "InService") -> None:
    """Have the endpoint serve one after the other."""
    answers = iter(served)
    monkeypatch.setattr(steps, "endpoint_state", lambda **_: SimpleNamespace(status=status, config="config"))
    monkeypatch.setattr(steps, "served_artifacts", lambda **_: next(answers))


@pytest.mark.parametrize("step", [steps.deploy_training, steps.deploy_endpoint, steps.update])
def test_a_deployment_that_fails_ends_the_step_in_the_cli_s_words(
    monkeypatch: pytest.MonkeyPatch, step: Callable[[Any, Step], None]
) -> None:
    serving(monkeypatch, FIRST)
    with pytest.raises(Failure, match="cdk deploy must succeed, it ended with: no such role"):
        step(life(deploy=lambda *_, **__: "no such role"), Step(name="one"))


def test_a_run_of_which_one_trial_completes_ends_the_step(monkeypatch: pytest.MonkeyPatch) -> None:
    execution = SimpleNamespace(name="run", result=lambda **_: {"run": "run"})
    machine = SimpleNamespace(start=lambda **_: "arn", follow=lambda *_, **__: execution)
    request = SimpleNamespace(name=lambda **_: "run", payload={}, input={})
    trials = [SimpleNamespace(name="one", status="Completed"), SimpleNamespace(name="two", status="Failed")]
    monkeypatch.setattr(steps, "Machine", lambda **_: machine)
    monkeypatch.setattr(steps, "training_request", lambda **_: request)
    monkeypatch.setattr(steps, "execution_histories", lambda **_: [])
    monkeypatch.setattr(steps, "read_leaderboard", lambda **_: SimpleNamespace(trials=trials))
    recorded = life(unrecorded=None, recorder=SimpleNamespace(scrubber=None))
    with pytest.raises(Failure, match="2 trials of run run must complete, 1 did"):
        steps.train(recorded, Step(name="training"))


def test_a_verification_that_fails_ends_the_step(monkeypatch: pytest.MonkeyPatch) -> None:
    checks = [
        Check(what="it answers", ok=True, detail=""),
        Check(what="it is watched", ok=None, detail="later"),
        Check(what="the request is captured", ok=False, detail="none of 1 requests within 300 s"),
    ]
    monkeypatch.setattr(steps, "bodies_of", lambda **_: [b"1,2"])
    monkeypatch.setattr(steps, "invoke", lambda **_: None)
    monkeypatch.setattr(steps, "Verification", lambda **_: SimpleNamespace(checks=lambda: iter(checks)))
    with pytest.raises(Failure, match="It must hold that the request is captured: none of 1 requests within 300 s"):
        steps.capture(life(), Step(name="capture"))


def test_a_check_without_data_ends_the_step(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = SimpleNamespace(executions=lambda: iter([{"executionArn": "arn"}]))
    monkeypatch.setattr(steps, "drift_of", lambda _: None)
    monkeypatch.setattr(steps, "window_of", lambda **_: None)
    monkeypatch.setattr(steps, "check_now", lambda **_: "")
    monkeypatch.setattr(steps, "check_machine", lambda _: machine)
    monkeypatch.setattr(steps, "execution_histories", lambda **_: [])
    recorded = life(unrecorded=None, recorder=SimpleNamespace(scrubber=None))
    with pytest.raises(Failure, match="The check must find the captured requests, it found none; see yard captures"):
        steps.check_traffic(recorded, Step(name="check"))


def test_a_variant_that_is_not_registered_to_scale_ends_the_step(reached: Aws) -> None:
    with pytest.raises(Failure, match="certify-churn/variant/primary must be registered with a policy to scale, it is"):
        steps.check_scaling(life(aws=reached), Step(name="scaling"))


def test_an_update_that_changes_nothing_ends_the_step(monkeypatch: pytest.MonkeyPatch) -> None:
    serving(monkeypatch, FIRST, FIRST)
    with pytest.raises(Failure, match="Another model must serve after an update, s3://data/first does"):
        steps.update(life(), Step(name="update"))


def test_a_broken_model_that_is_deployed_ends_the_step(monkeypatch: pytest.MonkeyPatch) -> None:
    serving(monkeypatch, FIRST)
    with pytest.raises(Failure, match=r"churn/training/broken/.*, which is no archive, must fail, it succeeded"):
        steps.roll_back(life(), Step(name="rollback"))


@pytest.mark.parametrize(("after", "status"), [(SECOND, "InService"), (FIRST, "Failed")])
def test_a_rollback_after_which_the_model_before_does_not_serve_ends_the_step(
    monkeypatch: pytest.MonkeyPatch, after: dict[str, str], status: str
) -> None:
    serving(monkeypatch, FIRST, after, status=status)
    with pytest.raises(Failure, match=f"The model before must serve after the rollback, the endpoint is {status}"):
        steps.roll_back(life(deploy=lambda *_, **__: "it failed"), Step(name="rollback"))
