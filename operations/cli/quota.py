"""`yard quota`."""

import typer
from rich.text import Text

from modelyard.operations.account import account_answers, documents_of, table_of_answers
from modelyard.operations.cli.options import AnyModel, Context, Head, context_settings, operator_of
from modelyard.operations.costs.prices import shipped
from modelyard.operations.planning.revision import read_assembly
from modelyard.operations.planning.sources import synthesized
from modelyard.operations.project import ROOT
from modelyard.operations.quotas.account import ask_account
from modelyard.operations.quotas.limits import limits
from modelyard.operations.quotas.needs import needs_of
from modelyard.operations.quotas.usage import used_by_others, with_jobs
from modelyard.operations.quotas.verdict import code_of_lines, lines_of, table_of_lines
from modelyard.operations.undeclared import table_of_undeclared
from modelyard.operations.undeclared_resources import table_of_resources


def quota(context: typer.Context, model: AnyModel = None, head: Head = None, values: Context = None) -> int:
    """Check before a deploy that the account has what it needs.

    That is quotas, roles, and services that are open to it. Exits with 0 if everything fits or is unknown, and
    with 1 if something will not fit or makes the deploy fail.
    """
    operator = operator_of(context)
    if head is not None:
        revision = read_assembly(head)
    else:  # the app as it lies here: of all models, or of the one that was named
        project = operator.project
        settings = {"stage": project.stage_name, "models": str(project.models.resolve())}
        settings |= ({} if model is None else {"model": model}) | context_settings(values)
        revision = synthesized(root=ROOT, context=settings, name=project.stage_name if model is None else model)

    known, needs = limits(), needs_of(revision)
    services = dict.fromkeys(known.by_kind[need.kind].service for need in needs)
    account = ask_account(aws=operator.aws, services=[service for service in services if service])
    for service, why in account.unreachable.items():
        operator.screen.note(
            f"AWS's default quotas of {known.date} are used for {service}, because Service Quotas cannot be read: {why}"
        )
    used = used_by_others(aws=operator.aws, revision=revision, seen=operator.screen.note)
    answers = account_answers(aws=operator.aws, revision=revision, log_role_stages=operator.project.log_role_stages)
    in_app = [one.name for one in revision.templates]
    undeclared = operator.undeclared_stacks(in_app=in_app)
    resources = operator.undeclared_resources(stacks=undeclared, in_app=in_app)
    used = with_jobs(used, resources=() if resources is None else resources)
    lines = lines_of(needs=needs, limits=known, account=account, used=used)

    title = f"{revision.name} in {operator.aws.region}: what it needs at most at once"
    document = {
        "date": known.date,
        "region": operator.aws.region,
        "lines": [line.document for line in lines],
        "account": documents_of(answers),
        "undeclared": None if undeclared is None else [one.record(prices=shipped()) for one in undeclared],
        "undeclared_resources": None if resources is None else [one.record(prices=shipped()) for one in resources],
    }
    parts = [table_of_lines(lines, title=title).rendered, *(Text(f"\n{line.hint}") for line in lines if line.hint)]
    if undeclared:
        title = "Counted with the others, though of this stage, for no manifest declares it"
        parts.append(table_of_undeclared(undeclared, prices=shipped(), title=title).rendered)
    if resources:
        title = "Counted with the others, though of this stage, for it is in none of its stacks"
        parts.append(table_of_resources(resources, prices=shipped(), title=title).rendered)
    operator.screen.emit(document, rendered=[*parts, table_of_answers(answers).rendered])
    return max(code_of_lines(lines), int(any(one.fails for one in answers)))
