from collections.abc import Callable

import pytest

from modelyard.drift.analysis import Check
from modelyard.drift.documents.constraints import (
    MonitoringConfig,
)
from support.drift.checks import check_names, column

CheckCsv = Callable[..., Check]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"psi": 0.2}, "population_stability_check"),
        ({"jensen_shannon": 0.1}, "jensen_shannon_check"),
        ({"kolmogorov_smirnov_p_value": 0.01}, "kolmogorov_smirnov_check"),
        ({"prediction_drift": 0.1}, "prediction_drift_check"),
    ],
)
def test_a_flag_that_the_robust_distance_cannot_see_is_seen_by_an_additional_measure(
    check_csv: CheckCsv, wanted: dict[str, float | bool], expected: str
) -> None:
    monitoring = MonitoringConfig(additional=wanted)
    found = check_csv(column([0, 1] * 500), column([0, 1, 1, 1, 1] * 200), monitoring=monitoring)
    assert check_names(found) == [expected]


def test_additional_measures_of_equal_data_find_nothing(check_csv: CheckCsv) -> None:
    wanted: dict[str, float | bool] = {
        "psi": 0.01,
        "jensen_shannon": 0.01,
        "kolmogorov_smirnov_p_value": 0.5,
        "prediction_drift": 0.01,
        "new_categories": True,
        "vanished_categories": True,
    }
    text = column([0, 1] * 500)
    assert check_csv(text, text, monitoring=MonitoringConfig(additional=wanted)).violations == ()


def test_new_categories_are_named(check_csv: CheckCsv) -> None:
    monitoring = MonitoringConfig(domain_threshold=0, additional={"new_categories": True})
    found = check_csv(column(["a", "b"]), column(["a", "b", "c"]), monitoring=monitoring).violations
    assert [violation.description for violation in found] == ["There are 1 values not in the baseline: c"]


def test_vanished_categories_are_named(check_csv: CheckCsv) -> None:
    monitoring = MonitoringConfig(additional={"vanished_categories": True})
    found = check_csv(column(["a", "b"]), column(["a", "a"]), monitoring=monitoring).violations
    assert [violation.description for violation in found] == ["There are 1 values only in the baseline: b"]


def test_prediction_drift_is_of_the_first_column_alone(check_csv: CheckCsv) -> None:
    monitoring = MonitoringConfig(additional={"prediction_drift": 0.1})
    train, live = "".join(f"0,{n % 2}\n" for n in range(100)), "0,1\n" * 100
    assert check_csv(train, live, monitoring=monitoring).violations == ()
