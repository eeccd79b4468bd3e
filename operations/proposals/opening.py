"""A proposal, opened: a commit with promote's lines on a branch of its own, and a pull request that explains it."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from modelyard.drift.escaping import for_markdown
from modelyard.operations.costs.prices import shipped
from modelyard.operations.planning.images import unpatched_images
from modelyard.operations.planning.plan import plan
from modelyard.operations.planning.rendering import markdown
from modelyard.operations.planning.sources import revision_of
from modelyard.operations.promotion.promote import apply
from modelyard.operations.promotion.toml_lines import Edit
from modelyard.operations.proposals.branch import Repository
from modelyard.operations.proposals.forge import Draft, Forge
from modelyard.operations.training.leaderboard import Leaderboard

# GitHub takes bodies of up to 65,536 characters.
LONGEST_BODY = 60_000
CUT = "\n\nThe rest is left out here: yard plan shows it.\n"


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """The lines of a manifest that a run's model takes, and why; `description` are the first paragraphs, as Markdown.

    The branch is always the same for the same change, so that it is proposed once.
    """

    branch: str
    title: str
    why: str
    description: tuple[str, ...]
    board: Leaderboard
    edits: tuple[Edit, ...]

    def body(self, *, plan: str) -> str:
        """Return the text of the pull request, as Markdown: with the trials, and what a deploy would do."""
        table = self.board.table
        parts = [*self.description, f"### {for_markdown(table.title)}\n\n{table.as_markdown}", plan]
        text = "\n\n".join(part.strip() for part in parts if part) + "\n"
        return text if len(text) <= LONGEST_BODY else text[: LONGEST_BODY - len(CUT)] + CUT


@dataclass(frozen=True, kw_only=True, slots=True)
class Opening:
    """Where a model's proposals are made: its manifest in a clone, and the branch that they are to change.

    `context` are the values with which the app is synthesized for the plan.
    """

    manifest: Path
    repository: Repository
    base: str
    context: Mapping[str, str]

    def open(self, change: Change, *, forge: Forge) -> str:
        """Push the commit and open the pull request, and return its address; what was done before is not done again.

        Raises:
            Failure: the manifest cannot be changed, or git or the forge refuses.
        """
        head = self.repository.head()
        pushed = self.repository.remote_commit(change.branch)
        text = apply(text=self.repository.text_at(head, self.manifest), changes=change.edits)
        message = f"{change.title}\n\n{change.why}.\n"
        commit = (
            self.repository.commit(onto=head, file=self.manifest, text=text, message=message)
            if pushed is None
            else pushed
        )
        body = change.body(plan=self._plan(head, commit, branch=change.branch))
        if pushed is None:
            self.repository.push(commit, branch=change.branch)
        return forge.propose(Draft(branch=change.branch, base=self.base, title=change.title, body=body)).url

    def _plan(self, base: str, head: str, *, branch: str) -> str:
        """What a deploy of the commit would do, as the comment on any other pull request says it."""
        before, after = (
            revision_of(commit, root=self.repository.root, context=self.context) for commit in (base, head)
        )
        today = datetime.datetime.now(datetime.UTC).date()
        return markdown(
            plan(
                base=replace(before, name=self.base),
                head=replace(after, name=branch),
                prices=shipped(),
                account=(),
                images=unpatched_images(after, today=today),
                undeclared_resources=None,
            )
        )
