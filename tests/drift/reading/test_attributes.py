import pytest

from modelyard.drift.errors import DriftError
from modelyard.drift.reading.attributes import parse_attribute, parse_place
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


CLASSES = '{"no":"0","yes":"1"}'


def test_an_object_of_classes_finds_the_most_probable_one() -> None:
    assert parse_place(text=CLASSES).values(payload=payload("0.2,0.8\n0.9,0.1\n0.5,0.5\n", "CSV")) == [
        "yes",
        "no",
        "no",
    ]


def test_an_attribute_is_a_place() -> None:
    assert parse_place(text="1").values(payload=payload("0.2,0.8", "CSV")) == ["0.8"]


def test_one_path_and_the_classes_find_the_most_probable_one_of_a_list() -> None:
    place = parse_place(text='["$.predictions[*]","no","maybe","yes"]')
    data = '{"predictions": [[0.2, 0.7, 0.1], [0.1, 0.1, 0.8]]}'

    assert place.values(payload=payload(data)) == ["maybe", "yes"]


@pytest.mark.parametrize(
    ("place", "data", "cause"),
    [
        (CLASSES, "0.2,", "a probability of theirs is no number"),
        (CLASSES, "0.2,nan", "a probability of theirs is no number"),
        (CLASSES, "0.2,high", "a probability of theirs is no number"),
        (CLASSES, "0.2", "there is no column 1"),
    ],
)
def test_classes_without_a_probability_say_why(place: str, data: str, cause: str) -> None:
    with pytest.raises(DriftError, match=cause):
        parse_place(text=place).values(payload=payload(data, "CSV"))


def test_classes_of_different_numbers_of_rows_are_refused() -> None:
    place = parse_place(text='{"no":"$.a","yes":"$.b"}')
    with pytest.raises(DriftError, match="their classes have different numbers of probabilities"):
        place.values(payload=payload('{"a": [0.1, 0.2], "b": [0.3]}'))


@pytest.mark.parametrize("text", ["{", "{}", '{"no": 0}', "[", "[]", '["$.a"]', '["a","no","yes"]', '["$.a",0]'])
def test_what_is_no_object_of_places_is_refused(text: str) -> None:
    with pytest.raises(
        DriftError, match="a place must be an attribute, an object of classes and attributes, or a list"
    ):
        parse_place(text=text)


def test_each_line_of_json_lines_has_its_values() -> None:
    assert parse_attribute(text="score").values(payload=payload('{"score": 1}\n\n{"score": 2}\n')) == ["1", "2"]
