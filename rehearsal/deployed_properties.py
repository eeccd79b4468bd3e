"""What a local AWS says of the properties of the stacks in it: how many have the effect that they have on AWS."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

# The order in which a sentence tells them; "not known" is of what the table has no row for, as somebody's own stack.
EFFECTS = ("done", "in part", "recorded", "ignored", "not known")


@dataclass(frozen=True, kw_only=True, slots=True)
class DeployedProperties:
    """How many properties have which effect; `limited` are those with less than on AWS: type, property, effect, why."""

    counts: Mapping[str, int]
    limited: Sequence[Mapping[str, str]]

    @property
    def summary(self) -> str:
        """All of it in a sentence without its full stop."""
        counted = [f"{self.counts[effect]:,} {effect}" for effect in EFFECTS if effect in self.counts]
        total = sum(self.counts.values())
        return f"{total:,} properties of the stacks here: {', '.join(counted)}" if counted else "There is no stack here"

    @property
    def lines(self) -> list[str]:
        """The summary, and below it what is limited, by type."""
        told = [self.summary]
        type_ = ""
        for one in self.limited:
            if one["type"] != type_:
                type_ = one["type"]
                told += ["", type_]
            told.append(f"  {one['effect']:<9}  {one['property']}: {one['sentence']}")
        return told
