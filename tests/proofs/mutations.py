"""How many changes of a template some test notices.

Every property of SageMaker, autoscaling, IAM, Step Functions, scheduling and API Gateway resources is dropped and
changed, one at a time, and the tests that read templates are asked again. What none of them notices is printed: a
property that nobody asserts. The stack of an API is that of `called_apis`, which its tests read; all others are the
examples'.

    PYTHONPATH=tests python -m proofs.mutations [--every N] [--show N]
"""

import argparse
import copy
import importlib.util
import inspect
import random
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from support.called_apis import MANIFEST
from support.manifests import synthesize_text
from support.synth import Synthesized, synthesize

KINDS = (
    "AWS::ApiGateway::",
    "AWS::ApplicationAutoScaling::",
    "AWS::IAM::",
    "AWS::SageMaker::",
    "AWS::Scheduler::",
    "AWS::StepFunctions::",
)
STACKS = Path(__file__).parent.parent / "stacks"
# What tests ask for templates by: the examples', and those of an app with an API.
EXAMPLES, WITH_API = "app", "plain_api"
REFERENCES = ("Ref", "Fn::GetAtt", "Fn::Join", "Fn::ImportValue", "Fn::FindInMap", "Fn::Sub")

Test = Callable[[Synthesized], None]


@dataclass(frozen=True, kw_only=True)
class Mutation:
    """One change: of which value, and what is put in its place (nothing drops it); `fixture` has the templates."""

    fixture: str
    stack: str
    kind: str
    path: tuple[Any, ...]
    dropped: bool

    @property
    def name(self) -> str:
        """Where the change is, for people."""
        where = ".".join(str(step) for step in self.path[1:] if step != "Properties")
        return f"{'drop' if self.dropped else 'change'} {self.stack} {where}"


def main() -> None:
    """Count, and show what nobody notices."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=int, default=1, help="try every Nth mutation only")
    parser.add_argument("--show", type=int, default=40, help="how many unnoticed ones to print")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        apps = {
            EXAMPLES: synthesize(Path(folder) / "examples"),
            WITH_API: synthesize_text(Path(folder), MANIFEST.format(api=""), stages="[dev]\n"),
        }
    tests = list(template_tests())
    tried = [one for fixture, app in apps.items() for one in mutations(app, fixture=fixture)][:: arguments.every]
    unnoticed = [
        one
        for one in tried
        if not noticed(apps[one.fixture], mutation=one, tests=[test for name, test in tests if name == one.fixture])
    ]
    report(tried=tried, unnoticed=unnoticed, shown=arguments.show)


def report(*, tried: list[Mutation], unnoticed: list[Mutation], shown: int) -> None:
    """The figures by kind of resource, and the first of what was not noticed."""
    all_of, missed = Counter(one.kind for one in tried), Counter(one.kind for one in unnoticed)
    for kind, count in sorted(all_of.items()):
        print(f"{kind:50} {count - missed[kind]:6} of {count:6} noticed  {100 * (1 - missed[kind] / count):6.1f} %")
    total = len(tried)
    print(f"{'all':50} {total - len(unnoticed):6} of {total:6} noticed  {100 * (1 - len(unnoticed) / total):6.1f} %")
    for one in unnoticed[:shown]:
        print("  not noticed:", one.name)


def template_tests() -> Iterator[tuple[str, Test]]:
    """Every test that reads an app's templates and needs nothing else, once for each of its rows, with the fixture."""
    for suite in sorted(STACKS.glob("test_*.py")):
        spec = importlib.util.spec_from_file_location(suite.stem, suite)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        for name, function in vars(module).items():
            if name.startswith("test_"):
                yield from rows(function)


def rows(function: Callable[..., None]) -> Iterator[tuple[str, Test]]:
    """A test as functions of the templates alone: its parameters filled in from its marks."""
    needed = set(inspect.signature(function).parameters)
    filled: list[dict[str, Any]] = [{}]
    for mark in getattr(function, "pytestmark", []):
        names = mark.args[0] if isinstance(mark.args[0], tuple) else (mark.args[0],)
        cells = [row.values if isinstance(row, type(pytest.param())) else row for row in mark.args[1]]
        table = [dict(zip(names, row if len(names) > 1 else (row,), strict=True)) for row in cells]
        filled = [{**one, **row} for one in filled for row in table]
    for values in filled:
        fixture = "".join(needed - set(values))
        if fixture in (EXAMPLES, WITH_API):
            yield fixture, lambda app, values=values, fixture=fixture: function(**{fixture: app}, **values)  # type: ignore[misc]


def mutations(app: Synthesized, *, fixture: str) -> Iterator[Mutation]:
    """Every property of the kinds that matter, to be dropped and to be changed, in the stacks that a fixture is for."""
    chosen = {name: one for name, one in app.templates.items() if name.endswith("-api") == (fixture == WITH_API)}
    for stack, template in chosen.items():
        for logical_id, body in template["Resources"].items():
            if body["Type"].startswith(KINDS):
                for path in paths(body.get("Properties", {}), ("Resources", logical_id, "Properties")):
                    for dropped in (True, False):
                        yield Mutation(fixture=fixture, stack=stack, kind=body["Type"], path=path, dropped=dropped)


def paths(value: Any, path: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    """The path of every value below one, references whole; tags are left to the test of the tags."""
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, inner in steps:
        if step == "Tags":
            continue
        yield (*path, step)
        if not (isinstance(inner, dict) and next(iter(inner), "") in REFERENCES):
            yield from paths(inner, (*path, step))


def noticed(app: Synthesized, *, mutation: Mutation, tests: list[Test]) -> bool:
    """Whether any test fails on the changed templates."""
    changed = Synthesized(templates={**app.templates, mutation.stack: mutated(app, mutation=mutation)})
    return any(fails(test, app=changed) for test in tests)


def fails(test: Test, *, app: Synthesized) -> bool:
    """Whether a test fails; one that cannot find what it reads has noticed as well."""
    try:
        test(app)
    except (AssertionError, AttributeError, IndexError, KeyError, StopIteration, TypeError, ValueError):
        return True
    return False


def mutated(app: Synthesized, *, mutation: Mutation) -> dict[str, Any]:
    """The template with the one change."""
    template: dict[str, Any] = copy.deepcopy(dict(app.templates[mutation.stack]))
    holder: Any = template
    for step in mutation.path[:-1]:
        holder = holder[step]
    if mutation.dropped:
        del holder[mutation.path[-1]]
    else:
        holder[mutation.path[-1]] = another(holder[mutation.path[-1]])
    return template


def another(value: Any) -> Any:
    """A value of the same kind that is not this one."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    if isinstance(value, str):
        return f"{value}x"
    if isinstance(value, list):
        return [*value, "another"]
    return {**value, "Another": random.Random(0).random()}  # noqa: S311 - a value that nothing has


if __name__ == "__main__":
    main()
