"""`yard quality`."""

from typing import Annotated

import typer

from modelyard.operations.cli.checks import (
    CheckOptions,
    Most,
    Now,
    Open,
    Output,
    Since,
    Until,
    show_checks,
    show_estimate,
)
from modelyard.operations.cli.options import Model, operator_of
from modelyard.operations.failures import Failure
from modelyard.operations.monitoring.monitor import quality_of

Estimate = Annotated[
    bool, typer.Option("--estimate", help="Estimate the last period, or the window given, from probabilities alone.")
]


def quality(
    context: typer.Context,
    model: Model,
    now: Now = False,  # noqa: FBT002
    since: Since = None,
    until: Until = None,
    opened: Open = False,  # noqa: FBT002
    output: Output = None,
    most: Most = 5,
    estimate: Estimate = False,  # noqa: FBT002
) -> int:
    """Show model quality, or measure it now.

    Predictions are compared with the ground truth that yard feedback uploads. Before there is any, --estimate says
    what to expect.

    Exits with 0, with 2 if predictions are worse than the baseline's, with 3 if there is no data.
    """
    if estimate and now:
        raise Failure("--estimate and --now must not be given together: an estimate makes no check; leave one out")
    operator = operator_of(context)
    options = CheckOptions(now=now, since=since, until=until, opened=opened, output=output, most=most)
    monitor = quality_of(operator.deployment(model))
    if estimate:
        return show_estimate(operator, monitor=monitor, options=options)
    return show_checks(operator, monitor=monitor, options=options)
