"""The libraries that AWS's containers have: named where a script misses one here."""

import pytest

from modelyard.rehearsal.containers import libraries
from modelyard.rehearsal.containers.libraries import import_hint, missing_framework
from modelyard.shared.container_families import SCRIPT_FAMILIES, SKLEARN

PANDAS = "ModuleNotFoundError: No module named 'pandas'"


def test_a_library_of_the_container_is_named_with_what_installs_it() -> None:
    hint = import_hint(PANDAS, family=SKLEARN)
    assert hint is not None
    assert hint.startswith("pandas is in AWS's scikit-learn container and not installed on this machine: pip install")


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("ModuleNotFoundError: No module named 'sklearn.cluster'", "scikit-learn"),
        ("ImportError: Unable to find a usable engine; tried using: 'pyarrow', 'fastparquet'.", "pyarrow"),
    ],
)
def test_what_is_imported_is_named_as_pip_knows_it(line: str, named: str) -> None:
    hint = import_hint(line, family=SKLEARN)
    assert hint is not None
    assert hint.startswith(f"{named} is in AWS's scikit-learn container and not installed")


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("ModuleNotFoundError: No module named 'lightgbm'", "lightgbm"),
        ("ImportError: Missing optional dependency 'openpyxl'.  Use pip or conda to install openpyxl.", "openpyxl"),
        ("ImportError: `Import pytables` failed.", "pytables"),
        ("ImportError: matplotlib is required for plotting when the default backend is selected.", "matplotlib"),
        ("ImportError: lxml not found, please install or use the etree parser.", "lxml"),
    ],
)
def test_what_the_container_is_not_known_to_have_is_to_be_brought(line: str, named: str) -> None:
    hint = import_hint(line, family=SKLEARN)
    assert hint is not None
    assert hint.startswith(f"{named} is not listed for AWS's scikit-learn container: name it in a requirements.txt")


@pytest.mark.parametrize("line", ["pandas is missing", "ImportError: cannot import name 'x' from 'y'"])
def test_another_line_is_no_failed_import(line: str) -> None:
    assert import_hint(line, family=SKLEARN) is None


def test_of_an_image_of_one_s_own_nothing_is_known() -> None:
    assert import_hint(PANDAS, family=None) is None
    assert missing_framework("") is None


def test_every_family_has_its_libraries() -> None:
    assert set(libraries.LIBRARIES) == set(SCRIPT_FAMILIES)


def test_a_framework_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(libraries.LIBRARIES, "pytorch", {"no_such_torch": "torch"})
    assert missing_framework("pytorch") == "torch"
    assert missing_framework("sklearn") is None


@pytest.mark.parametrize("family", ["huggingface", "djl"])
def test_a_container_that_a_command_may_stand_for_needs_no_framework(
    monkeypatch: pytest.MonkeyPatch, family: str
) -> None:
    monkeypatch.setitem(libraries.LIBRARIES, family, {"no_such_module": "none"})

    assert missing_framework(family) is None
