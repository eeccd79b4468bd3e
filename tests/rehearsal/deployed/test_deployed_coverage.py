"""The table of what the local AWS does with each property, held against the templates and against what was read."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from maintenance.document_rehearsal import PAGE, page
from modelyard.rehearsal.cloud.coverage import Effect, Row, row_of, rows, template_paths
from support.deployed_examples import DeployedExamples
from support.further_models import synthesize_further
from support.synth import Synthesized, read_templates

# What only an update of the endpoint asks for, or the schedule when it fires: here stacks are made, and no hour passes.
READ_LATER = {
    ("AWS::SageMaker::Endpoint", "RetainAllVariantProperties"),
    ("AWS::SageMaker::Endpoint", "ExcludeRetainedVariantProperties[].VariantPropertyType"),
    ("AWS::Scheduler::Schedule", "Target.Input"),
}
# Only the CLI adds them, not a synth within a test.
OF_THE_CLI = "AWS::CDK::Metadata"


@pytest.fixture(scope="module")
def table() -> list[Row]:
    return rows()


@pytest.fixture(scope="module")
def further(tmp_path_factory: pytest.TempPathFactory) -> list[Synthesized]:
    return synthesize_further(tmp_path_factory.mktemp("further"))


@pytest.fixture(scope="module")
def given(app: Synthesized, further: list[Synthesized]) -> set[tuple[str, str]]:
    """Type and path of all that the templates of the examples set, and those of what no example has."""
    templates = [template for one in (app, *further) for template in one.templates.values()]
    return {found for template in templates for found in template_paths(template)}


def test_a_template_with_a_property_that_no_row_speaks_of_is_not_read(tmp_path: Path) -> None:
    template = {"Resources": {"Queue": {"Type": "AWS::SQS::Queue", "Properties": {"DelaySeconds": 5}}}}
    (tmp_path / "queue.template.json").write_text(json.dumps(template), encoding="utf-8")
    with pytest.raises(AssertionError, match=r"make coverage:\nAWS::SQS::Queue: DelaySeconds$"):
        read_templates(tmp_path)


def test_no_row_is_for_a_property_that_no_template_has(given: set[tuple[str, str]], table: list[Row]) -> None:
    needed = {row_of(type_=type_, path=path, table=table) for type_, path in given}
    assert not [row for row in table if row not in needed and row.type != OF_THE_CLI]


def test_the_local_aws_knows_every_type_of_every_template(
    deployed: DeployedExamples, app: Synthesized, further: list[Synthesized]
) -> None:
    client = deployed.aws.client("cloudformation")
    for one in (app, *further):
        for template in one.templates.values():
            types = {resource["Type"]: {"Type": resource["Type"]} for resource in template["Resources"].values()}
            # Without the rest, which is more than the call takes as a text.
            resources = {type_.replace(":", ""): resource for type_, resource in types.items()}
            client.validate_template(TemplateBody=json.dumps({"Resources": resources}))


def test_the_page_is_the_one_that_the_table_writes() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run make coverage"


def test_what_nobody_read_of_the_deployed_templates_is_not_called_done(
    deployed: DeployedExamples, table: list[Row]
) -> None:
    unread = _unread(deployed.aws.connection.ignored()) & _given(deployed)
    assert {found for found in unread if _effect(found, table) in (Effect.DONE, Effect.IN_PART)} == READ_LATER


def test_what_is_called_ignored_was_read_by_nobody(deployed: DeployedExamples, table: list[Row]) -> None:
    called = {found for found in _given(deployed) if _effect(found, table) is Effect.IGNORED}
    assert called <= _unread(deployed.aws.connection.ignored())


def test_a_row_without_a_sentence_is_refused(tmp_path: Path) -> None:
    (tmp_path / "table.toml").write_text('["AWS::SNS::Topic".done]\nTags = "kept"\n')
    with pytest.raises(ValueError, match="must be a sentence with its full stop, got 'kept'; write one"):
        rows(tmp_path / "table.toml")


def test_an_effect_that_there_is_not_is_refused(tmp_path: Path) -> None:
    (tmp_path / "table.toml").write_text('["AWS::SNS::Topic".maybe]\nTags = "Kept."\n')
    with pytest.raises(ValueError, match="'maybe' is not a valid Effect"):
        rows(tmp_path / "table.toml")


def _unread(ignored: Mapping[str, list[str]]) -> set[tuple[str, str]]:
    return {(type_, path) for type_, found in ignored.items() for path in found}


def _given(deployed: DeployedExamples) -> set[tuple[str, str]]:
    """What the app's own templates set; the account has those of its bootstrap stack too."""
    return {found for template in deployed.app.templates.values() for found in template_paths(template)}


def _effect(found: tuple[str, str], table: list[Row]) -> Effect | None:
    row = row_of(type_=found[0], path=found[1], table=table)
    return None if row is None else row.effect
