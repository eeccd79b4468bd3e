import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from modelyard.drift.documents.statistics import Statistics
from modelyard.drift.reporting.changes import WindowVerdict
from modelyard.drift.reporting.runs import Run
from modelyard.drift.reporting.summary import Finding, Summary, summarize
from modelyard.operations.monitoring.results import (
    change_notes,
    change_record,
    not_compared,
    table_of_findings,
)
from support.drift.verdicts import verdict_of

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


STATISTICS = Statistics(rows=100, features=())


def summary(
    *columns: str, before: Sequence[WindowVerdict] = (), importance: Mapping[str, float] | None = None
) -> Summary:
    """A check that has found these columns changed, and one that it does not look at."""
    given = WindowVerdict(window="now", verdict=verdict_of(dict.fromkeys(columns, 0.2), skipped=("y",)))
    return summarize(
        runs=[Run(given=given, statistics=STATISTICS, constraints=None, violations=())],
        baseline=None,
        before=before,
        importance=importance if importance is not None else {},
    )


def test_a_verdict_is_shown_with_its_changes_and_what_it_is_not_about() -> None:
    assert change_notes(summary("x")) == [
        "Verdict: Changed: 1 of 2 columns.",
        "x: values up to 1: 50.0%, in the baseline 30.0% "
        "(difference +15.0 to +25.0 points; p 1e-09, Fisher's exact test)",
        "A change of a share by 2.0 points would have been found in any column compared, four times of five.",
        "Not looked at: y (the constraints say so).",
        "9 tests at 1 false alarm a year, of which this check of 1 hour has 0.00011; rows are taken as independent.",
    ]


def test_of_many_changes_the_first_five_are_shown() -> None:
    assert "… and 3 more changes." in change_notes(summary(*"abcdefgh"))


def test_a_change_is_shown_with_since_when_and_what_the_model_leans_on() -> None:
    before = [WindowVerdict(window="8:00", verdict=verdict_of({"x": 0.0})), WindowVerdict(window="9:00", verdict=None)]
    notes = change_notes(summary("x", before=before, importance={"x": 0.25}))
    assert notes[1].endswith("Fisher's exact test), since now or earlier, importance 25.0%")
    assert "Not looked at: y (the constraints say so), Windows before (1 of 2: 1 without a verdict)." in notes


def test_json_has_every_change_and_what_was_not_looked_at() -> None:
    before = [WindowVerdict(window="9:00", verdict=verdict_of({"a": 0.0}))]
    record = change_record(summary(*"abcdefgh", before=before))
    assert record is not None
    assert (record["answer"], record["alarm_on"], len(record["changes"])) == ("changed", "constraints", 8)
    first = record["changes"][0]
    assert [first[key] for key in ("feature", "check", "since", "or_earlier", "importance")] == [
        "a",
        "change_check",
        "now",
        False,
        None,
    ]
    assert record["not_looked_at"] == [{"feature": "y", "reason": "the constraints say so"}]


def test_without_a_verdict_nothing_is_said_of_changes() -> None:
    given = WindowVerdict(window="now", verdict=None)
    run = Run(given=given, statistics=STATISTICS, constraints=None, violations=())
    made = summarize(runs=[run], baseline=None)
    assert (change_record(made), change_notes(made)) == (None, [])
