"""How many changes of a template some test notices.

Every property of SageMaker, autoscaling, IAM, Step Functions and scheduling resources is dropped and changed, one at a
time, and the tests that read templates are asked again. What none of them notices is printed: a property that nobody
asserts.

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

from support.synth import Synthesized, synthesize

KINDS = ("AWS::SageMaker::", "AWS::ApplicationAutoScaling::", "AWS::IAM::", "AWS::StepFunctions::", "AWS::Scheduler::")
STACKS = Path(__file__).parent.parent / "stacks"
SUITES = [STACKS / f"test_{name}.py" for name in ("training", "serving", "batch", "monitoring")]
REFERENCES = ("Ref", "Fn::GetAtt", "Fn::Join", "Fn::ImportValue", "Fn::FindInMap", "Fn::Sub")

Test = Callable[[Synthesized], None]


@dataclass(frozen=True, kw_only=True)
class Mutation:
    """One change: of which value, and what is put in its place (nothing drops it)."""

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
        app = synthesize(Path(folder))
    tests = list(template_tests())
    tried = list(mutations(app))[:: arguments.every]
    unnoticed = [one for one in tried if not noticed(app, mutation=one, tests=tests)]
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


def template_tests() -> Iterator[Test]:
    """Every test that reads the app's templates and needs nothing else, once for each of its rows."""
    for suite in SUITES:
        spec = importlib.util.spec_from_file_location(suite.stem, suite)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        for name, function in vars(module).items():
            if name.startswith("test_"):
                yield from rows(function)


def rows(function: Callable[..., None]) -> Iterator[Test]:
    """A test as functions of the app alone: its parameters filled in from its marks."""
    needed = set(inspect.signature(function).parameters)
    filled: list[dict[str, Any]] = [{}]
    for mark in getattr(function, "pytestmark", []):
        names = mark.args[0] if isinstance(mark.args[0], tuple) else (mark.args[0],)
        table = [dict(zip(names, row if len(names) > 1 else (row,), strict=True)) for row in mark.args[1]]
        filled = [{**one, **row} for one in filled for row in table]
    for values in filled:
        if needed - set(values) == {"app"}:
            yield lambda app, values=values: function(app=app, **values)  # type: ignore[misc]


def mutations(app: Synthesized) -> Iterator[Mutation]:
    """Every property of the kinds that matter, to be dropped and to be changed."""
    for stack, template in app.templates.items():
        for logical_id, body in template["Resources"].items():
            if body["Type"].startswith(KINDS):
                for path in paths(body.get("Properties", {}), ("Resources", logical_id, "Properties")):
                    for dropped in (True, False):
                        yield Mutation(stack=stack, kind=body["Type"], path=path, dropped=dropped)


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
