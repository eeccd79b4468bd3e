"""What an upgrade does to callers and to what is stored: a kept release, this tree over it, another model, and back.

    PYTHONPATH=tests python -m proofs.upgrade [VERSION]

Each deploy is the real CDK CLI's, to a local AWS, with one client at each endpoint who sends the next record when the
last was answered and never tries twice. It ends with 1 if a request failed or a version of an object is not there.
"""

import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from maintenance.keep_release import unpack, versions
from modelyard.operations.planning.differences import Action
from modelyard.rehearsal.session import Rehearsal
from support.deployed_examples import promoted_models
from support.local_aws import SharedLocalAws
from support.synth import synthesize
from support.upgrades import Account, Upgrade, promoted_again


@dataclass(frozen=True, kw_only=True, slots=True)
class Figures:
    """What one deploy came to; `pause` is the longest time in seconds between two answers of one endpoint."""

    name: str
    upgrade: Upgrade
    sent: int
    failed: int
    pause: float

    @property
    def lost(self) -> int:
        """How many versions of objects are gone."""
        before, after = self.upgrade.before.versions, self.upgrade.after.versions
        return sum(len(ids - after.get(key, frozenset())) for key, ids in before.items())

    @property
    def as_predicted(self) -> bool:
        """Whether what was replaced is what the plan has said."""
        return self.upgrade.replaced == self.upgrade.told(Action.REPLACE)

    @property
    def line(self) -> str:
        """The figures in a line of the table."""
        upgrade = self.upgrade
        changed = len(upgrade.replaced), len(upgrade.told(Action.UPDATE)), len(upgrade.added)
        predicted = "yes" if self.as_predicted else "NO"
        moved = " | ".join(map(str, changed))
        return (
            f"| {self.name} | {self.sent} | {self.failed} | {self.pause:.2f} s | {moved} | {predicted} | {self.lost} "
            f"| {upgrade.seconds:.0f} s |"
        )


def main(arguments: list[str]) -> int:
    """Print the figures of the upgrade, of a promotion after it, and of the way back."""
    version = arguments[0] if arguments else versions()[-1]
    print("| deploy | requests | failed | longest pause | replaced | updated | added | predicted | lost | took |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory(prefix="upgrade-") as made, Rehearsal() as rehearsal:
        folder = Path(made)
        old, new, next_ = unpack(version=version, folder=folder / "old"), folder / "new", folder / "next"
        synthesize(new, models=promoted_models(folder / "models"), preview=False)
        synthesize(next_, models=promoted_again(folder / "models-promoted-again"), preview=False)
        account = Account(aws=SharedLocalAws(connection=rehearsal.connection), folder=folder)
        account.begin(old)
        deploys = {f"{version} to this tree": new, "another model promoted": next_, f"back to {version}": old}
        figures = [measured(account, assembly=assembly, name=name) for name, assembly in deploys.items()]
    return 1 if any(one.failed or one.lost for one in figures) else 0


def measured(account: Account, *, assembly: Path, name: str) -> Figures:
    """Deploy an assembly over what stands, and print what that came to."""
    account.traffic.answers.clear()
    began = time.monotonic()
    upgrade = account.upgrade(assembly)
    traffic = account.traffic
    found = Figures(
        name=name,
        upgrade=upgrade,
        sent=len(traffic.answers),
        failed=len(traffic.failed),
        pause=traffic.longest_pause(),
    )
    print(found.line, flush=True)
    print(f"{name}: {time.monotonic() - began:.0f} s with the looks before and after", file=sys.stderr)
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
