"""`python -m modelyard.scenario`: careless input, projects without models or data, and an interrupt."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from modelyard.scenario import __main__ as command
from modelyard.scenario.context import ScenarioFailed
from support import processes
from support.synth import ROOT

COMMAND = [sys.executable, "-m", "modelyard.scenario"]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with one model, whose script is no example's, and without data."""
    (tmp_path / "models").mkdir()
    text = (ROOT / "models" / "churn_forest.toml").read_text().replace("churn_forest", "mine")
    (tmp_path / "models" / "mine.toml").write_text(text)
    shutil.copytree(ROOT / "training_scripts" / "churn_forest", tmp_path / "training_scripts" / "mine")
    shutil.copy(ROOT / "stages.toml", tmp_path)
    (tmp_path / "cdk.json").write_text("{}")
    return tmp_path


def run(*words: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return subprocess.run(
        [*COMMAND, *words],
        env=environment | {"PYTHONPATH": str(ROOT)},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_model_that_is_none_is_answered_with_those_there_are() -> None:
    ended = run("chrun")
    assert ended.returncode == 1
    assert "churn, churn_forest, mnist_tf, mnist_torch, got chrun" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_project_without_models_is_refused(tmp_path: Path) -> None:
    ended = run(folder=tmp_path)
    assert ended.returncode == 1
    assert f"{tmp_path} must have manifests in models/, there are none; run this in a project" in ended.stderr


@pytest.mark.parametrize("below", [".", "training_scripts/mine"])
def test_the_model_of_the_project_around_the_current_folder_is_taken(project: Path, below: str) -> None:
    ended = run(folder=project / below)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "data/mine/ must hold the datasets of mine (train, validation, …), there is no such folder" in ended.stderr


def test_a_manifest_that_cannot_be_taken_is_refused_before_anything_starts(project: Path) -> None:
    manifest = project / "models" / "mine.toml"
    manifest.write_text(manifest.read_text().replace("engine = ", 'engine = "mine" # '))
    ended = run(folder=project)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "models/mine.toml" in ended.stderr
    assert not (project / "rehearsed").exists()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--minutes", "3"), "--minutes must stand beside --all; add it"),
        (("churn", "--all"), "--all must stand without a model and without --picture; leave them out"),
    ],
)
def test_options_that_do_not_go_together_are_refused(words: tuple[str, ...], sentence: str) -> None:
    ended = run(*words)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert sentence in ended.stderr


def test_models_that_cannot_be_played_are_named_with_the_reason(project: Path) -> None:
    ended = run("--all", folder=project)
    assert ended.returncode == 1
    assert "not played: mine: data/mine/ must hold the datasets of mine" in " ".join(ended.stdout.split())
    assert ended.stderr == "no model was played; the lines above say why\n"


def test_no_model_is_begun_after_the_time(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter([0.0, 10.0, 90.0, 100.0, 110.0])
    monkeypatch.setattr("modelyard.scenario.__main__.monotonic", lambda: next(times))
    played = recorded(monkeypatch)
    assert command.main(["--all", "--minutes", "1.5"]) == 0
    assert played == ["churn", "churn_forest"]
    printed = capsys.readouterr().out
    assert "played: churn_forest\n" in printed
    assert "not played: mnist_tf: the 1.5 minutes were over (--minutes)\n" in printed


def test_a_life_that_fails_does_not_keep_others_from_being_played(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    played = recorded(monkeypatch, failing="churn")
    assert command.main(["--all"]) == 1
    assert played == ["churn", "churn_forest", "mnist_tf", "mnist_torch"]
    captured = capsys.readouterr()
    assert "failed: churn\nplayed: churn_forest\n" in captured.out
    assert captured.err.startswith("churn: the alarm must ring\nLogs: ")


def recorded(monkeypatch: pytest.MonkeyPatch, *, failing: str | None = None) -> list[str]:
    """The names of the models whose lives are asked for; none is run, as each takes minutes."""
    played: list[str] = []

    def run_scenario(*, model: str, **_: object) -> None:
        played.append(model)
        if model == failing:
            raise ScenarioFailed("the alarm must ring")

    monkeypatch.setattr(command, "run_scenario", run_scenario)
    monkeypatch.setattr("modelyard.scenario.selection.missing_framework", lambda _family: None)
    return played


def test_an_interrupt_in_the_middle_leaves_nothing(tmp_path: Path) -> None:
    temporary, output = tmp_path / "tmp", tmp_path / "output"
    temporary.mkdir()
    with (tmp_path / "printed").open("w+") as printed:
        process = subprocess.Popen(
            [*COMMAND, "churn", "--output", str(output)],
            env=os.environ | {"TMPDIR": str(temporary)},
            cwd=ROOT,
            stdout=printed,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        _await_text(tmp_path / "printed", "Bootstrap the account")
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(timeout=60) == 130
    assert "Interrupted; everything of the rehearsal has ended" in (tmp_path / "printed").read_text()
    assert "Traceback" not in (tmp_path / "printed").read_text()
    assert list(temporary.iterdir()) == []
    assert processes.naming(temporary) == []


def _await_text(file: Path, text: str) -> None:
    deadline = time.monotonic() + 60
    while text not in file.read_text():
        assert time.monotonic() < deadline, file.read_text()
        time.sleep(0.05)
