"""`yard update`: a newer release's files, merged with what the owner of a project has made of them."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from modelyard.operations.cli.main import main
from modelyard.operations.failures import Failure
from modelyard.operations.project_template.table import Column, Table
from modelyard.operations.project_template.updating import Change, update_project
from modelyard.operations.project_template.writing import SCHEMAS, TEMPLATE, Answers, release, write_project

NEXT = "9.9.9"


@dataclass(frozen=True, kw_only=True, slots=True)
class Owned:
    """A project under git, and the template of the next release, to be changed by the test."""

    folder: Path
    template: Path

    def file(self, name: str) -> Path:
        return self.folder / name

    def commit(self) -> None:
        git(self.folder, "add", "--all")
        git(self.folder, "-c", "user.name=me", "-c", "user.email=me@example.com", "commit", "--quiet", "-m", "mine")

    def update(self) -> dict[str, Change]:
        return {one.file: one for one in update_project(self.folder, version=NEXT, template=self.template)}


def git(folder: Path, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True, text=True)  # noqa: S607
    return done.stdout


def table() -> Table:
    count = 60
    return Table(
        columns=(
            Column(name="price", cells=tuple(f"{number}.5" for number in range(count))),
            Column(name="size", cells=tuple(str(number % 9) for number in range(count))),
        )
    )


@pytest.fixture
def owned(tmp_path: Path) -> Owned:
    folder, template = tmp_path / "mine", tmp_path / "template"
    shutil.copytree(TEMPLATE, template)
    answers = Answers(model="house_prices", label="price", task="regression", version="0.2.0")
    write_project(folder, answers=answers, table=table())
    git(folder, "init", "--quiet")
    found = Owned(folder=folder, template=template)
    found.commit()
    return found


def append(file: Path, text: str) -> None:
    file.write_text(file.read_text(encoding="utf-8") + text, encoding="utf-8")


def prepend(file: Path, text: str) -> None:
    file.write_text(text + file.read_text(encoding="utf-8"), encoding="utf-8")


def test_the_same_template_changes_the_version_alone(owned: Owned) -> None:
    assert set(owned.update()) == {"requirements.txt"}
    assert f"modelyard[rehearsal]=={NEXT}\n" in owned.file("requirements.txt").read_text(encoding="utf-8")
    assert git(owned.folder, "diff", "--stat").count("|") == 3  # with .modelyard/answers.toml and the kept base


def test_the_schemas_of_the_release_are_brought_in(owned: Owned) -> None:
    schemas = owned.file(".modelyard/schemas")
    assert {path.name for path in schemas.iterdir()} == {"manifest.schema.json", "stage.schema.json"}
    for path in schemas.iterdir():
        path.write_text("{}", encoding="utf-8")
    owned.commit()
    owned.update()
    for path in schemas.iterdir():
        assert path.read_bytes() == (SCHEMAS / path.name).read_bytes()


def test_a_change_of_the_release_and_one_of_the_owner_are_merged(owned: Owned) -> None:
    append(owned.file("Makefile"), "\nmine: ## What the owner added\n\techo mine\n")
    owned.commit()
    prepend(owned.template / "common" / "Makefile", "# What the release added.\n")
    assert owned.update()["Makefile"] == Change(file="Makefile", what="merged")
    text = owned.file("Makefile").read_text(encoding="utf-8")
    assert text.startswith("# What the release added.\n")
    assert text.endswith("\techo mine\n")


def test_two_changes_of_one_line_are_a_conflict_that_is_marked_and_counted(owned: Owned) -> None:
    prepend(owned.file(".gitignore"), "mine/\n")
    owned.commit()
    prepend(owned.template / "common" / ".gitignore", "theirs/\n")
    assert owned.update()[".gitignore"].conflicts == 1
    text = owned.file(".gitignore").read_text(encoding="utf-8")
    assert "<<<<<<< yours\nmine/\n" in text
    assert ">>>>>>> this release\n" in text


def test_a_file_that_the_release_removes_is_deleted(owned: Owned) -> None:
    (owned.template / "common" / ".gitlab-ci.yml").unlink()
    assert owned.update()[".gitlab-ci.yml"].what == "deleted"
    assert not owned.file(".gitlab-ci.yml").exists()


def test_a_file_that_the_release_removes_and_the_owner_has_changed_stays_as_a_conflict(owned: Owned) -> None:
    append(owned.file(".gitlab-ci.yml"), "# mine\n")
    owned.commit()
    (owned.template / "common" / ".gitlab-ci.yml").unlink()
    assert owned.update()[".gitlab-ci.yml"].conflicts == 1
    assert owned.file(".gitlab-ci.yml").exists()


def test_a_file_that_the_owner_has_deleted_stays_deleted(owned: Owned) -> None:
    owned.file(".gitlab-ci.yml").unlink()
    owned.commit()
    append(owned.template / "common" / ".gitlab-ci.yml", "# theirs\n")
    assert owned.update()[".gitlab-ci.yml"].conflicts == 0
    assert not owned.file(".gitlab-ci.yml").exists()


def test_a_file_that_the_release_adds_is_added(owned: Owned) -> None:
    (owned.template / "common" / ".editorconfig").write_text("root = true\n", encoding="utf-8")
    assert owned.update()[".editorconfig"].what == "added"
    assert owned.file(".editorconfig").read_text(encoding="utf-8") == "root = true\n"


def test_a_file_that_both_have_added_differently_is_a_conflict(owned: Owned) -> None:
    owned.file(".editorconfig").write_text("root = false\n", encoding="utf-8")
    owned.commit()
    (owned.template / "common" / ".editorconfig").write_text("root = true\n", encoding="utf-8")
    assert owned.update()[".editorconfig"].conflicts == 1


@pytest.mark.parametrize(
    "name", ["models/house_prices.toml", "training_scripts/house_prices/rows.py", "stages.toml", "tests/test_app.py"]
)
def test_what_is_the_owner_s_is_left_alone(owned: Owned, name: str) -> None:
    before = owned.file(name).read_bytes()
    for path in owned.template.rglob(Path(name).name.replace("house_prices", "my_model")):
        append(path, "# theirs\n")
    assert name not in owned.update()
    assert owned.file(name).read_bytes() == before


def test_the_next_update_begins_where_this_one_ended(owned: Owned) -> None:
    prepend(owned.template / "common" / "Makefile", "# What the release added.\n")
    owned.update()
    owned.commit()
    assert owned.update() == {}


def test_a_change_that_is_not_committed_is_refused(owned: Owned) -> None:
    append(owned.file("Makefile"), "# mine\n")
    with pytest.raises(Failure, match="everything must be committed before an update, Makefile is not"):
        owned.update()


def test_a_folder_that_is_not_under_git_is_refused(owned: Owned) -> None:
    shutil.rmtree(owned.folder / ".git")
    with pytest.raises(Failure, match="must be under git"):
        owned.update()


def test_a_machine_without_git_is_told_so(owned: Owned, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Failure, match="git must be installed"):
        owned.update()


def test_a_folder_that_yard_new_has_not_made_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Failure, match="must say what the project was made from"):
        update_project(tmp_path, version=NEXT)


def test_wheels_that_are_not_there_are_refused(owned: Owned, tmp_path: Path) -> None:
    with pytest.raises(Failure, match="build the wheels first"):
        update_project(owned.folder, version=NEXT, wheels=tmp_path)


def test_the_command_ends_with_2_for_a_conflict(
    owned: Owned, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    base = owned.file(".modelyard/base/requirements.txt")
    base.write_text(base.read_text(encoding="utf-8").replace(release(), "0.1.0"), encoding="utf-8")
    mine = owned.file("requirements.txt")
    mine.write_text(mine.read_text(encoding="utf-8").replace(release(), "0.1.7"), encoding="utf-8")
    owned.commit()
    monkeypatch.setattr("modelyard.operations.cli.update.ROOT", owned.folder)
    assert main(["update"]) == 2
    said = capsys.readouterr()
    assert "1 conflicts" in said.err
    assert "yard plan" in said.err
