"""The proof: take one thing away from a role, do the part of the work that uses it, and see whether that is noticed."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError
from proofs.permissions.changes import Change, narrowings
from proofs.permissions.part import Part
from proofs.permissions.parts import parts
from proofs.permissions.roles import Role, deployed_roles
from proofs.permissions.world import Failed, World

# How a change was noticed, from the loudest to nothing.
DENIED = "the part fails and says who lacks what"
BROKEN = "the part fails"
QUIET = "refused, and the part goes on without"
UNNOTICED = "unnoticed"
UNUSED_ROLE = "no part uses this role"
NEVER_ASKED = "nothing asks for it"

Asked = tuple[str, str, str, bool]


@dataclass(frozen=True, kw_only=True, slots=True)
class SharedLocalAws:
    """A part that was done with all permissions: what IAM was asked meanwhile, and how many seconds it took."""

    part: Part
    asked: frozenset[Asked]
    seconds: float

    def uses(self, role: Role) -> bool:
        """Whether the role was used."""
        return any(name == role.name for name, *_ in self.asked)

    def touched_by(self, change: Change) -> bool:
        """Whether IAM was asked for something that the change takes away."""
        return any(
            name == change.role.name and may and change.takes(action=action, resource=resource)
            for name, action, resource, may in self.asked
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """What became of one change: how it was noticed, in which part, and what was said."""

    change: Change
    how: str
    part: str = ""
    said: str = ""

    @property
    def noticed(self) -> bool:
        """Whether anybody noticed."""
        return self.how in (DENIED, BROKEN, QUIET)

    @property
    def document(self) -> dict[str, Any]:
        """The finding as JSON has it."""
        change = self.change
        return {
            "stack": change.role.stack,
            "role": change.role.logical_id[:-8],
            "change": change.kind,
            "action": change.action,
            "resource": change.resource,
            "noticed": self.noticed,
            "how": self.how,
            "part": self.part,
            "said": self.said,
        }


class Proof:
    """The parts of the work, each done once with all permissions, and then once for each change that touches it."""

    def __init__(self, *, world: World, told: Callable[[str], None], wanted: Callable[[Part], bool]) -> None:
        self._world = world
        self._told = told
        self._parts = [part for part in parts(world) if wanted(part)]
        self.rehearsed: list[SharedLocalAws] = []

    def rehearse(self) -> None:
        """Do every part with all permissions, what trains and makes baselines first: the others work on what it made.

        Raises:
            Failed: a part does not succeed, so that nothing can be proved by it.
        """
        self._world.aws.connection.decisions()
        for part in sorted(self._parts, key=_before_others):
            self._told(part.name)
            started = time.monotonic()
            said, asked = self._done(part)
            if said is not None:
                raise Failed(f"{part.name} must succeed before anything is taken away, it says: {said}")
            self.rehearsed.append(SharedLocalAws(part=part, asked=asked, seconds=time.monotonic() - started))

    def changes(self) -> list[Change]:
        """Every narrowing of every deployed role."""
        return [change for role in deployed_roles(self._world) for change in narrowings(role)]

    def findings(self, changes: Sequence[Change]) -> Iterator[Finding]:
        """Try one change after the other."""
        for change in changes:
            self._told(change.label)
            yield self._found(change)

    def _found(self, change: Change) -> Finding:
        touched = [one for one in self.rehearsed if one.touched_by(change)]
        if not any(one.uses(change.role) for one in self.rehearsed):
            return Finding(change=change, how=UNUSED_ROLE)
        if not touched:
            return Finding(change=change, how=NEVER_ASKED)
        quiet = Finding(change=change, how=UNNOTICED, part=touched[0].part.name)
        for one in sorted(touched, key=lambda one: one.seconds):
            finding = self._tried(change, rehearsed=one)
            if finding.how in (DENIED, BROKEN):
                return finding
            quiet = finding if finding.noticed else quiet
        return quiet

    def _tried(self, change: Change, *, rehearsed: SharedLocalAws) -> Finding:
        self._put(change, document=change.document)
        try:
            said, asked = self._done(rehearsed.part)
        finally:
            self._put(change, document=self._whole(change))
        refused = refused_of(change.role, asked=asked, before=rehearsed.asked)
        return Finding(change=change, how=_how(said, refused=refused), part=rehearsed.part.name, said=said or "")

    def _whole(self, change: Change) -> Any:
        return change.role.policies[change.policy] if change.policy else change.role.trust

    def _put(self, change: Change, *, document: Any) -> None:
        iam, text = self._world.client("iam"), json.dumps(document)
        if not change.policy:
            iam.update_assume_role_policy(RoleName=change.role.name, PolicyDocument=text)
        elif document["Statement"]:
            iam.put_role_policy(RoleName=change.role.name, PolicyName=change.policy, PolicyDocument=text)
        else:
            iam.delete_role_policy(RoleName=change.role.name, PolicyName=change.policy)

    def _done(self, part: Part) -> tuple[str | None, frozenset[Asked]]:
        """Do a part and return what it failed with, if it did, and what IAM was asked meanwhile."""
        self._world.forget_logs()
        self._world.aws.connection.decisions()
        said = None
        try:
            part.run()
        except (Failed, ClientError) as failure:
            said = " ".join(str(failure).split())
        self._world.settle()
        return said, frozenset(self._world.aws.connection.decisions())


def _before_others(part: Part) -> int:
    makers = (" training", " quality baseline")
    return next((place for place, ending in enumerate(makers) if part.name.endswith(ending)), len(makers))


def refused_of(role: Role, *, asked: frozenset[Asked], before: frozenset[Asked]) -> set[str]:
    """The actions that a role was refused, and was not with all permissions.

    Where a resource has a policy of its own, both policies are asked, and either answer is no news by itself.
    """
    return {
        action
        for name, action, resource, may in asked
        if name == role.name and not may and _news(name, action, resource, asked=asked, before=before)
    }


def _news(*call: str, asked: frozenset[Asked], before: frozenset[Asked]) -> bool:
    now, was = ({may for may in (True, False) if (*call, may) in one} for one in (asked, before))
    return now != was if was else True not in now


def _how(said: str | None, *, refused: set[str]) -> str:
    if said is None:
        return QUIET if refused else UNNOTICED
    return DENIED if any(action.lower() in said.lower() for action in refused) else BROKEN
