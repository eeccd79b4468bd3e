"""Bring a project to another release: each of its files by a three-way merge with the release's own.

The base of the merge is what the last release wrote, which `.modelyard/base` keeps; docs/decisions/0803 says why.
"""

import dataclasses
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from modelyard.drift.line_breaks import split_lines
from modelyard.operations.failures import Failure
from modelyard.operations.project_template.writing import (
    BASE,
    TEMPLATE,
    copy_wheels,
    is_own,
    read_answers,
    template_files,
    write_file,
    write_kept,
)

# What git merge-file ends with is a count of conflicts up to here, and an error above.
MOST_CONFLICTS = 127


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """What became of a file, and in how many places somebody has to decide."""

    file: str
    what: str
    conflicts: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class _File:
    """A file as the last release wrote it, as it is, and as this release writes it; None where there is none."""

    name: str
    base: str | None
    mine: str | None
    theirs: str | None


def update_project(
    folder: Path, *, version: str, template: Path = TEMPLATE, wheels: Path | None = None
) -> list[Change]:
    """Merge a release's template into a project, in its working tree, and return what has changed.

    Raises:
        Failure: the folder is no project, not under git, or has changes that are not committed.
    """
    answers = read_answers(folder)
    _check_committed(folder)
    if wheels is not None:
        copy_wheels(wheels, project=folder, version=version)
    answers = dataclasses.replace(answers, version=version, wheels=answers.wheels or wheels is not None)
    written = template_files(answers, template=template)
    changes = list(_changes(folder, theirs={name: text for name, text in written.items() if not is_own(name)}))
    write_kept(folder, answers=answers, files=written)
    return changes


def _check_committed(folder: Path) -> None:
    """An update is a change to be looked at: nothing else may be mixed with it, and git must be able to undo it."""
    done = _git("status", "--porcelain", "--", ".", folder=folder)
    if done.returncode != 0:
        raise Failure(f"{folder} must be under git, for an update to be looked at: git init, then commit everything")
    if done.stdout:
        first = split_lines(done.stdout)[0][3:]
        raise Failure(f"everything must be committed before an update, {first} is not; commit it, or git stash")


def _changes(folder: Path, *, theirs: dict[str, str]) -> Iterator[Change]:
    base = {
        path.relative_to(folder / BASE).as_posix(): path.read_text(encoding="utf-8")
        for path in (folder / BASE).rglob("*")
        if path.is_file()
    }
    for name in sorted({*base, *theirs}):
        path = folder / name
        mine = path.read_text(encoding="utf-8") if path.is_file() else None
        file = _File(name=name, base=base.get(name), mine=mine, theirs=theirs.get(name))
        if file.theirs not in (file.base, file.mine):
            yield _merged(file, path=path)


def _merged(file: _File, *, path: Path) -> Change:
    """Do what a file needs, which this release writes otherwise than the last one, and otherwise than it is."""
    if file.mine is None and file.base is not None:
        return Change(file=file.name, what="changed in this release; you have deleted it, and it stays deleted")
    if file.theirs is None:
        if file.mine != file.base:
            return Change(file=file.name, what="no longer part of a project; you have changed it", conflicts=1)
        path.unlink()
        return Change(file=file.name, what="deleted")
    if file.mine is None:
        write_file(path, content=file.theirs)
        return Change(file=file.name, what="added")
    text, conflicts = _three_way(mine=file.mine, base=file.base if file.base is not None else "", theirs=file.theirs)
    write_file(path, content=text)
    return Change(file=file.name, what="merged" if not conflicts else "merged, with conflicts", conflicts=conflicts)


def _three_way(*, mine: str, base: str, theirs: str) -> tuple[str, int]:
    """The merged text, with git's markers around each conflict, and how many there are."""
    with tempfile.TemporaryDirectory() as made:
        names = {"yours": mine, "the last release": base, "this release": theirs}
        paths = [Path(made) / str(number) for number in range(len(names))]
        for path, text in zip(paths, names.values(), strict=True):
            write_file(path, content=text)
        labels = [word for name in names for word in ("-L", name)]
        done = _git("merge-file", "-p", "--diff3", *labels, *map(str, paths), folder=Path(made))
    if not 0 <= done.returncode <= MOST_CONFLICTS:
        raise Failure(f"git merge-file failed: {done.stderr.strip()}; undo the update with git checkout, and report it")
    return done.stdout, done.returncode


def _git(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(  # noqa: S603 - words of our own
            ["git", *arguments],  # noqa: S607
            cwd=folder,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
    except FileNotFoundError as error:
        raise Failure("git must be installed to update a project, and is not found; install it") from error
