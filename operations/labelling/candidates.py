"""Captured records that could be labelled: one record to a request, with an id, and without ground truth so far."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from modelyard.drift.errors import DriftError
from modelyard.drift.reading.records import Payload, payload_parts, read_payload
from modelyard.manifest import Model
from modelyard.operations.data.images import Pixels
from modelyard.operations.labelling.certainty import Certainty, Probabilities
from modelyard.operations.labelling.pictures import are_numbered, picture_of, square_of

UNREADABLE, SEVERAL = "unreadable", "with several records, which share an id"
LABELLED, REPEATED = "with ground truth already", "of an id that came before"


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """A captured record: its cells by column, the image if it is one, and what the model answered."""

    id: str
    time: str
    request: Payload
    cells: Mapping[str, str | None]
    picture: Pixels | None
    answer: str
    certainty: Certainty | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidates:
    """Records that could be labelled, in the order of their ids, and how many could not, by why."""

    records: tuple[Candidate, ...]
    left_out: Mapping[str, int] = field(default_factory=dict)

    @property
    def sentence(self) -> str:
        """How many records can be labelled, and how many not."""
        left = ", ".join(f"{count:,} {why}" for why, count in self.left_out.items())
        return f"{len(self.records):,} captured records can be labelled{f'; left out: {left}' if left else ''}"


def read_candidates(
    lines: Iterable[bytes],
    *,
    names: Sequence[str],
    probabilities: Probabilities | None,
    labelled: frozenset[str],
) -> Candidates:
    """Return the records of lines of captures.

    `names` are those of the columns, none where they are not known; `labelled` the ids that have ground truth.
    """
    left_out: Counter[str] = Counter()
    found: dict[str, Candidate] = {}
    for line in lines:
        try:
            one = _candidate(line, names=names, probabilities=probabilities)
        except (DriftError, ValueError, KeyError, TypeError):
            left_out[UNREADABLE] += 1
            continue
        if one is None:
            left_out[SEVERAL] += 1
        elif one.id in labelled:
            left_out[LABELLED] += 1
        elif one.id in found:
            left_out[REPEATED] += 1
        else:
            found[one.id] = one
    return Candidates(records=tuple(found[one] for one in sorted(found)), left_out=dict(left_out))


def column_names(model: Model, *, baseline: Sequence[str]) -> list[str]:
    """Return the names of a request's columns: of `[data]` or `[api]`, else of a baseline, whose first is the answer.

    Nothing where none of them says.
    """
    if model.data is not None:
        return [column.name for column in model.data.features]
    api = model.rest_api
    if api is not None and api.features:
        return [name for group in api.features for name in group.names]
    return [*baseline[1:]]


def _candidate(line: bytes, *, names: Sequence[str], probabilities: Probabilities | None) -> Candidate | None:
    """The record of a line; None where it holds several.

    Raises:
        DriftError: a payload cannot be read.
        ValueError: the line is no JSON, or its request was not captured.
        KeyError: it has no id.
    """
    document = json.loads(line)
    captured, about = document["captureData"], document["eventMetadata"]
    request, answer = (read_payload(value=captured.get(side)) for side in ("endpointInput", "endpointOutput"))
    if request is None:
        raise ValueError("the request was not captured")
    picture, cells = picture_of(request), {}
    if picture is None:
        parts = payload_parts(payload=request)
        if len(parts) != 1:
            return None
        cells = dict(_named(parts[0], names=names))
        picture = square_of([*cells.values()]) if are_numbered(names) else None
    return Candidate(
        id=about.get("inferenceId") or about["eventId"],
        time=about["inferenceTime"],
        request=request,
        cells=cells,
        picture=picture,
        answer="" if answer is None else answer.data.strip(),
        certainty=None if answer is None or probabilities is None else probabilities.certainty(answer),
    )


def _named(
    part: Mapping[str, str | None] | Sequence[str | None], *, names: Sequence[str]
) -> Iterator[tuple[str, str | None]]:
    if isinstance(part, Mapping):
        yield from part.items()
        return
    known = names if len(names) == len(part) else [f"column {number}" for number in range(1, len(part) + 1)]
    yield from zip(known, part, strict=True)
