"""What the documents say is so."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from maintenance.document_manifest import PAGE, page
from maintenance.draw_architecture import PICTURE, draw
from modelyard.template_checks import RULES
from support.synth import ROOT, Synthesized

README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def test_the_picture_of_the_architecture_is_the_one_that_the_templates_draw(app: Synthesized) -> None:
    assert PICTURE.read_text(encoding="utf-8") == draw(app.templates), "run make picture"


def test_the_reference_of_the_manifest_is_the_one_that_the_code_writes() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run make reference"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_to_a_file_leads_to_one(document: Path) -> None:
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", document.read_text(encoding="utf-8")):
        assert (document.parent / target).exists(), target


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_test_that_is_named_is_there(document: Path) -> None:
    for file, name in re.findall(r"(tests/[\w/]+\.py)::(test_\w+)", document.read_text(encoding="utf-8")):
        assert f"def {name}(" in (ROOT / file).read_text(encoding="utf-8"), f"{file}::{name}"


def test_every_make_target_of_the_readme_is_there() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))

    assert set(re.findall(r"(?:^    |`)make ([a-z-]+)", README, flags=re.MULTILINE)) <= targets


def test_every_rule_of_the_templates_is_documented() -> None:
    documented = (ROOT / "docs" / "template-checks.md").read_text(encoding="utf-8")

    assert re.findall(r"^\| (S\d\d) \|", documented, flags=re.MULTILINE) == sorted(RULES)


def test_every_direct_requirement_has_a_version() -> None:
    pinned = {
        line.partition("==")[0].lower().replace("_", "-")
        for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
        if "==" in line
    }
    for file in ROOT.glob("requirements*.txt"):
        for line in file.read_text(encoding="utf-8").splitlines():
            name = re.match(r"[A-Za-z0-9_.-]+", line)
            if name is not None and not line.startswith("-"):
                assert name[0].lower().replace("_", "-") in pinned or "==" in line, f"{file.name}: {line}"


def test_the_readme_s_table_of_folders_names_folders_that_are_there() -> None:
    for folder in re.findall(r"^\| `([^`]+)/?`", README, flags=re.MULTILINE):
        assert list(ROOT.glob(folder.rstrip("/"))), folder


def test_the_readme_s_commands_for_drift_do_what_it_says(tmp_path: Path) -> None:
    commands = re.findall(r"^    python -m (modelyard\.(?:drift|operations\.datasets) .*)$", README, flags=re.MULTILINE)
    commands = list(dict.fromkeys(commands))

    codes = [
        subprocess.run(
            [sys.executable, "-m", *command.split()],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            check=False,
        ).returncode
        for command in commands
    ]

    assert codes == [0, 0, 0, 2, 0]
    assert "day_mins" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_no_file_names_a_place_of_one_machine() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S607
    for name in tracked.stdout.splitlines():
        path = ROOT / name
        if path.suffix in (".md", ".py", ".toml", ".txt", ".json", ".ipynb") and path.exists():
            assert re.search(rf"(?<!\w)/{'home'}/", path.read_text(encoding="utf-8")) is None, name


def test_every_module_that_shows_a_promise_is_there() -> None:
    page = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    names = re.findall(r"`((?:tests/[\w/]+/)?test_\w+)(?:\.py)?`", page)
    files = [ROOT / (f"{name}.py" if "/" in name else f"tests/attacks/{name}.py") for name in names]
    assert [file for file in files if not file.is_file()] == []
    attacked = {file.name for file in files}
    assert {file.name for file in (ROOT / "tests" / "attacks").glob("test_*.py")} <= attacked
