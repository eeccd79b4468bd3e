import pytest

from modelyard.drift.errors import DriftError
from modelyard.drift.quality.attributes import parse_attribute
from modelyard.drift.reading.records import Payload


def payload(data: str, encoding: str = "JSON") -> Payload:
    return Payload(data=data, encoding=encoding, content_type="", mode="")


@pytest.mark.parametrize(
    ("attribute", "encoding", "data", "found"),
    [
        ("0", "CSV", "0.9,1\n", ["0.9"]),
        ("_c1", "CSV", "0.9,1", ["1"]),
        ("0", "CSV", "0.9\n0.1\n", ["0.9", "0.1"]),
        ("1", "CSV", '0.9,"a,b"', ["a,b"]),
        ("0", "CSV", ",1", [None]),
        ("prediction", "JSON", '{"prediction": 1}', ["1"]),
        ("$.prediction", "JSON", '{"prediction": true}', ["true"]),
        ("scores.label", "JSON", '{"scores": {"label": "a"}, "x": 1}', ["a"]),
        ("$.predictions[0].score", "JSON", '{"predictions": [{"score": 0.25}]}', ["0.25"]),
        ("$.predictions[*].score", "JSON", '{"predictions": [{"score": 1}, {"score": 2}]}', ["1", "2"]),
        ("$['predictions'][1][\"score\"]", "JSON", '{"predictions": [{}, {"score": 2}]}', ["2"]),
        ("$.scores", "JSON", '{"scores": [0.5, 0.25]}', ["0.5", "0.25"]),
        ("score", "JSON", '{"predictions": [{"score": 1}, {"score": 2}]}', ["1", "2"]),
        ("0", "JSON", "[0.5]", ["0.5"]),
        ("1", "JSON", '{"b": 2, "a": 1}', ["2"]),
        ("$", "JSON", "0.5", ["0.5"]),
        ("0", "JSON", "0.5", ["0.5"]),
    ],
)
def test_an_attribute_says_where_the_values_are(
    attribute: str, encoding: str, data: str, found: list[str | None]
) -> None:
    assert parse_attribute(text=attribute).values(payload=payload(data, encoding)) == found


@pytest.mark.parametrize(
    ("attribute", "encoding", "data", "cause"),
    [
        ("2", "CSV", "0.9,1", "there is no column 2"),
        ("prediction", "CSV", "0.9", "there is no column prediction"),
        ("0", "CSV", "", "there is nothing at 0"),
        ("$.score", "JSON", '{"prediction": 1}', "there is nothing at $.score"),
        ("$.score[0]", "JSON", '{"score": 1}', "there is nothing at $.score[0]"),
        ("$.score.x", "JSON", '{"score": [1]}', "there is nothing at $.score.x"),
        ("score", "JSON", '{"prediction": 1}', "there is nothing at score"),
        ("5", "JSON", '{"prediction": 1}', "there is nothing at 5"),
        ("$.score", "JSON", '{"score": {"a": 1}}', "there is no single value at $.score"),
        ("$.score", "JSON", "{", "they are not JSON"),
        ("0", "BASE64", "AAAA", "their payload is BASE64 of type unknown"),
    ],
)
def test_a_payload_without_the_value_says_why(attribute: str, encoding: str, data: str, cause: str) -> None:
    with pytest.raises(DriftError) as refused:
        parse_attribute(text=attribute).values(payload=payload(data, encoding))
    assert str(refused.value) == cause


@pytest.mark.parametrize("text", ["$..score", "$.a[?(@.b)]", "$.a[-1]", "$x"])
def test_a_jsonpath_of_other_steps_is_refused(text: str) -> None:
    with pytest.raises(DriftError, match="a JSONPath must have steps such as"):
        parse_attribute(text=text)
