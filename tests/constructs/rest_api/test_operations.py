"""The operations of an API: whom each asks, and what it answers."""

from typing import Any

import pytest

from modelyard.constructs.rest_api.operations import Operation, content_of, feedback, predict, predict_batch
from modelyard.manifest import Model
from modelyard.manifest.api import Api, Features

API = Api(features=(Features(names=("age",)),))


def operations() -> dict[str, Operation]:
    model = Model(name="churn")
    return {
        "predict": predict(API, endpoint="dev-churn"),
        "predict/batch": predict_batch(API, endpoint="dev-churn"),
        "feedback": feedback(API, model=model, bucket="data", endpoint="dev-churn"),
    }


def test_each_has_the_path_that_it_is_called_by() -> None:
    assert {path: operation.path for path, operation in operations().items()} == {
        path: path for path in ("predict", "predict/batch", "feedback")
    }


@pytest.mark.parametrize("path", ["predict", "predict/batch"])
def test_predictions_are_asked_of_the_endpoint(path: str) -> None:
    operation = operations()[path]

    assert operation.uri.endswith(":runtime.sagemaker:path/endpoints/dev-churn/invocations")
    assert operation.method == "POST"


@pytest.mark.parametrize("path", ["predict", "predict/batch"])
def test_a_prediction_is_captured_under_the_id_that_the_caller_is_told(path: str) -> None:
    name = "integration.request.header.X-Amzn-SageMaker-Inference-Id"

    assert operations()[path].parameters[name] == "context.extendedRequestId"


def test_a_label_is_written_where_the_merge_reads_it() -> None:
    operation = operations()["feedback"]

    assert "s3:path/data/churn/ground-truth/dev-churn/{year}/{month}/{day}/{hour}/{name}" in operation.uri
    assert operation.method == "PUT"


@pytest.mark.parametrize("path", ["predict", "predict/batch", "feedback"])
def test_what_has_no_status_of_its_own_is_a_failure_behind_the_api(path: str) -> None:
    (last,) = [reply for reply in operations()[path].replies if reply.of is None]

    assert last.status == "502"


@pytest.mark.parametrize(("of", "status"), [("429", "429"), ("503", "503"), ("200", "200")])
def test_an_endpoint_that_has_no_room_is_no_failure(of: str, status: str) -> None:
    replies = {reply.of: reply.status for reply in operations()["predict"].replies}

    assert replies[of] == status


@pytest.mark.parametrize("changed", [{"answer": "text"}, {"features": (Features(names=("age", "tenure")),)}])
def test_a_change_of_an_operation_changes_what_a_deployment_fixes(changed: dict[str, Any]) -> None:
    other = predict(Api(**{"features": API.features, **changed}), endpoint="dev-churn")

    assert content_of(other) != content_of(operations()["predict"])
