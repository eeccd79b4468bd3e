"""The `[api]` table: who may call, and what a row is."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from modelyard.manifest import Model, Refused, Stage, read_models
from modelyard.manifest.answer import Answer
from modelyard.manifest.api import Api, Features, Review
from modelyard.manifest.api_schema import batch_schema, feedback_schema, predict_schema, row_schema
from modelyard.manifest.problems import Invalid
from modelyard.manifest.serving import Capture, Serving, Variant
from modelyard.manifest.stack_kinds import stack_kind

SERVED = """
name = "churn"

[serving]
container = "xgboost:3.2-0"
instance = "ml.m5.large"
{serving}
[[serving.variants]]
name = "primary"
model = "churn/training/run/job/output/model.tar.gz"

[api]
{api}
[[api.features]]
names = ["mins", "calls"]
"""
POOL = "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_AbCdEfGhI"


def said(**table: Any) -> str:
    with pytest.raises(Invalid) as invalid:
        Features(**{"names": ("mins",), **table})
    return str(invalid.value)


def api(**table: Any) -> Api:
    return Api(**{"features": (Features(names=("mins", "calls")),), **table})


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        ({"names": ("day mins",)}, "names must be names of letters, digits, _, - and ., got "),
        ({"names": ("mins')",)}, "names must be names of letters, digits, _, - and ., got "),
        ({"names": ()}, "names must be a list of 1 to 500, got 0"),
        ({"type": "text", "minimum": 1.0}, "minimum must be left out for texts, got 1.0"),
        ({"minimum": 2.0, "maximum": 1.0}, "maximum must be at least minimum (2.0), got 1.0"),
        ({"minimum": float("nan")}, "minimum must be between -3.4e+38 and 3.4e+38, got NaN"),
        ({"maximum": float("inf")}, "maximum must be between -3.4e+38 and 3.4e+38, got Infinity"),
        ({"values": ("a",)}, 'values must be left out for numbers, got ["a"]'),
        ({"type": "text", "values": ('say "hi"',)}, "values must be texts without quotes, commas, backslashes"),
        ({"default": "five"}, 'default must be empty, or a value that the feature may have, in quotes, got "five"'),
        ({"default": "5", "maximum": 4.0}, "default must be empty, or a value that the feature may have"),
        ({"default": "1e999"}, "default must be empty, or a value that the feature may have"),
        ({"type": "integer", "default": "0.5"}, "default must be empty, or a value that the feature may have"),
        ({"type": "text", "values": ("a",), "default": "b"}, "default must be empty, or a value that the feature may"),
        ({"type": "text", "default": "a,b"}, "default must be a text without $, #, quotes, commas, backslashes"),
        ({"type": "text", "default": "$row"}, "default must be a text without $, #, quotes, commas, backslashes"),
        ({"type": "text", "default": "#end"}, "default must be a text without $, #, quotes, commas, backslashes"),
    ],
)
def test_features_that_cannot_be_are_refused(table: dict[str, Any], sentence: str) -> None:
    assert said(**table).startswith(sentence)


@pytest.mark.parametrize("default", ["", "0", "-2.5", "1e3"])
def test_a_default_is_a_cell_that_the_feature_may_have(default: str) -> None:
    assert Features(names=("mins",), default=default).default == default


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        ({"scopes": ("churn/predict",)}, 'scopes must be left out without auth = "jwt", got ["churn/predict"]'),
        ({"calls_a_day": 10}, 'calls_a_day must be left out without auth = "api-key", got 10'),
        ({"batch_rows": 0}, "batch_rows must be between 1 and 1000, got 0"),
        ({"batch_rows": 1001}, "batch_rows must be between 1 and 1000, got 1001"),
        ({"rate": 0.0}, "rate must be between 1 and 10000, got 0.0"),
        ({"burst": 6000}, "burst must be between 1 and 5000, got 6000"),
        (
            {"features": (Features(names=("a", "b")), Features(names=("b",)))},
            'features.names must be different, got ["b"]',
        ),
    ],
)
def test_an_api_that_cannot_be_is_refused(table: dict[str, Any], sentence: str) -> None:
    with pytest.raises(Invalid) as invalid:
        api(**table)
    assert str(invalid.value).startswith(sentence)


def test_an_api_asks_for_signatures_unless_it_is_told_otherwise() -> None:
    assert api().auth == "iam"


def test_an_api_without_an_endpoint_is_refused(refusal: Any) -> None:
    text = 'name = "churn"\n[api]\n[[api.features]]\nnames = ["mins"]\n'
    sentence = "api must be left out without [serving], got "
    assert any(one.startswith(sentence) for one in refusal(churn=text))


def test_tokens_are_refused_while_the_stage_names_no_user_pool(refusal: Any) -> None:
    assert refusal(churn=SERVED.format(serving="", api='auth = "jwt"')) == [
        "api.auth must be iam or api-key while [dev] of stages.toml names no user_pool, got "
        '"jwt" in churn.toml; name there the user pool whose tokens the API takes'
    ]


def test_tokens_are_taken_of_the_stages_user_pool(models: Path, scripts: Path) -> None:
    (models / "churn.toml").write_text(SERVED.format(serving="", api='auth = "jwt"'))
    (model,) = read_models(models, stage=Stage(name="dev", user_pool=POOL), scripts=scripts)
    assert model.api is not None
    assert model.api.auth == "jwt"


def test_a_user_pool_is_named_by_its_arn() -> None:
    with pytest.raises(Invalid, match="user_pool must be the ARN of a Cognito user pool"):
        Stage(name="dev", user_pool="eu-west-1_AbCdEfGhI")


def test_an_unknown_kind_of_caller_is_refused_with_what_is_known(refusal: Any) -> None:
    (sentence,) = refusal(churn=SERVED.format(serving="", api='auth = "basic"'))
    assert sentence.startswith('api.auth must be one of iam, api-key, jwt, got "basic" in churn.toml')


@pytest.mark.parametrize(
    ("serving", "takes"), [("capture = { sampling_percentage = 100 }", True), ("", False)], ids=["captured", "not"]
)
def test_feedback_is_taken_where_there_are_captures_to_hold_it_to(read: Any, *, serving: str, takes: bool) -> None:
    (model,) = read(churn=SERVED.format(serving=serving, api=""))
    assert model.takes_feedback is takes


def test_an_api_waits_for_the_model_that_its_endpoint_waits_for(read: Any) -> None:
    text = SERVED.format(serving="", api="").replace("model = ", "# model = ")
    (model,) = read(churn=text)
    assert stack_kind("api").awaits_promotion(model)


def test_a_row_has_every_feature_without_a_default_and_no_other() -> None:
    groups = (Features(names=("mins",), minimum=0.0), Features(names=("flag",), type="integer", default="0"))
    assert row_schema(api(features=groups)) == {
        "type": "object",
        "properties": {
            "mins": {"type": "number", "minimum": 0, "maximum": 3.4e38},
            "flag": {"type": "integer", "minimum": -(2**53), "maximum": 2**53},
        },
        "required": ["mins"],
        "additionalProperties": False,
    }


def test_a_row_of_defaults_alone_requires_nothing() -> None:
    """Draft 4 knows no empty list of what is required."""
    assert "required" not in row_schema(api(features=(Features(names=("mins",), default="0"),)))


def test_a_text_has_no_sign_that_csv_or_json_would_need_to_escape() -> None:
    schema = row_schema(api(features=(Features(names=("plan",), type="text"),)))["properties"]["plan"]
    assert schema == {"type": "string", "maxLength": 256, "pattern": r'^[^"\\,\x00-\x1f]*$'}


def test_a_batch_has_one_row_at_least_and_so_many_at_most() -> None:
    rows = batch_schema(api(batch_rows=7))["properties"]["rows"]
    assert (rows["minItems"], rows["maxItems"]) == (1, 7)


def test_one_row_is_required_of_a_prediction() -> None:
    assert predict_schema(api())["required"] == ["features"]


@pytest.mark.parametrize(("label", "kind"), [("integer", "integer"), ("number", "number"), ("text", "string")])
def test_a_label_is_of_the_declared_kind(label: Any, kind: str) -> None:
    assert feedback_schema(api(label=label))["properties"]["label"]["type"] == kind


def test_two_problems_of_an_api_are_told_at_once(models: Path, scripts: Path) -> None:
    (models / "churn.toml").write_text(SERVED.format(serving="", api="rate = 0.5\nburst = 0"))
    with pytest.raises(Refused) as refused:
        read_models(models, stage=Stage(name="dev"), scripts=scripts)
    assert [problem.key for problem in refused.value.problems] == ["api.rate", "api.burst"]


SURE = Answer(probability="0")
HELD = Review(below=0.8)


@pytest.mark.parametrize(
    ("answer", "below", "sentence"),
    [
        (None, 0.8, "api.review must be left out where no [serving.answer] says where the answer's probability is"),
        (Answer(prediction="0"), 0.8, "api.review must be left out where no [serving.answer] says where"),
        (SURE, 0.5, "api.review.below must be more than 0.5, which the most probable of 2 classes has, got 0.5"),
        (
            Answer(probabilities=("0", "1", "2", "3"), classes=("a", "b", "c", "d")),
            0.25,
            "api.review.below must be more than 0.25, which the most probable of 4 classes has, got 0.25",
        ),
    ],
)
def test_a_review_that_would_hold_back_nothing_or_cannot_tell_is_refused(
    answer: Answer | None, below: float, sentence: str
) -> None:
    reviewed = api(review=Review(below=below)).following(answer)
    found = [str(Invalid([one])) for one in reviewed.answer_problems(answer) if one is not None]
    assert [one.startswith(sentence) for one in found] == [True]


def test_a_review_of_answers_with_probabilities_is_taken() -> None:
    assert not any(api(review=HELD).following(SURE).answer_problems(SURE))


@pytest.mark.parametrize(
    "capture", [None, Capture(sampling_percentage=50), Capture(sampling_percentage=100, mode=("Output",))]
)
def test_a_review_needs_all_requests_and_answers_captured(capture: Capture | None) -> None:
    serving = Serving(
        container="xgboost:3.2-0",
        instance="ml.m5.large",
        capture=capture,
        variants=(Variant(name="primary"),),
        answer=SURE,
    )
    with pytest.raises(Invalid, match=r"api\.review must be left out where \[serving\] does not capture every"):
        Model(name="mine", serving=serving, api=api(review=HELD))
    whole = replace(serving, capture=Capture(sampling_percentage=100))
    assert Model(name="mine", serving=whole, api=api(review=HELD)).api is not None
