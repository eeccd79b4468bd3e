"""Two records of the same life: each difference by step, resource and property, and what is not compared.

Times, ids and durations are no difference, nor is how often something was looked at. Resources of a stack that do not
need each other are made at once: only the order of each one's own events is compared.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from difflib import SequenceMatcher
from functools import cache
from itertools import groupby, zip_longest
from typing import Any

from rich.console import RenderableType

from modelyard.operations.certification.differing import NOTHING, Deviation, Values, like
from modelyard.operations.certification.histories import ENDPOINT
from modelyard.operations.certification.record import Call, Event, Record, Step
from modelyard.operations.certification.waits import Condensed, Run, condensed, states_of
from modelyard.operations.failures import Failure
from modelyard.operations.screen.table import Table
from modelyard.operations.screen.words import counted


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """One difference: in which step, of which resource or operation, and of which of its properties."""

    step: str
    resource: str
    property: str
    theirs: str
    ours: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """All differences, how much was compared, and how much was not, by what it is."""

    differences: tuple[Difference, ...]
    compared: dict[str, int]
    uncompared: dict[str, int]

    @property
    def document(self) -> dict[str, Any]:
        """The comparison as JSON."""
        return asdict(self)

    @property
    def rendered(self) -> list[RenderableType]:
        """The comparison for eyes."""
        rows = tuple((one.step, one.resource, one.property, one.theirs, one.ours) for one in self.differences)
        table = Table(columns=("step", "resource", "property", "theirs", "ours"), rows=rows)
        return [
            *([table.rendered] if rows else []),
            f"{counted(len(rows), 'difference')} in {_listed(self.compared)}",
            f"Not compared: {_listed(self.uncompared)}",
        ]


def compared(*, theirs: Record, ours: Record) -> Comparison:
    """Compare a record with the rehearsal's.

    Raises:
        Failure: they are of different manifests, so that nothing need be alike.
    """
    if theirs.manifest != ours.manifest:
        raise Failure(
            f"Both records must be of one manifest, got {theirs.manifest[:12]} and {ours.manifest[:12]}; rehearse the "
            "manifest that was certified"
        )
    comparer = _Comparer()
    differences = tuple(comparer.differences(theirs, ours))
    if theirs.sdk != ours.sdk:
        comparer.uncompared[f"members that only one of boto3 {theirs.sdk} and {ours.sdk} knows"] += 1
    # Without what was counted and is none.
    return Comparison(differences=differences, compared=dict(+comparer.compared), uncompared=dict(+comparer.uncompared))


class _Comparer:
    def __init__(self) -> None:
        self.compared: Counter[str] = Counter()
        self.uncompared: Counter[str] = Counter()

    def differences(self, theirs: Record, ours: Record) -> Iterator[Difference]:
        left, right = ({step.name: step for step in record.steps} for record in (theirs, ours))
        calls: list[tuple[Condensed, Condensed]] = []
        for name in [*right, *(name for name in left if name not in right)]:
            if name not in left or name not in right:
                there, here = (NOTHING if name not in steps else steps[name].outcome for steps in (left, right))
                yield Difference(step=name, resource="step", property="outcome", theirs=there, ours=here)
                continue
            their, our = left[name], right[name]
            if their.outcome != our.outcome:
                yield Difference(step=name, resource="step", property="outcome", theirs=their.outcome, ours=our.outcome)
            pair = condensed(their.calls), condensed(our.calls)
            calls.append(pair)
            yield from self._calls(*pair, step=name)
            yield from self._events(their.events, our.events, step=name)
            yield from self._histories(their, our)
        yield from self._waiting(calls)
        yield from self._watched(theirs, ours)
        yield from self._resources(theirs, ours)

    def _calls(self, theirs: Condensed, ours: Condensed, *, step: str) -> Iterator[Difference]:
        """Runs are matched by their operations; one that moved is another order."""
        self.uncompared["calls of waits, beyond their states"] += theirs.dropped + ours.dropped
        left, right = [run.name for run in theirs.runs], [run.name for run in ours.runs]
        alone: dict[str, tuple[list[Run], list[Run]]] = defaultdict(lambda: ([], []))
        for _, begin, end, start, stop in SequenceMatcher(a=left, b=right, autojunk=False).get_opcodes():
            for there, here in zip_longest(theirs.runs[begin:end], ours.runs[start:stop]):
                if there is not None and here is not None and there.name == here.name:
                    yield from self._runs(there, here, step=step)
                    continue
                if there is not None:
                    alone[there.name][0].append(there)
                if here is not None:
                    alone[here.name][1].append(here)
        for name, (only_there, only_here) in alone.items():
            for there, here in zip_longest(only_there, only_here):
                if there is not None and here is not None:
                    yield Difference(step=step, resource=name, property="order", theirs="moved", ours="here")
                    yield from self._runs(there, here, step=step)
                else:
                    words = [NOTHING if run is None else "called" for run in (there, here)]
                    yield Difference(step=step, resource=name, property="call", theirs=words[0], ours=words[1])

    def _runs(self, theirs: Run, ours: Run, *, step: str) -> Iterator[Difference]:
        if not ours.only_reads and len(theirs.calls) != len(ours.calls):
            counts = [str(len(run.calls)) for run in (theirs, ours)]
            yield Difference(step=step, resource=ours.name, property="calls", theirs=counts[0], ours=counts[1])
        for there, here in zip(theirs.calls, ours.calls, strict=False):
            self.compared["calls"] += 1
            for path, their, our in self._call(there, here):
                yield Difference(step=step, resource=ours.name, property=path, theirs=their, ours=our)
        self.uncompared["further calls that only read"] += abs(len(theirs.calls) - len(ours.calls))

    def _call(self, theirs: Call, ours: Call) -> Iterator[Deviation]:
        values = Values(uncompared=self.uncompared)
        asked = (_once(call.parameters) for call in (theirs, ours))
        yield from values.deviations(*asked, path="parameters")
        yield from values.deviations(theirs.status, ours.status, path="status")
        yield from values.deviations(theirs.code, ours.code, path="error code")
        yield from values.deviations(theirs.text, ours.text, path="error text")
        if theirs.answer is not None and ours.answer is not None:
            paged = pages_of(ours.service, ours.operation)
            there, here = (
                {name: _once(member) if name in paged else member for name, member in answer.items()}
                for answer in (theirs.answer, ours.answer)
            )
            yield from values.deviations(there, here, path="answer")

    def _events(self, theirs: Sequence[Event], ours: Sequence[Event], *, step: str) -> Iterator[Difference]:
        left, right = _by_resource(theirs), _by_resource(ours)
        for resource in [*right, *(one for one in left if one not in right)]:
            there, here = left.get(resource, []), right.get(resource, [])
            self.compared["events"] += len(here)
            for path, their, our in Values(uncompared=self.uncompared).deviations(there, here, path="events"):
                yield Difference(step=step, resource=resource, property=path, theirs=their, ours=our)
        self.uncompared["orders of events of different resources"] += max(len(right) - 1, 0)

    def _histories(self, theirs: Step, ours: Step) -> Iterator[Difference]:
        left, right = ({one.subject: one.states for one in step.histories} for step in (theirs, ours))
        for subject in [*right, *(one for one in left if one not in right)]:
            there, here = left.get(subject, ()), right.get(subject, ())
            self.compared["states"] += len(here)
            if subject == ENDPOINT:  # what lies between is seen by chance: `_watched`
                there, here = there[-1:], here[-1:]
            for path, their, our in Values(uncompared=self.uncompared).deviations(there, here, path="states"):
                yield Difference(step=ours.name, resource=subject, property=path, theirs=their, ours=our)

    def _waiting(self, calls: Sequence[tuple[Condensed, Condensed]]) -> Iterator[Difference]:
        """States that came and went while somebody waited, and that the other never saw of the same operation."""
        seen = []
        for side in (0, 1):
            kept = {state for pair in calls for run in pair[side].runs for one in run.calls for state in states_of(one)}
            seen.append((kept, {state for pair in calls for state in pair[side].waiting}))
        (their_kept, their_waits), (our_kept, our_waits) = seen
        for operation, member, state in sorted(their_waits - our_kept - our_waits):
            yield Difference(step="waits", resource=operation, property=member, theirs=state, ours=NOTHING)
        for operation, member, state in sorted(our_waits - their_kept - their_waits):
            yield Difference(step="waits", resource=operation, property=member, theirs=NOTHING, ours=state)

    def _watched(self, theirs: Record, ours: Record) -> Iterator[Difference]:
        """An endpoint's states, seen by looking often: one that is short may be missed in one step, not in all."""
        there, here = (
            {
                state
                for step in record.steps
                for one in step.histories
                if one.subject == ENDPOINT
                for state in one.states
            }
            for record in (theirs, ours)
        )
        for state in sorted(there - here):
            yield Difference(step="all", resource=ENDPOINT, property="states", theirs=state, ours=NOTHING)
        for state in sorted(here - there):
            yield Difference(step="all", resource=ENDPOINT, property="states", theirs=NOTHING, ours=state)

    def _resources(self, theirs: Record, ours: Record) -> Iterator[Difference]:
        left, right = (
            {f"{one.stack} {one.kind} {one.resource}": str(one.gone) for one in record.resources}
            for record in (theirs, ours)
        )
        for resource in [*right, *(one for one in left if one not in right)]:
            self.compared["resources"] += 1
            there, here = left.get(resource, NOTHING), right.get(resource, NOTHING)
            if there != here:
                yield Difference(step="teardown", resource=resource, property="gone", theirs=there, ours=here)


@cache
def pages_of(service: str, operation: str) -> frozenset[str]:
    """Return the members of an operation's answer that come in pages: as many as there happen to be."""
    from botocore.exceptions import UnknownServiceError
    from botocore.loaders import Loader

    try:
        paginators = Loader().load_service_model(service, "paginators-1")["pagination"]
    except UnknownServiceError:
        return frozenset()
    keys = paginators.get(operation, {}).get("result_key", [])
    return frozenset([keys] if isinstance(keys, str) else keys)


def _once(value: Any) -> Any:
    """What was listed, or asked for as it was listed: of neighbours that are alike the first."""
    if isinstance(value, Mapping):
        return {key: _once(member) for key, member in value.items()}
    if isinstance(value, list):
        return [next(alike) for _, alike in groupby(value, key=like)]
    return value


def _by_resource(events: Sequence[Event]) -> dict[str, list[dict[str, str]]]:
    found: dict[str, list[dict[str, str]]] = defaultdict(list)
    for event in events:
        told = {"status": event.status, "reason": event.reason}
        resource = f"{event.stack} {event.kind} {event.resource}"
        if found[resource][-1:] != [told]:
            found[resource].append(told)
    return dict(found)


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {what}" for what, count in counts.items() if count) or NOTHING
