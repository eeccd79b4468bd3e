"""A retrained model as a proposal: why it was trained, and how it compares."""

from modelyard.drift.escaping import for_markdown
from modelyard.manifest import Model
from modelyard.operations.bucket import DataBucket
from modelyard.operations.promotion.candidate import candidate
from modelyard.operations.promotion.deployable import deployable
from modelyard.operations.promotion.promote import chosen_variants, edits
from modelyard.operations.proposals.opening import Change
from modelyard.operations.retraining.proposing import Verdict, branch_of
from modelyard.operations.retraining.run import RetrainingRun
from modelyard.operations.retraining.sample import Sample
from modelyard.operations.screen.table import Cell, Table

COLUMNS = ("held-out rows", "metric", "candidate", "promoted", "gain", "from", "to", "method")


def retrained_change(
    *,
    model: Model,
    bucket: DataBucket,
    run: RetrainingRun,
    verdict: Verdict,
    samples: list[Sample],
    page: str | None,
) -> Change:
    """Return the lines of a run's best model; `page` says where whoever reviews finds them drawn.

    Raises:
        Failure: there is no artifact or baseline.
    """
    found = candidate(model=model, bucket=bucket, run=run.name, trial=None)
    promoted = deployable(found, model=model, bucket=bucket)
    variants = chosen_variants(model=model, name=None)
    return Change(
        branch=branch_of(model=model, run=run.name),
        title=f"models: promote {verdict.run} of {model.name}",
        why=verdict.why,
        description=_description(run=run, verdict=verdict, samples=samples, page=page),
        board=found.board,
        edits=tuple(edits(model=model, candidate=promoted, variants=variants, weight=None)),
    )


def comparison_table(samples: list[Sample]) -> Table:
    """Return how the models differ, a line for each sample."""
    return Table(columns=COLUMNS, rows=tuple(map(_row, samples)), title="On the same held-out rows")


def _description(*, run: RetrainingRun, verdict: Verdict, samples: list[Sample], page: str | None) -> tuple[str, ...]:
    return (
        f"Trained anew because of: {for_markdown(run.reason)}. It is {verdict.outcome}: {for_markdown(verdict.why)}.",
        *([comparison_table(samples).as_markdown] if samples else []),
        "Each gain is of the candidate, with its interval of 95 % confidence, which takes the rows as independent. "
        "The first line decides.",
        for_markdown(counts_sentence(run)),
        *([f"The curves and the mistakes of both models: {page}"] if page is not None else []),
    )


def counts_sentence(run: RetrainingRun) -> str:
    """Return how many captured rows were learnt from, and how many were not, and why; nothing where none were read."""
    if not run.counts:
        return ""
    unreadable = run.counts["unreadable"]
    causes = "; ".join(f"{count} because {cause}" for cause, count in unreadable.items())
    return (
        f"Of captured rows {run.counts['added']} were added to the training data and "
        f"{run.counts['held_out_captures']} held out; {run.counts['unlabelled']} records have no ground truth, "
        f"{sum(unreadable.values())} could not be read{f': {causes}' if causes else ''}."
    )


def _row(sample: Sample) -> tuple[Cell, ...]:
    found = sample.difference
    if found is None:
        return (f"{sample.name}: {sample.obstacle}", *[None] * (len(COLUMNS) - 1))
    numbers = (found.candidate, found.promoted, found.gain, found.low, found.high)
    return (f"{found.rows} {sample.name}", found.metric, *(round(number, 4) for number in numbers), found.method)
