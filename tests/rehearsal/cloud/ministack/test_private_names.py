"""Each private name of MiniStack stands in one module: when it changes, one module does (decision 0400)."""

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping

import pytest

from support.synth import ROOT


def targets(tree: ast.AST) -> Iterator[ast.expr]:
    """Yield what a module assigns to; to set an item is to assign to what has it."""
    for node in ast.walk(tree):
        assigned = node.targets if isinstance(node, ast.Assign) else []
        if isinstance(node, ast.AugAssign | ast.AnnAssign):
            assigned = [node.target]
        for target in assigned:
            for part in target.elts if isinstance(target, ast.Tuple) else [target]:
                yield part.value if isinstance(part, ast.Subscript) else part


def names(source: str) -> tuple[set[str], set[str]]:
    """Return the names of MiniStack that a module uses, such as `ministack.services.iam._roles`, and replaces."""
    tree = ast.parse(source)
    imported = {
        alias.asname or alias.name: f"{node.module}.{alias.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and str(node.module).partition(".")[0] == "ministack"
        for alias in node.names
    }

    def name_of(node: ast.AST) -> str | None:
        if isinstance(node, ast.Name):
            return imported.get(node.id)
        above = name_of(node.value) if isinstance(node, ast.Attribute) else None
        return f"{above}.{node.attr}" if isinstance(node, ast.Attribute) and above else None

    used = {*imported.values(), *(name for node in ast.walk(tree) if (name := name_of(node)))}
    return used, {name for target in targets(tree) if (name := name_of(target))}


def shared_private_names(sources: Mapping[str, str]) -> dict[str, list[str]]:
    """Return the private names that several modules use, with these modules.

    A name is private that begins with an underscore, or that any of the modules replaces.
    """
    found = {module: names(source) for module, source in sources.items()}
    replaced = {name for _, own in found.values() for name in own}
    users: dict[str, list[str]] = defaultdict(list)
    for module, (used, _) in found.items():
        for name in sorted(used):
            if name in replaced or name.rpartition(".")[2].startswith("_"):
                users[name].append(module)
    return {name: modules for name, modules in users.items() if len(modules) > 1}


def test_no_private_name_is_used_in_two_modules() -> None:
    sources = {
        path.relative_to(ROOT).as_posix(): path.read_text("utf-8")
        for path in sorted((ROOT / "rehearsal").rglob("*.py"))
    }
    assert sum(bool(names(source)[0]) for source in sources.values()) > 5
    assert shared_private_names(sources) == {}


@pytest.mark.parametrize(
    ("one", "other", "name"),
    [
        (
            "from ministack.services import iam\niam._roles",
            "from ministack.services import iam\niam._roles.x",
            "iam._roles",
        ),
        (
            "from ministack.services import iam as theirs\ntheirs._roles",
            "from ministack.services.iam import _roles",
            "iam._roles",
        ),
        (
            "from ministack.services import s3\ns3.answer = 1",
            "from ministack.services import s3\ns3.answer()",
            "s3.answer",
        ),
        ("from ministack.services import s3\ns3.a, s3.b = 1, 2", "from ministack.services import s3\ns3.b", "s3.b"),
        ("from ministack.services import s3\ns3.TABLE['x'] = 1", "from ministack.services.s3 import TABLE", "s3.TABLE"),
    ],
    ids=["an underscore", "another way of import", "replaced", "replaced with others", "an item is set"],
)
def test_a_name_that_two_modules_use_is_found_with_both(one: str, other: str, name: str) -> None:
    assert shared_private_names({"one.py": one, "other.py": other}) == {
        f"ministack.services.{name}": ["one.py", "other.py"]
    }


def test_a_public_name_may_be_used_in_two_modules() -> None:
    source = "from ministack.core.responses import get_region\nget_region()"
    assert shared_private_names({"one.py": source, "other.py": source}) == {}
