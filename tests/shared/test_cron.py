import pytest

from modelyard.shared.cron import cron_faults

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
