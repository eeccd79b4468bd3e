import dataclasses
import typing
from typing import Any

import pytest

from modelyard.drift.measures.registry import MEASURES
from modelyard.manifest.limits import ColumnLimits, Limits, Measures, with_limits
from modelyard.manifest.monitoring import Monitoring
from modelyard.manifest.problems import Invalid, Refused
from modelyard.manifest.structuring import structured

PLAIN = {"engine": "drift"}


def refusal(**limits: Any) -> str:
    with pytest.raises(Refused) as refused:
        structured(PLAIN | {"limits": limits}, Monitoring, file="models/churn.toml")
    return str(refused.value)


def test_a_manifest_has_each_measure_of_the_analyzer_a_switch_where_it_is_one() -> None:
    kinds = {name: bool in typing.get_args(hint) for name, hint in typing.get_type_hints(Measures).items()}

    assert kinds == {measure.key: isinstance(measure.default, bool) for measure in MEASURES}


def test_an_unknown_measure_is_refused_with_those_there_are() -> None:
    assert refusal(measures={"pis": 0.2}) == (
        "limits.measures.pis must be one of the keys psi, jensen_shannon, kolmogorov_smirnov_p_value, "
        'prediction_drift, new_categories, vanished_categories, got "pis" in models/churn.toml; did you mean psi?'
    )


@pytest.mark.parametrize(
    ("table", "key", "high"),
    [
        (Measures, "psi", 20),
        (Measures, "jensen_shannon", 1),
        (Measures, "kolmogorov_smirnov_p_value", 1),
        (Measures, "prediction_drift", 1),
        (Limits, "completeness", 1),
        (Limits, "datatype_check_threshold", 1),
        (Limits, "domain_content_threshold", 1),
        (Limits, "comparison_threshold", 1),
        (ColumnLimits, "completeness", 1),
    ],
)
def test_a_limit_outside_its_bounds_is_refused(table: type, key: str, high: int) -> None:
    assert {getattr(table(**{key: bound}), key) for bound in (0, high)} == {0, high}
    for outside in (-0.01, high + 0.01):
        with pytest.raises(Invalid, match=f"{key} must be between 0 and {high}, got {outside}"):
            table(**{key: outside})


def test_a_distance_of_categories_above_1_is_refused_for_it_can_never_be_exceeded() -> None:
    said = refusal(columns={"plan": {"categorical_comparison_threshold": 5}}, categorical_drift_method="ChiSquared")

    assert said == (
        'limits.columns."plan".categorical_comparison_threshold must be between 0 and 1 without ChiSquared and Simple, '
        "got 5 in models/churn.toml; lower it: no distance is above 1"
    )


def test_a_statistic_of_chi_squared_may_be_above_1() -> None:
    limits = Limits(
        categorical_comparison_threshold=5, categorical_drift_method="ChiSquared", comparison_method="Simple"
    )

    assert limits.document["categorical_comparison_threshold"] == 5


def test_a_column_is_not_both_ignored_and_limited() -> None:
    assert refusal(ignore=["id"], columns={"id": {"completeness": 0.5}}) == (
        'limits.ignore must be columns without limits of their own, got "id" in models/churn.toml; '
        'take it from the list or remove columns."id"'
    )


@pytest.mark.parametrize(
    ("limits", "key"),
    [
        (Limits(measures=Measures(psi=0.2)), "limits.measures"),
        (Limits(columns={"age": ColumnLimits(measures=Measures(psi=0.2))}), 'limits.columns."age".measures'),
    ],
)
def test_awss_analyzer_knows_no_measures_beyond_its_own(limits: Limits, key: str) -> None:
    with pytest.raises(Invalid) as refused:
        Monitoring(engine="model-monitor", limits=limits)

    assert str(refused.value) == (
        f'{key} must be left out with the engine model-monitor, got "model-monitor"; '
        "AWS's analyzer has none of these measures: use comparison_threshold, or the engine drift"
    )


def test_the_document_has_what_is_declared_and_nothing_else() -> None:
    limits = Limits(
        completeness=0,
        ignore=("id",),
        columns={"age": ColumnLimits(inferred_type="Fractional", measures=Measures(new_categories=False))},
    )

    assert limits.document == {
        "completeness": 0,
        "ignore": ["id"],
        "columns": {"age": {"inferred_type": "Fractional", "measures": {"new_categories": False}}},
    }


def test_every_limit_gives_the_baseline_another_folder() -> None:
    declared = [
        Limits(),
        Limits(completeness=0.5),
        Limits(completeness=0.6),
        Limits(ignore=("a",)),
        Limits(columns={"a": ColumnLimits(completeness=0.5)}),
        Limits(measures=Measures(psi=0.5)),
    ]

    assert len({limits.folder for limits in declared}) == len(declared)
    assert Limits(completeness=0.5).folder == dataclasses.replace(declared[1]).folder


def test_limits_take_the_place_of_those_that_a_baseline_had() -> None:
    first, second = Limits(completeness=0.5), Limits(completeness=0.6)
    limited = with_limits("churn/baseline/1", limits=first.document)

    assert limited == f"churn/baseline/1/{first.folder}"
    assert with_limits(limited, limits=second.document) == f"churn/baseline/1/{second.folder}"
    assert with_limits(limited, limits=None) == "churn/baseline/1"
