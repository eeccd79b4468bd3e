"""Which models of a project are played, in which order, and why another one is not."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from modelyard.manifest import Model, catalogue
from modelyard.rehearsal.containers.libraries import missing_framework
from modelyard.scenario.data import DataError, check_data
from modelyard.scenario.runner import step_count
from modelyard.scenario.workspace import model_names, read_declarations


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """A model, how many steps its life has, and why it cannot be played on this machine, None where it can."""

    name: str
    steps: int
    obstacle: str | None


def candidates(project: Path) -> list[Candidate]:
    """Return the models of a project, those with the most steps first.

    Raises:
        Refused: a manifest cannot be taken, a sentence for each problem.

    """
    declared = [read_declarations(project, model=name)[1] for name in model_names(project)]
    found = [
        Candidate(name=model.name, steps=step_count(model), obstacle=_obstacle(model, project=project))
        for model in declared
    ]
    return sorted(found, key=lambda candidate: (-candidate.steps, candidate.name))


def selection_line(*, chosen: Candidate, others: Sequence[Candidate]) -> str:
    """Return which one of several models is played, why, and how the others are."""
    names = ", ".join(candidate.name for candidate in others)
    return (
        f"{chosen.name} is played, which has the most chapters of the models that can be; not played: {names} "
        f"(MODEL={others[0].name} plays that one, ARGS=--all all of them)"
    )


def _obstacle(model: Model, *, project: Path) -> str | None:
    try:
        check_data(model=model, project=project)
    except DataError as error:
        return str(error)
    families = [catalogue.family_of(use.container) for use in model.image_uses]
    missing = next((name for family in families if (name := missing_framework(family)) is not None), None)
    if missing is None:
        return None
    return f"{model.name} needs {missing}, which is not installed here; install it: pip install {missing}"
