import json
from pathlib import Path

import pytest

from modelyard.drift.reporting.summary import Finding
from modelyard.drift.verdict.hypothesis_test import Aspect, Method
from modelyard.drift.verdict.verdict import Answer, AspectVerdict, Budget, ColumnVerdict, Verdict
from modelyard.operations.monitoring.results import (
    change_notes,
    change_record,
    not_compared,
    table_of_findings,
)

MOVED = Finding(feature="label", check="baseline_drift_check", sentence="It has moved.", original="")


@pytest.mark.parametrize(("answer", "name"), [("label", "label (the answer)"), ("x", "label"), (None, "label")])
def test_the_finding_of_the_models_answer_is_marked(answer: str | None, name: str) -> None:
    assert table_of_findings((MOVED,), answer=answer).rows == ((name, "It has moved."),)


def test_what_a_check_left_out_stands_in_its_own_constraints(tmp_path: Path) -> None:
    assert not_compared(tmp_path) == ()

    off = {"monitoringConfigOverrides": {"evaluate_constraints": "Disabled"}}
    features = [{"name": "label", "inferred_type": "Integral", **off}, {"name": "x", "inferred_type": "Integral"}]
    (tmp_path / "constraints.json").write_text(json.dumps({"features": features}))

    assert not_compared(tmp_path) == ("label",)


LOST = AspectVerdict(
    aspect=Aspect.MISSING,
    changed=True,
    p_value=1e-9,
    method=Method.FISHER,
    what="missing values",
    share=0.2,
    known_share=0.0,
    low=0.1,
    high=0.3,
    detectable=0.02,
)


def verdict(*names: str) -> Verdict:
    """Changed columns of these names."""
    columns = tuple(ColumnVerdict(name=name, answer=Answer.CHANGED, aspects=(LOST,)) for name in names)
    return Verdict(
        answer=Answer.CHANGED,
        rows=100,
        known_rows=1000,
        budget=Budget(),
        tests=9,
        columns=columns,
        skipped=(("y", "the constraints say so"),),
    )


def test_a_verdict_is_shown_with_its_changes_and_what_it_is_not_about() -> None:
    assert change_notes(verdict("x")) == [
        "Verdict: Changed: 1 of 2 columns.",
        "x: missing values: 20.0%, in the baseline 0.0% "
        "(difference +10.0 to +30.0 points; p 1e-09, Fisher's exact test)",
        "Not looked at: y (the constraints say so).",
        "9 tests at 1 false alarm a year, of which this check of 1 hour has 0.00011; rows are taken as independent.",
    ]


def test_of_many_changes_the_first_five_are_shown() -> None:
    assert "… and 3 more changes." in change_notes(verdict(*"abcdefgh"))


def test_json_has_every_change_and_what_was_not_looked_at() -> None:
    record = change_record(verdict(*"abcdefgh"))
    assert (record["answer"], record["alarm_on"], len(record["changes"])) == ("changed", "constraints", 8)
    assert record["not_looked_at"] == [{"feature": "y", "reason": "the constraints say so"}]
