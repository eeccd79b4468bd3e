"""`yard quota`."""

import typer
from rich.text import Text

from modelyard.operations.cli.options import AnyModel, Context, Head, context_settings, operator_of
from modelyard.operations.operator import Operator
from modelyard.operations.planning.revision import Revision, read_assembly
from modelyard.operations.planning.sources import synthesized
from modelyard.operations.project import ROOT
from modelyard.operations.quotas.account import ask_account
from modelyard.operations.quotas.limits import Limits, limits
from modelyard.operations.quotas.needs import needs_of
from modelyard.operations.quotas.usage import used_by_others
from modelyard.operations.quotas.verdict import Line, code_of_lines, lines_of, table_of_lines


def quota(context: typer.Context, model: AnyModel = None, head: Head = None, values: Context = None) -> int:
    """Count before a deploy what it needs of the account's quotas.

    Ends with 0 when all of it fits or is not known, and with 1 when something will not fit.
    """
    operator = operator_of(context)
    revision = read_assembly(head) if head is not None else _synthesized(operator, model=model, values=values)
    known = limits()
    lines = _lines(operator, revision=revision, known=known)
    title = f"{revision.name} in {operator.aws.region}: what it needs at most at once"
    document = {"date": known.date, "region": operator.aws.region, "lines": [line.document for line in lines]}
    hints = [Text(f"\n{line.hint}") for line in lines if line.hint]
    operator.screen.emit(document, rendered=[table_of_lines(lines, title=title).rendered, *hints])
    return code_of_lines(lines)


def _lines(operator: Operator, *, revision: Revision, known: Limits) -> tuple[Line, ...]:
    needs = needs_of(revision)
    services = dict.fromkeys(known.by_kind[need.kind].service for need in needs)
    account = ask_account(aws=operator.aws, services=[service for service in services if service])
    for service, why in account.unreachable.items():
        operator.screen.note(f"By AWS's defaults of {known.date}, for Service Quotas says nothing of {service}: {why}")
    used = used_by_others(aws=operator.aws, revision=revision, seen=operator.screen.note)
    return lines_of(needs=needs, limits=known, account=account, used=used)


def _synthesized(operator: Operator, *, model: str | None, values: list[str] | None) -> Revision:
    """The app as it lies here: of all models, or of the one that was named."""
    project = operator.project
    narrowed = {} if model is None else {"model": model}
    folder = {"stage": project.stage_name, "models": str(project.models.resolve())}
    settings = folder | narrowed | context_settings(values)
    return synthesized(root=ROOT, context=settings, name=project.stage_name if model is None else model)
