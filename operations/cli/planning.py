"""`yard plan`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from modelyard.operations.cli.options import operator
from modelyard.operations.failures import Failure
from modelyard.operations.operator import Operator
from modelyard.operations.planning.drawing import drawn, markdown
from modelyard.operations.planning.plan import plan as make_plan
from modelyard.operations.planning.revision import Revision, read_assembly
from modelyard.operations.planning.sources import deployed, revision_of, synthesized
from modelyard.operations.project import ROOT
from modelyard.operations.upkeep.prices import read_prices, shipped

Base = Annotated[
    str | None,
    typer.Argument(metavar="[BASE]", help="A revision of git or an assembly's folder; else what is deployed."),
]
Head = Annotated[
    Path | None, typer.Option("--head", metavar="FOLDER", help="An assembly; else the working tree is synthesized.")
]
Context = Annotated[
    list[str] | None, typer.Option("--context", "-c", metavar="KEY=VALUE", help="As cdk takes it; may be repeated.")
]
PricesFile = Annotated[
    Path | None, typer.Option("--prices", metavar="FILE", help="A table of prices of your own; else the one shipped.")
]
Markdown = Annotated[bool, typer.Option("--markdown", help="Write the comment of a pull request.")]


def plan(
    context: typer.Context,
    base: Base = None,
    head: Head = None,
    given: Context = None,
    own_prices: PricesFile = None,
    as_markdown: Markdown = False,  # noqa: FBT002 - typer's flags are parameters
) -> int:
    """Say what a deploy would do.

    Ends with 0 when it can go through, whether or not anything changes, and with 2 when it would fail.
    """
    asked = operator(context)
    settings = {"stage": asked.project.stage_name} | dict(map(setting, given if given is not None else ()))
    after = read_assembly(head) if head is not None else synthesized(root=ROOT, context=settings, name="working tree")
    prices = read_prices(own_prices) if own_prices is not None else shipped()
    found = make_plan(base=_base(asked, text=base, after=after, settings=settings), head=after, prices=prices)
    if as_markdown and not asked.screen.as_json:
        asked.screen.line(markdown(found).rstrip())
    else:
        asked.screen.give(found.document, drawn=drawn(found))
    return found.code


def _base(asked: Operator, *, text: str | None, after: Revision, settings: dict[str, str]) -> Revision:
    if text is None:
        return deployed(aws=asked.aws, templates=after.templates)
    return revision_of(text, root=ROOT, context=settings)


def setting(text: str) -> tuple[str, str]:
    """A value for the app's context as the command line gives it.

    Raises:
        Failure: it is no KEY=VALUE.
    """
    key, equals, value = text.partition("=")
    if not (key and equals):
        raise Failure(f"--context must be KEY=VALUE, such as model=churn, got {text}")
    return key, value
