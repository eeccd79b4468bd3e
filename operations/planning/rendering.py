"""The plan on a screen, and as Markdown for a pull request's comment."""

from collections.abc import Iterator

from rich.console import RenderableType
from rich.text import Text

from modelyard.drift.escaping import as_markdown_code, for_markdown
from modelyard.operations.planning.blockers.blocker import Blocker
from modelyard.operations.planning.differences import Change
from modelyard.operations.planning.plan import Plan
from modelyard.operations.planning.wording import change_sentence, money, rollout_sentence, total
from modelyard.operations.screen.table import Table

# GitHub takes comments of up to 65,536 characters.
MOST_LINES = 200


def rendered(plan: Plan) -> list[RenderableType]:
    """Return the plan as rich draws it: what stands in the way first."""
    parts: list[RenderableType] = [Text(_headline(plan), style="bold")]
    parts += [_rendered_blocker(one) for one in plan.blockers]
    if plan.changes:
        parts.append(_changes(plan).rendered)
    parts += [Text(rollout_sentence(one)) for one in plan.rollouts]
    return [*parts, *([_costs(plan).rendered] if plan.costs else [])]


def markdown(plan: Plan) -> str:
    """Return the plan as Markdown."""
    return "\n".join(_markdown(plan)) + "\n"


def _markdown(plan: Plan) -> Iterator[str]:
    yield from (f"### {for_markdown(_headline(plan))}", "")
    if plan.blockers:
        yield from (*(_listed_blocker(one) for one in plan.blockers), "")
    if plan.rollouts:
        yield from (*(f"* {for_markdown(rollout_sentence(one))}" for one in plan.rollouts), "")
    if plan.costs:
        yield from (f"**{for_markdown(_costs(plan).title)}**", "", *_grid(_costs(plan)), "")
    if plan.changes:
        yield from ("<details><summary>Every resource</summary>", "")
        yield from _folded([_listed_change(one) for one in plan.changes])
        yield from ("", "</details>")


def _headline(plan: Plan) -> str:
    comparison = plan.comparison
    ending = {True: ". The deploy would fail", False: ""}[any(one.certain for one in plan.blockers)]
    return f"{comparison.head.name} over {comparison.base.name}. {plan.summary}{ending}"


def _rendered_blocker(blocker: Blocker) -> Text:
    head = ("fails: ", "bold red") if blocker.certain else ("may fail: ", "bold yellow")
    return Text.assemble(head, f"{blocker.what}\n", ("  first: ", "dim"), blocker.first)


def _listed_blocker(blocker: Blocker) -> str:
    head = ":x: **Fails**" if blocker.certain else ":warning: May fail"
    what, first = for_markdown(blocker.what), for_markdown(blocker.first)
    return f"* {head} ({as_markdown_code(blocker.stack)}): {what}.\n  First: {first}."


def _listed_change(change: Change) -> str:
    return f"* {as_markdown_code(change.stack)}: {for_markdown(change_sentence(change))}"


def _changes(plan: Plan) -> Table:
    rows = tuple((one.stack, change_sentence(one)) for one in plan.changes)
    return Table(columns=("stack", "what happens"), rows=rows)


def _costs(plan: Plan) -> Table:
    rows = tuple((one.stack, one.what, money(one)) for one in plan.costs)
    title = f"US dollars a month more or less, by {plan.prices.sentence}"
    return Table(columns=("stack", "item", "USD"), rows=(*rows, ("in all", "", total(plan.costs))), title=title)


def _grid(table: Table) -> Iterator[str]:
    yield f"| {' | '.join(map(for_markdown, table.columns))} |"
    yield f"|{'---|' * len(table.columns)}"
    for row in table.rows:
        yield f"| {' | '.join(for_markdown(str(cell)) for cell in row)} |"


def _folded(lines: list[str]) -> Iterator[str]:
    yield from lines[:MOST_LINES]
    if len(lines) > MOST_LINES:
        yield f"* and {len(lines) - MOST_LINES} more; `yard plan` lists them"
