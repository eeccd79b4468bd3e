"""What the tests of the workflows share."""

from typing import Any

import pytest

from modelyard.manifest.training import Training
from support.state_machines import Answer, Execution, Interpreter
from support.training_runs import CREATE_TRIAL, HEAD, PROCESS, PUBLISH, PUT, REGISTER, TRAIN, Run, trained
from support.workflows import training, training_run


@pytest.fixture
def interpreter(monkeypatch: pytest.MonkeyPatch) -> Interpreter:
    """A real interpreter of definitions."""
    return Interpreter(monkeypatch)


@pytest.fixture
def run(interpreter: Interpreter) -> Run:
    """Run a training whose trials end with the values given."""

    def run(
        declared: Training | None = None, *, values: dict[str, Any] | None = None, baseline: bool = False, **more: Any
    ) -> Execution:
        scored = {"deep": 0.9, "shallow": 0.8} if values is None else values
        answers: dict[str, Answer] = {
            CREATE_TRIAL: lambda request: {"TrialArn": request["TrialName"]},
            TRAIN: trained(scored),
            PUT: lambda request: {"ETag": "1"},
            HEAD: lambda request: {"ContentLength": 5000},
            REGISTER: lambda request: {"ModelPackageArn": "arn:package/1"},
            PROCESS: lambda request: {"ProcessingJobStatus": "Completed"},
            PUBLISH: lambda request: {"MessageId": "1"},
            **more.pop("answers", {}),
        }
        workflow = training_run(
            declared=training() if declared is None else declared,
            baseline=baseline,
            preprocessing=more.pop("preprocessing", None),
        )
        return interpreter.run(workflow.definition, answers=answers, **more)

    return run
