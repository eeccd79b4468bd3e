"""Write a project: the files of the template with a model's name in them, and the datasets."""

import json
import re
import shutil
import tomllib
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from modelyard.manifest.names import LONGEST_MODEL, MODEL_NAME, dashed
from modelyard.manifest.stage import Stage
from modelyard.manifest.structuring import structured
from modelyard.operations.data.describing import declared_data, with_data
from modelyard.operations.failures import Failure
from modelyard.operations.project_template.table import Table, Task

TEMPLATE = Path(__file__).parent / "template"
SCHEMAS = Path(__file__).resolve().parents[2] / "manifest" / "schemas"
# The template is a project that works, whose model has this name.
MODEL = "my_model"
KEPT = Path(".modelyard")
BASE = KEPT / "base"
ANSWERS = KEPT / "answers.toml"
WHEELS = "wheels"
QUALITY = "[monitoring.quality]"
# The user's from the first day on: a newer release leaves them alone.
OWN = ("README.md", "data", "models", "stacks", "stages.toml", "tests", "training_scripts")


@dataclass(frozen=True, kw_only=True, slots=True)
class Answers:
    """What the files of a project are made from. `wheels` says that the library comes from the folder of that name.

    Raises:
        Failure: the model cannot be named so.
    """

    model: str
    label: str
    task: Task
    version: str
    region: str | None = None
    wheels: bool = False

    def __post_init__(self) -> None:
        if MODEL_NAME.fullmatch(self.model) is None:
            raise Failure(
                f"the model must have a name of at most {LONGEST_MODEL} lower-case letters and digits in words joined "
                f"by _ or -, got {self.model}, from the name of the CSV file; rename the file"
            )

    @property
    def _words(self) -> dict[str, str]:
        region = f'region = "{self.region}"' if self.region is not None else '# region = "eu-west-1"'
        return {
            MODEL: self.model,
            dashed(MODEL): dashed(self.model),
            "@label@": self.label,
            # Between the quotation marks of a TOML text.
            "@label_text@": json.dumps(self.label, ensure_ascii=False)[1:-1],
            "@task@": self.task,
            "@version@": self.version,
            "@region@": region,
            "@wheels@": f"--find-links {WHEELS}\n" if self.wheels else "",
        }

    def filled(self, text: str) -> str:
        """Return a text of the template with these answers in it."""
        words = self._words
        return re.sub("|".join(map(re.escape, words)), lambda found: words[found[0]], text)


def release() -> str:
    """Return the version of Modelyard that runs: the installed one's, or a clone's."""
    try:
        return metadata.version("modelyard")
    except metadata.PackageNotFoundError:
        text = (Path(__file__).resolve().parents[2] / "pyproject.toml").read_text(encoding="utf-8")
        return str(tomllib.loads(text)["project"]["version"])


def model_name(csv: Path) -> str:
    """Return the name of the model that is made from a CSV file, such as `house_prices` for `House prices.csv`."""
    return re.sub(r"[^a-z0-9]+", "_", csv.stem.lower()).strip("_")[:LONGEST_MODEL].rstrip("_")


def template_files(answers: Answers, *, template: Path = TEMPLATE) -> dict[str, str]:
    """Return the contents of a project's files by their paths, without the datasets."""
    files = {}
    for part in (template / "common", template / answers.task):
        for path in sorted(part.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                name = answers.filled(path.relative_to(part).as_posix())
                files[name] = answers.filled(path.read_text(encoding="utf-8"))
    return files


def is_own(name: str) -> bool:
    """Return whether a file is the user's from the first day on."""
    return name.partition("/")[0] in OWN


def write_project(folder: Path, *, answers: Answers, table: Table, wheels: Path | None = None) -> list[str]:
    """Write a project into a folder that is empty or not there, and return the names of its files.

    `wheels` is a folder of Modelyard's own wheels, for a release that is on no package index.

    Raises:
        Failure: there is something in the folder.
        manifest.Refused: a column has a name that no manifest can hold.
    """
    check_empty(folder)
    datasets = {f"data/{answers.model}/{name}": content for name, content in table.files().items()}
    files = template_files(answers) | datasets
    manifest = f"models/{answers.model}.toml"
    files[manifest] = _with_column_limits(files[manifest], table=table)
    data = declared_data(table.described(), label=answers.label, form="csv", file="--csv")
    files[manifest] = with_data(files[manifest], data=data, file=folder / manifest)
    for name, content in files.items():
        write_file(folder / name, content=content)
    write_kept(folder, answers=answers, files=files)
    if wheels is not None:
        copy_wheels(wheels, project=folder, version=answers.version)
    return sorted(files)


def check_empty(folder: Path) -> None:
    """Refuse a folder in which something would be mixed with the project.

    Raises:
        Failure: the folder is a file, or is not empty.
    """
    if folder.is_file() or (folder.is_dir() and any(folder.iterdir())):
        raise Failure(f"the folder must be empty or not there yet, got {folder}; name another")


def write_file(path: Path, *, content: str) -> None:
    """Write a file, its folders too, with the line ends that the content has."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8", newline="")


def write_kept(folder: Path, *, answers: Answers, files: dict[str, str]) -> None:
    """Write `.modelyard/`: what this release wrote, for the next to compare with, and the schemas that editors read."""
    shutil.rmtree(folder / KEPT, ignore_errors=True)
    shutil.copytree(SCHEMAS, folder / KEPT / "schemas")
    for name, content in files.items():
        if not is_own(name):
            write_file(folder / BASE / name, content=content)
    write_file(folder / ANSWERS, content=_as_toml(answers))


def read_answers(folder: Path) -> Answers:
    """Return what a project was made from.

    Raises:
        Failure: `yard new` has not made it.
    """
    try:
        found = tomllib.loads((folder / ANSWERS).read_text(encoding="utf-8"))
        return Answers(
            model=found["model"],
            label=found["label"],
            task="regression" if found["task"] == "regression" else "classification",
            version=found["version"],
            region=found.get("region"),
            wheels=(folder / WHEELS).is_dir(),
        )
    except (OSError, ValueError, KeyError) as error:
        raise Failure(
            f"{folder / ANSWERS} must say what the project was made from, and cannot be read ({error}); run this in a "
            "project that yard new has made, or take the file from git again"
        ) from error


def copy_wheels(wheels: Path, *, project: Path, version: str) -> None:
    """Put Modelyard's wheels of a version into the project, in the place of those that are there.

    Raises:
        Failure: one of them is missing.
    """
    names = [f"{part}-{version}-py3-none-any.whl" for part in ("modelyard", "modelyard_drift", "modelyard_rehearsal")]
    missing = [name for name in names if not (wheels / name).is_file()]
    if missing:
        raise Failure(f"{wheels} must hold {missing[0]}; build the wheels first: make wheels")
    shutil.rmtree(project / WHEELS, ignore_errors=True)
    (project / WHEELS).mkdir(parents=True)
    for name in names:
        shutil.copy(wheels / name, project / WHEELS / name)


def check_region(region: str) -> None:
    """Refuse what `stages.toml` cannot hold.

    Raises:
        manifest.Refused: it is not written as a region is.
    """
    structured({"name": "dev", "region": region}, Stage, file="--region")


def _with_column_limits(manifest: str, *, table: Table) -> str:
    """Return a manifest in which the checks allow what the table itself does not keep to."""
    mixed = [column.name for column in table.columns[1:] if column.mixes_whole_numbers_with_fractions]
    if not mixed:
        return manifest
    # A text of JSON is one of TOML, too.
    limits = [f"{json.dumps(name, ensure_ascii=False)} = {{ datatype_check_threshold = 0.0 }}\n" for name in mixed]
    title = "[monitoring.limits.columns]              # whole numbers and fractions are two types to a check\n"
    return manifest.replace(QUALITY, "".join([title, *limits, "\n", QUALITY]), 1)


def _as_toml(answers: Answers) -> str:
    values = {
        "version": answers.version,
        "model": answers.model,
        "label": answers.label,
        "task": answers.task,
        "region": answers.region,
    }
    # A text of JSON is one of TOML, too.
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in values.items() if value is not None]
    return "".join(["# Written by yard new and yard update: what the files here were made from.\n", *lines])
