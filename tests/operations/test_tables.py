from __future__ import annotations

import pytest
from rich.console import Console

from modelyard.operations.screen.table import Table, table_of

TABLE = Table(columns=("trial", "auc"), rows=(("deep", 0.91), ("shallow", None)), title="Run 1")


def drawn(table: Table, *, width: int = 80) -> str:
    console = Console(width=width, no_color=True, record=True, file=open("/dev/null", "w"))  # noqa: SIM115, PTH123
    with console.file:
        console.print(table.drawn)
    return console.export_text()


def test_json_has_the_rows_by_heading() -> None:
    assert TABLE.records == [{"trial": "deep", "auc": 0.91}, {"trial": "shallow", "auc": None}]


def test_csv_has_a_header_and_leaves_empty_what_is_not_there() -> None:
    assert TABLE.as_csv == "trial,auc\ndeep,0.91\nshallow,\n"


def test_csv_quotes_what_holds_a_comma() -> None:
    assert Table(columns=("a",), rows=(("1,2",),)).as_csv == 'a\n"1,2"\n'


def test_eyes_see_a_dash_for_what_is_not_there() -> None:
    assert "shallow" in drawn(TABLE)
    assert " - " in drawn(TABLE)


def test_a_narrow_terminal_folds_and_cuts_nothing() -> None:
    text = "".join(drawn(Table(columns=("path",), rows=(("x" * 100,),)), width=40).split())
    assert text.count("x") == 100


def test_numbers_stand_to_the_right() -> None:
    lines = drawn(Table(columns=("count",), rows=((5,), (1000,)))).splitlines()
    assert [line.rstrip() for line in lines if line.strip()][2:] == ["     5", "  1000"]


def test_a_row_of_another_width_is_refused() -> None:
    with pytest.raises(ValueError, match="a row must have 2 cells, got 1"):
        Table(columns=("a", "b"), rows=(("1",),))


def test_columns_are_the_keys_of_all_records_in_the_order_in_which_they_come() -> None:
    assert table_of([{"a": 1}, {"a": 2, "b": 3}]).columns == ("a", "b")


def test_a_status_is_kept_whole_as_long_as_a_path_beside_it_can_fold() -> None:
    table = Table(columns=("status", "path"), rows=(("CompletedWithViolations", "x/" * 60),))
    assert "CompletedWithViolations" in drawn(table, width=60)


def test_where_nothing_fits_all_is_folded_and_nothing_cut_off() -> None:
    table = Table(columns=("first", "second"), rows=(("CompletedWithViolations", "EndOfTheSecondColumn"),))
    left = "".join(line[:14].strip() for line in drawn(table, width=28).splitlines()[3:])
    right = "".join(line[14:].strip() for line in drawn(table, width=28).splitlines()[3:])
    assert (left, right) == ("CompletedWithViolations", "EndOfTheSecondColumn")
