import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from modelyard.drift.container.build import Recipe, asset_hash, build, locked_wheels, sources, wheel_contents
from modelyard.drift.container.build import main as build_main
from modelyard.drift.errors import DriftError


@pytest.fixture
def recipe(tmp_path: Path) -> Recipe:
    """A small package and a lock of one wheel that is at hand."""
    package = tmp_path / "package"
    (package / "container").mkdir(parents=True)
    (package / "container" / "launch.py").write_text("print('launched')\n")
    (package / "part.py").write_text("x = 1\n")
    (tmp_path / "wheels").mkdir()
    with zipfile.ZipFile(tmp_path / "wheels" / "tool-1-py3-none-any.whl", "w") as wheel:
        wheel.writestr(zipfile.ZipInfo("tool.py"), "y = 2\n")
    digest = "4f1c6f9a83e9b8d3a7b6e9b5a3d0d2f0b8e5b8e8c7f7a1d4c2b3a4958677dd11"
    (tmp_path / "lock").write_text(f"# comment\ntool==1 --hash=sha256:{digest}\n")
    return Recipe(package=package, lock=tmp_path / "lock", wheels=tmp_path / "wheels")


def lock_for(recipe: Recipe) -> None:
    import hashlib

    (wheel,) = recipe.wheels.glob("*.whl")
    recipe.lock.write_text(f"tool==1 --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n")


def test_the_zip_holds_a_main_the_sources_and_the_wheels(recipe: Recipe) -> None:
    lock_for(recipe)
    with zipfile.ZipFile(build(recipe=recipe)) as archive:
        assert archive.namelist() == [
            "__main__.py",
            "modelyard/drift/container/launch.py",
            "modelyard/drift/part.py",
            "wheels/tool-1.whl",
        ]


def test_the_zip_is_the_same_whenever_it_is_built(recipe: Recipe) -> None:
    lock_for(recipe)
    first = build(recipe=recipe)
    content = first.read_bytes()
    first.unlink()
    os.utime(recipe.package / "part.py", (1, 1))
    (recipe.package / "part.py").chmod(0o600)
    assert build(recipe=recipe).read_bytes() == content


def test_the_zip_is_named_by_its_hash(recipe: Recipe) -> None:
    lock_for(recipe)
    assert build(recipe=recipe).stem == asset_hash(recipe=recipe)


def test_the_hash_needs_no_wheel(recipe: Recipe) -> None:
    before = asset_hash(recipe=recipe)
    next(recipe.wheels.glob("*.whl")).unlink()
    assert asset_hash(recipe=recipe) == before


def test_the_hash_follows_the_sources(recipe: Recipe) -> None:
    before = asset_hash(recipe=recipe)
    (recipe.package / "part.py").write_text("x = 2\n")
    assert asset_hash(recipe=recipe) != before


def test_the_hash_follows_the_lock(recipe: Recipe) -> None:
    before = asset_hash(recipe=recipe)
    lock_for(recipe)
    assert asset_hash(recipe=recipe) != before


def test_the_hash_does_not_follow_times_modes_compiled_files_or_the_order_of_lines(recipe: Recipe) -> None:
    one, two = "1" * 64, "2" * 64
    recipe.lock.write_text(f"a==1 --hash=sha256:{one}\nb==2 \\\n    --hash=sha256:{two}\n")
    before = asset_hash(recipe=recipe)
    recipe.lock.write_text(f"# again\nb==2 --hash=sha256:{two}\na==1 --hash=sha256:{one}\n")
    os.utime(recipe.package / "part.py", (1, 1))
    (recipe.package / "part.py").chmod(0o600)
    (recipe.package / "__pycache__").mkdir()
    (recipe.package / "__pycache__" / "part.cpython-312.pyc").write_bytes(b"x")
    (recipe.package / ".editor.swp").write_bytes(b"x")
    assert asset_hash(recipe=recipe) == before


def test_a_wheel_that_is_not_the_one_locked_is_not_packed(recipe: Recipe) -> None:
    with pytest.raises(DriftError, match="cannot be downloaded"):
        list(wheel_contents(recipe=recipe))


def test_a_copy_without_a_lock_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DriftError, match="does not exist; install modelyard-drift again"):
        Recipe(lock=tmp_path / "none")


def test_every_line_of_the_repositorys_lock_pins_a_version_and_a_hash() -> None:
    named = re.findall(r"^(\w[\w.-]*)==(\S+)", Recipe().lock.read_text(encoding="utf-8"), re.MULTILINE)
    assert [wheel.name for wheel in locked_wheels(recipe=Recipe())] == sorted("-".join(one) for one in named)


@pytest.mark.parametrize(
    "line",
    ["tool==1", "tool --hash=sha256:" + "1" * 64, "tool==1 --hash=md5:1", "../tool==1 --hash=sha256:" + "1" * 64],
)
def test_a_line_of_the_lock_that_pins_nothing_is_refused(recipe: Recipe, line: str) -> None:
    recipe.lock.write_text(f"{line}\n")
    with pytest.raises(DriftError, match="a line must be NAME==VERSION --hash=sha256:DIGEST"):
        locked_wheels(recipe=recipe)


def test_a_link_among_the_sources_is_refused(recipe: Recipe) -> None:
    (recipe.package / "environ.py").symlink_to("/proc/self/environ")
    with pytest.raises(DriftError, match=r"environ\.py must be a file or a folder, it is a link"):
        asset_hash(recipe=recipe)


def test_a_folder_in_the_place_of_the_zip_is_refused(recipe: Recipe) -> None:
    lock_for(recipe)
    (recipe.wheels / f"{asset_hash(recipe=recipe)}.zip").mkdir()
    with pytest.raises(DriftError, match=r"cannot be written .*; remove what stands there"):
        build(recipe=recipe)


def test_the_pages_parts_travel_with_the_sources() -> None:
    assert "modelyard/drift/reporting/assets/page.js" in dict(sources(recipe=Recipe()))


def test_the_build_prints_the_hash_without_building(capsys: pytest.CaptureFixture[str]) -> None:
    code = build_main(arguments=["--hash"])
    assert (code, capsys.readouterr().out.strip()) == (0, asset_hash(recipe=Recipe()))


def test_the_build_ends_with_one_and_a_sentence_when_it_cannot(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    code = build_main(arguments=["--lock", str(tmp_path / "none")])
    assert (code, "does not exist" in capsys.readouterr().err) == (1, True)


def test_the_build_needs_nothing_but_the_standard_library() -> None:
    script = "import sys, modelyard.drift.container.build; print({'numpy', 'numba', 'polars'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_a_folder_that_lacks_a_locked_wheel_after_the_download_is_refused(
    recipe: Recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("modelyard.drift.container.build._download", lambda **_: None)
    with pytest.raises(DriftError, match="must hold a wheel for each line of"):
        list(wheel_contents(recipe=recipe))
