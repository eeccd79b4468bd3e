"""Where things lie, and what runs at synth: which room imports which is in `.importlinter`."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import constructs
import pytest
from synthesized import ROOT


def sources(place: str) -> list[Path]:
    """The Python files of a place."""
    path = ROOT / place
    return [path] if path.is_file() else sorted(path.rglob("*.py"))


def imported(file: Path) -> set[str]:
    """The top names of all that a file imports."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name.partition(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module is not None and node.level == 0:
            found.add(node.module.partition(".")[0])
    return found


def test_the_folder_constructs_does_not_hide_the_library() -> None:
    assert "site-packages" in constructs.__file__
    assert not (ROOT / "constructs" / "__init__.py").exists()


def test_every_room_is_a_link_below_the_one_import_name() -> None:
    linked = {path.name: path.readlink().as_posix() for path in (ROOT / "modelyard").iterdir()}
    assert linked == {name: f"../{name}" for name in linked}
    assert all((ROOT / name).is_dir() and not (ROOT / name).is_symlink() for name in linked)


def test_no_folder_of_tests_is_a_package() -> None:
    assert list((ROOT / "tests").rglob("__init__.py")) == []


@pytest.mark.parametrize(
    "place", ["benchmarks", "maintenance", *sorted(path.name for path in (ROOT / "modelyard").iterdir())]
)
def test_nothing_outside_the_tests_imports_them(place: str) -> None:
    modules = {path.stem for path in (ROOT / "tests").iterdir()} | {"tests"}
    files = sources(place)

    assert files
    assert [file for file in files if not imported(file).isdisjoint(modules)] == []


@pytest.mark.parametrize("place", ["manifest", "template_checks", "constructs", "stacks"])
def test_nothing_at_synth_reads_clock_environment_or_aws(place: str) -> None:
    for file in sources(place):
        names = {
            node.attr
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
            if isinstance(node, ast.Attribute)
        }
        assert imported(file).isdisjoint({"boto3", "botocore", "random", "secrets", "time", "uuid", "socket"}), file
        assert names.isdisjoint({"environ", "getenv", "now", "utcnow", "today"}), file


@pytest.mark.parametrize("place", ["manifest", "template_checks", "constructs/workflows"])
def test_declarations_rules_and_workflows_need_no_cdk(place: str) -> None:
    for file in sources(place):
        assert imported(file).isdisjoint({"aws_cdk", "constructs", "jsii"}), file


@pytest.mark.parametrize("place", ["app.py", "manifest", "stacks", "constructs", "template_checks"])
def test_every_module_class_and_public_function_says_what_it_is(place: str) -> None:
    for file in sources(place):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        assert ast.get_docstring(tree), file
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef | ast.FunctionDef) and not node.name.startswith("_"):
                told = ast.get_docstring(node) or _inside_a_function(node, tree=tree)
                assert told, f"{file}: {node.name}"


def test_python_is_one_that_the_readme_names() -> None:
    assert sys.version_info >= (3, 11)


def _inside_a_function(node: ast.AST, *, tree: ast.AST) -> bool:
    functions = [one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef)]
    return any(node is inner for one in functions for inner in ast.walk(one) if inner is not one)
