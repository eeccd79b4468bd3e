"""An algorithm by its ARN in the place of a container, beside the rest of a manifest."""

from typing import Any

import pytest

from modelyard.manifest import Model
from modelyard.manifest.automl import AutoML
from modelyard.manifest.batch import Batch
from modelyard.manifest.channel import Channel
from modelyard.manifest.preprocessing import Preprocessing
from modelyard.manifest.problems import Invalid
from modelyard.manifest.retraining import Retrain
from modelyard.manifest.rollout import Rollout
from modelyard.manifest.serving import Serving, Variant
from modelyard.manifest.training import Objective, Spot, Training, Trial
from modelyard.manifest.tuning import Range, Tuning

PRODUCT = "arn:aws:sagemaker:us-east-1:865070037744:algorithm/decision-trees-0123456789abcdef"
IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/trees:1"
PACKAGE = "arn:aws:sagemaker:us-east-1:123456789012:model-package/churn/3"


def trained(**changes: Any) -> Training:
    """A training by a product of the Marketplace."""
    declared: dict[str, Any] = {
        "algorithm": PRODUCT,
        "instance": "ml.m5.large",
        "objective": Objective(metric="auc", goal="maximize"),
        "channels": {"training": Channel(path="datasets/train")},
    }
    return Training(**{**declared, **changes})


def refusal(**changes: Any) -> str:
    with pytest.raises(Invalid) as refused:
        trained(**changes)
    return str(refused.value)


def serving(**changes: Any) -> Serving:
    variant = {"name": "primary"} | {name: changes.pop(name) for name in list(changes) if name.startswith("package")}
    return Serving(instance="ml.m5.large", variants=(Variant(**variant),), **changes)


@pytest.mark.parametrize(
    "algorithm", ["decision-trees", PRODUCT.replace(":algorithm/", ":model-package/"), f"{PRODUCT}-", f"{PRODUCT}/1"]
)
def test_an_algorithm_is_named_by_its_arn(algorithm: str) -> None:
    assert "algorithm must be the ARN of an algorithm" in refusal(algorithm=algorithm)


def test_an_algorithm_takes_the_place_of_a_container_and_not_of_the_trials() -> None:
    training = trained(trials=(Trial(name="deep", hyperparameters={"max_leaf_nodes": 9}),))

    assert training.job_container == ""
    assert [trial.name for trial in training.all_trials] == ["deep"]


def test_an_algorithm_may_be_searched_with_on_spot_instances() -> None:
    training = trained(tuning=Tuning(ranges={"leaves": Range(min=2, max=20)}), spot=Spot(max_wait_minutes=60))

    assert training.tuning is not None


@pytest.mark.parametrize(
    ("key", "value", "why"),
    [
        ("container", "xgboost:3.2-0", "which has its own image"),
        ("script", "churn/train.py", "which has its own code"),
        ("metrics", {"auc": "auc=(.*)"}, "which names its own"),
        (
            "retrain",
            Retrain(held_out="datasets/test", schedule="rate(7 days)"),
            "whose models are served by packages, with which no run is compared",
        ),
    ],
)
def test_what_an_algorithm_leaves_no_room_for_is_refused_with_the_reason(key: str, value: Any, why: str) -> None:
    assert f"{key} must be left out beside algorithm, {why}" in refusal(**{key: value})


def test_autopilot_is_beside_no_algorithm() -> None:
    said = refusal(automl=AutoML(target="leaves", problem_type="BinaryClassification"), instance=None)

    assert "algorithm must be left out beside [training.automl], which has none" in said


def test_an_algorithm_still_needs_an_instance() -> None:
    assert "instance must be given without [training.automl]" in refusal(instance=None)


def test_an_image_without_its_algorithm_is_refused() -> None:
    said = refusal(algorithm=None, algorithm_image=IMAGE, container="xgboost:3.2-0")

    assert "algorithm_image must be left out without algorithm" in said


def test_an_image_of_an_algorithm_is_one_of_ecr() -> None:
    assert "algorithm_image must be the URI of an image in ECR" in refusal(algorithm_image="trees:1")


@pytest.mark.parametrize(
    "kept", [{"spot": Spot(max_wait_minutes=61, checkpoints=False)}, {"spot": Spot(max_wait_minutes=61)}]
)
def test_jobs_without_checkpoints_wait_no_longer_than_an_hour_for_spot_instances(kept: dict[str, Any]) -> None:
    searched = {} if not kept["spot"].checkpoints else {"tuning": Tuning(ranges={"leaves": Range(min=2, max=20)})}

    assert "spot.max_wait_minutes must be at most 60 for an algorithm" in refusal(**kept, **searched)


def test_jobs_with_checkpoints_wait_longer() -> None:
    assert trained(spot=Spot(max_wait_minutes=90)).spot is not None


def test_a_variant_that_waits_for_the_package_of_an_algorithm_needs_no_container() -> None:
    model = Model(name="churn", training=trained(), serving=serving(), batch=Batch(instance="ml.m5.large"))

    assert not model.needs_container
    assert model.image_uses == ()


def test_no_transformer_stands_before_an_algorithm_s_model() -> None:
    fitted = Preprocessing(
        container="sklearn:1.9-0",
        script="churn/preprocess.py",
        instance="ml.m5.large",
        inputs={"raw": "datasets/raw"},
        transformer=True,
    )
    with pytest.raises(Invalid, match=r"preprocessing\.transformer must be false beside training\.algorithm"):
        Model(
            name="churn",
            training=trained(channels={"training": Channel(path="preprocessing/train")}),
            preprocessing=fitted,
            serving=serving(),
        )


def test_a_package_of_a_product_s_algorithm_needs_no_images() -> None:
    named = {"package": PACKAGE, "package_artifacts": ("s3://data/churn/training/1/j/output/model.tar.gz",)}

    assert Model(name="churn", training=trained(), serving=serving(**named)).is_packaged


def test_a_package_of_an_algorithm_of_one_s_own_names_its_images() -> None:
    with pytest.raises(Invalid, match=r"package_images must be the images of the package's containers"):
        Model(name="churn", training=trained(algorithm_image=IMAGE), serving=serving(package=PACKAGE))


def test_what_a_product_excludes_is_refused_once_its_package_is_served() -> None:
    moved = Rollout(strategy="canary", percent=50)

    assert serving(rollout=moved, instance_count=2).rollout is moved
    with pytest.raises(Invalid, match="rollout must be left out where a product of the AWS Marketplace is served"):
        serving(package=PACKAGE, rollout=moved, instance_count=2)
