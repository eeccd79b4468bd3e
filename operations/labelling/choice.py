"""Which records are worth a label: the least certain, those in the baseline's tails, and some at random."""

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from modelyard.operations.failures import Failure
from modelyard.operations.labelling.candidates import Candidate
from modelyard.operations.labelling.tails import Tails
from modelyard.operations.screen.words import counted

Reason = Literal["uncertain", "drifted", "random", "held"]

# Random first: drawn from all records, before the others are taken out of them, it stays a random sample.
SHARES: tuple[Reason, ...] = ("random", "uncertain", "drifted")
ALL = 100
# A record is in the tails where fewer of the baseline's records than this are as unusual.
TAIL = 0.05


@dataclass(frozen=True, kw_only=True, slots=True)
class Mix:
    """What percentage of the records is chosen for which reason.

    Raises:
        Failure: they are not 100 in all.
    """

    percent: Mapping[Reason, int]

    def __post_init__(self) -> None:
        total = sum(self.percent.values())
        if total != ALL:
            raise Failure(f"--mix must be {ALL} in all, got {total}; change one of {', '.join(self.percent)}")

    @classmethod
    def parse(cls, text: str) -> "Mix":
        """Read `uncertain=50,drifted=30,random=20`; what is left out is 0.

        Raises:
            Failure: it is no such text.
        """
        percent: dict[Reason, int] = dict.fromkeys(SHARES, 0)
        for part in text.split(","):
            found = re.fullmatch(r"\s*(\w+)\s*=\s*(\d{1,3})\s*", part)
            reason = next((one for one in SHARES if found is not None and one == found[1]), None)
            if found is None or reason is None:
                raise Failure(f"--mix must be percentages such as uncertain=50,drifted=30,random=20, got {text}")
            percent[reason] = int(found[2])
        return cls(percent=percent)

    def counts(self, total: int) -> dict[Reason, int]:
        """Return how many records of a total are chosen for each reason: whole numbers of that sum."""
        exact = {reason: total * percent / ALL for reason, percent in self.percent.items()}
        whole = {reason: int(share) for reason, share in exact.items()}
        by_rest = sorted(exact, key=lambda reason: whole[reason] - exact[reason])
        for reason in by_rest[: total - sum(whole.values())]:
            whole[reason] += 1
        return whole


@dataclass(frozen=True, kw_only=True, slots=True)
class Chosen:
    """A record, and why it was chosen."""

    record: Candidate
    reason: Reason


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """Records in the order in which they are shown, and what to know of the choice."""

    chosen: tuple[Chosen, ...]
    notes: tuple[str, ...]


def choose(records: Sequence[Candidate], *, mix: Mix, count: int, seed: int, tails: Tails | None) -> Choice:
    """Choose so many records; the same records and seed give the same choice.

    Where there are too few of a kind, more are chosen at random. They are shown in an order that does not tell why.
    """
    shuffled = sorted(records, key=lambda record: record.id)
    random.Random(seed).shuffle(shuffled)  # noqa: S311 - to be repeated, and no secret
    wanted = mix.counts(min(count, len(shuffled)))
    drawn, rest = shuffled[: wanted["random"]], shuffled[wanted["random"] :]
    uncertain, about_certainty = _least_certain(rest, count=wanted["uncertain"])
    drifted, about_tails = _most_unusual(_without(rest, uncertain), count=wanted["drifted"], tails=tails)
    missing = wanted["uncertain"] + wanted["drifted"] - len(uncertain) - len(drifted)
    drawn += _without(rest, [*uncertain, *drifted])[:missing]
    chosen = [
        Chosen(record=record, reason=reason)
        for reason, found in zip(SHARES, (drawn, uncertain, drifted), strict=True)
        for record in found
    ]
    random.Random(seed + 1).shuffle(chosen)  # noqa: S311
    counts = ", ".join(
        f"{len(found)} {reason}" for reason, found in zip(SHARES, (drawn, uncertain, drifted), strict=True)
    )
    head = f"Chosen with --seed {seed}: {counted(len(chosen), 'record')} ({counts})"
    return Choice(chosen=tuple(chosen), notes=(head, *about_certainty, *about_tails))


def choose_held(records: Sequence[Candidate], *, below: float, count: int) -> Choice:
    """Choose the records whose answers the API holds back, those that have waited longest first."""
    held = [record for record in records if record.certainty is not None and record.certainty.greatest < below]
    held.sort(key=lambda record: (record.time, record.id))
    chosen = tuple(Chosen(record=record, reason="held") for record in held[:count])
    return Choice(
        chosen=chosen, notes=(f"Held for review, less certain than {below:g}: {counted(len(held), 'answer')}",)
    )


def _least_certain(records: Sequence[Candidate], *, count: int) -> tuple[list[Candidate], list[str]]:
    known = [(record.certainty.margin, record) for record in records if record.certainty is not None]
    found = [record for _, record in sorted(known, key=lambda pair: pair[0])[:count]]
    if len(found) == count:
        return found, []
    why = "their answers have no probabilities" if not known else "so few other answers have probabilities"
    return found, [f"{len(found)} of {count} uncertain records: {why}; the others are chosen at random"]


def _most_unusual(
    records: Sequence[Candidate], *, count: int, tails: Tails | None
) -> tuple[list[Candidate], list[str]]:
    if count == 0:
        return [], []
    if tails is None:
        return [], [f"0 of {count} drifted records: there is no baseline; the others are chosen at random"]
    shares = [(tails.share(record.cells), record) for record in records]
    unusual = sorted((pair for pair in shares if pair[0] < TAIL), key=lambda pair: pair[0])
    found = [record for _, record in unusual[:count]]
    if len(found) == count:
        return found, []
    why = f"so few are in the tails of the baseline (p < {TAIL})"
    return found, [f"{len(found)} of {count} drifted records: {why}; the others are chosen at random"]


def _without(records: Sequence[Candidate], others: Sequence[Candidate]) -> list[Candidate]:
    taken = {record.id for record in others}
    return [record for record in records if record.id not in taken]
