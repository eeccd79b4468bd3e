"""`yard certify`."""

import signal
from pathlib import Path
from typing import Annotated

import typer

from modelyard.operations.certification.ceiling import Ceiling, Meter
from modelyard.operations.certification.comparison import compared
from modelyard.operations.certification.life import (
    STEPS,
    WHOLE,
    Estimate,
    check_enough,
    check_free,
    estimate_of,
    left,
    play,
    prepared,
)
from modelyard.operations.certification.record import Step, read_record, write_record
from modelyard.operations.certification.teardown import tear_down
from modelyard.operations.certification.workspace import STAGE
from modelyard.operations.cli.options import Model, operator_of
from modelyard.operations.costs.prices import Prices, read_prices, shipped
from modelyard.operations.screen.words import counted

DIFFERENT = 2

Yes = Annotated[bool, typer.Option("--yes", help="Begin; without it, only say what it would do and cost.")]
MaxUsd = Annotated[float, typer.Option("--max-usd", metavar="USD", help="End the life before it has cost so much.")]
MaxMinutes = Annotated[float, typer.Option("--max-minutes", metavar="MIN", help="End it, deleted, before so long.")]
PricesFile = Annotated[
    Path | None, typer.Option("--prices", metavar="FILE", help="A price table of your own, like prices.toml.")
]
Output = Annotated[Path, typer.Option("--output", metavar="FILE", help="Where the record is written.")]
Theirs = Annotated[Path, typer.Argument(metavar="THEIRS", help="A record of an account.", show_default=False)]
Ours = Annotated[Path, typer.Argument(metavar="OURS", help="The rehearsal's record.", show_default=False)]

app = typer.Typer(name="certify", help="Play a short life, record it, and compare records.", no_args_is_help=True)


@app.command()
def run(
    context: typer.Context,
    model: Model,
    yes: Yes = False,  # noqa: FBT002 - typer's flags are parameters
    max_usd: MaxUsd = 3,
    max_minutes: MaxMinutes = 150,
    prices_file: PricesFile = None,
    output: Output = Path("certified.json"),
) -> int:
    """Play a short life of a model in a stage of its own, delete it, and write a record without secrets.

    Without --yes it only says what it would do. Exits with 1 if the life did not come to its end or anything is left.
    """
    operator = operator_of(context)
    prices = shipped() if prices_file is None else read_prices(prices_file)
    ceiling = Ceiling(dollars=max_usd, minutes=max_minutes)
    meter = Meter(ceiling=ceiling, prices=prices)
    with prepared(project=operator.project, model=model, region=operator.aws.named_region, meter=meter) as life:
        estimate = estimate_of(life.workspace.model, prices=prices)
        operator.screen.note(_announced(estimate, ceiling=ceiling, prices=prices))
        check_enough(estimate, ceiling=ceiling)
        if not yes:
            would = [*(step.name for step in STEPS), "teardown"]
            operator.screen.emit({"would": would}, rendered=[f"would play {', '.join(would)}"])
            operator.screen.next_step("the same with --yes")
            return 0
        check_free(life.unrecorded)
        output.touch()  # a file that cannot be written is known before the life, and not after it
        # As Ctrl-C does: whoever ends it from another process wants it deleted, too.
        before = signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            record = play(life, say=operator.screen.note)
        except BaseException:
            operator.screen.note(f"The teardown did not come to its end; it goes on by: yard certify clear {model}")
            raise
        finally:
            signal.signal(signal.SIGTERM, before)
    write_record(record, file=output)
    remaining = [f"{one.stack} {one.kind} {one.resource}: {one.said}" for one in left(record.resources)]
    document = {
        "ended": record.ended,
        "minutes": record.minutes,
        "dollars": record.dollars,
        "resources": len(record.resources),
        "left": remaining,
        "record": str(output),
    }
    operator.screen.emit(
        document,
        rendered=[
            f"{record.ended}: {record.minutes:.0f} minutes, {record.dollars:.2f} USD by the price list",
            f"{counted(len(record.resources), 'resource')} asked for, {len(remaining)} left",
            *(f"LEFT OVER {line}" for line in remaining),
            f"The record: {output}",
        ],
    )
    return 1 if remaining or record.ended != WHOLE else 0


@app.command()
def compare(context: typer.Context, theirs: Theirs, ours: Ours) -> int:
    """Name each difference between two records of the same life.

    Exits with 2 if there is one.
    """
    operator = operator_of(context)
    comparison = compared(theirs=read_record(theirs), ours=read_record(ours))
    operator.screen.emit(comparison.document, rendered=comparison.rendered)
    return DIFFERENT if comparison.differences else 0


@app.command()
def clear(context: typer.Context, model: Model) -> int:
    """Delete what an interrupted certification of a model has left. Exits with 1 if anything is left."""
    operator = operator_of(context)
    meter = Meter(ceiling=Ceiling(dollars=1, minutes=1), prices=shipped())
    with prepared(project=operator.project, model=model, region=operator.aws.named_region, meter=meter) as life:
        resources = tear_down(life, step=Step(name="teardown"), say=operator.screen.note)
    remaining = [f"{one.stack} {one.kind} {one.resource}: {one.said}" for one in left(resources)]
    shown = [f"{counted(len(resources), 'resource')} asked for, {len(remaining)} left"]
    operator.screen.emit({"left": remaining}, rendered=[*shown, *(f"LEFT OVER {line}" for line in remaining)])
    return 1 if remaining else 0


def _announced(estimate: Estimate, *, ceiling: Ceiling, prices: Prices) -> str:
    return (
        f"A life in the stage {STAGE} takes about {estimate.minutes:.0f} minutes and {estimate.dollars:.2f} USD by "
        f"{prices.sentence}; requests, storage, logs and metrics cost some cents more. It ends, and is deleted, before "
        f"{ceiling.minutes:g} minutes or {ceiling.dollars:g} USD"
    )
