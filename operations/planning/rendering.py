"""The plan on a screen, and as Markdown for a pull request's comment."""

from collections.abc import Iterator

from rich.console import RenderableType
from rich.text import Text

from modelyard.drift.escaping import as_markdown_code, for_markdown
from modelyard.operations.account import table_of_answers
from modelyard.operations.planning.plan import FAILS, Plan
from modelyard.operations.planning.wording import change_sentence, money, rollout_sentence, total
from modelyard.operations.screen.table import Table
from modelyard.operations.undeclared import table_of_undeclared
from modelyard.operations.undeclared_resources import table_of_resources

# GitHub takes comments of up to 65,536 characters.
MOST_LINES = 200


def rendered(plan: Plan) -> list[RenderableType]:
    """Return the plan as rich draws it: what stands in the way first."""
    parts: list[RenderableType] = [Text(_headline(plan), style="bold")]
    for blocker in plan.blockers:
        head = ("fails: ", "bold red") if blocker.certain else ("may fail: ", "bold yellow")
        parts.append(Text.assemble(head, f"{blocker.what}\n", ("  first: ", "dim"), blocker.first))
    if plan.changes:
        rows = tuple((one.stack, change_sentence(one)) for one in plan.changes)
        parts.append(Table(columns=("stack", "what happens"), rows=rows).rendered)
    parts += [Text(rollout_sentence(one)) for one in plan.rollouts]
    parts += [Text(one.sentence) for one in plan.limits]
    parts += [table.rendered for table in _cost_tables(plan)]
    parts += [Text.assemble(("not patched: ", "bold yellow"), one.sentence) for one in plan.images]
    return [*parts, *([table_of_answers(plan.account).rendered] if plan.account else [])]


def markdown(plan: Plan) -> str:
    """Return the plan as Markdown."""
    lines = [f"### {for_markdown(_headline(plan))}", ""]
    for blocker in plan.blockers:
        head = ":x: **Fails**" if blocker.certain else ":warning: May fail"
        lines.append(f"* {head} ({as_markdown_code(blocker.stack)}): {for_markdown(blocker.what)}.")
        lines.append(f"  First: {for_markdown(blocker.first)}.")
    if plan.blockers:
        lines.append("")
    sentences = [*map(rollout_sentence, plan.rollouts), *(one.sentence for one in plan.limits)]
    if sentences:
        lines += [*(f"* {for_markdown(one)}" for one in sentences), ""]
    for table in _cost_tables(plan):
        lines += [f"**{for_markdown(table.title)}**", "", table.as_markdown, ""]
    lines += [f"* :warning: Not patched: {for_markdown(one.sentence)}" for one in plan.images]
    lines += [""] if plan.images else []
    for answer in plan.account:
        first = f". First: {for_markdown(answer.first)}" if answer.first else ""
        lines.append(f"* {for_markdown(answer.need)}: **{answer.answer}**, {for_markdown(answer.detail)}{first}.")
    if plan.account:
        lines.append("")
    if plan.changes:
        shown = plan.changes[:MOST_LINES]
        changes = [f"* {as_markdown_code(one.stack)}: {for_markdown(change_sentence(one))}" for one in shown]
        if len(plan.changes) > MOST_LINES:
            changes.append(f"* and {len(plan.changes) - MOST_LINES} more; `yard plan` lists them")
        lines += ["<details><summary>Every resource</summary>", "", *changes, "", "</details>"]
    return "\n".join(lines) + "\n"


def _headline(plan: Plan) -> str:
    comparison = plan.comparison
    ending = ". The deploy would fail" if plan.code == FAILS else ""
    return f"{comparison.head.name} over {comparison.base.name}. {plan.summary}{ending}"


def _cost_tables(plan: Plan) -> Iterator[Table]:
    if plan.costs:
        rows = tuple((one.stack, one.what, money(one)) for one in plan.costs)
        title = f"US dollars a month more or less, by {plan.prices.sentence}"
        yield Table(columns=("stack", "item", "USD"), rows=(*rows, ("in all", "", total(plan.costs))), title=title)
    if plan.undeclared:
        title = "No longer in the app, and deleted by no deploy (yard teardown MODEL does it)"
        yield table_of_undeclared(plan.undeclared, prices=plan.prices, title=title)
    if plan.undeclared_resources:
        title = "In no stack of the stage, and changed by no deploy (yard teardown NAME ends it)"
        yield table_of_resources(plan.undeclared_resources, prices=plan.prices, title=title)
