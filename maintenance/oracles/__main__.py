"""Ask tools of others about the app's templates, and hold what they find to the list of answers.

    make oracles

IAM: parliament and policy_sentry, about every policy as a deploy would write it. Templates: checkov, and cfn-lint for
every region of the table. A finding fails that is not answered in `answers.toml`, and so does an answer that is stale.
"""

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

import aws_cdk as cdk

from maintenance.oracles.answers import ANSWERS, Finding, read_answers
from maintenance.oracles.policies import HASH, Deployment
from modelyard.manifest import Refused, catalogue
from modelyard.stacks.assembly import Declarations, build_app

ROOT = Path(__file__).parents[2]
STAGES = Path(__file__).with_name("stages.toml")
ASK = Path(__file__).with_name("ask.py")
# Of each stage the region of its templates, or of a deploy of templates that fit any.
REGIONS = {"dev": "us-east-1", "prod": "eu-west-1"}
ENDING = ".template.json"
NOT_THERE = re.compile(r"Resource type '(?P<type>.+)' does not exist in '(?P<region>.+)'")


def main(python: str) -> int:
    """Ask all of them, three by the Python of the environment that they have, and print what nobody has answered."""
    try:
        answers = read_answers(ANSWERS)
    except Refused as refused:
        sys.stderr.write(f"{refused}\n")
        return 1
    with tempfile.TemporaryDirectory(prefix="oracles-") as folder:
        templates, policies = Path(folder, "templates"), Path(folder, "policies.json")
        templates.mkdir()
        found: list[dict[str, Any]] = []
        for stage, region in REGIONS.items():
            synthesized = synthesize(stage, outdir=Path(folder, stage))
            for name, body in synthesized.items():
                Path(templates, f"{name}{ENDING}").write_text(json.dumps(body), encoding="utf-8")
            found += map(asdict, Deployment(templates=synthesized, region=region).policies())
        policies.write_text(json.dumps(found), encoding="utf-8")
        findings = list(ask(python, templates=templates, policies=policies))
    complaints = answers.complaints(findings)
    sys.stdout.writelines(f"{complaint}\n" for complaint in complaints)
    summary = f"{len(found)} policies: {len(findings)} findings, {len(answers.answer)} answers"
    sys.stdout.write(f"{summary}, {len(complaints)} to mend\n")
    return 1 if complaints else 0


def synthesize(stage: str, *, outdir: Path) -> dict[str, Any]:
    """Return the templates of the examples on one of the stages, also of those that nobody has promoted."""
    context = json.loads((ROOT / "cdk.json").read_text(encoding="utf-8"))["context"]
    app = cdk.App(outdir=str(outdir), context=context, builtin_cloud_formation_validation=False)
    declarations = Declarations(
        models=ROOT / "models", stages=STAGES, scripts=ROOT / "training_scripts", stage=stage, preview=True
    )
    build_app(app, declarations=declarations, validate=False)
    return {one.stack_name: one.template for one in app.synth().stacks}


def ask(python: str, *, templates: Path, policies: Path) -> Iterator[Finding]:
    """Yield what all of them find, asked side by side.

    Raises:
        subprocess.CalledProcessError: one of them has not answered.
    """
    linter = str(Path(sys.executable).with_name("cfn-lint"))
    options = ["--format", "json", "--non-zero-exit-code", "none", "--regions", *catalogue.regions(), "--"]
    commands = [
        [linter, *options, *sorted(map(str, templates.iterdir()))],
        [python, str(ASK), str(templates), str(policies)],
    ]
    with ThreadPoolExecutor() as asked:
        matches, found = asked.map(_said_by, commands)
    yield from of_cfn_lint(matches)
    yield from (Finding(**{**one, "owner": HASH.sub("", one["owner"])}) for one in found)


def of_cfn_lint(matches: Iterable[Mapping[str, Any]]) -> Iterator[Finding]:
    """Yield what cfn-lint has found, but for types that the check S25 refuses in a region."""
    for match in matches:
        absent = NOT_THERE.fullmatch(match["Message"])
        if absent is not None and not catalogue.has_type(resource_type=absent["type"], region=absent["region"]):
            continue
        # The path is that of the value in the template: Resources, the logical id, and so on.
        logical_id = "".join(map(str, (match["Location"]["Path"] or [])[1:2]))
        yield Finding(
            tool="cfn-lint",
            check=match["Rule"]["Id"],
            owner=f"{Path(match['Filename']).name.removesuffix(ENDING)}/{HASH.sub('', logical_id)}",
            detail=match["Message"],
        )


def _said_by(command: list[str]) -> list[dict[str, Any]]:
    said = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)  # noqa: S603 - words of our own
    found: list[dict[str, Any]] = json.loads(said.stdout)
    return found


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
