"""Deploys that are predicted and then made."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from modelyard.operations.costs.prices import shipped
from modelyard.operations.planning.differences import Action, Change
from modelyard.operations.planning.plan import Plan, plan
from modelyard.operations.planning.revision import Revision
from modelyard.template_checks.template import Template
from support.cloudformation import Stacks
from support.endpoints import Endpoints

Resources = Mapping[str, Any]
Sections = Mapping[str, Any]
NONE: Sections = MappingProxyType({})
# How a stack ends that was rolled back, and one that was not.
CREATED = ("ROLLBACK_COMPLETE", "CREATE_COMPLETE")
UPDATED = ("UPDATE_ROLLBACK_COMPLETE", "UPDATE_COMPLETE")
# A deploy that goes on while the test moves the clock, say.
Meanwhile = Callable[[str], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class DeployedExamples:
    """A change of one stack that was predicted, perhaps with those of others, and then made.

    `before` is empty where there was no such stack.
    """

    stack: str
    plan: Plan
    status: str
    reasons: str
    before: Mapping[str, str]
    after: Mapping[str, str]

    @property
    def changes(self) -> list[Change]:
        return [one for one in self.plan.changes if one.stack == self.stack]

    @property
    def actions(self) -> dict[str, Action]:
        return {one.logical_id: one.action for one in self.changes}

    @property
    def kinds(self) -> list[str]:
        return [one.kind for one in self.plan.blockers if one.certain and one.stack == self.stack]

    def check(self) -> None:
        """Hold what was predicted against what happened: by the stack's status and by the identity of each resource."""
        rolled_back, whole = UPDATED if self.before else CREATED
        if self.kinds:
            assert self.status == rolled_back, self.plan.blockers
            return
        assert self.status == whole, self.reasons
        for logical_id in self.before.keys() | self.after.keys():
            self._check_one(logical_id)

    def _check_one(self, logical_id: str) -> None:
        was, is_now = self.before.get(logical_id), self.after.get(logical_id)
        match self.actions.get(logical_id):
            case Action.REPLACE:
                assert was is not None
                assert is_now is not None
                assert was != is_now, f"{logical_id} was to be replaced"
            case Action.ADD:
                assert (was, is_now) == (None, is_now), f"{logical_id} was to be added"
            case Action.REMOVE | Action.ABANDON:
                assert is_now is None, f"{logical_id} was to go"
            case _:
                assert was == is_now, f"{logical_id} was to stay"


@dataclass(frozen=True, kw_only=True, slots=True)
class Deployer:
    """Deploys one small template and then another over it, and says before what that would do."""

    stacks: Stacks
    host: Endpoints

    def deploy(self, old: Resources, new: Resources, *, meanwhile: Meanwhile = lambda _: None) -> DeployedExamples:
        name = self.stacks.create(old)
        return self.redeploy(name, old, new, meanwhile=meanwhile)

    def redeploy(
        self,
        name: str,
        old: Resources,
        new: Resources,
        *,
        meanwhile: Meanwhile = lambda _: None,
        running: frozenset[str] = frozenset(),
        base: Sections = NONE,
        head: Sections = NONE,
    ) -> DeployedExamples:
        predicted = predict(old, new, name=name, running=running, base=base, head=head)
        before = self.stacks.identities(name)
        self.stacks.begin_update(name, new, **head)
        meanwhile(name)
        status = self.stacks.settled(name)
        return DeployedExamples(
            stack=name,
            plan=predicted,
            status=status,
            reasons=self.stacks.reasons(name),
            before=before,
            after=self.stacks.identities(name),
        )


def predict(
    old: Resources,
    new: Resources,
    *,
    name: str = "stack",
    running: frozenset[str] = frozenset(),
    base: Sections = NONE,
    head: Sections = NONE,
) -> Plan:
    """What a deploy of one stack would do; `base` and `head` are what else is in its templates."""
    before = Template(name=name, body={"Resources": old, **base})
    after = Template(name=name, body={"Resources": new, **head})
    return plan(
        base=Revision(name="base", templates=(before,), running=running),
        head=Revision(name="head", templates=(after,)),
        prices=shipped(),
    )


def kinds(old: dict[str, Any], new: dict[str, Any]) -> list[tuple[str, bool]]:
    """What stands in the way of a deploy, each with whether it is certain."""
    return [(one.kind, one.certain) for one in predict(old, new).blockers]
