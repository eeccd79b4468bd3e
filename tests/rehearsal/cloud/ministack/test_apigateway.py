"""What callers of an API get: predictions, refusals that say what is wrong, and what their feedback becomes."""

import json
import re
from typing import Any

import pytest

from support.called_apis import GOOD, Answer, Api, CalledApis

# The model's answers are three times the first cell.
REVIEWED, ANSWER = "review = { below = 0.8 }", 'answer = { probability = "0" }'
NO_REVIEW = "There is no review of this inference, or not yet"
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
SOME_ID = "0b5a2d0e-7a5d-4d53-9a3e-2f6d5b1c9e10"


@pytest.fixture
def logged(api: Api, apis: CalledApis) -> Api:
    """The API, in an account whose role for logs is there: another test's may have gone with its foundation."""
    apis.give_log_role()
    return api


@pytest.fixture
def reviewed(apis: CalledApis, api: Api) -> Api:
    """An API that holds back answers of less than four fifths."""
    made = apis.deploy(REVIEWED, serving=ANSWER)
    made.signed_by = api.signed_by
    return made


def row(**features: Any) -> dict[str, Any]:
    return {"features": {**GOOD["features"], **features}}


def refused(answer: Answer, *, status: int, message: str) -> str:
    """Return the details of a refusal, which always has a sentence and the id of its request."""
    assert (answer.status, answer.body["message"]) == (status, message)
    assert UUID.fullmatch(answer.body["requestId"])
    return str(answer.body.get("details", ""))


def test_a_row_is_answered_with_its_prediction(api: Api) -> None:
    answer = api.post("predict", GOOD)
    assert (answer.status, answer.body["prediction"]) == (200, 7.5)


def test_the_answer_has_the_id_under_which_the_request_is_captured(api: Api) -> None:
    answer = api.post("predict", row(mins=21.5))
    captured = {one["eventMetadata"]["inferenceId"]: one for one in api.host.captured(api.endpoint)}
    data = captured[answer.body["inferenceId"]]["captureData"]
    assert (data["endpointInput"]["data"], data["endpointInput"]["encoding"]) == ("21.5,4,large", "CSV")
    assert (data["endpointOutput"]["data"], data["endpointOutput"]["encoding"]) == ("64.5\n", "CSV")


def test_a_feature_that_is_left_out_has_its_default(api: Api) -> None:
    answer = api.post("predict", {"features": {"mins": 22.5, "calls": 1}})
    sent = {one["eventMetadata"]["inferenceId"]: one["captureData"] for one in api.host.captured(api.endpoint)}
    assert sent[answer.body["inferenceId"]]["endpointInput"]["data"] == "22.5,1,small"


def test_a_number_reaches_the_model_with_its_fraction_and_an_integer_without(api: Api) -> None:
    answer = api.post("predict", row(mins=23, calls=7))
    sent = {one["eventMetadata"]["inferenceId"]: one["captureData"] for one in api.host.captured(api.endpoint)}
    assert sent[answer.body["inferenceId"]]["endpointInput"]["data"] == "23.0,7,large"


def test_rows_are_answered_with_as_many_predictions_in_their_order(api: Api) -> None:
    answer = api.post("predict/batch", {"rows": [row(mins=mins)["features"] for mins in (1, 2, 3)]})
    assert (answer.status, answer.body["predictions"]) == (200, [3.0, 6.0, 9.0])


def test_an_uncertain_answer_is_held_back_and_captured(reviewed: Api) -> None:
    api = reviewed
    sure, unsure = (api.post("predict", row(mins=mins)) for mins in (0.3, 0.2))
    assert (sure.status, round(sure.body["prediction"], 6)) == (200, 0.9)
    assert (unsure.status, unsure.body["held"], "prediction" in unsure.body) == (202, True, False)
    captured = {one["eventMetadata"]["inferenceId"]: one for one in api.host.captured(api.endpoint)}
    answer = captured[unsure.body["inferenceId"]]["captureData"]["endpointOutput"]["data"]
    assert round(float(answer), 6) == 0.6
    several = api.post("predict/batch", {"rows": [row(mins=mins)["features"] for mins in (0.2, 0.01, 0.3)]})
    assert several.status == 200
    assert [None if one is None else round(one, 6) for one in several.body["predictions"]] == [None, 0.03, 0.9]


def test_a_caller_gets_what_a_person_decided_and_until_then_that_there_is_no_review(reviewed: Api) -> None:
    api = reviewed
    identity = api.post("predict", row(mins=0.2)).body["inferenceId"]
    assert refused(api.get(f"predict/{identity}"), status=404, message=NO_REVIEW) == ""
    name = re.sub("[^A-Za-z0-9]", "", identity)
    review = json.dumps({"inferenceId": identity, "label": 1}).encode()
    key = f"called/ground-truth/reviewed/{api.endpoint}/{name}.json"
    api.host.aws.client("s3").put_object(Bucket=api.host.bucket, Key=key, Body=review)
    found = api.get(f"predict/{identity}")
    assert (found.status, found.body) == (200, {"inferenceId": identity, "label": 1})
    assert api.get("predict/..%2f..%2fother").status == 403


def test_without_a_review_no_inference_is_asked_for(api: Api) -> None:
    assert api.get("predict/Ab_-9oAMF=").status == 403


def test_an_answer_that_is_no_number_is_null(api: Api) -> None:
    assert api.post("predict", row(mins=404)).body["prediction"] is None


@pytest.mark.parametrize(
    ("document", "details"),
    [
        pytest.param(
            row(surprise=1),
            'object instance has properties which are not allowed by the schema: ["surprise"]',
            id="unknown feature",
        ),
        pytest.param(
            {"features": {"mins": 1}}, 'object has missing required properties (["calls"])', id="missing feature"
        ),
        pytest.param(
            row(mins="2.5"),
            'instance type (string) does not match any allowed primitive type (allowed: ["integer", "number"])',
            id="text for a number",
        ),
        pytest.param(
            row(calls=2.5),
            'instance type (number) does not match any allowed primitive type (allowed: ["integer"])',
            id="fraction for an integer",
        ),
        pytest.param(row(mins=None), "instance type (null) does not match", id="nothing"),
        pytest.param(row(mins=-1), "lower than the required minimum (minimum: 0, found: -1)", id="below the minimum"),
        pytest.param(row(mins=1001), "greater than the required maximum (maximum: 1000", id="above the maximum"),
        pytest.param(row(calls=2**60), "greater than the required maximum", id="beyond what JSON keeps"),
        pytest.param(row(plan="huge"), 'instance value ("huge") not found in enum', id="unknown text"),
        pytest.param([1, 2], "instance type (array) does not match any allowed primitive type", id="no object"),
        pytest.param(b'{"features": {"mins": NaN, "calls": 1}}', "Can not parse JSON", id="NaN"),
        pytest.param(b'{"features": {"mins": 1e999, "calls": 1}}', "greater than the required maximum", id="infinite"),
        pytest.param(b"2.5,4,large", "Can not parse JSON", id="CSV that is called JSON"),
        pytest.param(b"", "Can not parse JSON", id="no body"),
    ],
)
def test_a_bad_row_is_refused_with_what_is_wrong(api: Api, document: Any, details: str) -> None:
    answer = api.post("predict", document)
    assert details in refused(answer, status=400, message="Invalid request body")


@pytest.mark.parametrize(
    ("rows", "details"),
    [
        pytest.param([], "array is too short: must have at least 1 elements but instance has 0 elements", id="empty"),
        pytest.param(
            [GOOD["features"]] * 4,
            "array is too long: must have at most 3 elements but instance has 4 elements",
            id="too large",
        ),
        pytest.param([GOOD["features"], {"mins": 1}], "object has missing required properties", id="one bad row"),
    ],
)
def test_a_bad_batch_is_refused_with_what_is_wrong(api: Api, rows: Any, details: str) -> None:
    answer = api.post("predict/batch", {"rows": rows})
    assert details in refused(answer, status=400, message="Invalid request body")


@pytest.mark.parametrize("content_type", ["text/csv", "application/x-www-form-urlencoded", "application/xml"])
def test_another_content_type_is_refused(api: Api, content_type: str) -> None:
    answer = api.post("predict", b"2.5,4,large", **{"Content-Type": content_type})
    refused(answer, status=415, message="The content type must be application/json")


def test_a_charset_beside_the_content_type_is_taken(api: Api) -> None:
    assert api.post("predict", GOOD, **{"Content-Type": "application/json; charset=utf-8"}).status == 200


def test_an_operation_that_there_is_not_is_refused(api: Api) -> None:
    refused(api.post("train", GOOD), status=403, message="There is no such operation, or the request is not signed")


def test_a_model_that_fails_is_a_bad_gateway(api: Api) -> None:
    answer = api.post("predict", row(mins=500))
    refused(answer, status=502, message="The model failed to answer")
    assert answer.body["modelStatus"] == "500"


def test_what_a_failed_model_says_stays_within(api: Api) -> None:
    assert "lost" not in json.dumps(api.post("predict", row(mins=500)).body)


def test_a_refusal_and_its_header_name_the_request_alike(api: Api) -> None:
    answer = api.post("predict", row(mins=-1))
    assert answer.headers["x-amzn-requestid"] == answer.body["requestId"]


def test_a_caller_may_name_its_request_and_not_the_inference(api: Api) -> None:
    named = {"x-amzn-RequestId": SOME_ID}
    first, second = (api.post("predict", GOOD, **named) for _ in range(2))

    assert api.post("predict", row(mins=-1), **named).body["requestId"] == SOME_ID
    assert len({SOME_ID, first.body["inferenceId"], second.body["inferenceId"]}) == 3


def test_a_caller_who_names_two_labels_alike_overwrites_none(api: Api, apis: CalledApis) -> None:
    folder = f"called/ground-truth/{api.endpoint}/"
    inference, before = api.post("predict", GOOD).body["inferenceId"], apis.host.objects(folder)
    for label in (0, 1):
        api.post("feedback", {"inferenceId": inference, "label": label}, **{"x-amzn-RequestId": SOME_ID})

    assert len(apis.host.objects(folder)) == len(before) + 2


def test_feedback_is_ground_truth_in_the_form_that_the_merge_reads(api: Api, apis: CalledApis) -> None:
    now = apis.host.aws.now()
    inference = api.post("predict", GOOD).body["inferenceId"]
    answer = api.post("feedback", {"inferenceId": inference, "label": 1})
    assert (answer.status, answer.body["message"]) == (202, "Noted")
    stored = apis.host.objects(f"called/ground-truth/{api.endpoint}/{now:%Y/%m/%d/%H}/")
    own = re.sub(r"[^A-Za-z0-9]", "", answer.headers["x-amz-apigw-id"])
    (text,) = [text for key, text in stored.items() if key.endswith(f"/{own}.jsonl")]
    assert text.endswith("}\n")
    assert json.loads(text) == {
        "groundTruthData": {"data": "1", "encoding": "CSV"},
        "eventMetadata": {"eventId": inference},
        "eventVersion": "0",
    }


@pytest.mark.parametrize(
    ("inference", "label", "details"),
    [
        pytest.param("churn-17", 1, "ECMA 262 regex", id="no id of ours"),
        pytest.param(SOME_ID * 2, 1, "ECMA 262 regex", id="an id of more than 64 characters"),
        pytest.param(f"{SOME_ID}\n", 1, "ECMA 262 regex", id="an id with a line end"),
        pytest.param(f"../{SOME_ID}", 1, "ECMA 262 regex", id="a path"),
        pytest.param(17, 1, "instance type (integer)", id="a number for an id"),
        pytest.param(SOME_ID, "yes", "instance type (string)", id="a text for a label"),
        pytest.param(SOME_ID, 0.5, "instance type (number)", id="a fraction for a label"),
    ],
)
def test_bad_feedback_is_refused_with_what_is_wrong(api: Api, inference: Any, label: Any, details: str) -> None:
    answer = api.post("feedback", {"inferenceId": inference, "label": label})
    assert details in refused(answer, status=400, message="Invalid request body")


def test_feedback_without_a_label_is_refused(api: Api) -> None:
    answer = api.post("feedback", {"inferenceId": SOME_ID})
    details = refused(answer, status=400, message="Invalid request body")
    assert details == '[object has missing required properties (["label"])]'


def test_a_call_is_in_the_access_log_without_what_was_sent(logged: Api) -> None:
    answer = logged.post("predict", row(mins=987.5))
    (event,) = [one for one in logged.access_log() if one["extendedRequestId"] == answer.body["inferenceId"]]
    assert (event["status"], event["integrationStatus"]) == ("200", "200")
    assert (event["httpMethod"], event["resourcePath"], event["ip"]) == ("POST", "/predict", "127.0.0.1")
    assert "987.5" not in json.dumps(event)


def test_a_refusal_is_in_the_access_log_with_its_reason(logged: Api) -> None:
    answer = logged.post("predict", row(mins=-1))
    (event,) = [one for one in logged.access_log() if one["requestId"] == answer.body["requestId"]]
    assert (event["status"], event["refusal"], event["integrationStatus"]) == ("400", "BAD_REQUEST_BODY", "-")


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


def test_an_update_serves_the_new_schema(apis: CalledApis, api: Api) -> None:
    made = apis.deployed(apis.resources())
    made.signed_by = api.signed_by
    resources = apis.resources("label = 'number'")
    assert apis.stacks.update(made.stack, resources, Outputs=apis._outputs) == "UPDATE_COMPLETE"
    inference = "0b5a2d0e-7a5d-4d53-9a3e-2f6d5b1c9e10"
    assert made.post("feedback", {"inferenceId": inference, "label": 0.5}).status == 202
