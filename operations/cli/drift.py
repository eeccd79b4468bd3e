"""`yard drift`."""

import typer

from modelyard.operations.cli.checks import CheckOptions, Most, Now, Open, Output, Since, Until, show_checks
from modelyard.operations.cli.options import Model, operator_of
from modelyard.operations.monitoring.monitor import drift_of


def drift(
    context: typer.Context,
    model: Model,
    now: Now = False,  # noqa: FBT002
    since: Since = None,
    until: Until = None,
    opened: Open = False,  # noqa: FBT002
    output: Output = None,
    most: Most = 5,
) -> int:
    """Show the last drift checks, or run one now.

    Exits with 0, with 2 if the traffic has drifted, with 3 if there is no data.
    """
    operator = operator_of(context)
    options = CheckOptions(now=now, since=since, until=until, opened=opened, output=output, most=most)
    return show_checks(operator, monitor=drift_of(operator.deployment(model)), options=options)
