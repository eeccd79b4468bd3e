"""`yard logs`."""

import time
from typing import Annotated

import typer

from modelyard.operations.cli.options import Model, operator_of
from modelyard.operations.deployment import Deployment
from modelyard.operations.failures import Failure
from modelyard.operations.logs.choice import EndpointLogs, Logs, named_logs, newest_logs, trial_logs
from modelyard.operations.logs.streams import LogLine, LogReader
from modelyard.operations.operator import Operator

# CloudWatch Logs has a line some seconds after it was printed, also the last one of a job that has ended.
SECONDS_BETWEEN_LOOKS = 2.0

Trial = Annotated[str | None, typer.Option("--trial", metavar="NAME", help="The log of a trial of the newest run.")]
JobName = Annotated[str | None, typer.Option("--job", metavar="NAME", help="The log of a job, by its name or run's.")]
Endpoint = Annotated[bool, typer.Option("--endpoint", help="The log of the endpoint.")]
Follow = Annotated[bool, typer.Option("--follow", help="Show new lines until the job has ended, or Ctrl-C.")]


def logs(
    context: typer.Context,
    model: Model,
    trial: Trial = None,
    job: JobName = None,
    endpoint: Endpoint = False,  # noqa: FBT002 - typer's flags are parameters
    follow: Follow = False,  # noqa: FBT002
) -> None:
    """Show what the newest run printed, or the endpoint.

    Without an option: the newest training run, or a later check or transform.
    """
    operator = operator_of(context)
    deployment = operator.deployment(model)
    chosen = _choose(deployment, trial=trial, job=job, endpoint=endpoint)
    reader = LogReader(aws=operator.aws)
    if not follow:
        lines = reader.read(chosen.sources())
        if not lines:
            raise Failure(chosen.absence())
        if operator.screen.as_json:
            operator.screen.document([line.document for line in lines], indent=2)
        else:
            _show(operator, lines=lines, named=reader.has_several)
        return
    # What is over before a look has printed nothing after the look that follows a pause.
    is_over = was_over = False
    while not was_over:
        was_over, is_over = is_over, chosen.is_over()
        _show(operator, lines=reader.read(chosen.sources()), named=reader.has_several)
        if not was_over:
            time.sleep(SECONDS_BETWEEN_LOOKS)
    if not reader.has_read:
        raise Failure(chosen.absence())


def _choose(deployment: Deployment, *, trial: str | None, job: str | None, endpoint: bool) -> Logs:
    if sum((trial is not None, job is not None, endpoint)) > 1:
        raise Failure("--trial, --job and --endpoint must not be given together; leave all but one out")
    if endpoint:
        return EndpointLogs(deployment=deployment)
    if trial is not None:
        return trial_logs(deployment, trial=trial)
    if job is not None:
        return named_logs(deployment, name=job)
    return newest_logs(deployment)


def _show(operator: Operator, *, lines: list[LogLine], named: bool) -> None:
    for line in lines:
        if operator.screen.as_json:
            operator.screen.document(line.document)
        else:
            operator.screen.line(f"{line.source}: {line.message}" if named else line.message)
