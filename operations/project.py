"""What is declared on this machine: the models, the stage, and the scripts beside them."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from modelyard.manifest import Model, Stage, beside, read_models, read_stage
from modelyard.manifest.names import dashed
from modelyard.manifest.reading import read_stages
from modelyard.manifest.stack_kinds import STACK_KINDS


def _project_folder() -> Path:
    """The nearest folder with a cdk.json, from where the command runs upwards; else where it runs."""
    here = Path.cwd()
    folder = next((one for one in (here, *here.parents) if (one / "cdk.json").is_file()), here)
    # As seen from where the command runs, so that sentences name files as the operator would.
    return Path(os.path.relpath(folder))


ROOT = _project_folder()


@dataclass(frozen=True, kw_only=True)
class Project:
    """The declarations of one stage; `stages.toml` and the scripts lie beside the models or in the project's folder."""

    stage_name: str = "dev"
    models: Path = ROOT / "models"

    @cached_property
    def stage(self) -> Stage:
        """The stage that is worked on.

        Raises:
            manifest.Refused: `stages.toml` cannot be taken, or knows no such stage.
        """
        return read_stage(self._beside("stages.toml"), name=self.stage_name)

    @property
    def log_role_stages(self) -> tuple[str, ...]:
        """The other stages that set API Gateway's role for logs, in what may be the same account and region."""
        stages = read_stages(self._beside("stages.toml"), needed=self.stage_name)
        return tuple(
            name
            for name, one in stages.items()
            if name != self.stage_name
            and one.api_log_role
            and (None in (one.account, self.stage.account) or one.account == self.stage.account)
            and (None in (one.region, self.stage.region) or one.region == self.stage.region)
        )

    def model(self, name: str) -> Model:
        """Return a model by its name, with hyphens or underscores.

        Raises:
            manifest.Refused: there is none, or its manifest cannot be taken.
        """
        (model,) = read_models(self.models, stage=self.stage, scripts=self.scripts, only=name)
        return model

    def declares(self, name: str) -> bool:
        """Return whether a model has a manifest, without reading it."""
        return any(dashed(file.stem) == dashed(name) for file in self.models.glob("*.toml"))

    def all_models(self) -> tuple[Model, ...]:
        """Return every model that is declared.

        Raises:
            manifest.Refused: a manifest cannot be taken.
        """
        return read_models(self.models, stage=self.stage, scripts=self.scripts)

    def stack_names(self, *, of: Iterable[Model]) -> frozenset[str]:
        """Return the names of the stacks that the manifests of some models declare, and of those of the stage."""
        names = {kind.stack_name(stage=self.stage_name) for kind in STACK_KINDS if not kind.of_model}
        declared = ((model, kind) for model in of for kind in STACK_KINDS if kind.is_declared(model))
        return frozenset(names | {kind.stack_name(stage=self.stage_name, model=model) for model, kind in declared})

    @property
    def scripts(self) -> Path:
        """The folder of the training scripts."""
        return self._beside("training_scripts")

    def _beside(self, name: str) -> Path:
        return beside(self.models, name=name, root=ROOT)

    def file_of(self, model: Model) -> Path:
        """Return the manifest of a model."""
        return self.models / f"{model.name}.toml"
