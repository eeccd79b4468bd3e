"""Images by the processor of the very instance: each instance type is given one, or refused with those that have."""

from collections.abc import Callable
from typing import Any, get_args

import pytest

from modelyard.manifest import catalogue
from modelyard.manifest.catalogue import JobKind, Scope
from modelyard.manifest.image_use import ImageUse
from modelyard.shared.instance_types import instance_types

Say = Callable[..., list[str]]
Read = Callable[..., Any]

SCOPES: dict[JobKind, Scope] = {"hosting": "inference", "transform": "inference", "training": "training"}
CONTAINERS = [
    (kind, f"{family}:{version}")
    for kind, scope in SCOPES.items()
    for family in catalogue.families(scope=scope)
    for version in catalogue.versions(family=family, scope=scope)
]
SERVED = """
name = "served"
[serving]
container = "{container}"
script = "churn/train.py"
instance = "{instance}"
{more}
[[serving.variants]]
name = "primary"
model = "served/training/run/job/output/model.tar.gz"
"""


def use_of(*, kind: JobKind, container: str, instance: str) -> ImageUse:
    """A container on an instance type."""
    return ImageUse(
        container_key="container",
        container=container,
        scope=SCOPES[kind],
        instance_key="instance",
        instance=instance,
        kind=kind,
    )


@pytest.mark.parametrize(("kind", "container"), CONTAINERS)
def test_every_instance_type_has_an_image_for_its_processor_or_is_refused(kind: JobKind, container: str) -> None:
    architectures = {"cpu": "x86_64", "gpu": "x86_64", "arm64": "arm64"}
    taken, refused = 0, 0
    for instance in catalogue.instance_types(kind=kind):
        problem = use_of(kind=kind, container=container, instance=instance).problem()
        machine = instance_types()[instance]
        if problem is None:
            image = catalogue.published_image(container=container, scope=SCOPES[kind], instance=instance)
            assert image.processor != "gpu" or catalogue.cuda_of(instance=instance).holds(image.cuda)
            assert architectures[image.processor] == machine.architecture
            assert machine.accelerator in ("none", "gpu")
            assert machine.accelerator == "gpu" or image.processor != "gpu"
            taken += 1
        else:
            assert f" {instance.split('.')[1]}," not in problem.allowed
            assert machine.architecture in problem.hint or "its GPUs need CUDA" in problem.hint
            refused += 1

    # Most types have no GPUs, without which some families have no image.
    images = catalogue.best_image(container=container, scope=SCOPES[kind], instance="ml.m5.xlarge")
    assert (taken > refused) is (images is not None)
    assert taken > 0


@pytest.mark.parametrize("instance", sorted(catalogue.instance_types(kind="processing")))
def test_every_instance_type_for_processing_runs_the_images_of_the_checks(instance: str) -> None:
    analyzer = catalogue.published_image(container="model-monitor:", scope="monitoring", instance=instance)
    drift = catalogue.published_image(container="sklearn:1.9-0", scope="training", instance=instance)

    assert (analyzer.processor, drift.processor) == ("cpu", "cpu")


def test_the_processors_of_an_image_are_those_that_a_type_of_each_is_offered_for() -> None:
    images = [
        catalogue.best_image(container="pytorch:2.6", scope="inference", instance=instance)
        for instance in catalogue.instance_types(kind="hosting")
    ]

    assert set(get_args(catalogue.Processor)) == {image.processor for image in images if image is not None}


@pytest.mark.parametrize(
    ("container", "instance", "machine"),
    [
        ("xgboost:3.2-0", "ml.m6g.large", "arm64"),
        ("sklearn:1.9-0", "ml.c7g.xlarge", "arm64"),
        ("xgboost:3.2-0", "ml.inf2.xlarge", "x86_64 with inferentia"),
        ("pytorch:2.6", "ml.inf2.xlarge", "x86_64 with inferentia"),
        ("pytorch:2.6", "ml.trn1.2xlarge", "x86_64 with trainium"),
        ("pytorch:2.5", "ml.c7g.xlarge", "arm64"),
    ],
)
def test_an_instance_that_no_image_runs_on_is_refused_with_the_families_that_one_does(
    refusal: Say, container: str, instance: str, machine: str
) -> None:
    (said,) = refusal(served=SERVED.format(container=container, instance=instance, more=""))

    start = f"serving.instance must be of a family that {container} has an image for ("
    assert said.startswith(start)
    families, _, end = said.removeprefix(start).partition(")")
    assert {"c5", "m5", "g5"} <= set(families.split(", "))
    assert instance.split(".")[1] not in families.split(", ")
    assert end == (
        f', got "{instance}" in served.toml; '
        f"its machine is {machine}: choose another, or name an image of your own for it"
    )


@pytest.mark.parametrize(
    ("key", "more"),
    [
        (
            "serving.variants.fast.instance",
            '[[serving.variants]]\nname = "fast"\ninstance = "ml.inf2.xlarge"\nmodel = "served/training/a/m.tar.gz"',
        ),
        ("serving.shadow.instance", 'shadow = { name = "fast", instance = "ml.inf2.xlarge" }'),
    ],
)
def test_each_variant_and_a_shadow_are_held_to_an_image_of_their_own(refusal: Say, key: str, more: str) -> None:
    (said,) = refusal(served=SERVED.format(container="pytorch:2.6", instance="ml.m5.large", more=more))

    assert said.startswith(f"{key} must be of a family that pytorch:2.6 has an image for")


def test_a_batch_instance_is_held_to_an_image(refusal: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    """No type for transforms lacks one today: one that SageMaker might offer tomorrow stands for it."""
    types = {**catalogue._instances()}
    types["transform"] = {"regions": [], "absent": {"ml.m5.large": [], "ml.c7g.xlarge": []}}
    monkeypatch.setattr(catalogue, "_instances", lambda: types)
    batch = '\n[batch]\ninstance = "ml.c7g.xlarge"\n'

    (said,) = refusal(served=SERVED.format(container="xgboost:3.2-0", instance="ml.m5.large", more="") + batch)

    assert said.startswith("batch.instance must be of a family that xgboost:3.2-0 has an image for (m5), got")


def test_serverless_inference_has_no_image_of_a_family_for_gpus_alone(refusal: Say) -> None:
    text = SERVED.format(
        container="djl:0.36", instance="", more="serverless = { memory_mb = 2048, max_concurrency = 5 }"
    )

    (said,) = refusal(served=text.replace('instance = ""\n', "").replace('script = "churn/train.py"\n', ""))

    assert said.startswith("serving.instance must be of a family that djl:0.36 has an image for (g4dn, ")
    assert "got nothing" in said
    assert "serverless inference has no GPUs: choose another" in said


def test_a_family_without_an_image_for_cpus_names_the_instances_that_it_trains_on() -> None:
    problem = use_of(kind="training", container="huggingface:4.49", instance="ml.m5.xlarge").problem()

    assert problem is not None
    assert problem.allowed.startswith("of a family that huggingface:4.49 has an image for (g4dn, g5, ")
    assert problem.hint.startswith("its machine is x86_64: choose another")


def test_a_training_instance_is_held_to_an_image() -> None:
    problem = use_of(kind="training", container="pytorch:2.6", instance="ml.trn1.2xlarge").problem()

    assert problem is not None
    assert problem.hint.startswith("its machine is x86_64 with trainium")


@pytest.mark.parametrize(
    ("container", "instance", "reason"),
    [
        ("pytorch:2.6", "ml.p6-b200.48xlarge", "CUDA 12.8 or newer, and the image has 12.6"),
        ("pytorch:2.6", "ml.g7e.2xlarge", "CUDA 12.8 or newer, and the image has 12.6"),
        ("pytorch:2.5", "ml.p6-b300.48xlarge", "CUDA 12.8 or newer, and the image has an older one"),
        ("tensorflow:2.19", "ml.g7.2xlarge", "CUDA 12.8 or newer, and the image has 12.5"),
        ("pytorch:2.10", "ml.p3.2xlarge", "CUDA 12.9 or older, and the image has 13.0"),
    ],
)
def test_an_image_without_kernels_for_the_gpus_is_refused(container: str, instance: str, reason: str) -> None:
    problem = use_of(kind="training", container=container, instance=instance).problem()

    assert problem is not None
    assert problem.hint == f"its GPUs need {reason}: choose another, or name an image of your own for it"
    assert instance.split(".")[1] not in problem.allowed.partition("(")[2].rstrip(")").split(", ")


@pytest.mark.parametrize(
    ("container", "instance"),
    [
        ("pytorch:2.7", "ml.p6-b200.48xlarge"),
        ("pytorch:2.14", "ml.g7e.2xlarge"),
        ("pytorch:2.8", "ml.p3.2xlarge"),
        ("pytorch:2.6", "ml.p5.48xlarge"),
        ("xgboost:3.2-0", "ml.p6-b200.48xlarge"),
    ],
)
def test_an_image_with_kernels_for_the_gpus_or_for_cpus_alone_is_taken(container: str, instance: str) -> None:
    assert use_of(kind="training", container=container, instance=instance).problem() is None


def test_an_image_of_the_user_s_own_may_be_built_for_any_machine(read: Read) -> None:
    own = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/mine:7"

    (model,) = read(served=SERVED.format(container=own, instance="ml.inf2.xlarge", more=""))

    assert [use.instance for use in model.image_uses] == ["ml.inf2.xlarge"]


def test_an_instance_type_that_is_none_is_refused_once(refusal: Say) -> None:
    said = refusal(served=SERVED.format(container="pytorch:2.6", instance="ml.q9.large", more=""))

    assert len(said) == 1
