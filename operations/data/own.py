"""The data of a project's own model: `data/<model>/`, as `yard new` writes it."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from modelyard.manifest import Model
from modelyard.operations.failures import Failure
from modelyard.operations.project import ROOT

DATA = "data"
VALIDATION = "validation/*.csv"


@dataclass(frozen=True, kw_only=True, slots=True)
class OwnData:
    """A folder of datasets; the validation rows, without their labels, are also what clients send.

    Raises:
        Failure: there are no validation rows.
    """

    folder: Path

    def __post_init__(self) -> None:
        if not any(True for _ in self._labelled()):
            raise Failure(
                f"{self.folder / VALIDATION} must hold rows with the label first, there are none; "
                "put them there, or give a file of your own"
            )

    def write(self, *, folder: Path) -> tuple[Path, ...]:
        """Copy the datasets to a folder, add `traffic/traffic.csv`, and return the files."""
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        traffic = folder / "traffic" / "traffic.csv"
        traffic.parent.mkdir(exist_ok=True)
        traffic.write_text("".join(f"{record}\n" for _, record in self._labelled()), encoding="utf-8")
        return tuple(path for path in sorted(folder.rglob("*")) if path.is_file())

    def traffic_labels(self) -> tuple[str, ...]:
        """Return the labels of the rows of `traffic/traffic.csv`, in their order."""
        return tuple(label for label, _ in self._labelled())

    def _labelled(self) -> Iterator[tuple[str, str]]:
        """The label of each validation row, and what is sent of it."""
        for file in sorted(self.folder.glob(VALIDATION)):
            for line in file.read_text(encoding="utf-8").split("\n"):
                label, comma, record = line.rstrip("\r").partition(",")
                if comma:
                    yield label, record


def own_data(model: Model, *, root: Path = ROOT) -> Path | None:
    """Return the folder of a model's own datasets in the project, None where there is none."""
    folder = root / DATA / model.name
    return folder if folder.is_dir() else None
