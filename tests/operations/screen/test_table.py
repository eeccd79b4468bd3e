import io

import pytest
from rich.console import ConsoleDimensions

from modelyard.operations.screen.table import Table, table_of
from modelyard.shared.console import make_console
from support.terminals import Terminal

TABLE = Table(columns=("trial", "auc"), rows=(("deep", 0.91), ("shallow", None)), title="Run 1")


def drawn(table: Table, *, width: int = 80, on: io.StringIO | None = None) -> str:
    written = io.StringIO() if on is None else on
    console = make_console(file=written)
    console.size = ConsoleDimensions(width, 25)
    console.no_color = True
    console.print(table.rendered)
    return written.getvalue()


def test_json_has_the_rows_by_heading() -> None:
    assert TABLE.records == [{"trial": "deep", "auc": 0.91}, {"trial": "shallow", "auc": None}]


def test_csv_has_a_header_and_leaves_empty_what_is_not_there() -> None:
    assert TABLE.as_csv == "trial,auc\ndeep,0.91\nshallow,\n"


def test_csv_quotes_what_holds_a_comma() -> None:
    assert Table(columns=("a",), rows=(("1,2",),)).as_csv == 'a\n"1,2"\n'


def test_eyes_see_a_dash_for_what_is_not_there() -> None:
    assert "shallow" in drawn(TABLE)
    assert " - " in drawn(TABLE)


WIDE = Table(columns=("path", "bytes", "state"), rows=(("x/" * 60, 5, "CompletedWithViolations"), ("y", 1, None)))


@pytest.mark.parametrize("width", [1, 20, 40, 80, 200])
def test_a_table_in_a_pipe_is_the_same_at_any_width(width: int) -> None:
    assert drawn(WIDE, width=width) == drawn(WIDE, width=1000)
    assert "x/" * 60 in drawn(WIDE, width=width)


def test_a_terminal_with_room_shows_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    assert drawn(WIDE, width=160, on=Terminal()) == drawn(WIDE, width=160)


def test_a_terminal_that_is_too_narrow_for_a_table_shows_a_list_of_whole_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    lines = [line.rstrip() for line in drawn(WIDE, width=60, on=Terminal()).splitlines()]
    first = ["", "path   " + "x/" * 60, "bytes  5", "state  CompletedWithViolations"]
    assert lines == [*first, "", "path   y", "bytes  1", "state  -"]


def test_lines_of_a_cell_stay_below_each_other_in_a_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    table = Table(columns=("variants", "path"), rows=(("primary\nchallenger", "x/" * 60),))
    lines = [line.rstrip() for line in drawn(table, width=60, on=Terminal()).splitlines()]
    assert lines == ["", "variants  primary", "          challenger", "path      " + "x/" * 60]


def test_numbers_stand_to_the_right() -> None:
    lines = drawn(Table(columns=("count",), rows=((5,), (1000,)))).splitlines()
    assert [line.rstrip() for line in lines if line.strip()][2:] == ["     5", "  1000"]


def test_a_row_of_another_width_is_refused() -> None:
    with pytest.raises(ValueError, match="a row must have 2 cells, got 1"):
        Table(columns=("a", "b"), rows=(("1",),))


def test_columns_are_the_keys_of_all_records_in_the_order_in_which_they_come() -> None:
    assert table_of([{"a": 1}, {"a": 2, "b": 3}]).columns == ("a", "b")
