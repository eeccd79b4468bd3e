"""The examples in every region that the tables know: deployable there, or refused with a sentence."""

from collections.abc import Mapping
from typing import Any

import pytest
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

from modelyard.manifest import catalogue
from modelyard.template_checks.placement import types_are_known_in_the_region
from modelyard.template_checks.template import Template
from support.linting import findings_in
from support.synth import synthesize

HOME = "us-east-1"
Resources = Mapping[str, Mapping[str, Any]]


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Resources:
    """One resource of each type that the examples have: the region makes no other difference to a template."""
    templates = synthesize(tmp_path_factory.mktemp("out")).templates
    return {
        body["Type"]: {"Type": body["Type"], "Properties": body.get("Properties", {})}
        for template in templates.values()
        for body in template["Resources"].values()
    }


def refused(sample: Resources, *, region: str | None) -> set[str]:
    template = Template(name="stack", body={"Resources": sample}, region=region)
    return {problem.got for problem in types_are_known_in_the_region(template) if problem is not None}


@pytest.mark.parametrize("region", catalogue.regions())
def test_what_a_region_does_not_know_is_refused_and_nothing_else(sample: Resources, region: str) -> None:
    known = set(PROVIDER_SCHEMA_MANAGER.get_resource_types(region))

    assert refused(sample, region=region) == {type_ for type_ in sample if type_ not in known}


def schema(type_: str, *, region: str) -> Any:
    return PROVIDER_SCHEMA_MANAGER.get_resource_schema(region, type_).schema


def test_what_is_not_refused_fits_the_schemas_of_its_region(sample: Resources) -> None:
    """Of a region only the types whose schemas are others than those of us-east-1, where all of them are held."""
    for region in catalogue.regions():
        left = {type_: body for type_, body in sample.items() if type_ not in refused(sample, region=region)}
        own = {
            f"R{number}": body
            for number, (type_, body) in enumerate(left.items())
            if region == HOME or schema(type_, region=region) != schema(type_, region=HOME)
        }
        assert not own or findings_in([region], {"Resources": own}, rules="E3") == []


def test_a_stack_without_a_region_is_held_to_none(sample: Resources) -> None:
    assert refused(sample, region=None) == set()


def test_a_refusal_names_the_resource_its_type_and_the_region() -> None:
    template = Template(
        name="stack",
        body={"Resources": {"Experiment": {"Type": "AWS::SageMaker::Experiment"}}},
        region="eu-central-2",
    )

    (problem,) = types_are_known_in_the_region(template)

    assert problem is not None
    assert problem.sentence == (
        "Experiment.Type must be one that CloudFormation knows in eu-central-2, got "
        '"AWS::SageMaker::Experiment"; deploy to another region, or leave out the table of the manifest that this is of'
    )
