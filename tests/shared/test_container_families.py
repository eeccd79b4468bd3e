import pytest

from modelyard.manifest import catalogue
from modelyard.shared.container_families import FAMILIES, SCRIPT_FAMILIES, CodePlace, family_of_repository


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize("scope", ["training", "inference"])
def test_each_image_of_the_table_belongs_to_its_family(name: str, scope: catalogue.Scope) -> None:
    for version in catalogue.versions(family=name, scope=scope):
        image = catalogue.published_image(container=f"{name}:{version}", scope=scope, instance="ml.g5.xlarge")

        assert family_of_repository(image.repository) is FAMILIES[name]


def test_every_family_has_a_row_and_those_that_train_run_scripts() -> None:
    assert set(catalogue.families(scope="inference")) == set(FAMILIES)
    assert set(catalogue.families(scope="training")) == set(SCRIPT_FAMILIES)


def test_an_image_of_ones_own_has_no_family() -> None:
    assert family_of_repository("team/own") is None


def test_a_family_that_builds_a_serving_script_is_told_where_it_is() -> None:
    builders = [family for family in FAMILIES.values() if family.builds_serving_script]

    assert {family.code_place for family in builders} == {CodePlace.SUBMIT_DIRECTORY}


@pytest.mark.parametrize("name", FAMILIES)
def test_each_row_names_files_and_versions_of_aws(name: str) -> None:
    assert (".py" in FAMILIES[name].source) is FAMILIES[name].runs_scripts
    assert "sagemaker-" in FAMILIES[name].source
