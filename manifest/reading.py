"""From TOML to dataclasses: every problem of every file in one go, each as a sentence."""

import difflib
import tomllib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from modelyard.manifest.folder_digest import files
from modelyard.manifest.model import Model
from modelyard.manifest.names import dashed
from modelyard.manifest.problems import Problem, Reason, Refused
from modelyard.manifest.regional import regional_problems
from modelyard.manifest.stage import Stage
from modelyard.manifest.structuring import structured

T = TypeVar("T")


def named_folder(text: str) -> Path:
    """Return the folder of manifests that somebody named.

    Raises:
        Refused: it is not there, which would be a fleet of no models.
    """
    folder = Path(text)
    if not folder.is_dir():
        allowed, hint = "one that is there", "write its path anew"
        raise Refused([Problem(key="the folder of models", allowed=allowed, got=str(folder), hint=hint)])
    return folder


def beside(models: Path, *, name: str, root: Path) -> Path:
    """Return what belongs to a folder of manifests: it lies beside the folder, or else in the repository."""
    own = models.parent / name
    return own if own.exists() else root / name


def read_models(folder: Path, *, stage: Stage, scripts: Path, only: str | None = None) -> tuple[Model, ...]:
    """Return every model that `folder` declares, in the order of their files; `only` one where it is named.

    A model is named as in its file or as its file, so that the command line may say either.

    Raises:
        Refused: with a problem for each value that cannot be taken.
    """
    declared = sorted(folder.glob("*.toml"))
    chosen = [file for file in declared if only is None or dashed(file.stem) == dashed(only)]
    if only is not None and not chosen:
        stems = [file.stem for file in declared]
        raise Refused([_unknown(key="model", name=only, known=stems, hint=f"write {folder}/{only}.toml first")])
    problems: list[Problem] = []
    models = [_collected(read_model, file, problems) for file in chosen]
    for file, model in zip(chosen, models, strict=True):
        problems += _surroundings(file=file, model=model, stage=stage, scripts=scripts)
    problems += _packing_problems(models=[model for model in models if model is not None], scripts=scripts)
    problems += _same_in_aws(files=chosen)
    if problems:
        raise Refused(problems)
    return tuple(model for model in models if model is not None)


def read_model(file: Path) -> Model:
    """Return the model that a file declares, whose name must be the file's.

    Raises:
        Refused: with a problem for each value that cannot be taken.
    """
    model = structured(read_toml(file), Model, file=str(file))
    if model.name != file.stem:
        allowed, hint = f"that of its file ({file.stem})", "rename one of them"
        raise Refused([Problem(key="name", allowed=allowed, got=model.name, hint=hint, file=str(file))])
    return model


def read_stage(file: Path, *, name: str) -> Stage:
    """Return one stage of `stages.toml`; the others are checked too, so that a slip in prod shows in dev.

    Raises:
        Refused: with a problem for each value that cannot be taken.
    """
    return read_stages(file, needed=name)[name]


def read_stages(file: Path, *, needed: str) -> dict[str, Stage]:
    """Return the stages of `stages.toml` by name, the one that is needed among them.

    Raises:
        Refused: with a problem for each value that cannot be taken.
    """
    problems: list[Problem] = []
    tables = read_toml(file)
    read = {key: _stage(key=key, table=table, file=file, problems=problems) for key, table in tables.items()}
    if needed not in read:
        problems.append(_unknown(key="stage", name=needed, known=list(read), hint=f"write [{needed}] there"))
    if problems:
        raise Refused([problem if problem.file else problem.within(file=str(file)) for problem in problems])
    return {key: stage for key, stage in read.items() if stage is not None}


def read_toml(file: Path) -> dict[str, Any]:
    """Return what a file of TOML says.

    Raises:
        Refused: it cannot be read, is not TOML, or is a link, which could lead anywhere.
    """
    if file.is_symlink():
        raise Refused([_unreadable(file=file, why="a symbolic link")])
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise Refused([_unreadable(file=file, why=str(error.strerror))]) from error
    except ValueError as error:  # bytes that are not UTF-8, broken TOML, or a number of thousands of digits
        raise Refused([_unreadable(file=file, why=str(error))]) from error


def _collected(read: Callable[[Path], T], file: Path, problems: list[Problem]) -> T | None:
    try:
        return read(file)
    except Refused as refused:
        problems += refused.problems
        return None


def _surroundings(*, file: Path, model: Model | None, stage: Stage, scripts: Path) -> Iterator[Problem]:
    """What a model asks of the region and of the scripts beside it, neither of which its file can know."""
    if model is None:
        return
    problems = list(regional_problems(model=model, region=stage.region)) if stage.region is not None else []
    # Users are of an organization, not of a model: their pool is the stage's.
    if model.api is not None and model.api.auth == "jwt" and stage.user_pool is None:
        problems.append(
            Problem(
                key="api.auth",
                allowed=f"iam or api-key while [{stage.name}] of stages.toml names no user_pool",
                got=model.api.auth,
                hint="name there the user pool whose tokens the API takes",
            )
        )
    # Developer guide, "Deploy models with Serverless Inference", feature exclusions.
    if model.serving is not None and model.serving.serverless is not None and stage.vpc is not None:
        problems.append(
            Problem(
                key="serving.serverless",
                allowed=f"left out while [{stage.name}] of stages.toml has a vpc: no serverless endpoint can be in one",
                got="given",
                hint="serve from instances there, or remove the vpc from the stage",
            )
        )
    problems += [
        Problem(
            key=key,
            allowed=f"a .py file in a folder of its own below {scripts.name}/",
            got=script,
            hint='write it as "<folder>/train.py": the whole folder travels',
        )
        for key, script in _scripts(model)
        if not _is_script(script=script, scripts=scripts)
    ]
    yield from (problem.within(file=str(file)) for problem in problems)


def _scripts(model: Model) -> Iterator[tuple[str, str]]:
    for key in ("preprocessing", "training", "serving"):
        table = getattr(model, key)
        if table is not None and table.script is not None:
            yield f"{key}.script", table.script


def _packing_problems(*, models: Iterable[Model], scripts: Path) -> Iterator[Problem]:
    """What keeps the folders of scripts from being packed, said once for all models that share one.

    The folder of all scripts may be a link, which whoever runs the command has chosen; what lies below it may not.
    """
    named = {script for model in models for _, script in _scripts(model) if _is_script(script=script, scripts=scripts)}
    for folder in sorted({Path(script).parent for script in named}):
        below = [scripts / part for part in (*reversed(folder.parents[:-1]), folder)]
        linked = next((part for part in below if part.is_symlink()), scripts / folder)
        try:
            files(folder=linked)
        except Refused as refused:
            yield from refused.problems


def _is_script(*, script: str, scripts: Path) -> bool:
    path = Path(script)
    inside = not path.is_absolute() and ".." not in path.parts and len(path.parts) > 1
    return inside and path.suffix == ".py" and (scripts / path).is_file()


def _same_in_aws(*, files: list[Path]) -> Iterator[Problem]:
    """Two files whose names differ only in what AWS does not know."""
    names = [dashed(file.stem) for file in files]
    for file in files:
        if names.count(dashed(file.stem)) > 1:
            yield Problem(
                key="name",
                allowed="different from the others with hyphens for underscores",
                got=file.stem,
                hint="rename one of the files",
                file=str(file),
            )


def _stage(*, key: str, table: Any, file: Path, problems: list[Problem]) -> Stage | None:
    if not isinstance(table, dict):
        problems.append(Problem(key=key, allowed="a table", got=table, hint=f"write [{key}]", file=str(file)))
        return None
    if "name" in table:
        problems.append(
            Problem(
                key=f"{key}.name", allowed=f"left out: the stage is named {key}", got=table["name"], hint="remove it"
            )
        )
    try:
        return structured({**table, "name": key}, Stage, file=str(file))
    except Refused as refused:
        problems += [problem.below(path=key) for problem in refused.problems]
        return None


def _unknown(*, key: str, name: str, known: list[str], hint: str) -> Problem:
    near = difflib.get_close_matches(name, known, n=1)
    return Problem(
        key=key,
        allowed=f"one of {', '.join(known)}" if known else "declared",
        got=name,
        hint=f"did you mean {near[0]}?" if near else hint,
    )


def _unreadable(*, file: Path, why: str) -> Problem:
    return Problem(
        key="the file", allowed="TOML that can be read", got=Reason(why), hint="correct it there", file=str(file)
    )
