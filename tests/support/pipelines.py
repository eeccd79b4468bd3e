"""The pipelines of a user's repository as tests read them: jobs, steps and the commands that they run."""

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from support.synth import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
ACTIONS = sorted((ROOT / ".github" / "actions").glob("*/action.yml"))
GITLAB = ROOT / ".gitlab-ci.yml"
# As the action that sets up has it, whatever the tests were started with.
_FOLDERS = (Path(sys.prefix) / "node", Path(sys.prefix) / "bin", ROOT / "node_modules" / ".bin")
TOOLS = os.environ | {
    "PATH": os.pathsep.join([*map(str, _FOLDERS), os.environ.get("PATH", os.defpath)]),
    "JSII_NODE": str(_FOLDERS[0] / "node"),
}


class Loader(yaml.SafeLoader):
    """YAML as these platforms read it: `on` is a word, `!reference` a list."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in found if tag != "tag:yaml.org,2002:bool"]
    for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("true|false"), list("tf"))
yaml.add_constructor("!reference", Loader.construct_yaml_seq, Loader)


def read(file: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.load(file.read_text(encoding="utf-8"), Loader=Loader)  # noqa: S506 - a safe loader's own
    return found


def jobs(file: Path) -> dict[str, dict[str, Any]]:
    return dict(read(file)["jobs"])


def steps(file: Path) -> list[dict[str, Any]]:
    """All steps of a workflow, or of an action."""
    document = read(file)
    if "runs" in document:
        return list(document["runs"]["steps"])
    return [step for job in document["jobs"].values() for step in job.get("steps", ())]


def step(workflow: str, name: str) -> dict[str, Any]:
    (found,) = [one for one in steps(ROOT / ".github" / "workflows" / workflow) if one.get("name") == name]
    return found


def scripts() -> Iterator[str]:
    """Every command of every pipeline."""
    for file in (*WORKFLOWS, *ACTIONS):
        yield from (one["run"] for one in steps(file) if "run" in one)
    for job in read(GITLAB).values():
        if isinstance(job, dict):
            lines = [*job.get("script", ()), *job.get("before_script", ())]
            yield from (line for line in lines if isinstance(line, str))


def commands(program: str) -> list[list[str]]:
    """The words after a program's name, wherever a pipeline calls it."""
    pattern = re.compile(rf"(?:^|[|&{{(] *|\s){program} ((?:[\w./@:=$^-]|\"[^\"]*\"|'[^']*'| (?!>|\|))+)", re.MULTILINE)
    return [
        found[1].replace('"', "").replace("'", "").split() for text in scripts() for found in pattern.finditer(text)
    ]
