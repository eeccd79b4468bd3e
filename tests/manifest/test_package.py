"""A model by its package: what a manifest says of it, and what it says nothing of beside it."""

from typing import Any

import pytest

from modelyard.manifest import Model
from modelyard.manifest.batch import Batch
from modelyard.manifest.channel import Channel
from modelyard.manifest.problems import Invalid
from modelyard.manifest.retraining import Retrain
from modelyard.manifest.rollout import Rollout
from modelyard.manifest.serving import Serverless, Serving, Variant
from modelyard.manifest.stack_kinds import stack_kind
from modelyard.manifest.training import Objective, Training

VERSION = "arn:aws:sagemaker:eu-west-1:123456789012:model-package/churn/3"
PRODUCT = "arn:aws:sagemaker:eu-west-1:865070037744:model-package/moods-v2-0123456789abcdef"
IMAGES = ("123456789012.dkr.ecr.eu-west-1.amazonaws.com/own:1",)
ARTIFACTS = ("s3://team/models/model.tar.gz",)
OF_VERSION: dict[str, Any] = {"package": VERSION, "package_images": IMAGES, "package_artifacts": ARTIFACTS}


def serving(*variants: dict[str, Any], **changes: Any) -> Serving:
    named = tuple(Variant(name=f"v{place}", **one) for place, one in enumerate(variants))
    return Serving(**{"instance": "ml.m5.large", "variants": named, **changes})


def refused(make: Any) -> str:
    with pytest.raises(Invalid) as error:
        make()
    return str(error.value)


def of_package(**variant: Any) -> Model:
    return Model(name="churn", serving=serving(OF_VERSION | variant))


@pytest.mark.parametrize("package", [OF_VERSION, {"package": PRODUCT}])
def test_a_model_of_packages_needs_no_container(package: dict[str, Any]) -> None:
    model = Model(name="churn", serving=serving(package), batch=Batch(instance="ml.m5.large"))

    assert model.image_uses == ()
    assert not any(stack_kind(key).awaits_promotion(model) for key in ("serving", "batch"))


def test_a_variant_without_a_package_beside_one_still_needs_a_container() -> None:
    said = refused(lambda: Model(name="churn", serving=serving(OF_VERSION, {})))

    assert "serving.container must be given when there is no [training] to take it from, and no package" in said


@pytest.mark.parametrize("package", ["churn/3", "arn:aws:sagemaker:eu-west-1:1:model-package/churn/3", f"{VERSION}/4"])
def test_a_package_is_named_by_its_arn(package: str) -> None:
    assert "package must be the ARN of a model package" in refused(lambda: Variant(name="v", package=package))


@pytest.mark.parametrize("artifact", ["churn/training/1/model.tar.gz", "s3://b/*.tar.gz", "s3://b/models/", "s3://b/k"])
def test_an_artifact_of_a_package_is_one_object(artifact: str) -> None:
    said = refused(lambda: Variant(name="v", **OF_VERSION | {"package_artifacts": (artifact,)}))

    assert "package_artifacts must be s3:// URIs of single objects" in said


def test_an_image_of_a_package_is_one_of_ecr() -> None:
    said = refused(lambda: Variant(name="v", **OF_VERSION | {"package_images": ("xgboost:3.2-0",)}))

    assert "package_images must be URIs of images in ECR" in said


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"model": "churn/training/1/model.tar.gz"}, "serving.variants.v0.model must be left out beside package"),
        ({"from_model": "other"}, "serving.variants.v0.from_model must be left out beside package"),
        ({"transformer": "churn/t/model.tar.gz"}, "serving.variants.v0.transformer must be left out beside package"),
        ({"package_images": ()}, "serving.variants.v0.package_images must be the images of the package's containers"),
        ({"package": None}, "serving.variants.v0.package_artifacts must be left out without package"),
        ({"package": PRODUCT}, "serving.variants.v0.package_images must be left out for a package without versions"),
    ],
)
def test_what_contradicts_a_package_is_refused(change: dict[str, Any], said: str) -> None:
    assert said in refused(lambda: of_package(**change))


@pytest.mark.parametrize(
    ("excluded", "key"),
    [
        ({"serverless": Serverless(memory_mb=2048, max_concurrency=1), "instance": None}, "serverless"),
        ({"shadow": Variant(name="s", **OF_VERSION)}, "shadow"),
        ({"rollout": Rollout(strategy="canary", percent=50), "instance_count": 2}, "rollout"),
        ({"rollout": Rollout(bake_minutes=10)}, "rollout"),
    ],
)
def test_what_aws_excludes_for_products_of_the_marketplace_is_refused(excluded: dict[str, Any], key: str) -> None:
    assert f"{key} must be left out where a product of the AWS Marketplace is served" in refused(
        lambda: serving({"package": PRODUCT}, **excluded)
    )
    serving(OF_VERSION, **excluded)


def test_a_package_is_held_against_no_run() -> None:
    training = Training(
        container="sklearn:1.9-0",
        script="churn/train.py",
        instance="ml.m5.large",
        objective=Objective(metric="auc", goal="maximize"),
        metrics={"auc": r"auc:(\S+)"},
        channels={"train": Channel(path="datasets/train")},
        retrain=Retrain(instance="ml.m5.large", held_out="datasets/held", schedule="rate(1 day)"),
    )

    said = refused(lambda: Model(name="churn", training=training, serving=serving(OF_VERSION)))

    assert "training.retrain must be left out where a package is served" in said
