"""Manifests and stages with what no example has: with the examples', their templates have every property that there is.

Each row of `rehearsal/cloud/coverage.toml` is for a property of theirs.
"""

from pathlib import Path

from support.synth import ROOT, Synthesized, synthesize

FOLDER = ROOT / "tests" / "support" / "further"
# Those with jobs and models that a stage's own network reaches: a variant without instances can be in none.
IN_A_NETWORK = ("retrained", "searched", "tuned")


def synthesize_further(folder: Path) -> list[Synthesized]:
    """The templates of all further manifests, and of some in a stage with a network of its own."""
    models, stages = FOLDER / "models", FOLDER / "stages.toml"
    return [
        synthesize(folder / "open", models=models, stages=stages),
        *(
            synthesize(folder / model, models=models, stages=stages, stage="closed", model=model)
            for model in IN_A_NETWORK
        ),
    ]
