"""Where a certification is declared: the model's manifest without what was promoted, and a stage of its own."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from modelyard.manifest import Model
from modelyard.manifest.serving import Serving
from modelyard.operations.failures import Failure
from modelyard.operations.project import Project
from modelyard.operations.promotion.unpromoted import without_promotion

STAGE = "certify"
# All of it is to go at the end, and nothing of the account's own settings is to change.
STAGES = f'[{STAGE}]\nremoval = "destroy"\ntermination_protection = false\napi_log_role = false\n'
FEWEST_TRIALS = 2


@dataclass(frozen=True, kw_only=True, slots=True)
class Workspace:
    """A folder with copies of the declarations; the app and its scripts are the project's."""

    folder: Path
    manifest: Path
    project: Project

    @property
    def model(self) -> Model:
        """The model as it is declared now."""
        return self.project.model(self.manifest.stem)

    @property
    def serving(self) -> Serving:
        """The model's table of what serves, which `check_playable` has found."""
        serving = self.model.serving
        assert serving is not None  # noqa: S101 - else no workspace is made
        return serving

    @property
    def variant(self) -> str:
        """The name of the one variant."""
        return self.serving.variants[0].name

    @property
    def digest(self) -> str:
        """What tells the manifest from others."""
        return hashlib.sha256(self.manifest.read_bytes()).hexdigest()


def make_workspace(*, project: Project, name: str, folder: Path) -> Workspace:
    """Copy a model's declarations into a folder.

    Raises:
        manifest.Refused: they cannot be taken.
        Failure: the model has not what a life plays.
    """
    file = project.file_of(project.model(name))
    manifest = folder / "models" / file.name
    manifest.parent.mkdir()
    manifest.write_text(without_promotion(file.read_text(encoding="utf-8"), file=file.name), encoding="utf-8")
    (folder / "stages.toml").write_text(STAGES, encoding="utf-8")
    made = Workspace(folder=folder, manifest=manifest, project=Project(stage_name=STAGE, models=manifest.parent))
    check_playable(made.model)
    return made


def check_playable(model: Model) -> None:
    """Refuse a model that has not what a life plays.

    Raises:
        Failure: it says which table or key is missing.
    """
    training, serving, monitoring = model.training, model.serving, model.monitoring
    needs = {
        f"[training] with {FEWEST_TRIALS} trials": training is not None and len(training.all_trials) >= FEWEST_TRIALS,
        "[serving] with one variant and no shadow": serving is not None
        and len(serving.variants) == 1
        and serving.shadow is None,
        "serving.scaling": serving is not None and serving.scaling is not None,
        'monitoring.engine = "drift"': monitoring is not None and monitoring.engine == "drift",
    }
    missing = [what for what, there in needs.items() if not there]
    if missing:
        raise Failure(f"{model.name} must have {', '.join(missing)} for a certification; name another, such as churn")
