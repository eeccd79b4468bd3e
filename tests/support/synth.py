"""The app's templates as tests read them: resources by kind, references by the name of what they mean."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import aws_cdk as cdk

from modelyard.rehearsal.cloud.coverage import Row, row_of, rows, template_paths
from modelyard.stacks.assembly import Declarations, build_app

ROOT = Path(__file__).parents[2]
HASH = re.compile(r"[0-9A-F]{8}$")
IMPORTS = {
    "ExportsOutputRefDataBucket": "<bucket>",
    "ExportsOutputFnGetAttDataBucket": "<bucket-arn>",
    "ExportsOutputFnGetAttDataKey": "<key-arn>",
    "ExportsOutputRefAlerts": "<topic-arn>",
    "ExportsOutputFnGetAttTrackingApp": "<tracking-arn>",
}
FLAGS: dict[str, Any] = json.loads((ROOT / "cdk.json").read_text(encoding="utf-8"))["context"]


@dataclass(frozen=True, kw_only=True)
class Synthesized:
    """Every template of an app by the name of its stack, and the notices beside them."""

    templates: Mapping[str, Mapping[str, Any]]
    notices: Mapping[str, list[str]] = field(default_factory=dict)

    def resources(self, stack: str, kind: str) -> dict[str, Mapping[str, Any]]:
        """The resources of a kind (`SageMaker::Endpoint`) by their ids, whose hash is left out."""
        return {
            HASH.sub("", logical_id): body
            for logical_id, body in self.templates[stack]["Resources"].items()
            if body["Type"] == f"AWS::{kind}"
        }

    def one(self, stack: str, kind: str, name: str | None = None) -> dict[str, Any]:
        """The plain properties of the only resource of a kind, or of the one so named."""
        found = self.resources(stack, kind)
        chosen = found[name] if name is not None else _only(found)
        properties: dict[str, Any] = plain(chosen.get("Properties", {}))
        return properties

    def statements(self, stack: str, role: str) -> list[dict[str, Any]]:
        """What a role may do: all of it is in one policy of its own."""
        properties = self.one(stack, "IAM::Role", role)
        assert set(properties) <= {"AssumeRolePolicyDocument", "Description", "Policies", "Tags"}
        assert len(properties["Description"]) > 20
        (policy,) = properties["Policies"]
        statements = policy["PolicyDocument"]["Statement"]
        document = {"Version": "2012-10-17", "Statement": statements}
        assert policy == {"PolicyName": "Access", "PolicyDocument": document}
        return list(statements)

    def definition(self, stack: str, machine: str) -> dict[str, Any]:
        """A state machine's definition."""
        return dict(self.one(stack, "StepFunctions::StateMachine", machine)["Definition"])

    def outputs(self, stack: str) -> dict[str, Any]:
        """A stack's own outputs by name, without those that exist for other stacks."""
        found = self.templates[stack].get("Outputs", {})
        return {name: plain(one["Value"]) for name, one in found.items() if "Export" not in one}


def plain(value: Any) -> Any:
    """A value of a template with references as texts in angle brackets, and joins joined."""
    if isinstance(value, list):
        return [plain(one) for one in value]
    if not isinstance(value, Mapping):
        return value
    if len(value) == 1:
        ((function, argument),) = value.items()
        if function == "Ref" or function.startswith("Fn::"):
            return _reference(function, argument)
    return {key: plain(one) for key, one in value.items()}


def synthesize(
    outdir: Path,
    *,
    models: Path = ROOT / "models",
    stages: Path = ROOT / "stages.toml",
    scripts: Path = ROOT / "training_scripts",
    stage: str = "dev",
    model: str | None = None,
    preview: bool = True,
    destroy_data: str | None = None,
) -> Synthesized:
    """Build and synthesize the app as `cdk synth` does, without the command line."""
    app = cdk.App(outdir=str(outdir), context=FLAGS, builtin_cloud_formation_validation=False)
    declarations = Declarations(
        models=models,
        stages=stages,
        scripts=scripts,
        stage=stage,
        model=model,
        preview=preview,
        destroy_data=destroy_data,
    )
    build_app(app, declarations=declarations, validate=False)
    assembly = app.synth()
    return Synthesized(
        templates=read_templates(outdir), notices={one.stack_name: _notices(one) for one in assembly.stacks}
    )


def read_templates(outdir: Path) -> dict[str, Any]:
    """The templates of a folder by the name of their stack.

    Whatever they have, the coverage table must say what becomes of it in the local AWS.
    """
    templates = {
        file.name.removesuffix(".template.json"): json.loads(file.read_text(encoding="utf-8"))
        for file in sorted(outdir.glob("*.template.json"))
    }
    _assert_rows(templates)
    return templates


def _assert_rows(templates: Mapping[str, Mapping[str, Any]]) -> None:
    """Fail where a template has a property that no row of the coverage table speaks of."""
    found = {found for template in templates.values() for found in template_paths(template)}
    missing = [f"{type_}: {path}" for type_, path in sorted(found) if not _has_row(type_, path)]
    lines = "\n".join(missing)
    assert not missing, f"add a row to rehearsal/cloud/coverage.toml for each of these, and run make coverage:\n{lines}"


@cache
def _has_row(type_: str, path: str) -> bool:
    return row_of(type_=type_, path=path, table=_table()) is not None


@cache
def _table() -> list[Row]:
    return rows()


def _notices(stack: Any) -> list[str]:
    return [str(message.entry.data) for message in stack.messages]


def _only(found: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any]:
    assert len(found) == 1, sorted(found)
    return next(iter(found.values()))


def _reference(function: str, argument: Any) -> str:
    if function == "Fn::Join":
        return str(argument[0]).join(str(plain(part)) for part in argument[1])
    if function == "Ref":
        return f"<{HASH.sub('', argument).removeprefix('AWS::')}>"
    if function == "Fn::GetAtt":
        return f"<{HASH.sub('', argument[0])}.{argument[1]}>"
    if function == "Fn::ImportValue":
        name = argument.partition(":")[2]
        return next(short for prefix, short in IMPORTS.items() if name.startswith(prefix))
    if function == "Fn::FindInMap":
        return f"<{HASH.sub('', argument[0])} of {plain(argument[1])}>"
    return f"<{argument}>"
