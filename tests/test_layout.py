"""Where things lie, and what runs at synth: which room imports which is in `.importlinter`."""

import ast
import sys
from pathlib import Path

import constructs
import pytest

from support.synth import ROOT

# Where a second reader of S3 URIs or a second way from a key to a path could stand; scripts run in a container alone.
PROGRAMS = (
    "app.py",
    "benchmarks",
    "constructs",
    "drift",
    "maintenance",
    "manifest",
    "operations",
    "rehearsal",
    "scenario",
    "shared/console.py",
    "shared/loopback.py",
    "stacks",
    "template_checks",
)
TAKING_APART = {"removeprefix", "startswith", "partition", "split", "replace", "compile", "match", "fullmatch", "sub"}
PATHS = {"Path", "PurePath", "PurePosixPath", "joinpath"}


def sources(place: str) -> list[Path]:
    """The Python files of a place, without those that `yard new` writes into a project of its own."""
    path = ROOT / place
    files = [path] if path.is_file() else sorted(path.rglob("*.py"))
    return [file for file in files if "template" not in file.relative_to(ROOT).parts]


def imported(file: Path) -> set[str]:
    """The top names of all that a file imports."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name.partition(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module is not None and node.level == 0:
            found.add(node.module.partition(".")[0])
    return found


@pytest.mark.parametrize("file", ["drift/escaping.py", "drift/line_breaks.py"])
def test_what_every_place_may_import_needs_nothing_but_the_standard_library(file: str) -> None:
    assert imported(ROOT / file) <= sys.stdlib_module_names


@pytest.mark.parametrize("place", [place for place in PROGRAMS if place != "benchmarks"])
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
    modules = {path.stem for path in (ROOT / "tests").glob("*.py")} | {"proofs", "support", "tests"}
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


@pytest.mark.parametrize("place", ["manifest", "shared", "template_checks", "constructs/workflows"])
def test_declarations_rules_and_workflows_need_no_cdk(place: str) -> None:
    for file in sources(place):
        assert imported(file).isdisjoint({"aws_cdk", "constructs", "jsii"}), file


@pytest.mark.parametrize("place", ["app.py", "manifest", "shared", "stacks", "constructs", "template_checks"])
def test_every_module_class_and_public_function_says_what_it_is(place: str) -> None:
    for file in sources(place):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        assert ast.get_docstring(tree), file
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef | ast.FunctionDef) and not node.name.startswith("_"):
                told = ast.get_docstring(node) or _inside_a_function(node, tree=tree)
                assert told, f"{file}: {node.name}"


@pytest.mark.parametrize("place", PROGRAMS)
def test_only_one_module_takes_an_s3_uri_apart(place: str) -> None:
    for file in sources(place):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
            if name in TAKING_APART:
                texts = [one.value for given in call.args for one in ast.walk(given) if isinstance(one, ast.Constant)]
                assert not any("s3:" in text for text in texts if isinstance(text, str)), f"{file}:{call.lineno}"
            if name in ("urlsplit", "urlparse"):
                assert not _mentions_s3(tree), f"{file}:{call.lineno}"


@pytest.mark.parametrize("place", PROGRAMS)
def test_only_one_module_makes_a_path_of_an_s3_key(place: str) -> None:
    for file in sources(place):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            joined: list[ast.expr] = []
            if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
                joined = [node.right]
            elif isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in PATHS:
                joined = node.args
            for given in joined:
                assert not any(_is_key(one) for one in ast.walk(given)), f"{file}:{given.lineno}"


def test_python_is_one_that_the_readme_names() -> None:
    assert sys.version_info >= (3, 11)


def _inside_a_function(node: ast.AST, *, tree: ast.AST) -> bool:
    functions = [one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef)]
    return any(node is inner for one in functions for inner in ast.walk(one) if inner is not one)


def _mentions_s3(tree: ast.AST) -> bool:
    """Whether a module speaks of buckets, whose URIs are no URLs."""
    texts = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    keywords = {node.arg for node in ast.walk(tree) if isinstance(node, ast.keyword)}
    return "Bucket" in keywords or any("s3://" in text for text in texts)


def _is_key(node: ast.AST) -> bool:
    name = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", getattr(node, "value", ""))
    return name in ("key", "Key", "stored_key", "object_key")
