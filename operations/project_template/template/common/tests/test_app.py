"""What the templates promise. Add what must never change unseen in your own."""

import tomllib
from collections.abc import Callable

import pytest
from aws_cdk.assertions import Match
from conftest import PROJECT, Templates

STAGES = sorted(tomllib.loads((PROJECT / "stages.toml").read_text(encoding="utf-8")))


@pytest.mark.parametrize("stage", STAGES)
def test_every_stage_can_be_synthesized(templates: Callable[[str], Templates], stage: str) -> None:
    assert f"{stage}-foundation" in templates(stage)


def test_the_endpoint_captures_what_it_is_asked_and_answers(dev: Templates) -> None:
    modes = [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}]
    dev["dev-my-model-serving"].has_resource_properties(
        "AWS::SageMaker::EndpointConfig",
        {"DataCaptureConfig": {"EnableCapture": True, "InitialSamplingPercentage": 100, "CaptureOptions": modes}},
    )


def test_the_endpoint_scales_between_the_bounds_of_the_manifest(dev: Templates) -> None:
    scaling = tomllib.loads((PROJECT / "models" / "my_model.toml").read_text(encoding="utf-8"))["serving"]["scaling"]
    dev["dev-my-model-serving"].has_resource_properties(
        "AWS::ApplicationAutoScaling::ScalableTarget", {"MinCapacity": scaling["min"], "MaxCapacity": scaling["max"]}
    )


def test_no_bucket_can_be_made_public(dev: Templates) -> None:
    blocked = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
    for template in dev.values():
        if template.find_resources("AWS::S3::Bucket"):
            template.all_resources_properties(
                "AWS::S3::Bucket", {"PublicAccessBlockConfiguration": dict.fromkeys(blocked, True)}
            )


def test_other_applications_find_the_endpoint_by_a_parameter(dev: Templates) -> None:
    dev["dev-endpoint-names"].has_resource_properties(
        "AWS::SSM::Parameter", {"Name": "/dev/my-model/endpoint", "Type": "String", "Value": Match.any_value()}
    )
