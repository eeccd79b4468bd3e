from typing import Any

import pytest

from modelyard.rehearsal.sagemaker.transforming.json_paths import JsonPath, PathError

ROW = ["id", "1", "2", "3"]
RECORD = {"id": 7, "features": [1, 2, 3], "rows": [{"x": 1, "y": 2}, {"x": 3, "y": 4}], "SageMakerOutput": 0.5}


@pytest.mark.parametrize(
    ("path", "value", "selected"),
    [
        ("$", ROW, ROW),
        ("$[1:]", ROW, ["1", "2", "3"]),
        ("$[:-1]", ROW, ["id", "1", "2"]),
        ("$[0]", ROW, "id"),
        ("$[-1]", ROW, "3"),
        ("$[0,2:]", ROW, ["id", "2", "3"]),
        ("$[0,-1]", ROW, ["id", "3"]),
        ("$[*]", ROW, ROW),
        ("$[9:]", ROW, []),
        ("$.id", RECORD, 7),
        ("$.features", RECORD, [1, 2, 3]),
        ("$.features[1]", RECORD, 2),
        ("$['id']", RECORD, 7),
        ("$['id','SageMakerOutput']", RECORD, {"id": 7, "SageMakerOutput": 0.5}),
        ("$[ 'id' , 'SageMakerOutput' ]", RECORD, {"id": 7, "SageMakerOutput": 0.5}),
        ("$.rows[*].x", RECORD, [1, 3]),
        ("$.rows[0:1].y", RECORD, [2]),
        ("$.rows[0].*", RECORD, [1, 2]),
        (r"$['it\'s']", {"it's": 1}, 1),
    ],
)
def test_a_path_selects(path: str, value: Any, selected: Any) -> None:
    assert JsonPath(text=path).select(value) == selected


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("", "must begin with \\$"),
        ("features", "must begin with \\$"),
        ("$features", "correct 'features'"),
        ("$..x", "correct '..x'"),
        ("$[?(@.x)]", "an index in a filter must be"),
        ("$[1:2:3]", "an index in a filter must be"),
        ("$[x]", "correct 'x'"),
        ("$['a' 'b']", "names in a filter must be quoted"),
        ("$[1", "correct '\\[1'"),
        (f"$[{'9' * 5000}]", "an index in a filter must be"),
    ],
)
def test_what_is_no_path_is_refused(path: str, sentence: str) -> None:
    with pytest.raises(PathError, match=sentence):
        JsonPath(text=path)


@pytest.mark.parametrize(
    ("path", "value", "sentence"),
    [
        ("$.age", RECORD, "no member 'age'; it has the members 'id'"),
        ("$.age", {}, "it has no members"),
        ("$.age", ROW, "no member 'age'; it has 4 elements"),
        ("$[4]", ROW, "no element 4; it has 4 elements"),
        ("$[-5]", ROW, "no element -5"),
        ("$[1:]", RECORD, "a slice must be asked of a list"),
        ("$.id[0]", RECORD, "must be asked of a list, got a single int"),
        ("$.id.*", RECORD, "\\* must be asked of a list"),
    ],
)
def test_what_a_record_does_not_have_is_named(path: str, value: Any, sentence: str) -> None:
    with pytest.raises(PathError, match=sentence):
        JsonPath(text=path).select(value)


def test_only_the_root_is_the_whole() -> None:
    assert (JsonPath().whole, JsonPath(text="$[*]").whole) == (True, False)


def test_a_path_of_very_many_steps_is_followed() -> None:
    deep: Any = 7
    for _ in range(2000):
        deep = {"a": deep}

    assert JsonPath(text="$" + "['a']" * 2000).select(deep) == 7
