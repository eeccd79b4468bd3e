from typing import Any

import pytest

from support.templates import config, definition, model, resource, role, sentences_of, variant

IMAGE = "141502667606.dkr.ecr.{}.amazonaws.com/sagemaker-xgboost:3.2-0"
PULLS = "SageMaker pulls from no other region"
MACHINE = "AWS::StepFunctions::StateMachine"


def container(**given: Any) -> dict[str, Any]:
    return {"Image": IMAGE.format("eu-west-1"), "ModelDataUrl": "s3://data/churn/model.tar.gz", **given}


def started(key: str, instance: Any) -> dict[str, Any]:
    states = {"Run": {"Type": "Task", "Arguments": {key: {"InstanceType": instance}}}}
    return resource(MACHINE, {"Definition": {"States": states}})


@pytest.mark.parametrize(
    ("key", "kind"),
    [("TransformResources", "transform"), ("ProcessingResources", "processing"), ("ResourceConfig", "training")],
)
def test_s07_refuses_a_job_on_an_instance_that_no_region_offers(key: str, kind: str) -> None:
    said = sentences_of(Machine=started(key, "ml.m5.xlrge"))

    assert said == [
        f"S07 Machine.InstanceType must be one that some region offers for {kind}, "
        'got "ml.m5.xlrge" in stack; choose another type'
    ]


def test_s07_refuses_a_variant_on_an_instance_that_its_region_does_not_offer() -> None:
    said = sentences_of(region="eu-north-1", Config=config(variant(InstanceType="ml.t2.medium")))

    assert said == [
        "S07 Config.InstanceType must be one that eu-north-1 offers for hosting, "
        'got "ml.t2.medium" in stack; choose another type'
    ]


def test_s07_refuses_a_shadow_on_an_instance_that_its_region_does_not_offer() -> None:
    shadow = variant(VariantName="new", InstanceType="ml.t2.medium")

    said = sentences_of(region="eu-north-1", Config=config(variant(), ShadowProductionVariants=[shadow]))

    assert said == [
        "S07 Config.InstanceType must be one that eu-north-1 offers for hosting, "
        'got "ml.t2.medium" in stack; choose another type'
    ]


def test_s07_refuses_a_monitor_on_an_instance_that_no_processing_job_has() -> None:
    cluster = {"ClusterConfig": {"InstanceType": "ml.p2.xlage"}}

    said = sentences_of(Definition=definition(JobResources=cluster))

    assert said == [
        "S07 Definition.InstanceType must be one that some region offers for processing, "
        'got "ml.p2.xlage" in stack; choose another type'
    ]


@pytest.mark.parametrize(
    ("region", "body"),
    [
        (None, config(variant(InstanceType="ml.t2.medium"))),
        ("us-east-1", config(variant(InstanceType="ml.t2.medium"))),
        ("eu-north-1", config(variant(InstanceType={"Ref": "Instance"}))),
        (None, started("ResourceConfig", "ml.m5.large")),
        (None, started("TransformResources", {"Ref": "Instance"})),
        (None, started("HyperParameters", "ml.m5.xlrge")),
    ],
)
def test_s07_takes_an_instance_that_is_offered_or_not_known_yet(region: str | None, body: dict[str, Any]) -> None:
    said = sentences_of(region=region, Resource=body)

    assert said == []


@pytest.mark.parametrize(("subnets", "shown"), [([], "[]"), (["subnet-1"], '["subnet-1"]')])
def test_s14_refuses_a_network_of_one_zone(subnets: list[str], shown: str) -> None:
    said = sentences_of(Model=model(VpcConfig={"Subnets": subnets, "SecurityGroupIds": ["sg-1"]}))

    assert said == [
        "S14 Model.VpcConfig.Subnets must be at least two, in two availability zones, "
        f"got {shown} in stack; add a subnet of another zone"
    ]


def test_s14_refuses_a_network_of_the_same_stack() -> None:
    vpc = {"Subnets": [{"Ref": "Subnet"}, "subnet-2"], "SecurityGroupIds": ["sg-1"]}

    said = sentences_of(Model=model(VpcConfig=vpc), Subnet=resource("AWS::EC2::Subnet"))

    assert said == [
        "S14 Model.VpcConfig.Subnets must be of a network that another stack keeps, "
        'got ["Subnet"] in stack; interfaces of SageMaker\'s would block their deletion'
    ]


@pytest.mark.parametrize(
    "vpc",
    [
        {"Subnets": ["subnet-1", "subnet-2"]},
        {"Subnets": [{"Ref": "FirstSubnetParameter"}, {"Fn::ImportValue": "second"}]},
        {"Subnets": {"Ref": "SubnetsParameter"}},
        {"Fn::If": ["HasVpc", {"Subnets": ["subnet-1", "subnet-2"]}, {"Ref": "AWS::NoValue"}]},
        {"Ref": "AWS::NoValue"},
        None,
        [],
    ],
)
def test_s14_takes_a_network_of_two_zones_or_one_not_known_yet(vpc: Any) -> None:
    said = sentences_of(Model=model(VpcConfig=vpc))

    assert said == []


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("s3://data/churn/model.zip", '"s3://data/churn/model.zip"'),
        ("https://data.s3.amazonaws.com/model.tar.gz", '"https://data.s3.amazonaws.com/model.tar.gz"'),
        ("", '""'),
        ({"Fn::Sub": "s3://${Bucket}/model"}, '"s3://<Ref \\"Bucket\\">/model"'),
        (
            {"Fn::Join": ["", [{"Ref": "Bucket"}, "/model"]]},
            '"<Ref \\"Bucket\\">/model"',
        ),
    ],
)
def test_s19_refuses_an_artifact_that_sagemaker_would_not_find(url: Any, shown: str) -> None:
    said = sentences_of(Model=model(PrimaryContainer=container(ModelDataUrl=url)))

    assert said == [
        f"S19 Model.ModelDataUrl must be an s3:// URI that ends in .tar.gz, got {shown} in stack; promote a model"
    ]


@pytest.mark.parametrize(
    "url",
    [
        "s3://data/churn/model.tar.gz",
        {"Fn::Sub": "s3://${Bucket}/model.tar.gz"},
        {"Fn::Sub": ["s3://${Bucket}/model.tar.gz", {"Bucket": {"Ref": "Data"}}]},
        {"Fn::Join": ["", ["s3://", {"Ref": "Bucket"}, "/model.tar.gz"]]},
        {"Fn::Join": ["/", ["s3:/", {"Ref": "Bucket"}, {"Ref": "Key"}]]},
        {"Ref": "ModelDataUrl"},
        {"Fn::If": ["IsProd", "s3://a/model.tar.gz", "s3://b/model.tar.gz"]},
    ],
)
def test_s19_takes_an_artifact_that_sagemaker_finds_or_one_not_known_yet(url: Any) -> None:
    said = sentences_of(Model=model(PrimaryContainer=container(ModelDataUrl=url)))

    assert said == []


def test_s19_refuses_an_image_of_another_region_as_a_table_of_accounts_with_a_slip_gives_it() -> None:
    image = IMAGE.format("eu-central-1")

    said = sentences_of(region="ca-central-1", Model=model(PrimaryContainer=container(Image=image)))

    assert said == [
        f"S19 Model.Image must be in the stack's own region (ca-central-1), got \"{image[:58]}… in stack; {PULLS}"
    ]


def test_s19_looks_into_every_container_of_a_pipeline() -> None:
    containers = [container(), container(Image=IMAGE.format("us-east-1"))]

    said = sentences_of(region="eu-west-1", Model=model(Containers=containers, PrimaryContainer={}))

    assert len(said) == 1


@pytest.mark.parametrize(
    ("region", "image"),
    [
        ("eu-west-1", IMAGE.format("eu-west-1")),
        (None, IMAGE.format("eu-west-1")),
        ("eu-west-1", {"Fn::Sub": "141502667606.dkr.ecr.${AWS::Region}.${AWS::URLSuffix}/xgboost:3.2-0"}),
        ("eu-west-1", {"Fn::FindInMap": ["Images", {"Ref": "AWS::Region"}, "xgboost"]}),
        ("eu-west-1", "xgboost:latest"),
    ],
)
def test_s19_takes_an_image_of_its_own_region_or_one_not_known_yet(region: str | None, image: Any) -> None:
    said = sentences_of(region=region, Model=model(PrimaryContainer=container(Image=image)), Role=role())

    assert said == []
