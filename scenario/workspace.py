"""The project as the scenario has it: the user's own files, but for the declarations, which are copies.

The scenario promotes models and changes manifests. What it changes must not be the user's.
"""

import os
import shutil
import tomllib
from dataclasses import dataclass
from pathlib import Path

from modelyard.manifest import Model, Stage, read_models, read_stage
from modelyard.operations.promotion.toml_lines import HEADER, Edit, Value
from modelyard.operations.promotion.unpromoted import promoted_values, without_promotion
from modelyard.rehearsal.session import ACCOUNT

STAGE = "dev"
MANIFESTS = "models"
STAGES = "stages.toml"
SCRIPTS = "training_scripts"
LIMITS = "monitoring.limits"
# The CLI writes this one while it synthesizes.
LOOKUPS = "cdk.context.json"
COPIED = (MANIFESTS, STAGES, LOOKUPS)
LEFT_OUT = ("cdk.out", "rehearsed")
# Copies of what manifests name in the data bucket, for models that are not trained here.
PROMOTED = Path("promoted")


def model_names(project: Path) -> list[str]:
    """Return the names of the models that a project declares."""
    return sorted(file.stem for file in (project / MANIFESTS).glob("*.toml"))


def read_promoted(project: Path, *, model: str) -> dict[str, str]:
    """Return the artifacts and baselines that a model's manifest names, by their keys."""
    return promoted_values(tomllib.loads((project / MANIFESTS / f"{model}.toml").read_text(encoding="utf-8")))


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
            Failure: what was promoted cannot be taken out of the manifest, or a line of the stage cannot be changed.

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
        # What was promoted on AWS is not in the local AWS.
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

    def declare(self, table: str) -> None:
        """Add a table to the manifest."""
        text = self.manifest.read_text(encoding="utf-8")
        self.manifest.write_text(f"{text.rstrip()}\n{table}", encoding="utf-8")

    @property
    def tracks(self) -> bool:
        """Whether the stage, as the scenario has it, logs trials to MLflow."""
        return "tracking" in tomllib.loads((self.folder / STAGES).read_text(encoding="utf-8"))[STAGE]

    def leave_tracking_out(self) -> None:
        """Make a comment of the stage's tracking, for a machine without an MLflow server."""
        lines, table = [], ""
        for line in (self.folder / STAGES).read_text(encoding="utf-8").split("\n"):
            header = HEADER.match(line)
            table = table if header is None else header[2]
            is_key = table == STAGE and line.partition("=")[0].strip() == "tracking"
            lines.append(f"# {line}" if is_key or table == f"{STAGE}.tracking" else line)
        (self.folder / STAGES).write_text("\n".join(lines), encoding="utf-8")

    def leave_measures_out(self) -> None:
        """Make comments of the measures that the engine drift alone has.

        A table of them becomes a comment as a whole.
        """
        lines, in_table = [], False
        for line in self.manifest.read_text(encoding="utf-8").split("\n"):
            header = HEADER.match(line)
            if header is not None:
                in_table = header[2].startswith(LIMITS) and header[2].endswith(".measures")
            is_key = line.partition("=")[0].strip() == "measures"
            lines.append(f"# {line}" if in_table or is_key else line)
        self.manifest.write_text("\n".join(lines), encoding="utf-8")

    def _edit(self, file: Path, edit: Edit) -> None:
        file.write_text(edit.apply(file.read_text(encoding="utf-8")), encoding="utf-8")
