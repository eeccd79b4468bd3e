"""What is declared on this machine: the models, the stage, and the scripts beside them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from modelyard.manifest import Model, Stage, beside, read_models, read_stage

# As seen from where the command runs, so that sentences name files as the operator would.
ROOT = Path(os.path.relpath(Path(__file__).parent.parent))


@dataclass(frozen=True, kw_only=True)
class Project:
    """The declarations of one stage; `stages.toml` and the scripts lie beside the models, or are the repository's."""

    stage_name: str = "dev"
    models: Path = ROOT / "models"

    @cached_property
    def stage(self) -> Stage:
        """The stage that is worked on.

        Raises:
            manifest.Refused: `stages.toml` cannot be taken, or knows no such stage.
        """
        return read_stage(self._beside("stages.toml"), name=self.stage_name)

    def model(self, name: str) -> Model:
        """A model by its name, with hyphens or underscores.

        Raises:
            manifest.Refused: there is none, or its manifest cannot be taken.
        """
        (model,) = read_models(self.models, stage=self.stage, scripts=self.scripts, only=name)
        return model

    def all_models(self) -> tuple[Model, ...]:
        """Every model that is declared.

        Raises:
            manifest.Refused: a manifest cannot be taken.
        """
        return read_models(self.models, stage=self.stage, scripts=self.scripts)

    @property
    def scripts(self) -> Path:
        """The folder of the training scripts."""
        return self._beside("training_scripts")

    def _beside(self, name: str) -> Path:
        return beside(self.models, name=name, root=ROOT)

    def file_of(self, model: Model) -> Path:
        """The manifest of a model."""
        return self.models / f"{model.name}.toml"
