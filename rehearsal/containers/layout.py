"""The tree that a container finds at /opt/ml, laid out in any folder.

Source: "How Amazon SageMaker AI Provides Training Information" and "How Amazon SageMaker AI Processes
Training Output" in AWS's developer guide.
"""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True, slots=True)
class ContainerTree:
    """One container's /opt/ml, whose place is `root`.

    Raises:
        ValueError: the root is not an absolute path; a script runs in a folder of its own and would not find
        it.

    """

    root: Path

    def __post_init__(self) -> None:
        if not self.root.is_absolute():
            raise ValueError(f"root must be an absolute path, got {self.root}; call resolve() on it")

    @property
    def input(self) -> Path:
        """Where configuration and channels lie."""
        return self.root / "input"

    @property
    def input_config(self) -> Path:
        """Where hyperparameters.json, resourceconfig.json and inputdataconfig.json lie."""
        return self.input / "config"

    @property
    def processing_config(self) -> Path:
        """Where a processing job finds processingjobconfig.json and resourceconfig.json."""
        return self.root / "config"

    @property
    def message(self) -> Path:
        """The file whose first 1,024 characters are a processing job's exit message."""
        return self.output / "message"

    @property
    def output(self) -> Path:
        """Where the failure file goes."""
        return self.root / "output"

    @property
    def output_data(self) -> Path:
        """Where a script puts what is to be kept beside the model."""
        return self.output / "data"

    @property
    def output_intermediate(self) -> Path:
        """Where a script puts what AWS would upload while training goes on."""
        return self.output / "intermediate"

    @property
    def failure(self) -> Path:
        """The file whose first 1,024 characters are the failure reason."""
        return self.output / "failure"

    @property
    def model(self) -> Path:
        """Where a script saves its model, and where a server finds it."""
        return self.root / "model"

    @property
    def code(self) -> Path:
        """Where the script's own folder is unpacked."""
        return self.root / "code"

    @property
    def checkpoints(self) -> Path:
        """Where a script may save its progress."""
        return self.root / "checkpoints"

    @property
    def home(self) -> Path:
        """A home folder without anyone's credentials; beside /opt/ml in a real container."""
        return self.root / "home"

    @property
    def temporary(self) -> Path:
        """What /tmp is in a real container, so that a script's leftovers go with the tree."""
        return self.root / "tmp"

    def channel(self, name: str) -> Path:
        """Where a channel's files lie."""
        return self.input / "data" / name

    def create(self) -> None:
        """Make every folder; a folder that is there already keeps what it holds."""
        folders = (self.input_config, self.input / "data", self.output_data, self.output_intermediate)
        for folder in (*folders, self.model, self.code, self.checkpoints, self.home, self.temporary):
            folder.mkdir(parents=True, exist_ok=True)

    def copy_channels(self, channels: Mapping[str, Path]) -> None:
        """Copy each channel's folder or file in: a script that writes to it must not change the source.

        Raises:
            ValueError: a channel's source does not exist.

        """
        for name, source in channels.items():
            if not source.exists():
                raise ValueError(f"channel {name} must be a folder or a file, found nothing at {source}")
            if source.is_dir():
                shutil.copytree(source, self.channel(name), dirs_exist_ok=True)
            else:
                self.channel(name).mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, self.channel(name))

    def write_config(self, *, name: str, content: Mapping[str, object]) -> None:
        """Write one of the three JSON files of /opt/ml/input/config."""
        _write_json(path=self.input_config / f"{name}.json", content=content)

    def write_processing_config(self, *, name: str, content: Mapping[str, object]) -> None:
        """Write one of the two JSON files of /opt/ml/config, where a processing job looks."""
        _write_json(path=self.processing_config / f"{name}.json", content=content)


def _write_json(*, path: Path, content: Mapping[str, object]) -> None:
    path.write_text(json.dumps(content, sort_keys=True), encoding="utf-8")
