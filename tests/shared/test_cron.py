from datetime import date, datetime

import pytest

from modelyard.shared.cron import Cron, cron_faults

DAYS = "one of the two days must be ?, got {} as day of month and {} as day of week"


@pytest.mark.parametrize(
    "fields",
    [
        "0 3 * * ? *",
        "0,30 0-23 ? * 2-6 *",
        "0/15 */2 ? * MON-FRI 2026-2199",
        "59 23 31 12 ? 1970",
        "0 0 L * ? *",
        "0 0 LW * ? *",
        "0 0 15W JAN,JUL ? *",
        "0 0 ? * 6L *",
        "0 0 ? * 3#2 *",
        "0  0  1  *  ?  *",
    ],
)
def test_a_cron_that_aws_documents_has_no_fault(fields: str) -> None:
    assert list(cron_faults(f"cron({fields})")) == []


@pytest.mark.parametrize(
    ("fields", "faults"),
    [
        ("60 0 * * ? *", ["minutes must be of 0 to 59, got 60"]),
        ("0 24 * * ? *", ["hours must be of 0 to 23, got 24"]),
        ("99 77 * * ? *", ["minutes must be of 0 to 59, got 99", "hours must be of 0 to 23, got 77"]),
        ("0 0 32 * ? *", ["day of month must be of 1 to 31, got 32"]),
        ("0 0 0 * ? *", ["day of month must be of 1 to 31, got 0"]),
        ("0 0 32W * ? *", ["day of month must be of 1 to 31, got 32W"]),
        ("0 0 * 13 ? *", ["month must be of 1 to 12, got 13"]),
        ("0 0 * JANUARY ? *", ["month must be of 1 to 12, got JANUARY"]),
        ("0 0 ? * 8 *", ["day of week must be of 1 to 7, got 8"]),
        ("0 0 ? * 3#6 *", ["day of week must be of 1 to 7, got 3#6"]),
        ("0 0 ? * 3#1,3#2 *", ["day of week must be of 1 to 7, got 3#1,3#2"]),
        ("0 0 * * ? 1969", ["year must be of 1970 to 2199, got 1969"]),
        ("? 0 * * ? *", ["minutes must be of 0 to 59, got ?"]),
        ("0/0 0 * * ? *", ["minutes must be of 0 to 59, got 0/0"]),
        ("30-10 0 * * ? *", ["minutes must be of 0 to 59, got 30-10"]),
        ("0, 0 * * ? *", ["minutes must be of 0 to 59, got 0,"]),
        ("٣ 0 * * ? *", ["minutes must be of 0 to 59, got ٣"]),
        ("0 0 * * * *", [DAYS.format("*", "*")]),
        ("0 0 1 * 2 *", [DAYS.format("1", "2")]),
        ("0 0 ? * ? *", [DAYS.format("?", "?")]),
    ],
)
def test_a_field_that_aws_refuses_is_named_with_what_it_may_be(fields: str, faults: list[str]) -> None:
    assert list(cron_faults(f"cron({fields})")) == faults


@pytest.mark.parametrize(
    "expression", ["cron()", "cron(0 3 * * ?)", "cron(0 3 * * ? * *)", "rate(1 day)", "cron(0 3 (*) * ? *)"]
)
def test_what_has_not_six_fields_is_no_cron(expression: str) -> None:
    (fault,) = cron_faults(expression)

    assert fault == (
        f"a cron must have six fields (minutes, hours, day of month, month, day of week, year), got {expression}"
    )


def days(fields: str, *, year: int = 2027, month: int = 1) -> list[int]:
    """The days of a month that begins with a Friday on which a cron is due at some time."""
    cron = Cron(f"cron(0 0 {fields})")
    return [day for day in range(1, 32) if cron.is_due_on(date(year, month, day))]


@pytest.mark.parametrize(
    ("fields", "due"),
    [
        ("1,15 * ? *", [1, 15]),
        ("10-12 1 ? *", [10, 11, 12]),
        ("1/10 JAN ? 2027", [1, 11, 21, 31]),
        ("L * ? *", [31]),
        ("LW * ? *", [29]),
        ("2W * ? *", [1]),
        ("3W * ? *", [4]),
        ("31W * ? *", [29]),
        ("12W * ? *", [12]),
        ("? * 1 *", [3, 10, 17, 24, 31]),
        ("? * SAT,SUN *", [2, 3, 9, 10, 16, 17, 23, 24, 30, 31]),
        ("? * L *", [2, 9, 16, 23, 30]),
        ("? * 6L *", [29]),
        ("? * 6#2 *", [8]),
        ("? * 2#5 *", []),
        ("* FEB ? *", []),
        ("* * ? 2028", []),
    ],
)
def test_a_cron_is_due_on_the_days_that_its_fields_name(fields: str, due: list[int]) -> None:
    assert days(fields) == due


def test_a_weekday_near_the_first_of_a_month_stays_in_the_month() -> None:
    # 1 May 2027 is a Saturday.
    assert days("1W 5 ? 2027", month=5) == [3]


def test_a_cron_is_due_in_the_minutes_that_its_fields_name() -> None:
    cron = Cron("cron(15/20 7,19 ? * MON-FRI *)")

    assert cron.times == [(7, 15), (7, 35), (7, 55), (19, 15), (19, 35), (19, 55)]
    assert cron.is_due(datetime(2027, 1, 4, 19, 35, 59))
    assert not cron.is_due(datetime(2027, 1, 4, 19, 36))
    assert not cron.is_due(datetime(2027, 1, 3, 19, 35))


def test_what_aws_does_not_take_is_no_cron() -> None:
    with pytest.raises(ValueError, match=r"^minutes must be of 0 to 59, got 60; hours must be of 0 to 23, got 24$"):
        Cron("cron(60 24 * * ? *)")
