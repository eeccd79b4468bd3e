"""Labelled data, and what the endpoint answers to them: what a baseline of quality is made of."""

import csv
import io
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from modelyard.drift.errors import DriftError
from modelyard.drift.reading.attributes import parse_place
from modelyard.drift.reading.records import Payload
from modelyard.manifest.answer import Answer
from modelyard.manifest.quality import Quality
from modelyard.operations.data.records import Labelled
from modelyard.operations.failures import Failure
from modelyard.operations.quality.ground_truth import GroundTruth, check_labels

# The columns that the state machine names to the analyzer.
LABEL, PREDICTION, PROBABILITY = "label", "prediction", "probability"
SENDERS = 8
SHOWN = 60


def check_labelled(rows: Sequence[Labelled], *, quality: Quality, answer: Answer | None, source: str) -> None:
    """Refuse data whose labels cannot be right.

    Raises:
        Failure: a label is none of the classes that the answer has a probability of, or as `check_labels` says.
    """
    classes = () if answer is None else answer.classes
    unlisted = next((row.label for row in rows if classes and row.label not in classes), None)
    if unlisted is not None:
        raise Failure(
            f"A label of {source} must be one of serving.answer.classes ({', '.join(classes)}), got "
            f"{unlisted[:SHOWN]}; correct the label, or list its class"
        )
    records = [GroundTruth(id="row", label=row.label) for row in rows]
    check_labels(records, quality=quality, classes=(), source=source)


def answered(
    rows: Sequence[Labelled], *, quality: Quality, send: Callable[[bytes], str], seen: Callable[[int], None]
) -> str:
    """Return the table of labels and answers as CSV, in the order of the rows; `seen` is called for each.

    Raises:
        Failure: an answer has no such column or key as the manifest names.
    """
    wanted = {PREDICTION: quality.inference, PROBABILITY: quality.probability}
    places = {name: place for name, place in wanted.items() if place is not None}
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow([LABEL, *places])
    with ThreadPoolExecutor(max_workers=SENDERS) as pool:
        try:
            for row, answer in zip(rows, pool.map(lambda row: send(row.body), rows), strict=True):
                writer.writerow([row.label, *(_part(answer, place=place) for place in places.values())])
                seen(1)
        finally:  # nothing more is sent after a refusal or an interruption
            pool.shutdown(wait=False, cancel_futures=True)
    return table.getvalue()


def _part(answer: str, *, place: str) -> str:
    """Return what the analyzer will find in an answer's place."""
    encoding = "JSON" if answer.lstrip().startswith(("{", "[")) else "CSV"
    payload = Payload(data=answer.strip(), encoding=encoding, content_type="", mode="")
    try:
        values = parse_place(text=place).values(payload=payload)
    except DriftError:
        values = []
    if len(values) != 1 or values[0] is None:
        raise Failure(
            f"The endpoint answered {answer.strip()[:SHOWN]}, in which there is no {place}; correct inference or "
            "probability of [monitoring.quality]"
        )
    return values[0].strip()
