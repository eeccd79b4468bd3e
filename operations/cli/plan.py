"""`yard plan`."""

import datetime
import os
from pathlib import Path
from typing import Annotated

import typer

from modelyard.operations.account import AccountAnswer, account_answers
from modelyard.operations.cli.options import Context, Head, context_settings, operator_of
from modelyard.operations.costs.prices import read_prices, shipped
from modelyard.operations.planning.images import unpatched_images
from modelyard.operations.planning.plan import plan as make_plan
from modelyard.operations.planning.rendering import markdown, rendered
from modelyard.operations.planning.revision import read_assembly
from modelyard.operations.planning.sources import deployed, revision_of, synthesized
from modelyard.operations.project import ROOT, Project

Base = Annotated[
    str | None,
    typer.Argument(metavar="[BASE]", help="A Git revision or a cloud assembly; default: what is deployed."),
]
PricesFile = Annotated[
    Path | None, typer.Option("--prices", metavar="FILE", help="A price table of your own; default: the one shipped.")
]
Markdown = Annotated[bool, typer.Option("--markdown", help="Print Markdown, for a comment on a pull request.")]

UNLISTED = AccountAnswer(
    need="no stacks but those of the app",
    answer="unknown",
    detail="stacks may not be listed",
    first="look for stacks that nobody declares any more with credentials that may: yard status",
)
UNSEARCHED = AccountAnswer(
    need="nothing with the stage's tag but in its stacks",
    answer="unknown",
    detail="tags may not be searched, or stacks not be listed",
    first="look for it with credentials that may: yard status",
)


def plan(
    context: typer.Context,
    base: Base = None,
    head: Head = None,
    values: Context = None,
    own_prices: PricesFile = None,
    as_markdown: Markdown = False,  # noqa: FBT002 - typer's flags are parameters
) -> int:
    """Show what a deploy would change, cost and fail at.

    Exits with 0 if the deploy can succeed, whether or not anything changes, and with 2 if it would fail.
    """
    operator = operator_of(context)
    settings = {"stage": operator.project.stage_name}
    if operator.project.models != Project.models:  # the app reads it from the project's folder, wherever this runs
        settings["models"] = os.path.relpath(operator.project.models, ROOT)
    settings |= context_settings(values)
    after = read_assembly(head) if head is not None else synthesized(root=ROOT, context=settings, name="working tree")
    prices = read_prices(own_prices) if own_prices is not None else shipped()
    if base is None:
        in_app = [one.name for one in after.templates]
        undeclared = operator.undeclared_stacks(in_app=in_app)
        standing = [] if undeclared is None else [one.template for one in undeclared]
        before = deployed(aws=operator.aws, templates=after.templates, undeclared=standing)
        answers = account_answers(aws=operator.aws, revision=after, log_role_stages=operator.project.log_role_stages)
        resources = operator.undeclared_resources(stacks=undeclared, in_app=in_app)
        unknown = [*([UNLISTED] if undeclared is None else []), *([UNSEARCHED] if resources is None else [])]
        answers = (*answers, *unknown)
    else:  # a plan against a revision needs no account, and asks none
        before, answers, resources = revision_of(base, root=ROOT, context=settings), (), None
    images = unpatched_images(after, today=datetime.datetime.now(datetime.UTC).date())
    found = make_plan(
        base=before, head=after, prices=prices, account=answers, images=images, undeclared_resources=resources
    )
    if as_markdown and not operator.screen.as_json:
        operator.screen.line(markdown(found).rstrip())
    else:
        operator.screen.emit(found.document, rendered=rendered(found))
    return found.code
