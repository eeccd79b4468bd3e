import json
from pathlib import Path

import pytest

from modelyard.drift.documents.importance import read_importance
from modelyard.drift.errors import DriftError

COLUMNS = ("a", "b", "c")


def test_importance_is_read_as_shares(tmp_path: Path) -> None:
    (tmp_path / "gain.json").write_text('{"a": 30, "c": 10}')
    assert read_importance(path=tmp_path / "gain.json", columns=COLUMNS) == {"a": 0.75, "c": 0.25}


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ([1, 2], "the document must be an object"),
        ({"a": "much"}, "a must be a number, got 'much'"),
        (
            {"a": -0.1, "b": 1},
            "a must be a number of 0 or more, got -0.1 .* a permutation importance below 0 is chance",
        ),
        ({"a": "Infinity"}, "a must be a number of 0 or more"),
        ({"a": None}, "a must be given, it is missing"),
        ({"a": 1, "a=x": 1}, "must be of the baseline's columns, a, b, c, got .*; it has no a=x; add up"),
        ({"a": 0}, "must be numbers of which one is above 0"),
        ({}, "must be numbers of which one is above 0"),
    ],
)
def test_importance_that_cannot_be_used_is_a_sentence(tmp_path: Path, document: object, sentence: str) -> None:
    (tmp_path / "gain.json").write_text(json.dumps(document))
    with pytest.raises(DriftError, match=sentence):
        read_importance(path=tmp_path / "gain.json", columns=COLUMNS)
