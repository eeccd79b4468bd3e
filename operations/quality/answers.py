"""Labelled data, and what the endpoint answers to them: what a baseline of quality is made of."""

import csv
import io
import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from modelyard.manifest.quality import Quality
from modelyard.operations.failures import Failure
from modelyard.operations.quality.ground_truth import GroundTruth, check_labels
from modelyard.operations.traffic.bodies import Labelled

# The columns that the state machine tells the analyzer of.
LABEL, PREDICTION, PROBABILITY = "label", "prediction", "probability"
SENDERS = 8
SHOWN = 60


def check_labelled(rows: Sequence[Labelled], *, quality: Quality, source: str) -> None:
    """Refuse data whose first column cannot be the label.

    Raises:
        Failure: see `check_labels`.
    """
    records = [GroundTruth(id="row", label=row.label) for row in rows]
    check_labels(records, quality=quality, classes=(), source=f"{source} (its first column)")


def answered(
    rows: Sequence[Labelled], *, quality: Quality, send: Callable[[bytes], str], seen: Callable[[int], None]
) -> str:
    """Return the table of labels and answers as CSV, in the order of the rows; `seen` is told of each.

    Raises:
        Failure: an answer has no such column or key as the manifest names.
    """
    wanted = {PREDICTION: quality.inference, PROBABILITY: quality.probability}
    places = {name: place for name, place in wanted.items() if place is not None}
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow([LABEL, *places])
    with ThreadPoolExecutor(max_workers=SENDERS) as pool:
        for row, answer in zip(rows, _answers(pool, rows, send), strict=True):
            writer.writerow([row.label, *(_part(answer, place=place) for place in places.values())])
            seen(1)
    return table.getvalue()


def _answers(pool: ThreadPoolExecutor, rows: Sequence[Labelled], send: Callable[[bytes], str]) -> Iterator[str]:
    try:
        yield from pool.map(lambda row: send(row.body), rows)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _part(answer: str, *, place: str) -> str:
    found = _cell(answer, number=int(place)) if place.isdecimal() else _member(answer, path=place)
    if found is None:
        raise Failure(
            f"The endpoint answered {answer.strip()[:SHOWN]}, in which there is no {place}; correct inference or "
            "probability of [monitoring.quality]"
        )
    return found


def _cell(answer: str, *, number: int) -> str | None:
    row = next(csv.reader([answer.strip()]), [])
    return row[number].strip() if number < len(row) else None


def _member(answer: str, *, path: str) -> str | None:
    try:
        found = json.loads(answer)
    except ValueError:
        return None
    for step in path.split("."):
        found = found.get(step) if isinstance(found, dict) else None
    return None if found is None or isinstance(found, dict | list) else str(found)
