"""The analyzer's archive: whatever stands in the folder of wheels, the build gives what the lock says, or refuses."""

import base64
import hashlib
import os
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from modelyard.drift.container.build import Recipe, asset_hash, build
from modelyard.drift.errors import DriftError
from support.attempts import Attempts

Tamper = Callable[[Path], None]


def make_wheel(folder: Path, name: str, code: str) -> Path:
    """A wheel that pip takes: https://packaging.python.org/en/latest/specifications/binary-distribution-format/."""
    members = {
        f"{name}.py": code,
        f"{name}-1.dist-info/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n",
        f"{name}-1.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = [
        f"{path},sha256={base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip('=')},"
        for path, text in members.items()
    ]
    members[f"{name}-1.dist-info/RECORD"] = "\n".join([*record, f"{name}-1.dist-info/RECORD,,"]) + "\n"
    path = folder / f"{name}-1-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        for member, text in members.items():
            wheel.writestr(zipfile.ZipInfo(member), text)
    return path


@pytest.fixture
def index(tmp_path: Path) -> Path:
    """A folder of the true wheels, as a package index has them."""
    folder = tmp_path / "index"
    folder.mkdir()
    for name in ("one", "two"):
        make_wheel(folder, name, f"x = '{name}'\n")
    return folder


@pytest.fixture
def recipe(tmp_path: Path, index: Path, monkeypatch: pytest.MonkeyPatch) -> Recipe:
    """A small package whose wheels are in its folder, and no index."""
    package, wheels = tmp_path / "package", tmp_path / "wheels"
    (package / "container").mkdir(parents=True)
    (package / "container" / "launch.py").write_text("print('launched')\n")
    (package / "part.py").write_text("x = 1\n")
    wheels.mkdir()
    lines = []
    for wheel in sorted(index.iterdir()):
        content = wheel.read_bytes()
        (wheels / wheel.name).write_bytes(content)
        lines.append(f"{wheel.name.partition('-')[0]}==1 --hash=sha256:{hashlib.sha256(content).hexdigest()}\n")
    (tmp_path / "lock").write_text("".join(lines))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    return Recipe(package=package, lock=tmp_path / "lock", wheels=wheels)


def members(archive: Path) -> list[tuple[str, bytes]]:
    with zipfile.ZipFile(archive) as file:
        return [(name, file.read(name)) for name in file.namelist()]


def write(archive: Path, content: list[tuple[str, bytes]], *, comment: bytes = b"", method: int = 0) -> None:
    with zipfile.ZipFile(archive, "w", method) as file:
        for name, data in content:
            file.writestr(name, data)
        file.comment = comment


def tampered(archive: Path) -> Iterator[bytes]:
    """The archive with each of its members changed, added, taken away, renamed; and with its directory played upon."""
    true, whole = members(archive), archive.read_bytes()
    for place, (name, data) in enumerate(true):
        for other in (
            [(name, bytes([data[0] ^ 1]) + data[1:])],
            [(name, data + b"import evil\n")],
            [(name, b"")],
            [],
            [(f"{name}.py", data)],
            [(name.upper(), data)],
            [(name, data), (f"evil{place}.py", b"import evil\n")],
            [(f"../{name}", data)],
        ):
            write(archive, [*true[:place], *other, *true[place + 1 :]])
            yield archive.read_bytes()
    write(archive, true[::-1])
    yield archive.read_bytes()
    write(archive, true, comment=b"a comment")
    yield archive.read_bytes()
    write(archive, true, method=zipfile.ZIP_DEFLATED)
    yield archive.read_bytes()
    yield b"#!/bin/sh\n" + whole
    yield whole + whole
    yield whole[:-30]
    yield b""
    # one bit of every 17th byte, and of every third of the central directory and its end
    start = whole.index(b"PK\x01\x02")
    for place in [*range(0, start, 17), *range(start, len(whole), 3)]:
        yield whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :]


def test_no_archive_that_stands_there_is_used(recipe: Recipe, attempts: Attempts) -> None:
    archive = build(recipe=recipe)
    true = archive.read_bytes()
    hostile = [content for content in tampered(archive) if content != true]
    assert len(hostile) > 400
    for content in hostile:
        attempts.add()
        archive.write_bytes(content)
        assert build(recipe=recipe).read_bytes() == true


def test_an_archive_that_is_a_link_is_replaced_and_what_it_points_to_is_not_touched(
    recipe: Recipe, tmp_path: Path, attempts: Attempts
) -> None:
    archive = build(recipe=recipe)
    true = archive.read_bytes()
    outside = tmp_path / "outside"
    for partial in (archive, archive.with_suffix(".partial")):
        attempts.add()
        outside.write_text("mine")
        partial.unlink(missing_ok=True)
        partial.symlink_to(outside)
        assert build(recipe=recipe).read_bytes() == true
        assert (archive.is_symlink(), outside.read_text()) == (False, "mine")


def changed(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[:40] + bytes([content[40] ^ 1]) + content[41:])


def replaced(path: Path) -> None:
    make_wheel(path.parent, path.name.partition("-")[0], "import evil\n")


def linked(path: Path) -> None:
    other = path.parent.parent / "evil"
    other.mkdir()
    path.unlink()
    path.symlink_to(make_wheel(other, path.name.partition("-")[0], "import evil\n"))


def made_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def made_a_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def dangling(path: Path) -> None:
    path.unlink()
    path.symlink_to("nowhere")


def endless(path: Path) -> None:
    path.unlink()
    path.symlink_to("/dev/zero")


def exchanged(path: Path) -> None:
    """Each under the other's name: the bytes are those of the lock."""
    one, two = sorted(path.parent.glob("*.whl"))
    first, second = one.read_bytes(), two.read_bytes()
    one.write_bytes(second)
    two.write_bytes(first)


def renamed(path: Path) -> None:
    path.rename(path.with_name("polars-9-py3-none-any.whl"))


def doubled(path: Path) -> None:
    path.with_name("zzz.whl").write_bytes(path.read_bytes())
    path.with_name("aaa.whl").write_bytes(b"evil")


HOSTILE = [changed, replaced, linked, made_a_folder, made_a_pipe, dangling, endless, Path.unlink]
HARMLESS = [exchanged, renamed, doubled]


@pytest.mark.parametrize("tamper", HOSTILE)
def test_a_wheel_that_is_not_the_locks_is_refused(recipe: Recipe, tamper: Tamper, attempts: Attempts) -> None:
    build(recipe=recipe)
    tamper(recipe.wheels / "one-1-py3-none-any.whl")
    attempts.add()
    with pytest.raises(DriftError, match=r"cannot be downloaded .*; connect to a package index|does not; remove it"):
        build(recipe=recipe)
    assert not list(recipe.wheels.glob("*.partial"))


@pytest.mark.parametrize("tamper", [one for one in HOSTILE if one is not made_a_folder])
def test_a_wheel_that_is_not_the_locks_is_fetched_anew(
    recipe: Recipe, index: Path, tamper: Tamper, monkeypatch: pytest.MonkeyPatch, attempts: Attempts
) -> None:
    true = build(recipe=recipe).read_bytes()
    tamper(recipe.wheels / "one-1-py3-none-any.whl")
    monkeypatch.setenv("PIP_FIND_LINKS", str(index))
    attempts.add()
    assert build(recipe=recipe).read_bytes() == true


def test_a_folder_in_the_place_of_a_wheel_is_named(
    recipe: Recipe, index: Path, monkeypatch: pytest.MonkeyPatch, attempts: Attempts
) -> None:
    made_a_folder(recipe.wheels / "one-1-py3-none-any.whl")
    monkeypatch.setenv("PIP_FIND_LINKS", str(index))
    attempts.add()
    with pytest.raises(DriftError, match=r"Is a directory: .*one-1-py3-none-any\.whl.*; remove what stands there"):
        build(recipe=recipe)


@pytest.mark.parametrize("tamper", HARMLESS)
def test_what_a_wheel_is_called_changes_nothing(recipe: Recipe, tamper: Tamper, attempts: Attempts) -> None:
    true = build(recipe=recipe).read_bytes()
    tamper(recipe.wheels / "one-1-py3-none-any.whl")
    attempts.add()
    assert build(recipe=recipe).read_bytes() == true


def test_an_archive_of_other_sources_has_another_name(recipe: Recipe, attempts: Attempts) -> None:
    names = {asset_hash(recipe=recipe)}
    for path in (recipe.package / "part.py", recipe.package / "container" / "launch.py"):
        for text in ("", "import evil\n", path.read_text() + " "):
            path.write_text(text)
            attempts.add()
            names.add(build(recipe=recipe).stem)
    assert len(names) == 7
