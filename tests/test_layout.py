"""Where things lie, and what may import what."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import constructs
import pytest
from synthesized import ROOT

import modelyard

# Which of our packages each may import, by when its code runs; what is not named here imports none of them.
MAY_IMPORT = {
    "app.py": {"manifest", "stacks"},
    "stacks": {"manifest", "modelyard", "stacks", "template_checks"},
    "constructs": {"manifest", "modelyard"},
    "template_checks": {"manifest", "template_checks"},
    "manifest": {"manifest"},
    "drift": {"drift"},
    "training_scripts": set[str](),
}
OURS = {"drift", "manifest", "modelyard", "operations", "rehearsal", "stacks", "template_checks", "tests"}
# They need nothing, and stand where the container that has nothing else takes them from.
SHARED = {"modelyard.drift.escaping", "modelyard.drift.line_breaks"}


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
        elif isinstance(node, ast.ImportFrom) and node.module not in {None, *SHARED} and node.level == 0:
            found.add(str(node.module).partition(".")[0])
    return found


@pytest.mark.parametrize("module", sorted(SHARED))
def test_what_every_place_may_import_needs_nothing_but_the_standard_library(module: str) -> None:
    file = ROOT.joinpath(*module.split(".")).with_suffix(".py")
    assert imported(file) <= sys.stdlib_module_names


@pytest.mark.parametrize("place", [*MAY_IMPORT, "maintenance", "operations", "rehearsal"])
def test_lines_are_split_in_one_place_alone(place: str) -> None:
    """`str.splitlines` ends a line at characters that data, names and logs may hold."""
    for file in sources(place):
        called = {node.attr for node in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(node, ast.Attribute)}
        assert "splitlines" not in called or file == ROOT / "drift" / "line_breaks.py", file


@pytest.mark.parametrize("place", ["drift", "operations"])
def test_text_becomes_html_in_one_place_alone(place: str) -> None:
    for file in sources(place):
        assert "html" not in imported(file) or file == ROOT / "drift" / "escaping.py", file


def test_the_folder_constructs_does_not_hide_the_library() -> None:
    assert "site-packages" in constructs.__file__
    assert not (ROOT / "constructs" / "__init__.py").exists()


def test_the_package_of_building_blocks_is_found_in_its_source_root() -> None:
    assert modelyard.__file__ == str(ROOT / "constructs" / "modelyard" / "__init__.py")


def test_no_folder_of_tests_is_a_package() -> None:
    assert list((ROOT / "tests").rglob("__init__.py")) == []


@pytest.mark.parametrize("place", MAY_IMPORT)
def test_a_place_imports_only_what_runs_with_it(place: str) -> None:
    for file in sources(place):
        assert imported(file) & OURS <= MAY_IMPORT[place], file


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
