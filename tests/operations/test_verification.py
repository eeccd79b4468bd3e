"""What `yard verify` finds of an endpoint that runs."""

import json
from collections.abc import Iterator
from typing import Literal

import pytest

from modelyard.manifest import Model
from modelyard.manifest.answer import Answer
from modelyard.manifest.monitoring import Monitoring
from modelyard.manifest.serving import Capture, Serving, Variant
from modelyard.operations.aws import Aws
from modelyard.operations.deployment import Deployment
from modelyard.operations.verification import Check, Verification
from support.cloudformation import Stacks
from support.endpoints import Endpoints, variant
from support.local_aws import SharedLocalAws
from support.workflows import training

PROGRAM = """
    import os

    def model_fn(model_dir):
        return None

    def transform_fn(model, body, content_type, accept):
        return "1", os.environ["ANSWERS_IN"]
"""


@pytest.fixture
def host(local_aws: SharedLocalAws) -> Iterator[Endpoints]:
    made = Endpoints(aws=local_aws, bucket=local_aws.bucket(), role=local_aws.role())
    yield made
    made.end()


# Answers each row of a request so, and in what the caller asks for.
LINES = """
    def model_fn(model_dir):
        return None

    def transform_fn(model, body, content_type, accept):
        return "\\n".join([{line!r}] * len(body.split("\\n"))), accept
"""


def verified(
    host: Endpoints,
    aws: Aws,
    *,
    answers_in: str,
    program: str = PROGRAM,
    answer: Answer | None = None,
    what: str = "an answer without Accept can be monitored",
    engine: Literal["drift", "model-monitor"] = "drift",
) -> Check:
    """What is found of an endpoint whose container answers so."""
    environment = {
        "SAGEMAKER_PROGRAM": "serve.py",
        "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
        "ANSWERS_IN": answers_in,
        "SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT": "text/csv",
    }
    endpoint = host.endpoint(host.config(variant(host.model(program=program, Environment=environment))))
    name = f"m{endpoint.rpartition('-')[2]}"
    stacks = Stacks(aws=host.aws)
    outputs = {"EndpointName": {"Value": endpoint}}
    body = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}, "Outputs": outputs}
    stacks.client.create_stack(StackName=f"dev-{name}-serving", TemplateBody=json.dumps(body))
    stacks.settled(f"dev-{name}-serving")
    model = Model(
        name=name,
        training=training(baseline_dataset="baseline"),
        serving=Serving(
            instance="ml.m5.large",
            capture=Capture(),
            answer=answer,
            script="churn/serve.py",
            variants=(Variant(name="primary"),),
        ),
        monitoring=Monitoring(engine=engine),
    )
    deployment = Deployment(aws=aws, model=model, stage="dev")
    found = {one.what: one for one in Verification(deployment=deployment, body=b"1,2", seconds=0).checks()}
    stacks.client.delete_stack(StackName=f"dev-{name}-serving")
    return found[what]


def test_an_answer_that_is_encoded_as_its_request_can_be_monitored(host: Endpoints, reached: Aws) -> None:
    found = verified(host, reached, answers_in="text/csv")
    assert (found.ok, found.detail) == (True, "text/csv")


def test_an_answer_in_json_to_a_request_in_csv_cannot_be_monitored(host: Endpoints, reached: Aws) -> None:
    found = verified(host, reached, answers_in="application/json")
    assert found.ok is False
    assert found.detail.startswith("application/json; set SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT")


def test_an_answer_of_csv_is_not_asked_for_where_the_next_check_could_not_read_it(
    host: Endpoints, reached: Aws
) -> None:
    answer = Answer(content_type="application/json", probability="$.score")
    found = verified(host, reached, answers_in="application/json", answer=answer)

    assert found.ok is True
    assert found.detail == (
        "application/json; text/csv was not asked for, as its capture has no $.score and counts as unreadable"
    )


DECLARED = "the answer is what the manifest declares"
SCORED = Answer(prediction="0", kind="text", probability="1")


def test_an_answer_as_it_is_declared_is_named_with_what_was_found(host: Endpoints, reached: Aws) -> None:
    program = LINES.format(line='"a, b",0.75')
    found = verified(host, reached, answers_in="", program=program, answer=SCORED, what=DECLARED)

    assert (found.ok, found.detail) == (True, "text/csv: prediction a, b, probability 0.75")


@pytest.mark.parametrize(
    ("line", "answer", "said"),
    [
        ("cat", SCORED, "1 record: there is no column 1: the answer is cat; 3 records: there is no column 1"),
        ("cat,75", SCORED, "1 record: probability must be a probability, got 75"),
        ("nan", Answer(prediction="0"), "1 record: prediction must be a number, got nan"),
        ("1.0", Answer(prediction="0", kind="integer"), "1 record: prediction must be an integer, got 1.0"),
    ],
    ids=["a column less", "percent", "no number", "a fraction"],
)
def test_an_answer_that_is_not_as_declared_fails_with_what_was_found(
    host: Endpoints, reached: Aws, line: str, answer: Answer, said: str
) -> None:
    program = LINES.format(line=line)
    found = verified(host, reached, answers_in="", program=program, answer=answer, what=DECLARED)

    assert found.ok is False
    assert said in found.detail


def test_an_answer_of_one_record_to_several_fails(host: Endpoints, reached: Aws) -> None:
    program = PROGRAM.replace('"1", os', "'{\"score\": 0.5}', os")
    answer = Answer(content_type="application/json", probability="$.score")
    found = verified(host, reached, answers_in="application/json", program=program, answer=answer, what=DECLARED)

    assert found.ok is False
    assert found.detail.startswith("3 records: probability has 1 values for 3 records")


def test_another_content_type_than_the_declared_one_fails(host: Endpoints, reached: Aws) -> None:
    answer = Answer(prediction="0")
    found = verified(host, reached, answers_in="application/json", answer=answer, what=DECLARED)

    assert found.ok is False
    assert "1 record: answered in application/json, declared is text/csv" in found.detail


def test_verify_says_what_becomes_of_a_client_that_asks_for_another_encoding(host: Endpoints, reached: Aws) -> None:
    program = LINES.format(line="0.5")
    found = verified(host, reached, answers_in="", program=program, answer=Answer(probability="0"))

    assert found.ok is True
    assert found.detail == "text/csv; a client that asks for application/json gets it, and is monitored, too"


def test_verify_asks_for_nothing_whose_capture_fails_the_check_of_aws_s_engine(host: Endpoints, reached: Aws) -> None:
    program = LINES.format(line="0.5")
    found = verified(host, reached, answers_in="", program=program, engine="model-monitor")

    assert found.ok is True
    assert found.detail.startswith("text/csv; application/json was not asked for")
