"""A generated fleet, as the benchmarks take it."""

from pathlib import Path

import pytest

from benchmarks.fleet_manifests import SHAPES, manifest, write_fleet
from modelyard.manifest import Refused, beside, named_folder, read_models, read_stage
from modelyard.manifest.stack_kinds import MODEL_STACK_KINDS, stack_kinds_of
from support.synth import ROOT

STAGE = read_stage(ROOT / "stages.toml", name="dev")
SCRIPTS = ROOT / "training_scripts"


def test_a_hundred_generated_manifests_are_taken_and_all_promoted(tmp_path: Path) -> None:
    write_fleet(tmp_path, models=100)

    models = read_models(tmp_path, stage=STAGE, scripts=SCRIPTS)

    assert len(models) == 100
    assert not any(kind.awaits_promotion(model) for model in models for kind in MODEL_STACK_KINDS)


def test_generated_manifests_are_of_varied_shapes(tmp_path: Path) -> None:
    write_fleet(tmp_path, models=len(SHAPES))

    models = read_models(tmp_path, stage=STAGE, scripts=SCRIPTS)

    assert len({tuple(kind.key for kind in stack_kinds_of(model)) for model in models}) == 4
    assert {model.monitoring.engine for model in models if model.monitoring is not None} == {"drift", "model-monitor"}


def test_a_smaller_fleet_is_the_beginning_of_a_larger(tmp_path: Path) -> None:
    few, many = write_fleet(tmp_path / "few", models=3), write_fleet(tmp_path / "many", models=30)

    assert [file.read_bytes() for file in few] == [file.read_bytes() for file in many[:3]]


def test_a_manifest_of_the_fleet_depends_on_its_place_alone() -> None:
    assert manifest(7) == manifest(7) != manifest(13)


def test_a_folder_of_models_that_somebody_named_must_be_there() -> None:
    with pytest.raises(Refused) as refused:
        named_folder("gone")

    assert str(refused.value) == 'the folder of models must be one that is there, got "gone"; write its path anew'


@pytest.mark.parametrize("is_there", [True, False])
def test_what_lies_beside_the_models_comes_before_the_repository_s(tmp_path: Path, *, is_there: bool) -> None:
    if is_there:
        (tmp_path / "stages.toml").touch()

    found = beside(tmp_path / "models", name="stages.toml", root=ROOT)

    assert found == (tmp_path if is_there else ROOT) / "stages.toml"
