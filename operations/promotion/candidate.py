"""What may be promoted: a trial's artifact, the baseline of its run, and how it compares with what is served."""

from dataclasses import dataclass

from modelyard.manifest import Model
from modelyard.operations.bucket import DataBucket
from modelyard.operations.failures import Failure
from modelyard.operations.promotion.servable import check_servable
from modelyard.operations.training.leaderboard import Leaderboard, Trial, read_leaderboard
from modelyard.shared.container_families import CODE_FOLDER

ARTIFACT = "output/model.tar.gz"
# Model, "training", run, job: the parts of an artifact's key before `output/model.tar.gz`.
KEY_PARTS = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """A trial of a run, and the lines that promoting it would write; those of None are not written."""

    board: Leaderboard
    trial: Trial
    artifact: str
    baseline: str | None
    transformer: str | None = None

    @property
    def value(self) -> float | None:
        """Its objective's value."""
        return self.board.value(self.trial)


@dataclass(frozen=True, slots=True)
class Comparison:
    """How a candidate compares with what is served, by the objective, in a sentence without its full stop."""

    sentence: str
    is_worse: bool = False


def candidate(*, model: Model, bucket: DataBucket, run: str | None, trial: str | None) -> Candidate:
    """Return the trial that is asked for, or the best of its run; the newest run where none is named.

    Raises:
        Failure: there is no such run or trial, or its artifact or baseline is not there.
    """
    board = read_leaderboard(model=model, bucket=bucket, run=run)
    chosen = board.trial(trial) if trial is not None else board.best
    artifact = f"{model.layout.training(run=board.run)}/{chosen.job}/{ARTIFACT}"
    if not bucket.exists(artifact):
        raise Failure(f"There is no artifact at {bucket.uri(artifact)}; {_again(model, board=board, flag='')}")
    mended = (
        "let the training script save it below SM_MODEL_DIR" if board.origin is None else "pack it into the archive"
    )
    check_servable(
        bucket.names_in_archive(artifact),
        model=model,
        archive=bucket.uri(artifact),
        hint=f"{mended}, then {_again(model, board=board)}",
    )
    return Candidate(
        board=board,
        trial=chosen,
        artifact=artifact,
        baseline=baseline_of(model, bucket=bucket, board=board),
        transformer=_transformer(model, bucket=bucket, board=board),
    )


def compared(*, candidate: Candidate, served: str | None, model: Model, bucket: DataBucket) -> Comparison:
    """Compare a candidate with an artifact that is served, which None stands for when there is none."""
    if candidate.board.origin is not None:
        return Comparison(
            f"{candidate.trial.name} was imported from {candidate.board.origin.source}; no value of it is known"
        )
    before = _served(served, model=model, bucket=bucket)
    return compare_values(board=candidate.board, trial=candidate.trial, served=served, before=before)


def compare_values(*, board: Leaderboard, trial: Trial, served: str | None, before: float | None) -> Comparison:
    """Compare a trial's objective with that of what is served: None where nothing is, or where no value is known."""
    value = board.value(trial)
    said = f"{trial.name}: {board.metric} {_number(value)}"
    if served is None:
        return Comparison(f"{said}; nothing was promoted before it")
    if before is None or value is None:
        return Comparison(f"{said}; of {served} no value is known to compare it with")
    if board.is_worse(value=value, than=before):
        return Comparison(
            f"{trial.name} of run {board.run} has {board.metric} {_number(value)}, worse than {_number(before)} of "
            "what is promoted now",
            is_worse=True,
        )
    return Comparison(f"{said}, {_number(before)} before")


def check_better(*, candidate: Candidate, served: str | None, model: Model, bucket: DataBucket) -> str:
    """Say how the candidate compares with an artifact that is served.

    Raises:
        Failure: it is worse by the objective.
    """
    found = compared(candidate=candidate, served=served, model=model, bucket=bucket)
    if found.is_worse:
        raise Failure(f"{found.sentence}; choose another --run or --trial, or insist with --force")
    return found.sentence


def _transformer(model: Model, *, bucket: DataBucket, board: Leaderboard) -> str | None:
    """What was fitted for the run: it stands before each model that was trained behind it, and before no other."""
    fitted = None if board.preprocessed is None else board.preprocessed.transformer
    preprocessing = model.preprocessing
    if preprocessing is None or not preprocessing.transformer:
        if fitted is None:
            return None
        raise Failure(
            f"preprocessing.transformer must be true for a model of run {board.run}, which was trained behind "
            f"{bucket.uri(fitted)}; set it, or train again without"
        )
    if fitted is None or not bucket.exists(fitted):
        missing = f"Run {board.run} has no transformer" if fitted is None else f"There is none at {bucket.uri(fitted)}"
        raise Failure(
            f"{missing}, and preprocessing.transformer says that one stands before the model; train again: "
            f"yard train {model.name} --again"
        )
    program = f"{CODE_FOLDER}/{preprocessing.program}"
    if program not in bucket.names_in_archive(fitted):
        raise Failure(
            f"{bucket.uri(fitted)} must hold {program}, whose functions transform requests, and does not; let "
            f"{preprocessing.script} pack its folder there as {CODE_FOLDER}/, then yard train {model.name}"
        )
    return fitted


def baseline_of(model: Model, *, bucket: DataBucket, board: Leaderboard) -> str | None:
    """Return the baseline of a run, None where there is to be none; a Failure where it is missing."""
    if model.monitoring is None:
        return None
    prefix = model.layout.baseline(run=board.run)
    if bucket.exists(f"{prefix}/statistics.json"):
        return prefix
    imported = board.origin is not None and model.monitoring.baseline is not None
    if imported or (model.training is not None and model.training.baseline_dataset is None):
        return None
    raise Failure(f"There is no baseline at {bucket.uri(prefix)}; {_again(model, board=board)}")


def _again(model: Model, *, board: Leaderboard, flag: str = " --again") -> str:
    """What makes what is missing."""
    if board.origin is None:
        return f"train again: yard train {model.name}{flag}"
    return f"import it again: yard import {model.name} {board.origin.source} --baseline-data FILE"


def _served(artifact: str | None, *, model: Model, bucket: DataBucket) -> float | None:
    """The objective's value of an artifact of one of this model's runs."""
    parts = artifact.split("/") if artifact is not None else []
    if len(parts) <= KEY_PARTS or parts[0] != model.name:
        return None
    found = bucket.read_json(model.layout.leaderboard(run=parts[2]))
    if found is None:
        return None
    trials = [one for one in found["trials"] if one["job"] == parts[3]]
    return trials[0]["metrics"].get(found["objective"]["metric"]) if trials else None


def _number(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.6g}"
