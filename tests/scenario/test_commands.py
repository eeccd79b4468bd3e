"""Commands that the scenario runs: what they print, how they end, what they see."""

import sys
from pathlib import Path

import pytest

from modelyard import scenario
from modelyard.rehearsal.session import Connection
from modelyard.scenario.commands import CommandFailed, Commands, shown

REACH = Connection(endpoint="http://127.0.0.1:9", secret="secret", region="eu-west-1")


@pytest.fixture
def commands(tmp_path: Path) -> Commands:
    return Commands(connection=REACH, folder=tmp_path, log=tmp_path / "log")


def test_what_a_command_prints_is_returned_by_stream(commands: Commands) -> None:
    output = commands.run(sys.executable, "-c", "import sys; print('said'); print('noted', file=sys.stderr)")
    assert (output.lines, output.errors, output.code) == (("said",), ("noted",), 0)


def test_a_command_that_fails_is_told_with_its_last_words(commands: Commands) -> None:
    with pytest.raises(CommandFailed, match=r"ended with 3:\nwhy$"):
        commands.run(sys.executable, "-c", "print('why'); raise SystemExit(3)")


def test_an_exit_code_that_is_expected_is_no_failure(commands: Commands) -> None:
    assert commands.run(sys.executable, "-c", "raise SystemExit(2)", expect=(2,)).code == 2


def test_a_command_sees_the_rehearsal_and_nobody_elses_account(
    commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    printed = commands.run(
        sys.executable, "-c", "import os; print({k: v for k, v in os.environ.items() if 'AWS' in k})"
    )
    assert "production" not in printed.text
    assert "'AWS_ENDPOINT_URL': 'http://127.0.0.1:9'" in printed.text
    assert "'AWS_REGION': 'eu-west-1'" in printed.text


def test_every_command_is_logged_with_what_it_printed(commands: Commands) -> None:
    commands.run(sys.executable, "-c", "print('said')")
    assert "said\n(0, " in commands.log.read_text()


def test_a_command_ends_with_whoever_started_it(commands: Commands) -> None:
    with commands.start(sys.executable, "-c", "import time; time.sleep(60)") as running:
        assert running.running
    assert not running.running


def test_a_command_ends_also_when_its_owner_is_interrupted(commands: Commands) -> None:
    with (
        pytest.raises(KeyboardInterrupt),
        commands.start(sys.executable, "-c", "import time; time.sleep(60)") as running,
    ):
        raise KeyboardInterrupt
    assert not running.running


def test_yard_is_shown_as_a_user_types_it() -> None:
    assert shown([sys.executable, "-m", "modelyard.operations", "train", "churn"]) == "yard train churn"


def test_a_program_that_is_not_installed_is_named_with_how_to_install_it(commands: Commands) -> None:
    with pytest.raises(CommandFailed, match=r"^nothing-like-it must be on the PATH .*; install it: make setup"):
        commands.run("nothing-like-it")


def test_a_command_of_the_project_s_packages_is_found(commands: Commands, tmp_path: Path) -> None:
    tool = tmp_path / "node_modules" / ".bin" / "own-tool"
    tool.parent.mkdir(parents=True)
    tool.write_text("#!/bin/sh\necho found\n")
    tool.chmod(0o755)
    assert commands.run("own-tool").text == "found"


def test_a_command_imports_modelyard_from_where_this_process_does(commands: Commands) -> None:
    where = "import modelyard.scenario; print(modelyard.scenario.__file__)"
    assert commands.run(sys.executable, "-c", where).text == scenario.__file__
