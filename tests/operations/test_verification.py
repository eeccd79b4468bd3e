"""What `yard verify` finds of an endpoint that runs."""

import json
from collections.abc import Iterator

import pytest

from modelyard.manifest import Model
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


def verified(host: Endpoints, aws: Aws, *, answers_in: str) -> Check:
    """What is found of an endpoint whose container answers so."""
    environment = {
        "SAGEMAKER_PROGRAM": "serve.py",
        "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
        "ANSWERS_IN": answers_in,
    }
    endpoint = host.endpoint(host.config(variant(host.model(program=PROGRAM, Environment=environment))))
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
            instance="ml.m5.large", capture=Capture(), script="churn/serve.py", variants=(Variant(name="primary"),)
        ),
        monitoring=Monitoring(engine="drift"),
    )
    deployment = Deployment(aws=aws, model=model, stage="dev")
    found = {one.what: one for one in Verification(deployment=deployment, body=b"1,2", seconds=0).checks()}
    stacks.client.delete_stack(StackName=f"dev-{name}-serving")
    return found["an answer without Accept can be monitored"]


def test_an_answer_that_is_encoded_as_its_request_can_be_monitored(host: Endpoints, reached: Aws) -> None:
    found = verified(host, reached, answers_in="text/csv")
    assert (found.ok, found.detail) == (True, "text/csv")


def test_an_answer_in_json_to_a_request_in_csv_cannot_be_monitored(host: Endpoints, reached: Aws) -> None:
    found = verified(host, reached, answers_in="application/json")
    assert found.ok is False
    assert found.detail.startswith("application/json; set SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT")
