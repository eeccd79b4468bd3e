from typing import Any

import pytest

from modelyard.manifest import Model
from modelyard.manifest.answer import Answer
from modelyard.manifest.problems import Invalid
from modelyard.manifest.structuring import structured

SERVED: dict[str, Any] = {
    "name": "m",
    "serving": {
        "container": "sklearn:1.9-0",
        "instance": "ml.m5.large",
        "capture": {},
        "variants": [{"name": "a"}],
    },
}
CLASSES = {"probabilities": ["0", "1", "2"], "classes": ["low", "mid", "high"]}
SCORED = {
    "content_type": "application/json",
    "prediction": "$.found[*].label",
    "kind": "text",
    "probability": "$.found[*].score",
}
FEATURES = [{"names": ["a"]}]


def model(answer: dict[str, Any], **tables: Any) -> Model:
    serving = {**SERVED["serving"], "answer": answer}
    return structured({**SERVED, "serving": serving, **tables}, Model, file="models/m.toml")


def monitored(engine: str = "drift", **quality: Any) -> dict[str, Any]:
    measured = {"quality": quality} if quality else {}
    return {"monitoring": {"engine": engine, "baseline": "m/baseline/run", **measured}}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "prediction must be given, or probability or probabilities, with text/csv, got nothing"),
        ({"prediction": "$.a"}, 'prediction must be the number of a column, from "0", with text/csv, got "$.a"'),
        (
            {"content_type": "application/json", "probability": "0"},
            'probability must be a key or a JSONPath with application/json, got "0"',
        ),
        ({"prediction": "$.a[?(@.b)]"}, "prediction must be the number of a column of the answer"),
        ({"content_type": "text/plain", "prediction": "0"}, "prediction must be left out with text/plain"),
        ({"probability": "0", "kind": "text"}, "kind must be left out without prediction"),
        ({"prediction": "0", "probability": "0"}, "probabilities must be other places than each other's"),
        (
            {"probability": "3", "probabilities": ("0", "1"), "classes": ("a", "b")},
            "probability must be left out beside probabilities",
        ),
        ({"probabilities": ("0", "1"), "classes": ("a",)}, "classes must be different, at least two, one for each of"),
        (
            {"probabilities": ("0", "1"), "classes": ("a", "a")},
            "classes must be different, at least two, one for each of",
        ),
        ({"probabilities": ("0",), "classes": ("a",)}, "classes must be different, at least two, one for each of"),
        ({"prediction": "0", "classes": ("a", "b")}, "classes must be different, at least two, one for each of"),
        (
            {"probabilities": ("0", "1"), "classes": ("a" * 200, "b" * 200)},
            "classes must be with probabilities at most 256 characters of JSON, got 4",
        ),
    ],
)
def test_an_answer_that_nobody_could_read_is_refused_in_a_sentence(given: dict[str, Any], said: str) -> None:
    with pytest.raises(Invalid) as refused:
        Answer(**given)

    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ({"prediction": "0"}, "number"),
        ({"prediction": "0", "kind": "integer"}, "integer"),
        ({"content_type": "text/plain"}, "text"),
        ({"probabilities": ("0", "1"), "classes": ("a", "b")}, "text"),
        ({"probabilities": ("0", "1"), "classes": ("0", "1")}, "integer"),
    ],
)
def test_the_kind_of_a_prediction_is_given_or_that_of_its_classes(given: dict[str, Any], kind: str) -> None:
    assert Answer(**given).inference_kind == kind


DIGITS = tuple(map(str, range(10)))


def test_one_path_of_a_list_stands_for_a_place_of_each_class() -> None:
    answer = Answer(content_type="application/json", probabilities=("$.predictions[*]",), classes=DIGITS)

    assert answer.places == tuple(f"$.predictions[*][{digit}]" for digit in DIGITS)
    assert answer.inference == '["$.predictions[*]","0","1","2","3","4","5","6","7","8","9"]'
    assert answer.probability_of("7") == "$.predictions[*][7]"


def test_ten_places_of_json_that_are_too_long_are_refused_with_the_one_path_of_all() -> None:
    places = tuple(f"$.predictions[*][{digit}]" for digit in DIGITS)

    with pytest.raises(Invalid, match="at most 256 characters of JSON, got 261; name one JSONPath of them all"):
        Answer(content_type="application/json", probabilities=places, classes=DIGITS)


def test_quality_takes_its_places_from_the_answer() -> None:
    found = model(SCORED, **monitored(problem_type="BinaryClassification", positive_label="yes", threshold=0.4))

    assert found.monitoring is not None
    assert found.monitoring.quality is not None
    assert found.monitoring.quality.inference == "$.found[*].label"
    assert found.monitoring.quality.probability == "$.found[*].score"


def test_the_most_probable_class_is_what_quality_measures() -> None:
    found = model(CLASSES, **monitored(problem_type="MulticlassClassification"))

    assert found.monitoring is not None
    assert found.monitoring.quality is not None
    assert found.monitoring.quality.inference == '{"low":"0","mid":"1","high":"2"}'


def test_the_probability_of_the_positive_class_is_that_of_its_own_place() -> None:
    answer = {"probabilities": ["0", "1"], "classes": ["no", "yes"]}
    found = model(answer, **monitored(problem_type="BinaryClassification", positive_label="yes"))

    assert found.monitoring is not None
    assert found.monitoring.quality is not None
    assert found.monitoring.quality.probability == "1"


@pytest.mark.parametrize(
    ("answer", "tables", "said"),
    [
        (
            {"probability": "0"},
            monitored(problem_type="BinaryClassification", probability="1"),
            'monitoring.quality.probability must be left out, or what [serving.answer] says (0), got "1"',
        ),
        (
            {"probability": "0"},
            monitored(problem_type="BinaryClassification", inference="1"),
            'monitoring.quality.inference must be left out, or what [serving.answer] says (nothing), got "1"',
        ),
        (
            {"probability": "0"},
            monitored(problem_type="MulticlassClassification"),
            "monitoring.quality.inference must be given with MulticlassClassification, got nothing",
        ),
        (
            {"prediction": "0"},
            monitored(problem_type="BinaryClassification", threshold=0.5),
            "monitoring.quality.threshold must be given only with BinaryClassification and a probability, got 0.5",
        ),
        (
            {"content_type": "text/plain"},
            monitored(),
            "serving.answer.content_type must be CSV or JSON when traffic is monitored",
        ),
        (
            CLASSES,
            monitored("model-monitor"),
            'serving.answer must be one value of text/csv, at "0", with the engine model',
        ),
        (
            SCORED,
            monitored("model-monitor"),
            'serving.answer must be one value of text/csv, at "0", with the engine model',
        ),
        (
            {"prediction": "0"},
            {"api": {"features": FEATURES, "answer": "text"}},
            'api.answer must be left out, or what [serving.answer] says (number), got "text"',
        ),
        (
            {"content_type": "application/jsonlines", "prediction": "a"},
            {"api": {"features": FEATURES}},
            "api must be left out where the model answers in application/jsonlines",
        ),
        (
            {"content_type": "application/json", "prediction": "a"},
            {"api": {"features": FEATURES}},
            "serving.answer must be JSONPaths with [*] and without quotes behind an API",
        ),
    ],
)
def test_what_contradicts_the_answer_is_refused(answer: dict[str, Any], tables: dict[str, Any], said: str) -> None:
    with pytest.raises(Exception) as refused:  # noqa: PT011 - the sentence is the fact
        model(answer, **tables)

    assert said in str(refused.value)


@pytest.mark.parametrize("engine", ["drift", "model-monitor"])
def test_one_value_of_csv_is_monitored_by_either_engine(engine: str) -> None:
    assert model({"probability": "0"}, **monitored(engine)).answer is not None


@pytest.mark.parametrize(
    ("answer", "shape"),
    [
        ({"prediction": "1"}, "number"),
        ({"probability": "0"}, "number"),
        ({"prediction": "0", "kind": "text"}, "text"),
        (CLASSES, "numbers"),
        (SCORED, "text"),
        ({"content_type": "text/plain"}, "text"),
    ],
)
def test_the_api_returns_what_the_model_answers(answer: dict[str, Any], shape: str) -> None:
    found = model(answer, api={"features": FEATURES})

    assert found.api is not None
    assert found.api.shape == shape


def test_a_monitored_container_answers_in_what_is_declared_when_nobody_asks() -> None:
    assert model(SCORED, **monitored()).default_accept == "application/json"
