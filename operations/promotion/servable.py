"""Whether an archive holds what the serving container of a model looks for in it, and nowhere else."""

from collections.abc import Callable, Collection, Iterable
from pathlib import Path, PurePosixPath

from modelyard.manifest import Model
from modelyard.operations.failures import Failure
from modelyard.shared.container_families import (
    CODE_FOLDER,
    HUB_MODEL,
    HUGGINGFACE,
    PACKED_PROGRAM,
    PIPELINE_TASK,
    CodePlace,
)

SAVED_MODEL = "saved_model.pb"
TORCHSCRIPT = (".pt", ".pth")
# Of one of them Hugging Face's server makes a pipeline.
PIPELINES = ("config.json", "model_index.json")


def check_servable(names: Iterable[str], *, model: Model, archive: str, hint: str) -> None:
    """Refuse an archive without what its family's serving container needs; of an image of one's own nothing is known.

    Raises:
        Failure: it lacks that.
    """
    family, needed = model.serving_family, _needed(model)
    # Names are read no further than needed.
    if family is None or needed is None or any(needed[1](PurePosixPath(name)) for name in names):
        return
    raise Failure(f"{archive} must hold {needed[0]} for {family.title}'s container to serve it, and does not; {hint}")


def check_code_is_read(names: Collection[str], *, model: Model, archive: str) -> None:
    """Refuse an archive that brings functions to a container that would answer without them, and never say so.

    Raises:
        Failure: the container reads no code of the archive unless it is told to.
    """
    family, code = model.serving_family, f"{CODE_FOLDER}/{PACKED_PROGRAM}"
    told = model.packed_program is not None or model.serving_script is not None
    if family is None or family.code_place is CodePlace.ARTIFACT or told or code not in names:
        return
    raise Failure(
        f"{archive} holds {code}, which {family.title}'s container does not read by itself; write "
        f'program = "{PACKED_PROGRAM}" in [serving], or leave the code out of the archive'
    )


def _needed(model: Model) -> tuple[str, Callable[[PurePosixPath], bool]] | None:
    """What the archive must hold, in words and as a test of a file's path; None for what any name may have."""
    family = model.serving_family
    if family is None or not family.runs_scripts:
        return None
    looks_in_archive = family.code_place is CodePlace.ARTIFACT
    program = model.packed_program
    if program is None and looks_in_archive and model.serving_script is not None:
        program = Path(model.serving_script).name
    if family is HUGGINGFACE:
        # Without the functions it does what it is told, or what the model's own description says.
        if {HUB_MODEL, PIPELINE_TASK} & model.serving_environment.keys():
            return None
        file = f"{CODE_FOLDER}/{family.default_program if program is None else program}"
        return f"{file}, or {' or '.join(PIPELINES)} at its top,", lambda path: str(path) in (file, *PIPELINES)
    if program is not None:
        file = f"{CODE_FOLDER}/{program}"
        return file, lambda path: str(path) == file
    if family.serving_program is not None:
        return SAVED_MODEL, lambda path: path.name == SAVED_MODEL
    if looks_in_archive:
        file = f"{CODE_FOLDER}/{family.default_program}"
        either = f"{file}, or a file that ends in {' or '.join(TORCHSCRIPT)},"
        return either, lambda path: str(path) == file or path.suffix in TORCHSCRIPT
    return None
