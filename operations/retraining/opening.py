"""A proposal, opened: a commit with promote's lines on a branch of its own, and a pull request that explains it."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from modelyard.manifest import Model
from modelyard.operations.bucket import DataBucket
from modelyard.operations.costs.prices import shipped
from modelyard.operations.planning.images import unpatched_images
from modelyard.operations.planning.plan import plan
from modelyard.operations.planning.rendering import markdown
from modelyard.operations.planning.sources import revision_of
from modelyard.operations.promotion.candidate import candidate
from modelyard.operations.promotion.deployable import deployable
from modelyard.operations.promotion.promote import apply, chosen_variants, edits
from modelyard.operations.retraining.branch import Repository
from modelyard.operations.retraining.compared import RetrainingRun, Sample
from modelyard.operations.retraining.description import body_of, title_of
from modelyard.operations.retraining.forge import Draft, Forge
from modelyard.operations.retraining.proposing import Verdict, branch_of


@dataclass(frozen=True, kw_only=True, slots=True)
class Opening:
    """Where a model's proposals are made: its manifest in a clone, and the branch that they are to change.

    `context` are the values with which the app is synthesized for the plan.
    """

    model: Model
    bucket: DataBucket
    manifest: Path
    repository: Repository
    base: str
    context: Mapping[str, str]

    def open(self, *, forge: Forge, run: RetrainingRun, verdict: Verdict, samples: list[Sample]) -> str:
        """Push the commit and open the pull request, and return its address; what was done before is not done again.

        Raises:
            Failure: there is no artifact or baseline, the manifest cannot be changed, or git or the forge refuses.
        """
        found = candidate(model=self.model, bucket=self.bucket, run=run.name, trial=None)
        promoted = deployable(found, model=self.model, bucket=self.bucket)
        title, head = title_of(model=self.model, verdict=verdict), self.repository.head()
        branch = branch_of(model=self.model, run=run.name)
        pushed = self.repository.remote_commit(branch)
        variants = chosen_variants(model=self.model, name=None)
        changes = edits(model=self.model, candidate=promoted, variants=variants, weight=None)
        text = apply(text=self.repository.text_at(head, self.manifest), changes=changes)
        message = f"{title}\n\n{verdict.why}.\n"
        commit = (
            self.repository.commit(onto=head, file=self.manifest, text=text, message=message)
            if pushed is None
            else pushed
        )
        body = body_of(
            run=run, verdict=verdict, samples=samples, board=found.board, plan=self._plan(head, commit, branch=branch)
        )
        if pushed is None:
            self.repository.push(commit, branch=branch)
        return forge.propose(Draft(branch=branch, base=self.base, title=title, body=body)).url

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
