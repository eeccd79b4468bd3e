"""The text of a proposal: why it was trained, how it compares, its trials, and what a deploy of it would do."""

from modelyard.drift.escaping import for_markdown
from modelyard.manifest import Model
from modelyard.operations.retraining.compared import RetrainingRun, Sample
from modelyard.operations.retraining.proposing import Verdict
from modelyard.operations.screen.table import Cell, Table
from modelyard.operations.training.leaderboard import Leaderboard

# GitHub takes bodies of up to 65,536 characters.
LONGEST_BODY = 60_000
CUT = "\n\nThe rest is left out here: yard plan shows it.\n"
COLUMNS = ("held-out rows", "metric", "candidate", "promoted", "gain", "from", "to", "method")


def title_of(*, model: Model, verdict: Verdict) -> str:
    """Return the title of a pull request and of its commit."""
    return f"models: promote {verdict.run} of {model.name}"


def body_of(*, run: RetrainingRun, verdict: Verdict, samples: list[Sample], board: Leaderboard, plan: str) -> str:
    """Return the text of a pull request, as Markdown."""
    parts = [
        f"Trained anew because of: {for_markdown(run.reason)}. {for_markdown(verdict.why)}.",
        *([comparison_table(samples).as_markdown] if samples else []),
        "Each gain is of the candidate, with its interval of 95 % confidence, which takes the rows as independent. "
        "The first line decides.",
        counts_sentence(run),
        f"### {for_markdown(board.table.title)}\n\n{board.table.as_markdown}",
        plan,
    ]
    text = "\n\n".join(part.strip() for part in parts if part) + "\n"
    return text if len(text) <= LONGEST_BODY else text[: LONGEST_BODY - len(CUT)] + CUT


def comparison_table(samples: list[Sample]) -> Table:
    """Return how the models differ, a line for each sample."""
    return Table(columns=COLUMNS, rows=tuple(map(_row, samples)), title="On the same held-out rows")


def counts_sentence(run: RetrainingRun) -> str:
    """Return how many captured rows were learnt from, and how many were not, and why."""
    if not run.counts:
        return ""
    unreadable = run.counts["unreadable"]
    causes = "; ".join(f"{count} because {for_markdown(cause)}" for cause, count in unreadable.items())
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
