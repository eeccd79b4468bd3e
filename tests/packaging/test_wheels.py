"""What the three distributions hold, and that they run without the repository."""

import ast
import configparser
import hashlib
import importlib.metadata
import json
import re
import shutil
import subprocess
import sys
import tomllib
from email.message import Message
from email.parser import Parser
from pathlib import Path
from zipfile import ZipFile

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from trove_classifiers import classifiers

from support.environments import Environment, build_wheels
from support.synth import ROOT
from support.tested_project import PASSED, write_tested_project

NAMES = ("modelyard", "modelyard_drift", "modelyard_rehearsal")
TEMPLATE = "modelyard/operations/project_template/template/"
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
COMMANDS = {
    "modelyard": {"yard": "modelyard.operations.__main__:run"},
    "modelyard_drift": {"modelyard-drift": "modelyard.drift.cli:main"},
    "modelyard_rehearsal": {"modelyard-rehearsal": "modelyard.rehearsal.__main__:main"},
}


def wheel(wheels: Path, name: str) -> ZipFile:
    return ZipFile(wheels / f"{name}-{VERSION}-py3-none-any.whl")


def written(archive: ZipFile) -> list[str]:
    return [name for name in archive.namelist() if ".dist-info/" not in name]


def headers(archive: ZipFile) -> Message:
    (name,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
    return Parser().parsestr(archive.read(name).decode())


@pytest.mark.parametrize("name", NAMES)
def test_a_wheel_writes_nothing_but_below_modelyard(wheels: Path, name: str) -> None:
    assert {file.partition("/")[0] for file in written(wheel(wheels, name))} == {"modelyard"}


@pytest.mark.parametrize("name", NAMES)
def test_a_wheel_has_no_compiled_file_and_no_test_of_ours(wheels: Path, name: str) -> None:
    files = [file for file in written(wheel(wheels, name)) if not file.startswith(TEMPLATE)]
    assert [file for file in files if file.endswith(".pyc") or "/tests/" in file or "/test_" in file] == []


def test_each_file_is_in_one_wheel_alone(wheels: Path) -> None:
    files = [file for name in NAMES for file in written(wheel(wheels, name))]
    assert len(files) == len(set(files))


def test_every_room_travels_with_the_files_that_git_has_of_it_and_no_others(wheels: Path) -> None:
    words = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    found = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    rooms = {path.name for path in (ROOT / "modelyard").iterdir()}
    expected = {f"modelyard/{name}" for name in found if name.partition("/")[0] in rooms and (ROOT / name).is_file()}
    assert {file for name in NAMES for file in written(wheel(wheels, name))} == expected


@pytest.mark.parametrize("name", NAMES)
def test_a_wheel_names_its_license_its_pythons_and_its_version(wheels: Path, name: str) -> None:
    found = headers(wheel(wheels, name))
    assert found["License-Expression"] == "Apache-2.0"
    assert sorted(found["Requires-Python"].split(",")) == ["<3.15", ">=3.11"]
    assert found["Version"] == VERSION


@pytest.mark.parametrize("name", NAMES)
def test_a_wheel_is_described_for_the_package_index(wheels: Path, name: str) -> None:
    found = headers(wheel(wheels, name))
    assert found["Description-Content-Type"] == "text/markdown"
    assert str(found.get_payload()).strip().lower().startswith(f"# {name.replace('_', '-')}\n")
    assert set(found.get_all("Classifier", [])) <= classifiers
    pythons = {one.rpartition(" ")[2] for one in found.get_all("Classifier", []) if "Python :: 3." in one}
    assert pythons == {"3.11", "3.12", "3.13", "3.14"}


@pytest.mark.parametrize("name", NAMES)
def test_a_description_links_to_nothing_but_addresses(wheels: Path, name: str) -> None:
    text = str(headers(wheel(wheels, name)).get_payload())
    assert [link for link in re.findall(r"\]\(([^)]*)\)", text) if not link.startswith("https://")] == []


def test_a_wheel_names_the_repository_whose_workflow_built_it(tmp_path: Path) -> None:
    build_wheels(ROOT, folder=tmp_path, parts=["drift"], repository="owner/name")
    found = headers(wheel(tmp_path, "modelyard_drift")).get_all("Project-URL", [])
    assert dict(line.split(", ") for line in found) == {
        "Source": "https://github.com/owner/name",
        "Documentation": f"https://github.com/owner/name/tree/v{VERSION}/docs",
        "Changelog": f"https://github.com/owner/name/blob/v{VERSION}/CHANGELOG.md",
        "Issues": "https://github.com/owner/name/issues",
    }


@pytest.mark.parametrize("name", NAMES)
def test_a_wheel_that_is_built_elsewhere_names_no_address(wheels: Path, name: str) -> None:
    assert headers(wheel(wheels, name)).get_all("Project-URL", []) == []


@pytest.mark.parametrize("name", NAMES)
def test_our_distributions_need_each_other_in_the_same_version(wheels: Path, name: str) -> None:
    needed = [Requirement(line) for line in headers(wheel(wheels, name)).get_all("Requires-Dist", [])]
    ours = {one.name: str(one.specifier) for one in needed if one.name.startswith("modelyard")}
    assert (
        ours
        == {
            "modelyard": {"modelyard-drift": f"=={VERSION}", "modelyard-rehearsal": f"=={VERSION}"},
            "modelyard_drift": {},
            "modelyard_rehearsal": {"modelyard-drift": f"=={VERSION}"},
        }[name]
    )


@pytest.mark.parametrize("name", NAMES)
def test_what_a_wheel_needs_is_what_the_tests_run_with(wheels: Path, name: str) -> None:
    for line in headers(wheel(wheels, name)).get_all("Requires-Dist", []):
        one = Requirement(line)
        if not one.name.startswith("modelyard") and (one.marker is None or one.marker.evaluate({"extra": "rehearsal"})):
            assert importlib.metadata.version(one.name) in one.specifier, line


def brought_by(names: set[str]) -> set[str]:
    """Return distributions with all that they bring, as they are installed here."""
    found, waiting = set(names), list(names)
    while waiting:
        try:
            needed = map(Requirement, importlib.metadata.requires(waiting.pop()) or ())
        except importlib.metadata.PackageNotFoundError:
            # Ours, whose own requirements are asked for in their wheels, and what another system needs.
            continue
        new = {
            canonicalize_name(one.name) for one in needed if one.marker is None or one.marker.evaluate({"extra": ""})
        }
        waiting += new - found
        found |= new
    return found


@pytest.mark.parametrize(
    ("name", "others"),
    # What pytest finds is imported by pytest; the console of `shared` is for who brings rich and typer.
    [("modelyard_drift", {"rich", "typer"}), ("modelyard_rehearsal", {"pytest"}), ("modelyard", set())],
)
def test_what_a_wheel_imports_comes_with_what_it_needs(wheels: Path, name: str, others: set[str]) -> None:
    with_ours = {"modelyard": NAMES, "modelyard_rehearsal": ("modelyard_drift", name), "modelyard_drift": (name,)}[name]
    needed = [line for one in with_ours for line in headers(wheel(wheels, one)).get_all("Requires-Dist", [])]
    brought = brought_by({canonicalize_name(Requirement(line).name) for line in needed}) | others
    archive, owners = wheel(wheels, name), importlib.metadata.packages_distributions()
    for file in written(archive):
        for imported in imported_first(archive.read(file)) if file.endswith(".py") and TEMPLATE not in file else ():
            assert {canonicalize_name(owner) for owner in owners.get(imported, ())} & brought, (file, imported)


def imported_first(source: bytes) -> set[str]:
    """Return the top names of what a module of others imports when it is imported itself."""
    found = set()
    for node in ast.parse(source).body:
        if isinstance(node, ast.Import):
            found |= {name.name.partition(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(str(node.module).partition(".")[0])
    return found - sys.stdlib_module_names - {"modelyard"}


def test_the_analyzer_needs_nothing_of_aws(wheels: Path) -> None:
    needed = {Requirement(line).name for line in headers(wheel(wheels, "modelyard_drift")).get_all("Requires-Dist", [])}
    assert needed == {"numba", "numpy", "pillow", "polars"}


def entry_points(archive: ZipFile) -> dict[str, dict[str, str]]:
    parser = configparser.ConfigParser(delimiters="=")
    (file,) = [file for file in archive.namelist() if file.endswith("entry_points.txt")]
    parser.read_string(archive.read(file).decode())
    return {section: dict(parser[section]) for section in parser.sections()}


@pytest.mark.parametrize("name", NAMES)
def test_a_wheel_installs_its_command(wheels: Path, name: str) -> None:
    assert entry_points(wheel(wheels, name))["console_scripts"] == COMMANDS[name]


def test_the_local_aws_brings_its_fixtures_of_pytest_and_nothing_else_does(wheels: Path) -> None:
    found = {name: entry_points(wheel(wheels, name)).get("pytest11", {}) for name in NAMES}
    assert {name: set(plugins.values()) for name, plugins in found.items() if plugins} == {
        "modelyard_rehearsal": {"modelyard.rehearsal.pytest_plugin"}
    }


def test_the_tests_of_a_project_that_installed_the_wheels_have_the_fixtures(
    installed: Environment, tmp_path: Path
) -> None:
    write_tested_project(tmp_path)
    text = "import os, sys, pytest; os.environ['AWS_PROFILE'] = 'production'; sys.exit(pytest.main(['-q']))"
    ended = installed.run("python", "-c", text, folder=tmp_path)
    assert PASSED in ended.stdout


def test_everything_is_imported_from_the_environment(installed: Environment, tmp_path: Path) -> None:
    text = "import modelyard.stacks.app as a, modelyard.drift as d; print(a.__file__, d.__file__)"
    for file in installed.python(text, folder=tmp_path).split():
        assert Path(file).is_relative_to(installed.folder)


@pytest.mark.parametrize("command", ["yard", "modelyard-drift", "modelyard-rehearsal"])
def test_an_installed_command_shows_its_help(installed: Environment, tmp_path: Path, command: str) -> None:
    assert command in installed.run(command, "--help", folder=tmp_path).stdout


def test_a_wrong_command_ends_with_a_sentence(installed: Environment, tmp_path: Path) -> None:
    assert "nothing" in installed.run("yard", "nothing", folder=tmp_path, code=1).stderr


def test_the_analyzer_s_archive_has_the_same_name_from_wheels_as_from_a_clone(
    installed: Environment, tmp_path: Path
) -> None:
    module = "modelyard.drift.container.build"
    here = subprocess.run(
        [installed.folder / "bin" / "python", "-m", module, "--hash"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert installed.run("python", "-m", module, "--hash", folder=tmp_path).stdout == here.stdout


def test_an_example_is_synthesized_to_the_same_bytes_from_wheels_as_from_a_clone(
    installed: Environment, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    # Copies: declarations and scripts that are links are refused.
    for name in ("models", "training_scripts"):
        shutil.copytree(ROOT / name, outside / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("app.py", "cdk.json", "stages.toml"):
        shutil.copy(ROOT / name, outside / name)
    digests = {}
    for folder in (ROOT, outside):
        assembly = tmp_path / folder.name / "assembly"
        context = json.loads((ROOT / "cdk.json").read_text(encoding="utf-8"))["context"]
        text = (
            "import sys, runpy, aws_cdk as cdk\n"
            f"sys.path.insert(0, {str(folder)!r})\n"
            "from app import build\n"
            f"app = cdk.App(outdir={str(assembly)!r}, context={ {**context, 'preview': 'true'}!r})\n"
            "build(app).synth()\n"
        )
        installed.python(text, folder=folder)
        digests[folder] = {
            file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in assembly.glob("*.template.json")
        }
    assert digests[ROOT] == digests[outside]
    assert len(digests[ROOT]) > 10


def test_a_process_of_the_local_aws_imports_what_its_owner_imports(installed: Environment, tmp_path: Path) -> None:
    text = "from modelyard.rehearsal.import_path import import_path; print(import_path())"
    assert Path(installed.python(text, folder=tmp_path)).is_relative_to(installed.folder)
