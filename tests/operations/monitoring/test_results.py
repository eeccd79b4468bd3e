import json
from pathlib import Path

import pytest

from modelyard.drift.reporting.summary import Finding
from modelyard.operations.monitoring.results import not_compared, table_of_findings

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
