"""Integrations of other kinds than the app's: what is not rehearsed is refused, and nobody gets a traceback."""

from typing import Any

import pytest
from called_apis import GOOD, Api, CalledApis

from modelyard.rehearsal.gateway.access_log import line
from modelyard.rehearsal.gateway.service_call import ServiceCall


def changed(apis: CalledApis, api: Api, **integration: Any) -> Api:
    """Deploy the API with another integration of /predict."""
    resources = apis.resources()
    (method,) = [one for name, one in resources.items() if name.startswith("OperationsPredict") and _is_predict(one)]
    method["Properties"]["Integration"] |= integration
    made = apis.deployed(resources)
    made.signed_by = api.signed_by
    return made


def _is_predict(resource: dict[str, Any]) -> bool:
    method = resource["Type"] == "AWS::ApiGateway::Method"
    return method and bool(resource["Properties"]["OperationName"] == "Predict")


@pytest.mark.parametrize(
    "integration",
    [
        {"Uri": "arn:aws:apigateway:us-east-1:dynamodb:path/table"},
        {"Uri": "arn:aws:apigateway:us-east-1:s3:action/PutObject"},
        {"RequestParameters": {"integration.request.header.X-Stage": "stageVariables.name"}},
        {"RequestTemplates": {"application/json": "#macro(x)"}},
        {"IntegrationResponses": [{"StatusCode": "200", "SelectionPattern": "299"}]},
    ],
    ids=["a service", "an action", "a parameter", "a template", "a status without an answer"],
)
def test_an_integration_that_is_not_rehearsed_is_an_error_of_the_api(
    apis: CalledApis, api: Api, integration: dict[str, Any]
) -> None:
    answer = changed(apis, api, **integration).post("predict", GOOD)
    assert (answer.status, answer.body["message"]) == (500, "Internal server error")


def test_a_stage_without_the_accounts_role_for_logs_is_refused_as_on_aws(apis: CalledApis) -> None:
    client = apis.host.aws.client("apigateway")
    client.update_account(patchOperations=[{"op": "remove", "path": "/cloudwatchRoleArn"}])
    try:
        name = apis.stacks.begin(apis.resources())
        assert apis.stacks.settled(name) == "ROLLBACK_COMPLETE"
        assert "CloudWatch Logs role ARN must be set in account settings to enable logging" in apis.stacks.reasons(name)
    finally:
        apis.give_log_role()


def test_what_services_there_are_behind_an_api_is_said() -> None:
    with pytest.raises(ValueError, match=r"with sqs is not rehearsed, only with runtime\.sagemaker, s3"):
        ServiceCall(subdomain="sqs", method="POST", path="/", headers={}, body=b"")


def test_a_variable_without_a_value_is_a_hyphen_in_the_access_log() -> None:
    form = '{"id": "$context.requestId", "who": "$context.identity.user", "at": "${context.stage}"}'
    event = line(form, context={"requestId": "id-1", "identity": {}, "stage": "v1"})
    assert event == '{"id": "id-1", "who": "-", "at": "v1"}'


def test_an_update_serves_the_new_schema(apis: CalledApis, api: Api) -> None:
    made = apis.deployed(apis.resources())
    made.signed_by = api.signed_by
    resources = apis.resources("label = 'number'")
    assert apis.stacks.update(made.stack, resources, Outputs=apis._outputs) == "UPDATE_COMPLETE"
    inference = "0b5a2d0e-7a5d-4d53-9a3e-2f6d5b1c9e10"
    assert made.post("feedback", {"inferenceId": inference, "label": 0.5}).status == 202
