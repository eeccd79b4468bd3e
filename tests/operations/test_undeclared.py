"""A model without a manifest whose stacks stand: found by its tag, with its price, and torn down by its name."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from modelyard.operations.aws import Aws
from modelyard.operations.costs.prices import shipped
from modelyard.operations.undeclared import UndeclaredStack, importers_first, tag_values, undeclared_stacks
from modelyard.template_checks.template import Template
from support.endpoints import Endpoints, variant
from support.local_aws import SharedLocalAws, allow
from support.projects import make_project
from support.synth import ROOT
from support.templates import resource
from support.templates import variant as endpoint_variant
from support.yard import Yard

CHURN = (ROOT / "models/churn.toml").read_text()


@dataclass(frozen=True, kw_only=True)
class Renamed:
    """A stage of which a model, `tele`, has stacks and no manifest; churn has a manifest and no stacks."""

    stage: str
    models: Path
    aws: SharedLocalAws

    @property
    def options(self) -> tuple[str, ...]:
        return "--stage", self.stage, "--models", str(self.models)

    def create(self, name: str, resources: Mapping[str, Any], **sections: Any) -> None:
        cloudformation, name = self.aws.client("cloudformation"), f"{self.stage}-{name}"
        cloudformation.create_stack(StackName=name, TemplateBody=json.dumps({"Resources": resources, **sections}))
        cloudformation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})

    def topic(self, *, model: str | None, **properties: Any) -> dict[str, Any]:
        tags = {"stage": self.stage} | ({} if model is None else {"model": model})
        listed = [{"Key": key, "Value": value} for key, value in tags.items()]
        return {"Topic": {"Type": "AWS::SNS::Topic", "Properties": {"Tags": listed, **properties}}}

    def standing(self) -> list[str]:
        pages = self.aws.client("cloudformation").get_paginator("describe_stacks").paginate()
        names = [one["StackName"] for page in pages for one in page["Stacks"]]
        return sorted(name for name in names if name.startswith(f"{self.stage}-"))


@pytest.fixture(scope="module")
def host(local_aws: SharedLocalAws) -> Iterator[Endpoints]:
    made = Endpoints(aws=local_aws, bucket=local_aws.bucket(), role=local_aws.role())
    yield made
    made.end()


def rename(*, host: Endpoints, folder: Path) -> Renamed:
    """Make the stacks: they import from the foundation, and one of the operator's own from one of the model's."""
    stage = host.aws.name("renamed").replace("-", "")
    models = make_project(folder / "project", stage=stage, manifests={"churn": CHURN}) / "models"
    made = Renamed(stage=stage, models=models, aws=host.aws)
    data = {"Value": {"Ref": "Data"}, "Export": {"Name": f"{stage}:data"}}
    made.create(
        "foundation",
        {"Data": {"Type": "AWS::S3::Bucket"}, "Key": {"Type": "AWS::KMS::Key"}},
        Outputs={"DataBucketName": data, "DataKeyArn": {"Value": {"Fn::GetAtt": ["Key", "Arn"]}}},
    )
    batch = made.topic(model="tele", DisplayName={"Fn::ImportValue": f"{stage}:data"})
    topic = {"Value": {"Fn::GetAtt": ["Topic", "TopicName"]}, "Export": {"Name": f"{stage}:topic"}}
    made.create("tele-batch", batch, Outputs={"Topic": topic})
    config = {"ProductionVariants": [variant(host.model())]}
    tags = [{"Key": "stage", "Value": stage}, {"Key": "model", "Value": "tele"}]
    endpoint = {"EndpointName": f"{stage}-tele", "EndpointConfigName": {"Fn::GetAtt": ["Config", "EndpointConfigName"]}}
    made.create(
        "tele-serving",
        {
            "Config": {"Type": "AWS::SageMaker::EndpointConfig", "Properties": config},
            "Endpoint": {"Type": "AWS::SageMaker::Endpoint", "Properties": endpoint | {"Tags": tags}},
        },
        Outputs={"EndpointName": {"Value": f"{stage}-tele"}},
    )
    made.create("own", made.topic(model=None, DisplayName={"Fn::ImportValue": f"{stage}:topic"}))
    return made


@pytest.fixture(scope="module")
def renamed(host: Endpoints, tmp_path_factory: pytest.TempPathFactory) -> Renamed:
    """A stage that tests look at."""
    return rename(host=host, folder=tmp_path_factory.mktemp("renamed"))


@pytest.fixture
def ending(host: Endpoints, tmp_path: Path) -> Renamed:
    """A stage that the test tears down."""
    return rename(host=host, folder=tmp_path)


def test_stacks_that_no_manifest_declares_are_found_by_their_tag(renamed: Renamed, reached: Aws) -> None:
    elsewhere = {"Topic": {"Type": "AWS::SNS::Topic"}}
    renamed.create("of-somebody-else", elsewhere)
    found = undeclared_stacks(
        aws=reached, stage=renamed.stage, declared={f"{renamed.stage}-foundation"}, seen=pytest.fail
    )
    assert {one.name.removeprefix(f"{renamed.stage}-"): one.model for one in found} == {
        "tele-batch": "tele",
        "tele-serving": "tele",
        "own": None,
    }


def test_a_tag_is_read_where_a_type_takes_a_table_of_tags() -> None:
    parameter = {"Type": "AWS::SSM::Parameter", "Properties": {"Tags": {"stage": "dev", "team": "search"}}}
    assert tag_values(Template(name="own", body={"Resources": {"Name": parameter}}), key="stage") == {"dev"}


def test_a_stack_is_deleted_after_all_that_import_from_it() -> None:
    def stack(name: str, *, imports: str) -> UndeclaredStack:
        outputs = {
            "Out": {"Value": "1", "Export": {"Name": name}},
            "In": {"Value": {"Fn::ImportValue": imports}},
        }
        return UndeclaredStack(template=Template(name=name, body={"Outputs": outputs}))

    chain = [stack("b", imports="a"), stack("a", imports="elsewhere"), stack("c", imports="b")]
    assert [one.name for one in importers_first(chain)] == ["c", "b", "a"]


def test_an_item_without_a_price_is_counted_and_in_no_sum() -> None:
    config = resource("EndpointConfig", {"ProductionVariants": [endpoint_variant(InstanceType="ml.unknown.large")]})
    endpoint = resource("Endpoint", {"EndpointConfigName": {"Fn::GetAtt": ["Config", "EndpointConfigName"]}})
    template = Template(name="dev-tele-serving", body={"Resources": {"Config": config, "Endpoint": endpoint}})
    record = UndeclaredStack(template=template).record(prices=shipped())
    assert (record["running"], record["least"], record["most"], record["unpriced"]) == (["endpoint Endpoint"], 0, 0, 1)


def test_the_status_shows_them_with_what_runs_and_its_price(yard: Yard, renamed: Renamed) -> None:
    said = yard("status", *renamed.options, "--json")
    churn, tele, own = said.document
    (serving,) = [one for one in tele["undeclared"] if one["stack"].endswith("-serving")]
    assert said.code == 0
    assert (churn["model"], churn["undeclared"]) == ("churn", [])
    assert tele["endpoint"]["status"] == "InService"
    assert serving["running"] == [f"endpoint {renamed.stage}-tele"]
    assert serving["most"] > 0
    assert [one["stack"] for one in own["undeclared"]] == [f"{renamed.stage}-own"]
    assert said.err == "next: yard teardown tele\n"


def test_the_status_of_a_model_without_a_manifest_is_told_by_its_name(yard: Yard, renamed: Renamed) -> None:
    said = yard("status", "tele", *renamed.options)
    assert said.code == 0
    assert f"{renamed.stage}-tele-serving" in said.out
    assert f"In {renamed.stage}, declared by no manifest: US dollars a month" in said.out


def test_the_cost_of_a_model_names_what_costs_beside_it(yard: Yard, renamed: Renamed) -> None:
    document = yard("cost", "churn", *renamed.options, "--json").document
    assert sum(one["most"] for one in document["undeclared"]) > 0


def test_a_model_that_has_neither_a_manifest_nor_a_stack_is_refused(yard: Yard, renamed: Renamed) -> None:
    for command in ("status", "teardown"):
        said = yard(command, "telco", *renamed.options)
        assert said.code == 1
        assert said.err.startswith("model must be one of churn, got ")


def test_whoever_may_not_list_stacks_is_told_that_it_is_not_known(
    yard: Yard, renamed: Renamed, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading = allow("cloudformation:DescribeStacks", "cloudformation:GetTemplate", "sts:GetCallerIdentity")
    for name, value in renamed.aws.credentials(reading).items():
        monkeypatch.setenv(name, value)
    said = yard("status", "churn", *renamed.options, "--json")
    assert (said.code, said.document["undeclared"]) == (0, None)
    assert (
        said.err
        == f"Not known, for stacks may not be listed: what stands in {renamed.stage} and no manifest declares\n"
    )


def test_a_stack_whose_template_may_not_be_read_is_named_and_ends_nothing(
    yard: Yard, renamed: Renamed, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = f"{renamed.stage}-tele-batch"
    reading = allow("cloudformation:DescribeStacks", "cloudformation:ListStacks", "cloudformation:GetTemplate")
    refused = allow("cloudformation:GetTemplate", on=f"arn:aws:cloudformation:*:*:stack/{batch}/*") | {"Effect": "Deny"}
    for name, value in renamed.aws.credentials(reading, refused).items():
        monkeypatch.setenv(name, value)
    said = yard("cost", "churn", *renamed.options, "--json")
    assert said.code == 0
    assert f"Not counted, for its template cannot be read: the stack {batch}: " in said.err
    assert batch not in [one["stack"] for one in said.document["undeclared"]]


def test_a_model_without_a_manifest_is_torn_down_though_its_endpoint_is_gone(yard: Yard, ending: Renamed) -> None:
    cloudformation = ending.aws.client("cloudformation")
    cloudformation.delete_stack(StackName=f"{ending.stage}-own")
    cloudformation.get_waiter("stack_delete_complete").wait(StackName=f"{ending.stage}-own", WaiterConfig={"Delay": 1})
    sagemaker, endpoint = ending.aws.client("sagemaker"), f"{ending.stage}-tele"
    sagemaker.delete_endpoint(EndpointName=endpoint)
    sagemaker.get_waiter("endpoint_deleted").wait(EndpointName=endpoint, WaiterConfig={"Delay": 1})
    shown = yard("status", "tele", *ending.options, "--json").document["endpoint"]
    would = yard("teardown", "tele", *ending.options, "--json").document["would"]
    said = yard("teardown", "tele", "--yes", *ending.options)
    assert (shown["status"], shown["variants"]) == ("not found", [])
    assert would == [f"delete the stack {ending.stage}-tele-{part}" for part in ("serving", "batch")]
    assert (said.code, ending.standing()) == (0, [f"{ending.stage}-foundation"])


def test_the_stage_is_torn_down_with_all_that_imports_from_its_foundation(yard: Yard, ending: Renamed) -> None:
    sagemaker = ending.aws.client("sagemaker")
    described = sagemaker.describe_endpoint(EndpointName=f"{ending.stage}-tele")
    sagemaker.delete_endpoint_config(EndpointConfigName=described["EndpointConfigName"])

    endpoint = yard("status", "tele", *ending.options, "--json").document["endpoint"]
    would = yard("teardown", *ending.options, "--json").document["would"]
    said = yard("teardown", "--yes", *ending.options)

    assert (endpoint["status"], endpoint["variants"][0]["model"]) == ("InService", "")
    assert "Could not find endpoint configuration" in endpoint["reason"]
    names = ("own", "tele-serving", "tele-batch", "foundation")
    assert would == [f"delete the stack {ending.stage}-{name}" for name in names]
    assert (said.code, ending.standing()) == (0, [])
