"""A recipe of CONTRIBUTING.md, carried out on a copy of the repository."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from support.synth import ROOT

Edit = Callable[[str], str]


def whole(text: str) -> Edit:
    """Return the edit that writes a new file."""

    def edit(before: str) -> str:
        assert before == ""
        return text

    return edit


def after(line: str, *, add: str) -> Edit:
    """Return the edit that adds text below a line that occurs once."""

    def edit(before: str) -> str:
        assert before.count(line) == 1, f"{before.count(line)} times: {line}"
        return before.replace(line, line + add)

    return edit


def replace(old: str, new: str) -> Edit:
    """Return the edit that replaces text that occurs once."""

    def edit(before: str) -> str:
        assert before.count(old) == 1, f"{before.count(old)} times: {old}"
        return before.replace(old, new)

    return edit


def all_of(*edits: Edit) -> Edit:
    """Return several edits of one file as one."""

    def edit(before: str) -> str:
        for one in edits:
            before = one(before)
        return before

    return edit


def files_of_recipe(title: str) -> set[str]:
    """Return the files that the steps of a recipe begin with."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    found = re.search(rf"^### {re.escape(title)}\n(.*?)(?=^##|\Z)", text, flags=re.MULTILINE | re.DOTALL)
    assert found is not None, title
    return set(re.findall(r"^\d+\. `([\w./-]+)`", found[1], flags=re.MULTILINE))


def files_of_repository() -> list[str]:
    """Return the repository's files as they are on disk, without what make has made."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return listed.stdout.splitlines()


def copy_repository(target: Path) -> None:
    """Copy the repository's files."""
    for name in files_of_repository():
        source, file = ROOT / name, target / name
        if source.is_symlink() or source.is_file():
            file.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, file, follow_symlinks=False)


def carry_out(copy: Path, edits: Mapping[str, Edit], *, generate: Sequence[str]) -> set[str]:
    """Edit a copy of the repository, run the modules that generate files, and return the files that have changed."""
    before = _contents(copy)
    for name, edit in edits.items():
        file = copy / name
        file.write_text(edit(file.read_text(encoding="utf-8") if file.exists() else ""), encoding="utf-8")
    for module in generate:
        run(copy, "-m", module)
    now = _contents(copy)
    return {name for name, content in now.items() if before.get(name) != content}


def run(copy: Path, *arguments: str) -> None:
    """Run Python in a copy of the repository; it must succeed."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    ended = subprocess.run(
        [sys.executable, *arguments], cwd=copy, env=environment, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr


def _contents(copy: Path) -> dict[str, bytes]:
    files = (
        file for file in copy.rglob("*") if file.is_file() and not file.is_symlink() and "__pycache__" not in file.parts
    )
    return {file.relative_to(copy).as_posix(): file.read_bytes() for file in files}
