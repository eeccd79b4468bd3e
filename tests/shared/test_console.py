"""What a program, a test or a person's clipboard reads depends neither on a terminal's width nor on a folder's name."""

import ast
import io
import itertools
import json
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import ConsoleDimensions
from rich.text import Text

from modelyard.drift.cli import main as drift
from modelyard.operations.cli.main import main as yard
from modelyard.operations.screen.diff import render_diff
from modelyard.operations.screen.screen import Screen
from modelyard.operations.screen.table import Table
from modelyard.rehearsal.__main__ import main as rehearsal
from modelyard.scenario.__main__ import main as scenario
from modelyard.shared.console import make_console
from support.synth import ROOT
from support.terminals import Terminal

PROGRAMS = (
    "app.py",
    "benchmarks",
    "drift",
    "maintenance",
    "manifest",
    "operations",
    "rehearsal",
    "scenario",
    "shared",
    "template_checks",
)
MAKER = "shared/console.py"
# What lays text out for a width: each breaks, pads or cuts what is read later.
LAYS_OUT = {"Columns", "Console", "JSON", "Markdown", "Padding", "Panel", "Pretty", "Syntax", "Table", "Tree"}
WIDTHS = (None, "1", "20", "40", "80")
TERMS = ("dumb", "xterm-256color")
LONG = "x" * 100
WHOLE = (
    f"/srv/{LONG}/a folder/models/churn.toml",
    f"arn:aws:sagemaker:us-east-1:111122223333:training-job/{LONG}:key:bell:",
    f"cdk deploy dev-foundation --context destroy_data=dev --output {LONG}",
    json.dumps({"features": {"[bold]": [1, 2], LONG: "[/]"}, "text": "a b " * 30}),
)
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")
# Of what a name may hold, all but what moves a terminal's cursor; blanks at the ends are nobody's.
NAMES = st.text(st.characters(exclude_categories=("C", "Zl", "Zp")), min_size=1, max_size=200).map(str.strip)


@dataclass(frozen=True, kw_only=True)
class Program:
    """What a source imports, or imports from; the names that it has of Rich; and the last name of all that it calls.

    A class that is extended counts as called.
    """

    imported: frozenset[str]
    of_rich: frozenset[str]
    called: frozenset[str]


@cache
def programs() -> dict[str, Program]:
    """Every program by its path below the repository."""
    return {file.relative_to(ROOT).as_posix(): program(file) for place in PROGRAMS for file in sources(ROOT / place)}


def sources(path: Path) -> list[Path]:
    return [path] if path.is_file() else sorted(path.rglob("*.py"))


def program(file: Path) -> Program:
    nodes = list(ast.walk(ast.parse(file.read_text(encoding="utf-8"))))
    imports_from = [node for node in nodes if isinstance(node, ast.ImportFrom)]
    of_rich = [node for node in imports_from if str(node.module).partition(".")[0] == "rich"]
    names = {name.name for node in nodes if isinstance(node, ast.Import) for name in node.names}
    callees = [node.func for node in nodes if isinstance(node, ast.Call)]
    bases = [base for node in nodes if isinstance(node, ast.ClassDef) for base in node.bases]
    return Program(
        imported=frozenset(names | {str(node.module) for node in imports_from}),
        of_rich=frozenset(name.name for node in of_rich for name in node.names),
        called=frozenset(
            callee.id if isinstance(callee, ast.Name) else callee.attr
            for callee in [*callees, *bases]
            if isinstance(callee, ast.Name | ast.Attribute)
        ),
    )


def test_consoles_are_made_in_one_place() -> None:
    assert [path for path, one in programs().items() if "Console" in one.called] == [MAKER]


def test_nothing_else_lays_text_out_for_a_width() -> None:
    laid_out = {path: one.of_rich & LAYS_OUT - {"Console"} for path, one in programs().items()}
    assert {path: names for path, names in laid_out.items() if names} == {"operations/screen/table.py": {"Table"}}
    assert [path for path, one in programs().items() if "textwrap" in one.imported] == []
    assert [path for path, one in programs().items() if "get_terminal_size" in one.called] == []


def test_rich_prints_nothing_by_itself() -> None:
    printing = {"get_console", "inspect", "print", "print_json"}
    assert [path for path, one in programs().items() if one.of_rich & printing] == []


def shown(*, terminal: bool, draw: object, columns: int) -> str:
    """What a console writes of something, without its colours."""
    written = Terminal() if terminal else io.StringIO()
    console = make_console(file=written)
    console.size = ConsoleDimensions(columns, 25)
    console.print(draw)
    return ESCAPES.sub("", written.getvalue())


@given(text=NAMES.filter(bool), columns=st.integers(1, 200), terminal=st.booleans())
def test_no_text_is_broken_cut_off_or_read_as_markup(*, text: str, columns: int, terminal: bool) -> None:
    for draw in (text, Text(text), Table(columns=(text, "b"), rows=((text, 1),)).rendered, render_diff(f"+{text}")):
        assert text in shown(terminal=terminal, draw=draw, columns=columns)


@given(rows=st.lists(st.tuples(NAMES, NAMES), min_size=1, max_size=4), columns=st.integers(1, 200))
def test_a_table_in_a_pipe_does_not_depend_on_a_width(*, rows: list[tuple[str, str]], columns: int) -> None:
    drawn = Table(columns=("first", "second"), rows=tuple(rows)).rendered
    assert shown(terminal=False, draw=drawn, columns=columns) == shown(terminal=False, draw=drawn, columns=1000)


@pytest.fixture(params=itertools.product(WIDTHS, TERMS), ids=lambda width: "-".join(map(str, width)))
def any_width(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment of a terminal of each kind and width."""
    columns, term = request.param
    monkeypatch.setenv("TERM", term)
    monkeypatch.delenv("COLUMNS", raising=False)
    if columns is not None:
        monkeypatch.setenv("COLUMNS", columns)


@pytest.mark.usefixtures("any_width")
def test_what_a_command_says_is_whole_at_any_width(capsys: pytest.CaptureFixture[str]) -> None:
    for text in WHOLE:
        screen = Screen()
        screen.note(text)
        screen.next_step(text)
        screen.show(text)
        screen.line(text)
        screen.table(Table(columns=("path", "state"), rows=((text, "OK"),), title=text))
        with screen.bar(what=text, total=1, unit="objects") as bar:
            bar.advance(1)
        with screen.live() as view:
            view.update(rendered=text, line=text)
        out, err = capsys.readouterr()
        assert (out.count(text), err.count(text)) == (4, 4)


@pytest.mark.usefixtures("any_width")
@pytest.mark.parametrize(
    ("program", "arguments", "sentence"),
    [
        (yard, ["verify", "--data", f"{LONG}/{LONG}"], f"got {LONG}/{LONG}: each model"),
        (yard, [LONG], f"No such command '{LONG}'; see yard --help"),
        (yard, ["plan", "--head", f"/{LONG}/a b/{LONG}"], f"/{LONG}/a b/{LONG} is no assembly"),
        (yard, ["traffic", "churn", f"--{LONG}"], f"--{LONG}"),
        (scenario, [f"{LONG} {LONG}"], f"got {LONG} {LONG}; name a file of models/"),
        (rehearsal, ["advance", f"{LONG} {LONG}"], f"got {LONG} {LONG}; such as 1h"),
        (rehearsal, ["fault", "s3", f"--{LONG}"], f"--{LONG}"),
    ],
)
def test_a_sentence_of_a_refusal_is_one_line_at_any_width(
    program: Callable[[list[str]], int], arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert program(arguments) != 0
    said = capsys.readouterr().err
    assert sentence in said
    assert said.count("\n") == 1


@pytest.mark.parametrize("columns", ["1", "20", "80"])
def test_the_analyzer_and_the_template_checks_do_not_break_their_sentences_either(
    columns: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    path = tmp_path / f"{LONG} {LONG}"
    assert drift(arguments=["check", str(path), "--format", "csv", "--baseline", str(path), "--output", "o"]) == 1
    assert str(path) in capsys.readouterr().err
    ended = subprocess.run(
        [sys.executable, "-m", "modelyard.template_checks", str(path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stderr.count(str(path)), ended.stderr.count("\n")) == (2, 1, 1)
