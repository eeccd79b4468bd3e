"""The project as the scenario has it: the user's own files, but for the declarations, which are copies.

The scenario promotes models and changes manifests. What it changes must not be the user's.
"""

import copy
import os
import shutil
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modelyard.manifest import Model, Stage, read_models, read_stage
from modelyard.operations.promotion.toml_lines import HEADER, Edit, Value
from modelyard.rehearsal.session import ACCOUNT

STAGE = "dev"
MANIFESTS = "models"
STAGES = "stages.toml"
SCRIPTS = "training_scripts"
# The CLI writes this one while it synthesizes.
LOOKUPS = "cdk.context.json"
COPIED = (MANIFESTS, STAGES, LOOKUPS)
LEFT_OUT = ("cdk.out", "rehearsed")
# What was promoted on AWS is not in the local AWS: each key, by its table.
PROMOTED: Mapping[str, tuple[str, ...]] = {
    "serving.variants": ("model", "from_model"),
    "serving.shadow": ("model", "from_model"),
    "batch": ("model", "from_model"),
    "monitoring": ("baseline",),
    "monitoring.quality": ("baseline",),
}


class ManifestError(Exception):
    """A manifest is written in a form that the scenario cannot change."""


def model_names(project: Path) -> list[str]:
    """Return the names of the models that a project declares."""
    return sorted(file.stem for file in (project / MANIFESTS).glob("*.toml"))


def read_declarations(project: Path, *, model: str) -> tuple[Stage, Model]:
    """Return the stage and one model as synth reads them.

    Raises:
        Refused: a declaration cannot be taken, a sentence for each problem.

    """
    # As seen from where the command runs, so that sentences name files as the user would.
    here = Path(os.path.relpath(project))
    stage = read_stage(here / STAGES, name=STAGE)
    (declared,) = read_models(here / MANIFESTS, stage=stage, scripts=here / SCRIPTS, only=model)
    return stage, declared


@dataclass(frozen=True, kw_only=True, slots=True)
class Workspace:
    """A folder that looks like the project. `model` names the manifest whose scenario is run."""

    folder: Path
    project: Path
    model: str

    @property
    def manifest(self) -> Path:
        """The model's manifest."""
        return self.folder / MANIFESTS / f"{self.model}.toml"

    def fill(self) -> None:
        """Lay the project out: links to what the scenario only reads, copies of what it changes.

        Raises:
            ManifestError: what was promoted cannot be taken out of the manifest.
            Failure: the stage is written in a form of which a line cannot be changed.

        """
        self.folder.mkdir(parents=True)
        for path in self.project.iterdir():
            hidden = path.name.startswith(".") and path.name != ".wheels"
            if path.name not in (*COPIED, *LEFT_OUT) and not hidden:
                (self.folder / path.name).symlink_to(path)
        if (self.project / LOOKUPS).is_file():
            shutil.copy(self.project / LOOKUPS, self.folder / LOOKUPS)
        shutil.copy(self.project / STAGES, self.folder / STAGES)
        # A protected stack could not be deleted at the end.
        self._edit(self.folder / STAGES, Edit(table=STAGE, key="termination_protection", value=False))
        if "account" in tomllib.loads((self.folder / STAGES).read_text(encoding="utf-8"))[STAGE]:
            self._edit(self.folder / STAGES, Edit(table=STAGE, key="account", value=ACCOUNT))
        self.manifest.parent.mkdir()
        text = (self.project / MANIFESTS / self.manifest.name).read_text(encoding="utf-8")
        self.manifest.write_text(without_promotion(text, file=self.manifest.name), encoding="utf-8")

    def allow_removal(self) -> None:
        """Let the stage's data be destroyed, which is the first of the two keys.

        Raises:
            Failure: the stage is written in a form of which a line cannot be changed.

        """
        self._edit(self.folder / STAGES, Edit(table=STAGE, key="removal", value="destroy"))

    def set_value(self, table: str, key: str, *, value: Value, index: int | None = None) -> None:
        """Change a key of the manifest in its own line.

        Raises:
            Failure: the table is written in a form of which a line cannot be changed.

        """
        self._edit(self.manifest, Edit(table=table, key=key, value=value, index=index))

    def _edit(self, file: Path, edit: Edit) -> None:
        file.write_text(edit.apply(file.read_text(encoding="utf-8")), encoding="utf-8")


def without_promotion(text: str, *, file: str) -> str:
    """Return a manifest's text in which the lines are comments that `yard promote` and `yard baseline` write.

    A manifest without [training] stays as it is: there is nothing to promote in their place.

    Raises:
        ManifestError: one of them is not a line of its own.

    """
    if "training" not in tomllib.loads(text):
        return text
    table, lines = "", []
    for line in text.split("\n"):
        header = HEADER.match(line)
        table = table if header is None else header[2]
        promoted = line.partition("=")[0].strip() in PROMOTED.get(table, ())
        lines.append(f"# {line}" if promoted else line)
    changed = "\n".join(lines)
    if tomllib.loads(changed) != _unpromoted(tomllib.loads(text)):
        raise ManifestError(
            f"{file} must have each model, from_model and baseline that was promoted in a line of its own, for the "
            "scenario to promote what it trains; write them so"
        )
    return changed


def _unpromoted(document: dict[str, Any]) -> dict[str, Any]:
    changed = copy.deepcopy(document)
    for path, keys in PROMOTED.items():
        table: Any = changed
        for part in path.split("."):
            table = table.get(part, {})
        for one in table if isinstance(table, list) else [table]:
            for key in keys:
                one.pop(key, None)
    return changed
