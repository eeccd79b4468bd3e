"""The one list of the kinds of stack, and that everything which follows it does."""

import ast
import dataclasses
from collections.abc import Iterator
from typing import Any, get_args

import pytest

from modelyard.manifest.model import Model
from modelyard.manifest.stack_kinds import (
    MODEL_STACK_KINDS,
    STACK_KINDS,
    StackKey,
    StackKind,
    stack_kind,
    stack_kinds_of,
)
from modelyard.stacks.assembly import MODEL_STACKS
from support.synth import ROOT, Synthesized

# Of what no example declares: keys for callers, and retraining.
OF_NO_EXAMPLE = {"ApiKeyId", "RetrainingStateMachineArn"}
# Tables that say something of others, and are no stacks.
OF_OTHERS = {"name", "data", "preprocessing"}


def looked_up() -> Iterator[tuple[Any, Any]]:
    """Every output that a command looks up by a stack and a name: `deployment.output("serving", "EndpointName")`."""
    for file in sorted((ROOT / "operations").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "output":
                words = [word.value for word in node.args if isinstance(word, ast.Constant)]
                if len(words) == 2:
                    yield words[0], words[1]


def test_every_key_has_one_kind() -> None:
    assert [kind.key for kind in STACK_KINDS] == list(get_args(StackKey))


@pytest.mark.parametrize("kind", STACK_KINDS, ids=lambda kind: kind.key)
def test_what_a_kind_needs_stands_above_it(kind: StackKind) -> None:
    above = STACK_KINDS[: STACK_KINDS.index(kind)]

    assert {*kind.needs} <= {one.key for one in above}


@pytest.mark.parametrize("kind", STACK_KINDS, ids=lambda kind: kind.key)
def test_the_state_machines_of_a_kind_are_those_of_its_outputs(kind: StackKind) -> None:
    assert {*kind.machines} == {name for name in kind.outputs if name.endswith("StateMachineArn")}


def test_a_kind_of_a_model_is_a_table_of_its_manifest() -> None:
    tables = {field.name for field in dataclasses.fields(Model)} - OF_OTHERS

    assert tables == {kind.key for kind in MODEL_STACK_KINDS}


def test_a_kind_of_a_model_has_a_class_that_makes_its_stacks() -> None:
    assert {*MODEL_STACKS} == {kind.key for kind in MODEL_STACK_KINDS}


def test_a_stack_of_a_model_has_the_model_in_its_name() -> None:
    name = stack_kind("serving").stack_name(stage="dev", model=Model(name="churn_forest"))

    assert name == "dev-churn-forest-serving"


def test_a_stack_of_a_stage_has_no_model_in_its_name() -> None:
    name = stack_kind("foundation").stack_name(stage="dev", model=Model(name="churn_forest"))

    assert name == "dev-foundation"


def test_a_model_without_a_table_has_the_foundation_alone() -> None:
    assert [kind.key for kind in stack_kinds_of(Model(name="churn"))] == ["foundation"]


def test_the_stacks_of_the_examples_have_the_outputs_that_are_listed(app: Synthesized) -> None:
    found: dict[Any, set[str]] = {}
    for name in app.templates:
        found.setdefault(name.rpartition("-")[2], set()).update(app.outputs(name))

    assert [(key, names) for key, names in found.items() if not names <= {*stack_kind(key).outputs}] == []
    listed = {output for key in found for output in stack_kind(key).outputs}
    assert listed - set().union(*found.values()) == OF_NO_EXAMPLE


def test_the_stacks_of_an_app_are_of_listed_kinds(app: Synthesized) -> None:
    models = [Model(name=file.stem) for file in (ROOT / "models").glob("*.toml")]
    known = {kind.stack_name(stage="dev", model=model) for kind in STACK_KINDS for model in models}

    assert {*app.templates} <= known


def test_commands_look_up_no_output_that_is_not_listed() -> None:
    names = list(looked_up())

    assert len(names) > 10
    assert [(key, name) for key, name in names if name not in stack_kind(key).outputs] == []
