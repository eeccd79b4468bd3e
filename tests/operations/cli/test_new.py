"""`yard new`: what it asks, and what it refuses before anything is written."""

from pathlib import Path

import pytest

from modelyard.operations.cli.main import main


@pytest.fixture
def table(tmp_path: Path) -> Path:
    file = tmp_path / "House prices (2026).csv"
    rows = "".join(f"{number % 9},{number}.5\n" for number in range(60))
    file.write_text(f"size,price\n{rows}", encoding="utf-8")
    return file


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(["new", *words]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    return said.err


def test_the_model_is_named_as_the_file(tmp_path: Path, table: Path) -> None:
    assert main(["new", str(tmp_path / "mine"), "--csv", str(table), "--label", "price"]) == 0
    assert (tmp_path / "mine" / "models" / "house_prices_2026.toml").is_file()


def test_an_empty_folder_is_taken(tmp_path: Path, table: Path) -> None:
    (tmp_path / "mine").mkdir()
    assert main(["new", str(tmp_path / "mine"), "--csv", str(table), "--label", "price"]) == 0


def test_a_folder_that_is_not_empty_is_refused(tmp_path: Path, table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--csv", str(table), "--label", "price")
    assert "the folder must be empty or not there yet" in refused(capsys, str(tmp_path), *words)


def test_a_region_that_is_none_is_refused(tmp_path: Path, table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--csv", str(table), "--label", "price", "--region", "Ireland")
    assert "region must be a region such as eu-west-1" in refused(capsys, str(tmp_path / "mine"), *words)
    assert not (tmp_path / "mine").exists()


def test_a_file_whose_name_is_no_name_for_a_model_is_refused(
    tmp_path: Path, table: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    numbered = table.rename(tmp_path / "2026.csv")
    words = ("--csv", str(numbered), "--label", "price")
    assert "the model must have a name" in refused(capsys, str(tmp_path / "mine"), *words)
    assert not (tmp_path / "mine").exists()


@pytest.mark.parametrize("option", ["--csv", "--label"])
def test_what_is_not_given_and_cannot_be_asked_is_named(
    tmp_path: Path, table: Path, capsys: pytest.CaptureFixture[str], option: str
) -> None:
    given = {"--csv": str(table), "--label": "price"}
    words = [word for name, value in given.items() if name != option for word in (name, value)]
    assert f"{option} must be given" in refused(capsys, str(tmp_path / "mine"), *words)


def test_on_a_terminal_it_asks_for_the_file_the_label_and_the_region_alone(
    tmp_path: Path, table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter([str(table), "price", "eu-west-1"])
    asked: list[str] = []

    def prompt(question: str, **_: object) -> str:
        asked.append(question)
        return next(answers)

    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("typer.prompt", prompt)
    assert main(["new", str(tmp_path / "mine")]) == 0
    assert [question.split()[1] for question in asked] == ["CSV", "label", "region"]
    assert 'region = "eu-west-1"' in (tmp_path / "mine" / "stages.toml").read_text(encoding="utf-8")
