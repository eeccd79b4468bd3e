"""What is recorded of a client's calls, by a client of the SDK whose answers are given."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import boto3
import botocore.exceptions
import botocore.session
import pytest
from botocore.stub import Stubber

from modelyard.operations.certification.recorder import Recorder
from modelyard.operations.certification.scrubbing import Scrubber

Client = Callable[[str], tuple[Any, Stubber]]


@pytest.fixture
def recorder() -> Recorder:
    return Recorder(scrubber=Scrubber())


@pytest.fixture
def client(recorder: Recorder) -> Client:
    session = boto3.session.Session("AKIAQQQQQQQQQQQQQQQQ", "hidden", region_name="us-east-1")
    recorder.attach(session)

    def make(service: str) -> tuple[Any, Stubber]:
        made = session.client(service)
        stubber = Stubber(made)
        stubber.activate()
        return made, stubber

    return make


def test_a_call_is_recorded_with_what_was_asked_and_answered(recorder: Recorder, client: Client) -> None:
    sagemaker, stubber = client("sagemaker")
    arn = "arn:aws:sagemaker:us-east-1:111122223333:model/secret"
    answer = {"ModelName": "secret", "ModelArn": arn, "CreationTime": datetime(2026, 11, 27, tzinfo=UTC)}
    stubber.add_response("describe_model", {**answer, "EnableNetworkIsolation": False})
    with recorder.step("endpoint") as step:
        sagemaker.describe_model(ModelName="secret")
    (call,) = step.calls
    assert (call.service, call.operation, call.code) == ("sagemaker", "DescribeModel", None)
    assert call.parameters == {"ModelName": "<name-1>"}
    assert call.answer == {
        "ModelName": "<name-1>",
        "CreationTime": "<time>",
        "ModelArn": "<arn-1>",
        "EnableNetworkIsolation": False,
    }
    assert step.outcome == "done"


def test_an_error_is_recorded_with_its_status_code_and_text(recorder: Recorder, client: Client) -> None:
    sagemaker, stubber = client("sagemaker")
    stubber.add_client_error("describe_model", "ValidationException", 'Could not find model "secret-7".', 400)
    with recorder.step("teardown") as step, pytest.raises(botocore.exceptions.ClientError):
        sagemaker.describe_model(ModelName="secret-7")
    (call,) = step.calls
    assert (call.status, call.answer) == (400, None)
    assert (call.code, call.text) == ("ValidationException", 'Could not find model "<name-1>".')
    assert step.outcome == "done"


def test_a_call_without_an_answer_is_recorded_by_what_broke(recorder: Recorder) -> None:
    session = boto3.session.Session("key", "hidden", region_name="us-east-1")
    recorder.attach(session)
    config = botocore.config.Config(retries={"total_max_attempts": 1})
    broken = session.client("sagemaker", endpoint_url="http://127.0.0.1:9", config=config)
    with recorder.step("endpoint") as step, pytest.raises(botocore.exceptions.EndpointConnectionError):
        broken.describe_model(ModelName="secret")
    (call,) = step.calls
    assert (call.status, call.code, call.text) == (None, "EndpointConnectionError", None)


def test_what_is_called_outside_of_a_step_is_not_recorded(recorder: Recorder, client: Client) -> None:
    sts, stubber = client("sts")
    stubber.add_response("get_caller_identity", {"Account": "111122223333"})
    sts.get_caller_identity()
    assert recorder.steps == []


@pytest.mark.parametrize(("raised", "outcome"), [(KeyboardInterrupt, "interrupted"), (ValueError, "failed")])
def test_a_step_says_how_it_ended(recorder: Recorder, raised: type[BaseException], outcome: str) -> None:
    with pytest.raises(raised), recorder.step("training"):
        raise raised
    assert [step.outcome for step in recorder.steps] == [outcome]
