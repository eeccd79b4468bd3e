"""The plan: what a deploy of one revision over another would do."""

import dataclasses
from collections import Counter
from dataclasses import dataclass
from typing import Any

from modelyard.operations.account import AccountAnswer, documents_of
from modelyard.operations.costs.prices import Prices
from modelyard.operations.planning.blockers.blocker import Blocker
from modelyard.operations.planning.blockers.rules import blockers
from modelyard.operations.planning.comparison import Comparison, compare
from modelyard.operations.planning.costs import CostChange, cost_changes
from modelyard.operations.planning.differences import Change
from modelyard.operations.planning.endpoints import Rollout, rollouts
from modelyard.operations.planning.images import UnpatchedImage
from modelyard.operations.planning.limits import LimitChange, limit_changes
from modelyard.operations.planning.revision import Revision
from modelyard.operations.planning.wording import change_sentence, rollout_sentence
from modelyard.operations.undeclared import UndeclaredStack
from modelyard.operations.undeclared_resources import UndeclaredResource

DEPLOYS, FAILS = 0, 2


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What one deploy is predicted to do.

    `undeclared_resources` are in no stack of the stage, None where no account was asked or nobody may list them.
    """

    comparison: Comparison
    prices: Prices
    rollouts: tuple[Rollout, ...]
    limits: tuple[LimitChange, ...]
    costs: tuple[CostChange, ...]
    blockers: tuple[Blocker, ...]
    account: tuple[AccountAnswer, ...] = ()
    images: tuple[UnpatchedImage, ...] = ()
    undeclared_resources: tuple[UndeclaredResource, ...] | None = None

    @property
    def code(self) -> int:
        """What the command ends with: 0 when the deploy can go through, 2 when it would fail."""
        fails = any(one.certain for one in self.blockers) or any(one.fails for one in self.account)
        return FAILS if fails else DEPLOYS

    @property
    def changes(self) -> tuple[Change, ...]:
        """The changes of all stacks."""
        return tuple(self.comparison.changes)

    @property
    def undeclared(self) -> list[UndeclaredStack]:
        """The stacks that the app has no longer: a deploy deletes none, and they go on costing."""
        return [UndeclaredStack(template=one.old) for one in self.comparison.stacks if one.new is None and one.old]

    @property
    def summary(self) -> str:
        """The whole in one line."""
        standing = Counter(one.standing for one in self.comparison.stacks)
        if set(standing) <= {"unchanged"}:
            return "Nothing changes"
        stacks = ", ".join(f"{count} {what}" for what, count in sorted(standing.items()))
        actions = Counter(str(one.action) for one in self.changes)
        resources = ", ".join(f"{count} {what}" for what, count in sorted(actions.items()))
        return f"Stacks: {stacks}. Resources: {resources if resources else 'none changes'}"

    @property
    def document(self) -> dict[str, Any]:
        """The plan as JSON."""
        return {
            "base": self.comparison.base.name,
            "head": self.comparison.head.name,
            "fails": self.code == FAILS,
            "stacks": [{"stack": one.name, "standing": one.standing} for one in self.comparison.stacks],
            "changes": [
                {
                    "stack": one.stack,
                    "resource": one.logical_id,
                    "type": one.type,
                    "action": str(one.action),
                    "properties": list(one.properties),
                    "forcing": list(one.forcing),
                    "following": list(one.following),
                    "sentence": change_sentence(one),
                }
                for one in self.changes
            ],
            "endpoints": [
                dataclasses.asdict(one) | {"bake_seconds": one.bake_seconds, "sentence": rollout_sentence(one)}
                for one in self.rollouts
            ],
            "limits": [dataclasses.asdict(one) | {"sentence": one.sentence} for one in self.limits],
            "prices": self.prices.sentence,
            "costs": [dataclasses.asdict(one) | {"least": one.least, "most": one.most} for one in self.costs],
            "undeclared": [one.record(prices=self.prices) for one in self.undeclared],
            "undeclared_resources": (
                None
                if self.undeclared_resources is None
                else [one.record(prices=self.prices) for one in self.undeclared_resources]
            ),
            "obstacles": [dataclasses.asdict(one) for one in self.blockers],
            "account": documents_of(self.account),
            "images": [dataclasses.asdict(one) | {"sentence": one.sentence} for one in self.images],
        }


def plan(
    *,
    base: Revision,
    head: Revision,
    prices: Prices,
    account: tuple[AccountAnswer, ...] = (),
    images: tuple[UnpatchedImage, ...] = (),
    undeclared_resources: tuple[UndeclaredResource, ...] | None = None,
) -> Plan:
    """Say what a deploy of `head` over `base` would do in an account that has answered so, with these images."""
    comparison = compare(base=base, head=head)
    return Plan(
        comparison=comparison,
        prices=prices,
        rollouts=tuple(rollouts(comparison)),
        limits=limit_changes(comparison),
        costs=cost_changes(comparison, prices=prices),
        blockers=blockers(comparison),
        account=account,
        images=images,
        undeclared_resources=undeclared_resources,
    )
