"""A revision: the templates of an app as they are or were, by the names of their stacks."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from modelyard.operations.failures import Failure
from modelyard.operations.planning.values import imports_of
from modelyard.template_checks.template import Template, as_text

MANIFEST = "manifest.json"
STACK, NESTED = "aws:cloudformation:stack", "cdk:cloud-assembly"
UNKNOWN_REGION = "unknown-region"


@dataclass(frozen=True, kw_only=True, slots=True)
class Revision:
    """Templates, and what only a look at the account can say beside them.

    `importers` are stacks that import an export besides those of the revision; `running` the names of the monitoring
    schedules of which an execution has not ended.
    """

    name: str
    templates: tuple[Template, ...]
    importers: Mapping[str, frozenset[str]] = field(default_factory=dict)
    running: frozenset[str] = frozenset()

    def template(self, name: str) -> Template | None:
        """Return a stack's template, or None when the revision has no such stack."""
        return next((one for one in self.templates if one.name == name), None)

    def importers_of(self, export: str) -> frozenset[str]:
        """Return the stacks that import an export by its literal name."""
        own = {one.name for one in self.templates if export in imports_of(one.body)}
        return self.importers.get(export, frozenset()) | own


def read_assembly(folder: Path, *, name: str = "") -> Revision:
    """Read what `cdk synth` wrote.

    Raises:
        Failure: there is no assembly in the folder, or it has no stack.
    """
    templates = tuple(_stacks(folder))
    if not templates:
        raise Failure(f"{folder} holds no stack; synthesize one: cdk synth --output {folder}")
    return Revision(name=name if name else str(folder), templates=templates)


def exports_of(template: Template) -> dict[str, Any]:
    """Return the values of a template's exports, by their names."""
    outputs = [one for one in template.section("Outputs").values() if "Export" in one]
    return {as_text(one["Export"]["Name"]): one["Value"] for one in outputs}


def _stacks(folder: Path) -> Iterator[Template]:
    try:
        artifacts: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["artifacts"]
    except (OSError, ValueError, KeyError) as error:
        raise Failure(
            f"{folder} is no assembly ({MANIFEST}: {error}); write one: cdk synth --output {folder}"
        ) from error
    for name, artifact in artifacts.items():
        properties = artifact.get("properties", {})
        if artifact["type"] == NESTED:
            yield from _stacks(folder / properties["directoryName"])
        elif artifact["type"] == STACK:
            body = json.loads((folder / properties["templateFile"]).read_text(encoding="utf-8"))
            region = artifact["environment"].rpartition("/")[2]
            known = None if region == UNKNOWN_REGION else region
            yield Template(name=properties.get("stackName", name), body=body, region=known)
