"""The project as the scenario has it: the user's own files, but for the declarations, which are copies.

The scenario promotes models and changes manifests. What it changes must not be the user's.
"""

import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from modelyard.manifest import read_models, read_stage

REPOSITORY = Path(__file__).resolve().parents[1]
_DECLARED = ("models", "stages.toml")
_LEFT_OUT = ("cdk.out", "rehearsed")


class ManifestError(Exception):
    """A manifest has no line of the kind that the scenario changes."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Workspace:
    """A folder that looks like the repository. `model` names the manifest that is played."""

    folder: Path
    model: str

    @property
    def manifest(self) -> Path:
        """The played model's manifest."""
        return self.folder / "models" / f"{self.model}.toml"

    def fill(self) -> None:
        """Lay the project out: links to what the scenario only reads, copies of what it changes."""
        self.folder.mkdir(parents=True)
        for path in REPOSITORY.iterdir():
            if path.name not in (*_DECLARED, *_LEFT_OUT) and (not path.name.startswith(".") or path.name == ".wheels"):
                (self.folder / path.name).symlink_to(path)
        self.manifest.parent.mkdir()
        shutil.copy(REPOSITORY / "models" / self.manifest.name, self.manifest)
        shutil.copy(REPOSITORY / "stages.toml", self.folder / "stages.toml")

    def check(self) -> None:
        """Hold the declarations against what can be, as synth does, before anything is started for them.

        Raises:
            Refused: what cannot be, a sentence a flaw.

        """
        here = Path(os.path.relpath(self.folder))
        stage = read_stage(here / "stages.toml", name="dev")
        read_models(here / "models", stage=stage, scripts=here / "training_scripts", only=self.model)

    def allow_removal(self) -> None:
        """Let the stage's data be destroyed, which is the first of the two keys."""
        stages = self.folder / "stages.toml"
        text = stages.read_text(encoding="utf-8")
        stages.write_text(text.replace('removal = "retain" ', 'removal = "destroy"', 1), encoding="utf-8")

    def line(self, key: str) -> str:
        """Return the value of the first line that sets a key, such as `engine`.

        Raises:
            ManifestError: no line sets it.

        """
        return self._found(key)[1]

    def set_line(self, key: str, *, value: str) -> None:
        """Change the value in the first line that sets a key; raises as `line` does."""
        found = self._found(key)
        text = self.manifest.read_text(encoding="utf-8")
        start, end = found.span(1)
        self.manifest.write_text(text[:start] + value + text[end:], encoding="utf-8")

    def _found(self, key: str) -> re.Match[str]:
        text = self.manifest.read_text(encoding="utf-8")
        found = re.search(rf'^{key} = "([^"\n]*)"', text, flags=re.MULTILINE)
        if found is None:
            raise ManifestError(f"{self.manifest.name} must have a line {key} = ..., found none; add it")
        return found
