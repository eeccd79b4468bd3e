"""Calls of a step without the waits among them: what was asked again and again until something had changed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from modelyard.operations.certification.differing import PAGING, like
from modelyard.operations.certification.record import Call

# The longest cycle of calls that a command repeats while it waits.
LONGEST_CYCLE = 6
READING = ("Describe", "Get", "Head", "Invoke", "List")
STATES = ("State", "Status", "state", "status")


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """Calls of one operation one after the other, whose parameters differ in hidden values alone."""

    calls: tuple[Call, ...]

    @property
    def name(self) -> str:
        """The service and the operation."""
        return name_of(self.calls[0])

    @property
    def only_reads(self) -> bool:
        """Whether it changed nothing: how often something is looked at is no difference."""
        return self.calls[0].operation.startswith(READING)

    @property
    def signature(self) -> tuple[str, str]:
        """What makes two runs the same question."""
        return self.name, like(_asked(self.calls[0]))


@dataclass(frozen=True, kw_only=True, slots=True)
class Condensed:
    """The runs of a step; `waiting` are the states that were seen while it waited, by operation and member."""

    runs: tuple[Run, ...]
    waiting: frozenset[tuple[str, str, str]]
    dropped: int


def condensed(calls: Sequence[Call]) -> Condensed:
    """Leave out each call or cycle of calls that the same one follows: the last answer is what was waited for."""
    kept: list[Call] = []
    for call in calls:
        kept.append(call)
        _drop_repeated(kept, key=lambda one: (name_of(one), str(_asked(one))))
    runs: list[Run] = []
    for call in kept:
        run = Run(calls=(call,))
        if runs and runs[-1].signature == run.signature:
            runs[-1] = Run(calls=(*runs[-1].calls, call))
        else:
            runs.append(run)
            _drop_repeated(runs, key=lambda one: one.signature if one.only_reads else id(one))
    last = {id(call) for run in runs for call in run.calls}
    dropped = [call for call in calls if id(call) not in last]
    waiting = frozenset(state for call in dropped for state in states_of(call))
    return Condensed(runs=tuple(runs), waiting=waiting, dropped=len(dropped))


def states_of(call: Call) -> Iterator[tuple[str, str, str]]:
    """Yield the states that an answer tells, each with the operation and the member."""
    yield from ((name_of(call), member, value) for member, value in _states(call.answer, path=""))


def name_of(call: Call) -> str:
    """Return a call's service and operation."""
    return f"{call.service} {call.operation}"


def _drop_repeated(items: list[Any], *, key: Any) -> None:
    for length in range(1, min(LONGEST_CYCLE, len(items) // 2) + 1):
        if [key(one) for one in items[-2 * length : -length]] == [key(one) for one in items[-length:]]:
            del items[-2 * length : -length]
            return


def _asked(call: Call) -> Any:
    return {key: value for key, value in call.parameters.items() if key not in PAGING}


def _states(value: Any, *, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, member in value.items():
            where = f"{path}.{key}" if path else key
            if key.endswith(STATES) and isinstance(member, str):
                yield where, member
            yield from _states(member, path=where)
    elif isinstance(value, list):
        for item in value:
            yield from _states(item, path=f"{path}[]")
