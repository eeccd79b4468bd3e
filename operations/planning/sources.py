"""Where revisions come from: an assembly, the working tree, a revision of git, or what is deployed."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from botocore.exceptions import ClientError

from modelyard.drift.line_breaks import split_lines
from modelyard.operations.aws import Aws
from modelyard.operations.deployment import deployed_template, find_stack
from modelyard.operations.failures import Failure, message_of
from modelyard.operations.planning.blockers.monitors import SCHEDULE
from modelyard.operations.planning.revision import MANIFEST, Revision, exports_of, read_assembly
from modelyard.template_checks.template import Template

UNENDED = ("Pending", "InProgress", "Stopping")
LAST_WORDS = 5


def synthesized(*, root: Path, context: Mapping[str, str], name: str) -> Revision:
    """Synthesize the app of a checkout with this Python, as the CDK CLI would.

    Raises:
        Failure: the app refuses, in its own words.
    """
    with tempfile.TemporaryDirectory(prefix="yard-plan-") as folder:
        given = json.loads((root / "cdk.json").read_text(encoding="utf-8"))["context"] | dict(context)
        asked = {"CDK_OUTDIR": folder, "CDK_CONTEXT_JSON": json.dumps(given), "CDK_VALIDATION": "false"}
        _run([sys.executable, "app.py"], folder=root, variables=asked, what=f"{name} cannot be synthesized")
        return read_assembly(Path(folder), name=name)


def revision_of(text: str, *, root: Path, context: Mapping[str, str]) -> Revision:
    """Return an assembly's folder, or a revision of git that is synthesized in a worktree of its own.

    Raises:
        Failure: it is neither, or cannot be synthesized; or the context's models lie outside the project, so that the
            revision has none of them.
    """
    if (Path(text) / MANIFEST).is_file():
        return read_assembly(Path(text))
    asked = ["git", "rev-parse", "--verify", "--quiet", "--end-of-options", f"{text}^{{commit}}"]
    answered = subprocess.run(asked, cwd=root, capture_output=True, text=True, check=False)  # noqa: S603
    if answered.returncode != 0:
        raise Failure(
            f"BASE must be a revision of git or a folder that cdk synth wrote, got {text}; "
            "leave it out to compare with what is deployed"
        )
    models = (root / context.get("models", "models")).resolve()
    if not models.is_relative_to(root.resolve()):
        raise Failure(
            f"models must be a folder of the project, whose revision {text} has it as it was, got {models}; compare "
            f"with an assembly instead: cdk synth -c models={models} --output FOLDER"
        )
    of_checkout = {**context, "models": os.path.relpath(models, root.resolve())} if "models" in context else context
    commit = answered.stdout.strip()
    with tempfile.TemporaryDirectory(prefix="yard-plan-") as folder:
        checkout = Path(folder) / "checkout"
        added = ["git", "worktree", "add", "--quiet", "--detach", str(checkout), commit]
        _run(added, folder=root, variables={}, what=f"{commit} cannot be checked out")
        try:
            return synthesized(root=checkout, context=of_checkout, name=f"{text} ({commit[:10]})")
        finally:
            removed = ["git", "worktree", "remove", "--force", str(checkout)]
            _run(removed, folder=root, variables={}, what=f"The worktree {checkout} cannot be removed")


def deployed(*, aws: Aws, templates: Sequence[Template], undeclared: Sequence[Template] = ()) -> Revision:
    """Return what stands in the account of these stacks, who imports from them, and which of their checks run now.

    `undeclared` are the templates of other stacks of the stage, which are known to stand.

    Raises:
        Failure: a stack was deployed from a template that is not JSON.
    """
    found = tuple(one for one in (_standing(aws, like=template) for template in templates) if one is not None)
    schedules = [
        one.properties.get("MonitoringScheduleName") for template in found for one in template.resources(SCHEDULE)
    ]
    return Revision(
        name=f"the deployed stacks in {aws.region}",
        templates=(*found, *undeclared),
        importers={export: _importers(aws, export=export) for one in found for export in exports_of(one)},
        running=frozenset(name for name in schedules if isinstance(name, str) and _runs(aws, schedule=name)),
    )


def _standing(aws: Aws, *, like: Template) -> Template | None:
    stack = find_stack(aws=aws, name=like.name)
    if stack is None or not stack.was_created:
        return None
    body = deployed_template(aws=aws, stack=like.name)
    if body is None:
        return None
    if not isinstance(body, Mapping):  # boto3 parses JSON, and leaves anything else a text
        raise Failure(
            f"The template of {like.name} must be JSON, got YAML; compare with an assembly or a revision instead"
        )
    return Template(name=like.name, body=body, region=aws.region)


def _importers(aws: Aws, *, export: str) -> frozenset[str]:
    pages = aws.client("cloudformation").get_paginator("list_imports").paginate(ExportName=export)
    try:
        return frozenset(name for page in pages for name in page["Imports"])
    except ClientError as error:
        if "is not imported" in message_of(error) or "does not exist" in message_of(error):
            return frozenset()
        raise


def _runs(aws: Aws, *, schedule: str) -> bool:
    asked = aws.client("sagemaker").list_monitoring_executions
    return any(
        asked(MonitoringScheduleName=schedule, StatusEquals=status)["MonitoringExecutionSummaries"]
        for status in UNENDED
    )


def _run(command: Sequence[str], *, folder: Path, variables: Mapping[str, str], what: str) -> None:
    answered = subprocess.run(  # noqa: S603 - our own commands; the revision is a commit's hash
        command, cwd=folder, env=os.environ | dict(variables), capture_output=True, text=True, check=False
    )
    if answered.returncode != 0:
        words = " ".join(split_lines(answered.stderr.strip())[-LAST_WORDS:])
        raise Failure(f"{what}: {words if words else f'it ended with {answered.returncode}'}")
