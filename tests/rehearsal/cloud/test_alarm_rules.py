from datetime import UTC, datetime, timedelta

import pytest

from modelyard.rehearsal.cloud.alarm_rules import ALARM, INSUFFICIENT, OK, AlarmRule, Datapoint

KEEP = "keep"
TREATMENTS = ("missing", "ignore", "breaching", "notBreaching")


def rule(*, wanted: int = 3, periods: int = 3, treatment: str = "missing", threshold: float = 0.5) -> AlarmRule:
    return AlarmRule(
        threshold=threshold,
        comparison="GreaterThanThreshold",
        evaluation_periods=periods,
        datapoints_to_alarm=wanted,
        treatment=treatment,
    )


def series(picture: str) -> list[Datapoint | None]:
    """Read a row of AWS's tables: 0 is calm, X breaches, - is missing; the latest is the last."""
    start = datetime(2026, 11, 22, 10, tzinfo=UTC)
    values = {"0": 0.0, "X": 1.0}
    return [
        Datapoint(moment=start + timedelta(minutes=place), value=values[sign]) if sign in values else None
        for place, sign in enumerate(picture)
    ]


def state(of: AlarmRule, picture: str) -> str:
    verdict = of.judge(datapoints=series(picture))
    return KEEP if verdict is None else verdict.state


@pytest.mark.parametrize(
    ("picture", "expected"),
    [
        ("0-X-X", (OK, OK, OK, OK)),
        ("----0", (OK, OK, OK, OK)),
        ("-----", (INSUFFICIENT, KEEP, ALARM, OK)),
        ("0XX-X", (ALARM, ALARM, ALARM, ALARM)),
        ("--X--", (ALARM, KEEP, ALARM, OK)),
    ],
)
def test_three_of_three_treats_missing_data_as_in_awss_table(picture: str, expected: tuple[str, ...]) -> None:
    assert tuple(state(rule(treatment=treatment), picture) for treatment in TREATMENTS) == expected


@pytest.mark.parametrize(
    ("picture", "expected"),
    [
        ("0-X-X", (ALARM, ALARM, ALARM, ALARM)),
        ("00X0X", (ALARM, ALARM, ALARM, ALARM)),
        ("0-X--", (OK, OK, ALARM, OK)),
        ("----0", (OK, OK, ALARM, OK)),
        ("----X", (ALARM, KEEP, ALARM, OK)),
    ],
)
def test_two_of_three_treats_missing_data_as_in_awss_table(picture: str, expected: tuple[str, ...]) -> None:
    assert tuple(state(rule(wanted=2, treatment=treatment), picture) for treatment in TREATMENTS) == expected


def test_the_reason_of_an_alarm_names_the_breaching_datapoint_and_its_time() -> None:
    verdict = rule(wanted=1, periods=1, threshold=0.0).judge(datapoints=series("--X"))

    assert verdict is not None
    assert verdict.reason == (
        "Threshold Crossed: 1 out of the last 1 datapoints [1.0 (22/11/26 10:02:00)] was greater than the threshold "
        "(0.0) (minimum 1 datapoint for OK -> ALARM transition)."
    )


def test_the_reason_of_several_datapoints_names_the_latest_first() -> None:
    verdict = rule(wanted=2).judge(datapoints=series("00X0X"))

    assert verdict is not None
    assert "2 out of the last 3 datapoints [1.0 (22/11/26 10:04:00), 1.0 (22/11/26 10:02:00)] were" in verdict.reason


def test_the_reason_of_calm_says_what_ended_the_alarm() -> None:
    verdict = rule(wanted=1, periods=1).judge(datapoints=series("X-0"))

    assert verdict is not None
    assert verdict.reason == (
        "Threshold Crossed: 1 out of the last 1 datapoints [0.0 (22/11/26 10:02:00)] was not greater than the "
        "threshold (0.5) (minimum 1 datapoint for ALARM -> OK transition)."
    )


@pytest.mark.parametrize(
    ("treatment", "picture", "reason"),
    [
        (
            "notBreaching",
            "-----",
            "no datapoints were received for 3 periods and 3 missing datapoints were treated as [NonBreaching].",
        ),
        (
            "breaching",
            "----0",
            "1 datapoint was received for 3 periods and 2 missing datapoints were treated as [Breaching].",
        ),
    ],
)
def test_the_reason_of_missing_data_says_how_they_were_treated(treatment: str, picture: str, reason: str) -> None:
    verdict = rule(treatment=treatment).judge(datapoints=series(picture))

    assert verdict is not None
    assert verdict.reason == f"Threshold Crossed: {reason}"


def test_no_data_at_all_are_insufficient() -> None:
    verdict = rule().judge(datapoints=series("-----"))

    assert verdict is not None
    assert verdict.reason == "Insufficient Data: 3 datapoints were unknown."


@pytest.mark.parametrize(
    ("comparison", "at_the_threshold"),
    [
        ("GreaterThanThreshold", OK),
        ("GreaterThanOrEqualToThreshold", ALARM),
        ("LessThanThreshold", OK),
        ("LessThanOrEqualToThreshold", ALARM),
    ],
)
def test_only_the_inclusive_comparisons_fire_at_the_threshold(comparison: str, at_the_threshold: str) -> None:
    on_it = AlarmRule(threshold=1, comparison=comparison, evaluation_periods=1, datapoints_to_alarm=1)

    assert state(on_it, "X") == at_the_threshold


def test_an_unknown_comparison_is_refused() -> None:
    with pytest.raises(ValueError, match=r"comparison must be one of .*, got 'Above'"):
        AlarmRule(threshold=1, comparison="Above", evaluation_periods=1, datapoints_to_alarm=1)


def test_an_unknown_treatment_is_refused() -> None:
    with pytest.raises(ValueError, match=r"treatment must be one of .*, got 'zero'"):
        rule(treatment="zero")


def test_more_datapoints_than_periods_are_refused() -> None:
    with pytest.raises(ValueError, match="datapoints_to_alarm must be between 1 and 2, got 3"):
        rule(wanted=3, periods=2)
