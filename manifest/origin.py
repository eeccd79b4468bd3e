"""Which model made what is served: this one, unless the manifest says another.

A role may read the artifact that it serves. A path alone would give one model's role what another has made.
"""

from collections.abc import Iterable

from modelyard.manifest.names import MODEL_NAME
from modelyard.manifest.problems import NOTHING, Problem, problem_if
from modelyard.manifest.rules import Matches

FROM_MODEL = Matches(MODEL_NAME, form="the name of a model", hint="write it as its file is named")


def artifact_problem(
    *, key: str, artifact: str | None, from_model: str | None, model: str, member: str = "model"
) -> Problem | None:
    """Return what is wrong with the origin of the artifact that is `member` of the table `key` of a manifest."""
    if artifact is None:
        return problem_if(
            from_model is not None,
            key=f"{key}.from_model",
            allowed="left out until there is a model to say it of",
            got=from_model,
            hint="remove it: what `yard promote` writes is this model's own",
        )
    if "://" in artifact:
        return problem_if(
            from_model is None,
            key=f"{key}.from_model",
            allowed="given beside a model in a bucket that is named",
            got=NOTHING,
            hint=f'write from_model = "{model}", or which model made it',
        )
    maker = _first_folder(artifact)
    said = model if from_model is None else from_model
    return problem_if(
        maker != said,
        key=f"{key}.{member}",
        allowed=f"an artifact of {said}",
        got=artifact,
        hint=f'write from_model = "{maker}" beside it if another model\'s is meant',
    )


def baseline_problem(*, key: str, baseline: str | None, origins: Iterable[str]) -> Problem | None:
    """Return what is wrong with a baseline that none of the models in question has made."""
    makers = list(dict.fromkeys(origins))
    return problem_if(
        baseline is not None and _first_folder(baseline) not in makers,
        key=key,
        allowed=f"a baseline of {' or '.join(makers)}",
        got=baseline,
        hint="let `yard` write it, or say with from_model whose model is served",
    )


def _first_folder(path: str) -> str:
    return path.partition("/")[0]
