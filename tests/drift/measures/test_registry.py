from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from modelyard.drift.checking.additional_measures import additional_violations
from modelyard.drift.documents.constraints import Constraints, FeatureConstraints, MonitoringConfig
from modelyard.drift.documents.statistics import FeatureStatistics, Statistics
from modelyard.drift.measures import samples
from modelyard.drift.measures.measure import Measure
from modelyard.drift.measures.registry import MEASURES, report_rows
from modelyard.drift.profiling.value_types import InferredType

DOCUMENTATION = Path(__file__).parents[3] / "docs" / "drift.md"


@dataclass(kw_only=True)
class Calls:
    """How often each measure was computed, and each function that several of them share."""

    measures: Counter[str] = field(default_factory=Counter)
    shared: Counter[str] = field(default_factory=Counter)


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Calls:
    calls = Calls()

    def counted(measure: Measure) -> None:
        compute = type(measure).violation

        def violation(self: Measure, *, samples: samples.Samples, threshold: float) -> str | None:
            calls.measures[self.key] += 1
            return compute(self, samples=samples, threshold=threshold)

        monkeypatch.setattr(type(measure), "violation", violation)

    def counted_function(name: str) -> None:
        compute = getattr(samples, name)

        def function(**arguments: object) -> object:
            calls.shared[name] += 1
            return compute(**arguments)

        monkeypatch.setattr(samples, name, function)

    for measure in MEASURES:
        counted(measure)
    for name in ("weighted_values", "decile_shares", "category_shares"):
        counted_function(name)
    return calls


def check(settings: dict[str, float | bool]) -> None:
    """Check one column of categories, which is the prediction."""
    column = FeatureStatistics(
        name="label", inferred=InferredType.STRING, present=3, missing=0, categories={"yes": 2, "no": 1}
    )
    statistics = Statistics(rows=3, features=(column,))
    feature = FeatureConstraints(
        name="label", inferred=InferredType.STRING, monitoring=MonitoringConfig(additional=settings)
    )
    additional_violations(current=statistics, constraints=Constraints(features=(feature,)), baseline=statistics)


def test_no_measure_is_computed_that_nobody_asks_for(calls: Calls) -> None:
    check({})
    assert calls == Calls()


@pytest.mark.parametrize("measure", MEASURES, ids=lambda measure: measure.key)
def test_a_measure_is_computed_alone(measure: Measure, calls: Calls) -> None:
    check({measure.key: True if isinstance(measure.default, bool) else 0.1})
    assert calls.measures == {measure.key: 1}


def test_a_measure_that_is_switched_off_is_not_computed(calls: Calls) -> None:
    check({measure.key: False for measure in MEASURES if isinstance(measure.default, bool)})
    assert calls == Calls()


def test_shares_are_computed_once_for_all_measures(calls: Calls) -> None:
    check({measure.key: True if isinstance(measure.default, bool) else 0.1 for measure in MEASURES})
    assert calls.shared == {"category_shares": 1}


@pytest.mark.parametrize("attribute", ["key", "check"])
def test_no_two_measures_are_called_alike(attribute: str) -> None:
    assert len({getattr(measure, attribute) for measure in MEASURES}) == len(MEASURES)


@pytest.mark.parametrize("measure", MEASURES, ids=lambda measure: measure.key)
def test_a_measure_is_off_unless_asked_for(measure: Measure) -> None:
    assert measure.default in (None, False)


@pytest.mark.parametrize("measure", MEASURES, ids=lambda measure: measure.key)
def test_a_measure_is_documented(measure: Measure) -> None:
    assert f"| `{measure.key}` |" in DOCUMENTATION.read_text(encoding="utf-8")


def test_no_two_rows_of_the_report_are_called_alike() -> None:
    rows = [row for row, _ in report_rows()]
    assert len({row.title for row in rows}) == len({row.name for row in rows}) == len(rows)
