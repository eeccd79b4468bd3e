from collections.abc import Mapping, Sequence

from modelyard.drift.verdict.hypothesis_test import Aspect, Method
from modelyard.drift.verdict.verdict import Answer, AspectVerdict, Budget, ColumnVerdict, Verdict

SMALLEST_CHANGE = 0.1


def aspect_of(difference: float, *, aspect: Aspect = Aspect.VALUES) -> AspectVerdict:
    """What a test of a share finds that is 0.3 in the baseline."""
    return AspectVerdict(
        aspect=aspect,
        changed=abs(difference) >= SMALLEST_CHANGE,
        p_value=1e-9,
        method=Method.FISHER,
        what="values up to 1",
        share=0.3 + difference,
        known_share=0.3,
        low=difference - 0.05,
        high=difference + 0.05,
        detectable=0.02,
    )


def verdict_of(
    differences: Mapping[str, float],
    *,
    skipped: Sequence[str] = (),
    rows: int = 100,
    known_rows: int = 1000,
    unreadable: float | None = None,
) -> Verdict:
    """The verdict on a window in which a share of each column's values differs by so much from the baseline's."""
    columns = []
    for name, difference in differences.items():
        found = aspect_of(difference)
        answer = Answer.CHANGED if found.changed else Answer.UNCHANGED
        columns.append(ColumnVerdict(name=name, answer=answer, aspects=(found,)))
    records = None if unreadable is None else aspect_of(unreadable, aspect=Aspect.UNREADABLE)
    changed = any(one.answer is Answer.CHANGED for one in columns) or (records is not None and records.changed)
    return Verdict(
        answer=Answer.CHANGED if changed else Answer.UNCHANGED,
        rows=rows,
        known_rows=known_rows,
        budget=Budget(),
        tests=9,
        columns=tuple(columns),
        unreadable=records,
        skipped=tuple((name, "the constraints say so") for name in skipped),
    )
