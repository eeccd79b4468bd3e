from pathlib import Path

import pytest

from modelyard.drift.jit import cache_folder


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A package of two compiled modules."""
    (tmp_path / "kernels").mkdir()
    (tmp_path / "kernels" / "a.py").write_text("x = 1\n")
    (tmp_path / "kernels" / "b.py").write_text("y = 1\n")
    return tmp_path


def test_compiled_code_is_kept_beside_the_sources(package: Path) -> None:
    assert cache_folder(package=package, given=None).parent == package / "__pycache__"


def test_a_change_of_any_module_compiles_anew(package: Path) -> None:
    before = cache_folder(package=package, given=None)
    (package / "kernels" / "b.py").write_text("y = 2\n")
    assert cache_folder(package=package, given=None) != before


def test_unchanged_sources_use_what_was_compiled(package: Path) -> None:
    assert cache_folder(package=package, given=None) == cache_folder(package=package, given=None)


def test_a_folder_that_was_asked_for_is_used(package: Path, tmp_path: Path) -> None:
    assert cache_folder(package=package, given=str(tmp_path / "given")).parent == tmp_path / "given"


def test_a_package_that_cannot_be_written_has_its_code_with_temporary_files(
    package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.access", lambda *_: False)
    assert cache_folder(package=package, given=None).parent.name.startswith("drift-compiled-")
