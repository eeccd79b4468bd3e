"""Text from outside on a terminal, in Markdown and in a page: it is shown, and nothing of it acts."""

import csv
import html
import io
import itertools
import json
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token
from rich.text import Text

from modelyard.drift.cli import main as drift
from modelyard.drift.escaping import LAYOUT, as_markdown_code, for_html, for_markdown, for_terminal
from modelyard.operations.cli.main import main as yard
from modelyard.operations.plotting.chart import Chart, Series
from modelyard.operations.plotting.page import as_page
from modelyard.operations.screen.screen import Screen
from modelyard.operations.screen.table import Table
from modelyard.shared.console import make_console
from support.attempts import Attempts
from support.terminals import Terminal

UNSEEN: tuple[Literal["Cc", "Cf", "Cs", "Zl", "Zp"], ...] = ("Cc", "Cf", "Cs", "Zl", "Zp")
CONTROLS = [chr(code) for code in (*range(32), *range(0x7F, 0xA0))]
DIRECTIONS = list("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
INVISIBLE = list("\u00ad\u200b\u200c\u200d\u2028\u2029\u2060\ufeff\U000e0041\ud800\udfff")
SEQUENCES = [
    "\x1b[31mred",
    "\x1b[2J\x1b[H",
    "\x1b[1A\x1b[2K",
    "\x1b]0;title\x07",
    "\x1b]8;;https://evil.example\x1b\\text\x1b]8;;\x1b\\",
    "\x1b]52;c;ZXZpbA==\x07",
    "\x1bP+q544e\x1b\\",
    "\x1b_Gf=100;AAAA\x1b\\",
    "\x9b31mred",
    "\x9d52;c;ZXZpbA==\x9c",
    "safe\rforged",
    "safe\b\b\b\bforged",
    "user\u202efdp.exe",
]
MARKUP = [
    "a|b",
    "`code`",
    "``two``",
    "a`|`b",
    "[text](https://evil.example)",
    "![image](https://evil.example/x.png)",
    "<https://evil.example>",
    "https://evil.example",
    "http://evil.example/a?b=c",
    "www.evil.example",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "</details>",
    "<!-- comment",
    "&lt;b&gt;",
    "&#64;team",
    "@org/team",
    "someone@evil.example",
    "#1",
    "owner/repository#1",
    "# heading",
    "> quote",
    "- item",
    "+ item",
    "* item",
    "1. item",
    "12) item",
    "123) item",
    "---",
    "===",
    "***",
    "- - -",
    "```sh",
    "~~~",
    "~struck~",
    "*emphasis* _too_ __and__ **this**",
    "    indented",
    ":x: :+1:",
    "$x^2$",
    "\\",
    "\\|",
    "a\\",
    "[bold]rich[/bold]",
    "[/]",
    "[link=https://evil.example]text[/link]",
    "{{data}}",
    "'\"><script>alert(1)</script>",
    "javascript:alert(1)",
]
TEXTS = [
    *(place.format(text) for text in (*CONTROLS, *DIRECTIONS, *INVISIBLE) for place in ("a{}b", "{}", "\\{}")),
    *SEQUENCES,
    *MARKUP,
    *("".join(pair) for pair in itertools.product(SEQUENCES[:4], MARKUP[:12])),
]
# A file cannot hold half of a pair.
WRITABLE = [text for text in TEXTS if not re.search(r"[\ud800-\udfff]", text)]


def unseen(text: str, *, kept: str = "") -> set[str]:
    return {character for character in text if unicodedata.category(character) in UNSEEN and character not in kept}


def original(shown: str) -> str:
    """What a text was before it was made visible."""

    def back(found: re.Match[str]) -> str:
        pairs, odd = divmod(len(found[1]), 2)
        return "\\" * pairs + (chr(int(found[2][1:], 16)) if odd else found[2])

    return re.sub(r"(\\+)(u[0-9a-f]{4}|U[0-9a-f]{8})", back, shown)


def test_nothing_that_acts_or_is_invisible_reaches_a_terminal(attempts: Attempts) -> None:
    for text in TEXTS:
        attempts.add()
        assert unseen(for_terminal(text)) == set()
        assert unseen(for_terminal(text, kept=LAYOUT), kept=LAYOUT) == set()


@given(text=st.text(st.sampled_from([*CONTROLS, *DIRECTIONS, *INVISIBLE, *"\\uU0123abcé"]), max_size=30))
def test_different_texts_stay_different(text: str) -> None:
    assert original(for_terminal(text)) == text


@given(text=st.text(st.characters(exclude_categories=UNSEEN), max_size=30))
def test_a_text_that_is_visible_stays_as_it_is(text: str) -> None:
    assert for_terminal(text) == text or re.search(r"\\[uU]", text)


# --- Markdown

READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
SHOWING = {"text", "text_special", "code_inline", "softbreak"}


def leaves(tokens: list[Token]) -> Iterator[Token]:
    for token in tokens:
        yield from leaves(token.children) if token.children is not None else [token]


def read_back(tokens: list[Token]) -> str:
    """The text that some inline tokens show; fails at whatever does more than show."""
    shown = ""
    for token in leaves(tokens):
        if token.type == "html_inline":
            assert token.content == "<!-- -->"
        else:
            assert token.type in SHOWING, token
            shown += token.content
    return shown


@pytest.mark.parametrize("place", ["{}", "* {}", "> {}", "### {}", "**{}**", "a sentence: {}", "* `x`: {}"])
def test_markdown_shows_a_text_and_does_nothing_else(place: str, attempts: Attempts) -> None:
    plain = [token.type for token in READER.parse(place.format("x"))]
    for text in TEXTS:
        attempts.add()
        tokens = READER.parse(place.format(for_markdown(text)))
        assert [token.type for token in tokens] == plain, text
        inline = [token for token in tokens if token.type == "inline"][-1].children or []
        shown = "".join(t.content for t in leaves(inline) if t.type in SHOWING)
        kinds = {token.type for token in inline} - {"strong_open", "strong_close"}
        assert kinds <= {*SHOWING, "html_inline"}, text
        assert for_terminal(text).strip() in shown.replace("  ", " ") or for_terminal(text).strip() in shown, text


@pytest.mark.parametrize("made", [for_markdown, as_markdown_code])
def test_a_cell_of_a_table_stays_one_cell(made: object, attempts: Attempts) -> None:
    assert callable(made)
    for text in TEXTS:
        attempts.add()
        tokens = READER.parse(f"| a | b |\n| --- | --- |\n| {made(text)} | last |\n")
        cells = [token.children or [] for token in tokens if token.type == "inline"]
        assert len(cells) == 4
        assert read_back(cells[3]) == "last"
        shown = read_back(cells[2])
        assert unseen(shown) == set()
        if made is for_markdown:
            assert shown.strip() == for_terminal(text).strip()


@pytest.mark.parametrize("text", [text for text in MARKUP if "@" in text or "#" in text])
def test_no_platform_sees_a_mention_or_a_reference(text: str) -> None:
    assert not re.search(r"[@#][\w/]", for_markdown(text))


# --- HTML


def test_html_shows_a_text_and_does_nothing_else(attempts: Attempts) -> None:
    for text in TEXTS:
        attempts.add()
        made = for_html(text)
        assert not set("<>\"'") & set(made)
        assert html.unescape(made) == for_terminal(text)


def test_a_page_of_charts_has_no_name_in_it_that_acts(attempts: Attempts) -> None:
    for text in WRITABLE:
        attempts.add()
        series = Series(name=text, points=((0.0, 1.0), (1.0, 2.0)))
        chart = Chart(title=text, across=text, series=(series,), joined=True)
        page = as_page(title=text, names=[text], charts=[chart])
        assert unseen(page, kept="\n") == set()
        assert "<script" not in page
        assert "<img" not in page


# --- yard


def test_whatever_a_command_shows_is_visible(capsys: pytest.CaptureFixture[str], attempts: Attempts) -> None:
    screen = Screen()
    for text in TEXTS:
        attempts.add()
        screen.table(Table(columns=(text, "b"), rows=((text, 1), (f"s3://bucket/{text}", None)), title=text))
        screen.note(f"deep: the job failed: {text}")
        screen.next_step(f"yard promote {text}")
        screen.show(text, Text(text, style="bold"), Text.assemble(("fails: ", "bold red"), text))
        with screen.live() as view:
            view.update(rendered=text, line=text)
        said = capsys.readouterr()
        assert unseen(said.out + said.err, kept="\n") == set()


def test_a_note_is_one_line_whatever_is_in_it(capsys: pytest.CaptureFixture[str], attempts: Attempts) -> None:
    for text in TEXTS:
        attempts.add()
        Screen().note(f"the job failed: {text}")
        assert capsys.readouterr().err.count("\n") == 1


def test_a_terminal_gets_no_sequence_but_the_styles_of_the_screen(attempts: Attempts) -> None:
    for text in TEXTS:
        attempts.add()
        terminal = Terminal()
        console = make_console(file=terminal)
        console.print(text, Text(f"x{text}", style="bold"), style="red")
        console.print(Table(columns=("a",), rows=((text,),), title=text).rendered)
        assert unseen(re.sub(r"\x1b\[[0-9;]*m", "", terminal.getvalue()), kept="\n") == set()
        assert "\x1b[31mred" not in terminal.getvalue()


def test_json_is_the_same_document_and_nothing_in_it_acts(
    capsys: pytest.CaptureFixture[str], attempts: Attempts
) -> None:
    for text in TEXTS:
        attempts.add()
        Screen(as_json=True).emit({text: [text]}, rendered=[])
        said = capsys.readouterr().out
        assert json.loads(said) == {text: [text]}
        assert unseen(said, kept="\n") == set()


def test_a_result_of_plain_text_is_visible_on_a_terminal_and_as_it_is_in_a_pipe(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], attempts: Attempts
) -> None:
    for text in WRITABLE:
        attempts.add()
        Screen().line(text)
        assert capsys.readouterr().out == f"{text}\n"
        with monkeypatch.context() as patch:
            terminal = Terminal()
            patch.setattr("sys.stdout", terminal)
            Screen().line(text)
            assert unseen(terminal.getvalue(), kept=LAYOUT) == set()


def test_a_refusal_shows_what_it_names(capsys: pytest.CaptureFixture[str], attempts: Attempts) -> None:
    for text in TEXTS:
        attempts.add()
        assert yard(["plot", f"x{text}"]) == 1
        assert unseen(capsys.readouterr().err, kept=LAYOUT) == set()


# --- drift


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """A folder with a baseline and a run whose columns and values have hostile names."""
    names = [text for text in dict.fromkeys(WRITABLE) if not set(text) & {"\n", "\r", "\0"}]
    for file, values in (("train.csv", ["1", "2", "3"]), ("live.csv", [f"v{names[0]}", "", names[1]])):
        table = io.StringIO()
        csv.writer(table).writerows([names, *([value] * len(names) for value in values)])
        (tmp_path / file).write_text(table.getvalue(), encoding="utf-8", newline="")
    return tmp_path


def test_what_the_analyzer_says_and_reports_is_visible(
    written: Path, capsys: pytest.CaptureFixture[str], attempts: Attempts
) -> None:
    base, run, page = written / "base", written / "run\u202e", written / "report.html"
    assert drift(arguments=["baseline", str(written / "train.csv"), "--output", str(base)]) == 0
    assert drift(arguments=["check", str(written / "live.csv"), "--baseline", str(base), "--output", str(run)]) == 2
    report = ["report", str(run), "--baseline", str(base), "--output", str(page), "--markdown", str(written / "a.md")]
    assert drift(arguments=report) == 0
    said = capsys.readouterr()
    markdown = (written / "a.md").read_text(encoding="utf-8")
    assert unseen(said.out + said.err, kept="\n") == set()
    assert unseen(markdown, kept="\n") == set()
    for token in leaves(READER.parse(markdown)):
        assert token.type not in {"link_open", "image", "html_block"}
        assert token.type != "html_inline" or token.content == "<!-- -->"
    text = page.read_text(encoding="utf-8")
    assert unseen(text, kept=LAYOUT) == set()
    data = json.loads(text.partition('id="data">')[2].partition("</script>")[0])
    attempts.add(len(data["features"]))
    assert [unseen(feature["name"]) for feature in data["features"]] == [set()] * len(data["features"])


def test_a_sentence_of_the_analyzer_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], attempts: Attempts
) -> None:
    for text in (text for text in WRITABLE if "\0" not in text):
        attempts.add()
        path = tmp_path / "data.csv"
        # The first two are told apart by their position, and the first then has the name of the third.
        names = ",".join('"' + name.replace('"', '""') + '"' for name in (text, text, f"{text}0"))
        path.write_bytes(f"{names}\n1,2,3\n".encode())
        code = drift(arguments=["baseline", str(path), "--output", str(tmp_path / "out")])
        said = capsys.readouterr()
        assert (code, said.out, said.err.count("\n")) == (1, "", 1)
        assert unseen(said.err, kept="\n") == set()
