"""A candidate as it is written into a manifest: with a baseline that has the manifest's limits."""

from dataclasses import replace

from modelyard.manifest import Model
from modelyard.operations.bucket import DataBucket
from modelyard.operations.promotion.answers import check_answer
from modelyard.operations.promotion.candidate import Candidate
from modelyard.operations.promotion.limits import write_limits


def deployable(candidate: Candidate, *, model: Model, bucket: DataBucket) -> Candidate:
    """Return the candidate with the copy of its baseline that has the limits, written where there are any.

    Raises:
        Failure: the baseline is not there, lacks a column that has limits, or has another label than the answer.
        DriftError: its constraints cannot be used.
    """
    if candidate.baseline is None:
        return candidate
    baseline = write_limits(candidate.baseline, model=model, bucket=bucket)
    check_answer(baseline, model=model, bucket=bucket)
    return replace(candidate, baseline=baseline)
