from collections.abc import Callable
from pathlib import Path

import pytest

from modelyard.manifest import Model
from modelyard.manifest.batch import Batch
from modelyard.operations.aws import Aws
from modelyard.operations.deployment import Deployment
from modelyard.operations.failures import Failure
from modelyard.operations.scoring.transform import preview, transform_of
from support.workflows import training

Scores = Callable[..., list[tuple[object, ...]]]

ALONE = Batch(instance="ml.m5.large")
JOINED = Batch(instance="ml.m5.large", join="Input")
JSON = Batch(instance="ml.m5.large", content_type="application/jsonlines", accept="application/jsonlines")


@pytest.fixture
def scores(tmp_path: Path) -> Scores:
    def score(sent: str, answered: str, batch: Batch = ALONE, rows: int = 10) -> list[tuple[object, ...]]:
        source, scored = tmp_path / "in.csv", tmp_path / "in.csv.out"
        source.write_bytes(sent.encode())
        scored.write_bytes(answered.encode())
        return list(preview(source=source, scored=scored, batch=batch, rows=rows).rows)

    return score


def test_a_blank_line_is_no_record_and_moves_no_score(scores: Scores) -> None:
    found = scores("a1,1\n\nb2,2\nc3,3\n", "0.1\n0.2\n0.3\n")

    assert found == [(1, "a1,1", "0.1"), (3, "b2,2", "0.2"), (4, "c3,3", "0.3")]


def test_a_record_with_a_line_break_in_quotes_has_one_score(scores: Scores) -> None:
    found = scores('"a\nx",1\nb,2\n', "0.1\n0.2\n")

    assert [(line, score) for line, _, score in found] == [(1, "0.1"), (3, "0.2")]
    assert found[0][1] == '"a\\nx",1'


def test_a_joined_record_stands_beside_its_own_score_alone(scores: Scores) -> None:
    found = scores('"x, y",1\n\nb,2\n', '"x, y",1,0.1,cat\nb,2,0.2,dog\n', JOINED)

    assert found == [(1, '"x, y",1', "0.1,cat"), (3, "b,2", "0.2,dog")]


@pytest.mark.parametrize(
    ("sent", "answered", "batch"),
    [
        ("a,1\nb,2\n", "0.1\n", ALONE),
        ("a,1\n", "0.1\n0.2\n", ALONE),
        ("a,1\nb,2\n", "b,2,0.2\na,1,0.1\n", JOINED),
        ("a,1\n" * 20, "0.1\n" * 19, ALONE),
        (f"{'a' * 140_000},1\nb,2\n", "0.1\n0.2\n", ALONE),
    ],
    ids=["a score is missing", "a score more", "another order", "one is missing behind those shown", "a huge cell"],
)
def test_scores_that_cannot_be_paired_are_shown_without_records(
    scores: Scores, sent: str, answered: str, batch: Batch
) -> None:
    found = scores(sent, answered, batch, rows=2)

    assert all(len(row) == 2 for row in found)
    assert len(found) == min(2, answered.count("\n"))


def test_records_of_json_are_lines(scores: Scores) -> None:
    found = scores('{"a": "x\\ny"}\n\n{"a": "\\""}\n', '{"p": 1}\n{"p": 2}\n', JSON)

    assert found == [(1, '{"a": "x\\ny"}', '{"p": 1}'), (3, '{"a": "\\""}', '{"p": 2}')]


def test_a_model_without_batch_scores_no_file(reached: Aws, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("1\n")
    deployment = Deployment(aws=reached, model=Model(name="m", training=training()), stage="dev")

    with pytest.raises(Failure, match=r"m declares no \[batch\]; add that table to its manifest and deploy it"):
        transform_of(deployment=deployment, file=tmp_path / "in.csv")
