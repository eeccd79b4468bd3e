from __future__ import annotations

import os
import subprocess
import sys

import pytest
from synthesized import ROOT

from operations.cli.main import main
from operations.cli.options import hoisted


@pytest.mark.parametrize(
    "arguments",
    [
        ["--stage", "prod", "--json", "status", "churn"],
        ["status", "--stage", "prod", "churn", "--json"],
        ["status", "churn", "--stage", "prod", "--json"],
    ],
)
def test_what_all_commands_share_may_stand_anywhere(arguments: list[str]) -> None:
    assert hoisted(arguments) == ["--stage", "prod", "--json", "status", "churn"]


def test_an_option_may_be_joined_to_its_value() -> None:
    assert hoisted(["status", "--region=eu-west-1"]) == ["--region=eu-west-1", "status"]


def test_what_follows_two_hyphens_stays() -> None:
    assert hoisted(["invoke", "--", "--json"]) == ["invoke", "--", "--json"]


def test_an_option_without_its_value_is_left_to_the_parser() -> None:
    assert hoisted(["status", "--stage"]) == ["--stage", "status"]


def test_help_fits_one_screen_of_eighty_columns(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) <= 50
    assert max(map(len, lines)) <= 80


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


def test_a_shell_completes_commands_and_models() -> None:
    assert completed("yard tra") == ["train", "transform", "traffic"]
    assert completed("yard train churn") == ["churn", "churn_forest"]


def completed(line: str) -> list[str]:
    words = {"_YARD_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(line.count(" "))}
    command = [sys.executable, "-m", "operations"]
    answered = subprocess.run(command, cwd=ROOT, env=os.environ | words, capture_output=True, text=True, check=False)
    return answered.stdout.split()
