"""Write a candidate into a manifest."""

import difflib
import fcntl
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from modelyard.drift.line_breaks import split_lines
from modelyard.manifest import Model
from modelyard.manifest.batch import Batch
from modelyard.manifest.serving import Variant
from modelyard.operations.bucket import DataBucket
from modelyard.operations.failures import Failure
from modelyard.operations.promotion.candidate import Candidate
from modelyard.operations.promotion.package import Package
from modelyard.operations.promotion.toml_lines import Edit, Value

VARIANTS = "serving.variants"
PACKAGE_LINES = ("package", "package_artifacts", "package_images")
# Nothing reads such a file as a manifest, and .gitignore names it.
UNFINISHED = ".unfinished"


def chosen_variants(*, model: Model, name: str | None) -> list[int]:
    """Return which of the model's variants get the artifact.

    Without a name the only one, or those of several that have none yet: a first promotion fills all of them.

    Raises:
        Failure: there is no variant of that name, one must be named, or one serves another model's artifact.
    """
    variants = model.serving.variants if model.serving is not None else ()
    names = [variant.name for variant in variants]
    waiting = [index for index, variant in enumerate(variants) if not variant.is_promoted]
    if name is not None and name not in names:
        raise Failure(f"--variant must be one of {', '.join(names) or 'those of [serving]'}, got {name}; name one")
    if name is None and len(variants) > 1 and not waiting:
        raise Failure(f"--variant must say which of {', '.join(names)} is to serve the model; name one of them")
    unnamed = waiting if waiting else list(range(len(variants)))
    chosen = [names.index(name)] if name is not None else unnamed

    sources = {f"serving.variants.{names[index]}": variants[index].from_model for index in chosen}
    if model.batch is not None:
        sources["batch"] = model.batch.from_model
    for key, from_model in sources.items():
        if from_model is not None:
            raise Failure(
                f"{key}.from_model must be left out for this model's own artifact to be promoted, got {from_model}; "
                "remove its line and the one of model"
            )
    return chosen


def edits(*, model: Model, candidate: Candidate, variants: Sequence[int], weight: float | None) -> list[Edit]:
    """Return the lines that change."""
    lines: dict[str, Value] = {"model": candidate.artifact}
    if candidate.transformer is not None:
        lines["transformer"] = candidate.transformer
    found = _lines(model=model, lines=lines, others=PACKAGE_LINES, variants=variants, weight=weight)
    if model.monitoring is not None and candidate.baseline is not None:
        found.append(Edit(table="monitoring", key="baseline", value=candidate.baseline))
    return found


def package_edits(
    *, model: Model, package: Package, variants: Sequence[int], weight: float | None, baseline: str | None = None
) -> list[Edit]:
    """Return the lines that change where a package is to be served; a baseline comes with that of a run alone."""
    lines: dict[str, Value] = {"package": package.arn}
    if package.is_versioned:
        contents = {"package_artifacts": package.artifacts, "package_images": package.images}
        lines |= {key: value for key, value in contents.items() if value}
    others = ("model", "transformer", "package_artifacts", "package_images")
    found = _lines(model=model, lines=lines, others=others, variants=variants, weight=weight)
    if model.monitoring is not None and baseline is not None:
        found.append(Edit(table="monitoring", key="baseline", value=baseline))
    return found


def _lines(
    *,
    model: Model,
    lines: Mapping[str, Value],
    others: Sequence[str],
    variants: Sequence[int],
    weight: float | None,
) -> list[Edit]:
    """The lines that name what is served; `others` are the keys that would name something else, and go."""
    serving = model.serving.variants if model.serving is not None else ()
    tables: list[tuple[str, int | None, Variant | Batch]] = [(VARIANTS, index, serving[index]) for index in variants]
    if model.batch is not None and (model.serving is None or model.batch.is_promoted):
        tables.append(("batch", None, model.batch))
    found = []
    for table, index, before in tables:
        found += [Edit(table=table, index=index, key=key, value=value) for key, value in lines.items()]
        gone = [key for key in others if getattr(before, key) and key not in lines]
        found += [Edit(table=table, index=index, key=key, value=None) for key in gone]
    if weight is not None:
        found += [Edit(table=VARIANTS, index=index, key="weight", value=weight) for index in variants]
    return found


def served_by(*, model: Model, variants: Sequence[int]) -> str | None:
    """Return the artifact that the first of these variants serves now."""
    if model.serving is not None and variants:
        return model.serving.variants[variants[0]].model
    return model.batch_model


def served_package(*, model: Model, variants: Sequence[int]) -> str | None:
    """Return the package that the first of these variants serves now."""
    if model.serving is not None and variants:
        return model.serving.variants[variants[0]].package
    return None if model.scoring is None else model.scoring.package


def apply(*, text: str, changes: Sequence[Edit]) -> str:
    """Return a manifest's text after all of the changes.

    Raises:
        Failure: one of them cannot be written.
    """
    for change in changes:
        text = change.apply(text)
    return text


def rewrite(*, file: Path, changes: Sequence[Edit]) -> str:
    """Make the changes in a manifest, and return them as a pull request will show them: empty where there are none.

    Raises:
        Failure: one of them cannot be written.
    """
    before = file.read_text(encoding="utf-8")
    after = apply(text=before, changes=changes)
    if after != before:
        write_whole(file=file, text=after)
    return diff(file=file, before=before, after=after)


def diff(*, file: Path, before: str, after: str) -> str:
    """Return what changes, as a pull request will show it."""
    shown = file.as_posix().lstrip("/")
    lines = difflib.unified_diff(split_lines(before), split_lines(after), f"a/{shown}", f"b/{shown}", lineterm="", n=1)
    return "\n".join(lines)


def write_whole(*, file: Path, text: str) -> None:
    """Replace a file by another in one step: whoever reads it meanwhile, or interrupts, has the old or the new.

    What a killed write left beside the file has the one name that the next one takes: it is removed first. A lock on
    the folder, which ends with the process, keeps two writes apart.
    """
    beside = file.with_name(f".{file.name}{UNFINISHED}")
    folder = os.open(file.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        beside.unlink(missing_ok=True)
        with beside.open("x", encoding="utf-8", newline="") as written:
            written.write(text)
        beside.chmod(file.stat().st_mode)
        beside.replace(file)
    finally:
        beside.unlink(missing_ok=True)
        os.close(folder)


def copy_between(*, candidate: Candidate, source: DataBucket, target: DataBucket) -> list[str]:
    """Copy what a candidate is made of and its leaderboard to another stage's bucket, and return what was copied."""
    board = f"{candidate.artifact.rsplit('/', 3)[0]}/leaderboard.json"
    baseline = [] if candidate.baseline is None else [stored.key for stored in source.objects(f"{candidate.baseline}/")]
    transformer = [] if candidate.transformer is None else [candidate.transformer]
    keys = [candidate.artifact, *transformer, board, *baseline]
    for key in keys:
        target.copy_from(source=source, key=key)
    return keys
