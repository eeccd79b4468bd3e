import contextlib
import itertools
import os
import pty
import re
import subprocess
import sys

import pytest

from modelyard.operations.cli.app import COMMANDS
from modelyard.operations.cli.main import main
from support.synth import ROOT


@pytest.mark.parametrize("columns", ["20", "80", "300"])
def test_help_fits_one_screen_of_eighty_columns_and_fifty_four_lines_whatever_the_terminal_has(
    columns: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert main(["--help"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) <= 54
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize("name", list(COMMANDS))
def test_the_help_of_a_command_fills_its_lines(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A line ends where the next word does not fit, or with its paragraph: never where the source's line did."""
    assert main([name, "--help"]) == 0
    lines = [line.strip() for line in capsys.readouterr().out.partition("╭")[0].splitlines()]
    for line, following in itertools.pairwise(lines):
        if line and following:
            assert len(f"{line} {following.split()[0]}") > 78


def test_no_command_at_all_shows_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    assert "Usage: yard" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nosuch"], "No such command 'nosuch'"),
        (["train"], "Missing argument 'MODEL'"),
        (["status", "--nosuch"], "No such option"),
        (["traffic", "churn", "--rate", "0"], "Invalid value for '--rate'"),
    ],
)
def test_a_misused_command_ends_with_1_and_a_sentence(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 1
    assert sentence in capsys.readouterr().err


def test_a_command_whose_name_is_mistyped_is_told_the_one_that_was_meant(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["trian"]) == 1
    assert "Did you mean 'train'" in capsys.readouterr().err


def test_a_command_does_not_import_what_only_others_need() -> None:
    asked = "import sys, modelyard.operations.cli.main as m; m.main(['status', '--help']); print(*sys.modules)"
    command = [sys.executable, "-c", asked]
    imported = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    assert "modelyard.operations.cli.status" in imported
    assert "modelyard.operations.cli.train" not in imported
    assert "numpy" not in imported


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("yard st", ["status"]),
        ("yard tra", ["train", "transform", "traffic"]),
        ("yard train churn", ["churn", "churn_forest"]),
        ("yard status churn_", ["churn_forest"]),
        ("yard data pu", ["push"]),
        ("yard promote churn --we", ["--weight"]),
    ],
)
def test_a_shell_completes_commands_models_and_options(line: str, words: list[str]) -> None:
    asked = {"_YARD_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(line.count(" "))}
    assert run(environment=asked).stdout.split() == words


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_that_completes_is_printed_for_a_shell(shell: str) -> None:
    said = run("--show-completion", shell, environment={"_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"})
    assert said.returncode == 0
    assert f"complete_{shell}" in said.stdout


def test_a_pipe_gets_no_colour_and_no_escape() -> None:
    said = run("cost", "--help", environment={"TERM": "xterm-256color"})
    assert "\x1b" not in said.stdout


def test_a_terminal_without_colours_gets_none() -> None:
    coloured, plain = on_a_terminal(environment={}), on_a_terminal(environment={"NO_COLOR": "1"})
    colour = re.compile(r"\x1b\[[0-9;]*3[0-7]m")
    assert colour.search(coloured)
    assert not colour.search(plain)


def on_a_terminal(*, environment: dict[str, str]) -> str:
    """What a command writes to a terminal, whose other end is read here."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "modelyard.operations", "cost", "--help"]
    known = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR")}
    with subprocess.Popen(command, cwd=ROOT, env=known | {"TERM": "xterm"} | environment, stdout=theirs) as running:
        os.close(theirs)
        written = b""
        with contextlib.suppress(OSError):  # how Linux says that the other end is closed
            while read := os.read(ours, 4096):
                written += read
        running.wait()
    os.close(ours)
    return written.decode()


def run(*arguments: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "modelyard.operations", *arguments]
    return subprocess.run(command, cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, check=False)


def test_a_folder_of_models_that_is_not_there_is_refused_before_anything_is_asked(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["status", "--models", "nowhere/models"]) == 1
    assert capsys.readouterr().err == (
        'the folder of models must be one that is there, got "nowhere/models"; write its path anew\n'
    )


def test_help_does_not_wait_for_the_analyzer_s_compiled_code() -> None:
    program = (
        "import sys\n"
        "from modelyard.operations.cli.main import main\n"
        "code = main(['--help'])\n"
        "sys.exit(code or 'numba' in sys.modules)"
    )
    ended = subprocess.run([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.DEVNULL, check=False)
    assert ended.returncode == 0
