"""The examples in every region that the tables know: deployable there, or refused with a sentence."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

from modelyard.manifest import Refused, catalogue
from modelyard.template_checks.placement import types_are_known_in_the_region
from modelyard.template_checks.rules import check_templates
from modelyard.template_checks.template import Template
from support.linting import findings_in
from support.manifests import SERVED, synthesize_text
from support.synth import ROOT, synthesize

HOME = "us-east-1"
MODELS = sorted(file.stem for file in (ROOT / "models").glob("*.toml"))
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


def schema(type_: str, *, region: str) -> Any:
    return PROVIDER_SCHEMA_MANAGER.get_resource_schema(region, type_).schema


@pytest.mark.parametrize("region", catalogue.regions())
def test_what_a_region_does_not_know_is_refused_and_nothing_else(sample: Resources, region: str) -> None:
    known = set(PROVIDER_SCHEMA_MANAGER.get_resource_types(region))

    assert refused(sample, region=region) == {type_ for type_ in sample if type_ not in known}


def in_region(region: str, *, model: str, folder: Path) -> tuple[list[str], Resources]:
    """What a synth refuses of an example in a region, or the resources of its stacks."""
    folder.mkdir()
    stages = folder / "stages.toml"
    stages.write_text(f'[dev]\naccount = "123456789012"\nregion = "{region}"\n', encoding="utf-8")
    try:
        templates = synthesize(folder / "out", stages=stages, model=model).templates
    except Refused as refused:
        return [problem.sentence for problem in refused.problems], {}
    problems = check_templates([Template(name=name, body=body, region=region) for name, body in templates.items()])
    resources = {
        f"{stack.replace('-', '')}{logical_id}": {"Type": body["Type"], "Properties": body.get("Properties", {})}
        for stack, template in templates.items()
        for logical_id, body in template["Resources"].items()
    }
    return [problem.sentence for problem in problems], {} if problems else resources


@pytest.mark.parametrize("region", catalogue.regions())
def test_each_example_fits_the_schemas_of_its_region_or_is_refused_with_sentences_that_name_it(
    region: str, tmp_path: Path
) -> None:
    deployable: dict[str, Mapping[str, Any]] = {}
    for model in MODELS:
        refusals, resources = in_region(region, model=model, folder=tmp_path / model)
        assert bool(refusals) != bool(resources)
        assert all(region in sentence for sentence in refusals)
        deployable |= resources
    # Only the types whose schemas are others than those of us-east-1, to which tests/test_app.py holds all of them.
    own = {
        name: body
        for name, body in deployable.items()
        if schema(body["Type"], region=region) != schema(body["Type"], region=HOME)
    }
    assert not own or findings_in([region], {"Resources": own}, rules="E3") == []


@pytest.mark.parametrize("region", ["ca-west-1", "eu-central-2", "us-gov-west-1"])
def test_a_model_is_served_where_no_experiment_is_known(region: str, tmp_path: Path) -> None:
    stages = f'[dev]\naccount = "123456789012"\nregion = "{region}"\n'
    templates = synthesize_text(tmp_path, SERVED.format(serving='instance = "ml.m5.large"'), stages=stages).templates

    assert "dev-served-serving" in templates
    assert not catalogue.has_type(resource_type="AWS::SageMaker::Experiment", region=region)
    assert check_templates([Template(name=name, body=body, region=region) for name, body in templates.items()]) == []


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
