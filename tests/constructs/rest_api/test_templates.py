"""The mapping templates, as the part of Velocity that is rehearsed renders them."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.constructs.rest_api.templates import (
    ground_truth_template,
    message_template,
    prediction_template,
    predictions_template,
    refusal_template,
    row_template,
    rows_template,
)
from modelyard.manifest.answer import Answer
from modelyard.manifest.api import Api, Features, Review
from modelyard.operations.labelling.certainty import certainty_of
from modelyard.rehearsal.gateway.mapping import Mapped, map_body

CONTEXT = {"requestId": "id-1", "extendedRequestId": "Ab_-9oAMF=", "requestTime": "05/Nov/2026:07:15:00 +0000"}
API = Api(
    features=(
        Features(names=("age", "charge"), type="number"),
        Features(names=("plan",), type="text", default="basic"),
        Features(names=("score",), type="number", default="5"),
    )
)
ROW = {"age": 41, "charge": 7.25, "plan": "gold", "score": 3}


def render(template: str, body: Any) -> Mapped:
    return map_body(template, body=body if isinstance(body, str) else json.dumps(body), context=CONTEXT)


def answering(kind: Any) -> Api:
    return Api(features=API.features, answer=kind)


def test_a_row_is_a_line_of_csv_in_the_order_of_the_columns() -> None:
    assert render(row_template(API), {"features": ROW}).body == "41.0,7.25,gold,3.0"


def test_a_column_that_is_left_out_has_its_default_as_the_training_data_have_it() -> None:
    row = {"age": 41, "charge": 7.25}

    assert render(row_template(API), {"features": row}).body == "41.0,7.25,basic,5.0"


def test_rows_are_lines_of_csv() -> None:
    found = render(rows_template(API), {"rows": [ROW, {**ROW, "age": -2}]}).body

    assert found.splitlines() == ["41.0,7.25,gold,3.0", "-2.0,7.25,gold,3.0"]


@pytest.mark.parametrize(
    ("kind", "line", "value"),
    [
        ("number", "0.75\n", 0.75),
        ("number", "nan\n", None),
        ("numbers", "0.1,0.9\n", [0.1, 0.9]),
        ("text", "yes\n", "yes"),
    ],
)
def test_a_prediction_is_json_beside_the_id_of_its_capture(kind: str, line: str, value: object) -> None:
    found = json.loads(render(prediction_template(answering(kind)), line).body)

    assert found == {"inferenceId": "Ab_-9oAMF=", "prediction": value}


@pytest.mark.parametrize(
    ("kind", "lines", "values"),
    [
        ("number", "0.75\n0.5\n", [0.75, 0.5]),
        ("numbers", "0.1,0.9\n0.4,0.6\n", [[0.1, 0.9], [0.4, 0.6]]),
        ("text", "yes\r\nno\r\n", ["yes", "no"]),
    ],
)
def test_predictions_are_a_list(kind: str, lines: str, values: list[object]) -> None:
    found = json.loads(render(predictions_template(answering(kind)), lines).body)

    assert found == {"inferenceId": "Ab_-9oAMF=", "predictions": values}


def test_a_model_that_failed_is_told_from_an_endpoint_that_could_not_be_asked() -> None:
    failed = json.loads(render(refusal_template(), {"OriginalStatusCode": 500, "Message": "a secret"}).body)
    unreached = json.loads(render(refusal_template(), {"message": "no such endpoint"}).body)

    assert failed == {"message": "The model failed to answer", "modelStatus": "500", "requestId": "id-1"}
    assert unreached == {"message": "The endpoint could not be asked", "requestId": "id-1"}


def test_a_message_has_the_id_of_the_request() -> None:
    assert json.loads(render(message_template("Noted"), "{}").body) == {"message": "Noted", "requestId": "id-1"}


def test_a_label_is_a_record_of_ground_truth_in_the_folder_of_its_hour() -> None:
    found = render(ground_truth_template(), {"inferenceId": "id-0", "label": 1})

    record = json.loads(found.body)
    assert record["groundTruthData"] == {"data": "1", "encoding": "CSV"}
    assert record["eventMetadata"] == {"eventId": "id-0"}
    assert found.path == {"year": "2026", "month": "11", "day": "05", "hour": "07", "name": "Ab9oAMF.jsonl"}


NAMED = Answer(prediction="0", kind="text", probability="1")
CLASSES = Answer(probabilities=("2", "0"), classes=("low", "high"))
FOUND = Answer(
    content_type="application/json", prediction="$.found[*].label", kind="text", probability="$.found[*].score"
)
SCORES = Answer(content_type="application/json", probability="$.predictions[*]")


@pytest.mark.parametrize(
    ("answer", "body", "values"),
    [
        (Answer(prediction="1"), "0.1,7\n0.2,8\n", [7, 8]),
        (Answer(probability="0"), "0.1\r\nnan\r\n", [0.1, None]),
        (NAMED, '"cat",0.9\ndog,0.8\n', ["cat", "dog"]),
        (CLASSES, "0.1,x,0.9\n0.3,y,0.7\n", [[0.9, 0.1], [0.7, 0.3]]),
        (FOUND, '{"found": [{"label": "cat", "score": 0.9}, {"label": "dog", "score": 0.8}]}', ["cat", "dog"]),
        (SCORES, '{"predictions": [0.25, 0.5]}', [0.25, 0.5]),
    ],
    ids=["a column", "a probability", "a name", "classes", "names in JSON", "numbers in JSON"],
)
def test_what_is_returned_is_what_the_answers_description_points_at(answer: Answer, body: str, values: Any) -> None:
    api = API.following(answer)
    found = json.loads(render(predictions_template(api, answer=answer), body).body)
    first = json.loads(render(prediction_template(api, answer=answer), one_row_of(body, answer=answer)).body)

    assert found["predictions"] == values
    assert first["prediction"] == values[0]


ALL_IN_JSON = Answer(content_type="application/json", probabilities=("$.p[*]",), classes=("a", "b"))
SEVERAL_IN_JSON = Answer(content_type="application/json", probabilities=("$.p[*].a", "$.p[*].b"), classes=("a", "b"))


@pytest.mark.parametrize(
    ("answer", "body", "held"),
    [
        (
            SCORES,
            '{"predictions": [0.81, 0.8, 0.79, 0.5, 0.21, 0.2, 1, 0]}',
            [False, False, True, True, True, False, False, False],
        ),
        (Answer(probability="0"), "0.81\n0.79\n0.2\n1e-05\nnan\n", [False, True, False, False, True]),
        (NAMED, '"cat",0.9\ndog,0.7\n', [False, True]),
        (CLASSES, "0.1,x,0.9\n0.3,y,0.7\n", [False, True]),
        (ALL_IN_JSON, '{"p": [[0.1, 0.9], [0.4, 0.6]]}', [False, True]),
        (SEVERAL_IN_JSON, '{"p": [{"a": 0.1, "b": 0.9}, {"a": 0.4, "b": 0.6}]}', [False, True]),
    ],
    ids=["numbers in JSON", "a probability", "a name", "classes", "a list in JSON", "classes in JSON"],
)
def test_an_answer_that_is_not_certain_enough_is_held_back(answer: Answer, body: str, held: list[bool]) -> None:
    api = Api(features=API.features, review=Review(below=0.8)).following(answer)
    several = json.loads(render(predictions_template(api, answer=answer), body).body)
    assert [value is None for value in several["predictions"]] == held
    for number, is_held in enumerate(held):
        made = render(prediction_template(api, answer=answer), one_row_of(body, answer=answer, number=number))
        found = json.loads(made.body)
        assert (made.status, "prediction" in found) == ((202, False) if is_held else (None, True))
        assert found["inferenceId"] == "Ab_-9oAMF="
        if is_held:
            assert found == {"inferenceId": "Ab_-9oAMF=", "held": True}
        else:
            assert found["prediction"] == several["predictions"][number]


@given(probability=st.floats(0, 1), below=st.floats(0.51, 1))
def test_the_template_holds_back_what_yard_label_finds_to_be_held(probability: float, below: float) -> None:
    answer = Answer(probability="0")
    api = Api(features=API.features, review=Review(below=below)).following(answer)
    # Next to the threshold the two round otherwise.
    if abs(certainty_of([probability]).greatest - below) < 1e-9:
        return
    made = render(prediction_template(api, answer=answer), f"{probability!r}\n")
    assert (made.status == 202) is (certainty_of([probability]).greatest < below)


def one_row_of(body: str, *, answer: Answer, number: int = 0) -> str:
    if answer.content_type == "text/csv":
        return body.splitlines()[number]
    ((name, rows),) = json.loads(body).items()
    return json.dumps({name: rows[number : number + 1]})
