import functools
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sagemaker.core import common_utils, image_uris

from maintenance import refresh_tables
from maintenance.stated_facts import CUDA, END_OF_PATCHES, LISTED_ARM64, LISTED_TAGS
from modelyard.manifest import catalogue
from modelyard.shared.instance_types import instance_types

INSTANCES = {"cpu": "ml.m5.xlarge", "gpu": "ml.g4dn.xlarge", "arm64": "ml.c7g.xlarge"}
SCOPES = {("monitoring", "cpu"): None, ("inference", "arm64"): "inference_graviton"}


def table(name: str) -> Any:
    return json.loads((catalogue.TABLES / name).read_text(encoding="utf-8"))


def published() -> Iterator[tuple[str, str, str, str, str, str]]:
    """Family, scope, version, processor, region and the URI without what the region's partition adds to the host."""
    images = table("images.json")
    for family, scopes in images["families"].items():
        for scope, versions in scopes.items():
            for version, known in versions.items():
                for processor, image in known["images"].items():
                    for region, account in images["accounts"][image["accounts"]].items():
                        tag = image["tag"]
                        path = f"{image['repository']}:{tag}" if tag else image["repository"]
                        yield family, scope, version, processor, region, f"{account}.dkr.ecr.{region}/{path}"


@pytest.fixture(scope="module")
def retrieve() -> Iterator[Callable[..., str]]:
    """The library's own answer; it would read a megabyte of endpoints anew for each of three thousand."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(common_utils, "_botocore_resolver", functools.cache(common_utils._botocore_resolver))
        yield image_uris.retrieve


def without_suffix(uri: str) -> str:
    host, _, path = uri.partition("/")
    return f"{'.'.join(host.split('.')[:4])}/{path}"


def is_stated(family: str, scope: str, version: str, processor: str) -> bool:
    """Whether an image is AWS's list's and another than the library's."""
    if processor == "arm64":
        return (family, version) in LISTED_ARM64
    return (family, scope, version, processor) in LISTED_TAGS


def publisher(family: str, scope: str, version: str) -> str:
    """PyTorch trains from 2.11 on in images that the library keeps apart."""
    newer = refresh_tables.NEWER.get((family, scope))
    named = refresh_tables.PUBLISHED_NAMES.get(family, family)
    return newer if newer is not None and tuple(map(int, version.split(".")[:2])) >= (2, 11) else named


def base(repository: str, tag: str) -> str | None:
    """The framework below transformers, which begins a tag of Hugging Face's."""
    return f"pytorch{tag.partition('-')[0]}" if repository.startswith("huggingface-") else None


def test_every_image_is_the_one_that_aws_publishes(retrieve: Callable[..., str]) -> None:
    listed = [row for row in published() if not is_stated(*row[:4])]

    found = [
        retrieve(
            framework=publisher(family, scope, version),
            region=region,
            version=version if version else None,
            image_scope=SCOPES.get((scope, processor), scope),
            instance_type=INSTANCES[processor],
            base_framework_version=base(*uri.partition("/")[2].split(":")) if ":" in uri else None,
        )
        for family, scope, version, processor, region, uri in listed
    ]

    assert [without_suffix(uri) for uri in found] == [uri for *_, uri in listed]


@pytest.mark.usefixtures("retrieve")
@pytest.mark.parametrize(
    ("name", "compute"),
    [
        ("images.json", refresh_tables.images),
        ("instances.json", refresh_tables.instances),
        ("regions.json", refresh_tables.regions),
        ("time_zones.json", refresh_tables.time_zones),
    ],
)
def test_a_table_is_what_its_source_says_today(name: str, compute: Callable[[], object]) -> None:
    computed = json.loads(json.dumps(compute()))

    assert computed == table(name)


@pytest.mark.parametrize(("scope", "others"), [("training", set()), ("inference", {"djl"})])
def test_every_family_has_images_to_train_and_to_serve_with_but_djl(scope: Any, others: set[str]) -> None:
    families = catalogue.families(scope=scope)

    assert set(families) == {"huggingface", "pytorch", "sklearn", "tensorflow", "xgboost"} | others


def test_the_versions_of_a_family_are_listed_by_their_numbers() -> None:
    versions = catalogue.versions(family="pytorch", scope="training")

    assert versions.index("2.9.0") < versions.index("2.10.0")


@pytest.mark.parametrize(
    ("container", "version"),
    [
        ("pytorch:2.6", "2.6.0"),
        ("pytorch:2.6.0", "2.6.0"),
        ("tensorflow:2.19", "2.19.0"),
        ("xgboost:3.2-0", "3.2-0"),
        ("pytorch:2", None),
        ("pytorch:2.1", "2.1.0"),
        ("pytorch:", None),
        ("pytorch", None),
        ("torch:2.6", None),
        ("xgboost:3.2", None),
        ("huggingface:4.49", "4.49.0"),
        ("huggingface:4", None),
        ("huggingface:5", None),
    ],
)
def test_a_container_stands_for_one_full_version_or_none(container: str, version: str | None) -> None:
    resolved = catalogue.resolved_version(container=container, scope="training")

    assert resolved == version


@pytest.mark.parametrize(
    ("instance", "tag"),
    [
        ("ml.m5.xlarge", "2.6.0-cpu-py312"),
        ("ml.c5.xlarge", "2.6.0-cpu-py312"),
        ("ml.g5.xlarge", "2.6.0-gpu-py312"),
        ("ml.p4d.24xlarge", "2.6.0-gpu-py312"),
        ("ml.c7g.xlarge", "2.6.0-cpu-py312-ubuntu22.04-sagemaker"),
        ("", "2.6.0-cpu-py312"),
    ],
)
def test_an_instance_gets_the_image_for_its_processor(instance: str, tag: str) -> None:
    image = catalogue.published_image(container="pytorch:2.6", scope="inference", instance=instance)

    assert image.tag == tag


@pytest.mark.parametrize(
    ("container", "scope", "instance", "image"),
    [
        (
            "huggingface:4.49",
            "training",
            "ml.g5.xlarge",
            "huggingface-pytorch-training:2.5.1-transformers4.49.0-gpu-py311-cu124-ubuntu22.04",
        ),
        (
            "huggingface:4.49",
            "inference",
            "ml.m5.xlarge",
            "huggingface-pytorch-inference:2.6.0-transformers4.49.0-cpu-py312-ubuntu22.04",
        ),
        ("djl:0.36", "inference", "ml.g5.xlarge", "djl-inference:0.36.0-lmi27.0.0-cu130"),
    ],
)
def test_a_version_of_transformers_or_of_djl_names_one_image(
    container: str, scope: Any, instance: str, image: str
) -> None:
    found = catalogue.published_image(container=container, scope=scope, instance=instance)

    assert f"{found.repository}:{found.tag}" == image
    assert found.accounts["eu-west-1"] == "763104351884"


def test_a_version_of_transformers_upon_two_of_pytorch_is_in_no_table(monkeypatch: pytest.MonkeyPatch) -> None:
    two: dict[str, Any] = {"5.0.0": {"version_aliases": {}, "pytorch2.8.0": {}, "pytorch2.9.0": {}}}
    monkeypatch.setattr(refresh_tables, "_published", lambda **_: {"training": {"versions": two}})

    with pytest.raises(ValueError, match="too many values"):
        refresh_tables._listed(family="huggingface", scope="training", framework="huggingface")


def test_a_family_without_an_image_for_gpus_has_the_same_for_all() -> None:
    image = catalogue.published_image(container="xgboost:3.2-0", scope="training", instance="ml.g5.xlarge")

    assert (image.repository, image.tag) == ("sagemaker-xgboost", "3.2-0")


@pytest.mark.parametrize("processor", ["cpu", "gpu"])
def test_a_tag_is_the_one_that_aws_lists_where_the_library_makes_a_shorter_one(processor: str) -> None:
    instance = INSTANCES[processor]

    image = catalogue.published_image(container="tensorflow:2.19", scope="training", instance=instance)

    assert image.tag == f"2.19.0-{processor}-py312-sagemaker"


def test_an_image_for_arm_is_in_a_repository_of_its_own() -> None:
    image = catalogue.published_image(container="tensorflow:2.19", scope="inference", instance="ml.c7g.xlarge")

    assert (image.repository, image.tag) == (
        "tensorflow-inference-arm64",
        "2.19.0-cpu-py312-ubuntu22.04-sagemaker",
    )


@pytest.mark.parametrize("instance", ["ml.c7g.xlarge", "ml.inf2.xlarge"])
def test_an_image_that_an_instance_does_not_run_is_a_key_error(instance: str) -> None:
    with pytest.raises(KeyError, match=instance):
        catalogue.published_image(container="xgboost:3.2-0", scope="inference", instance=instance)


@pytest.mark.parametrize(
    ("container", "scope", "day"),
    [
        ("pytorch:2.6", "inference", "2026-06-30"),
        ("xgboost:3.2-0", "training", "2027-05-13"),
        ("xgboost:1.7-1", "training", None),
    ],
)
def test_the_end_of_an_image_s_patches_is_known_where_aws_lists_it(container: str, scope: Any, day: str | None) -> None:
    assert catalogue.patched_until(container=container, scope=scope) == day


def test_every_stated_end_of_patches_is_that_of_an_image_of_the_table() -> None:
    families = table("images.json")["families"]

    assert {key for key in END_OF_PATCHES if key[2] not in families[key[0]][key[1]]} == set()


@pytest.mark.parametrize("processor", ["cpu", "gpu"])
def test_pytorch_from_2_11_on_trains_in_a_repository_of_another_name(processor: str) -> None:
    instance = {"cpu": "ml.m5.large", "gpu": "ml.g5.xlarge"}[processor]
    image = catalogue.published_image(container="pytorch:2.14", scope="training", instance=instance)

    suffix = {"cpu": "cpu", "gpu": "cu133"}[processor]
    assert (image.repository, image.tag) == ("pytorch", f"2.14-{suffix}-amzn2023-sagemaker")
    assert image.accounts["eu-west-1"] == "763104351884"


def test_the_cuda_of_an_image_is_that_of_its_tag_or_else_the_stated_one() -> None:
    images = {
        (family, scope, version): entry["images"]["gpu"]
        for family, scopes in table("images.json")["families"].items()
        for scope, entries in scopes.items()
        for version, entry in entries.items()
        if "gpu" in entry["images"]
    }

    tagged = {key for key, image in images.items() if "-cu" in image["tag"]}
    assert {key for key in tagged if f"-cu{images[key]['cuda'].replace('.', '')}" not in images[key]["tag"]} == set()
    assert {key: images[key]["cuda"] for key in CUDA} == CUDA
    assert {family for family, *_ in tagged} == {"djl", "huggingface", "pytorch"}
    assert tagged & set(CUDA) == set()


def test_every_image_for_gpus_that_gets_patches_has_its_cuda() -> None:
    images = [
        entry["images"]["gpu"]
        for scopes in table("images.json")["families"].values()
        for entries in scopes.values()
        for entry in entries.values()
        if entry["patched_until"] is not None and "gpu" in entry["images"]
    ]

    assert images
    assert [image for image in images if image["cuda"] is None] == []


def test_an_instance_whose_gpus_an_image_has_no_kernels_for_has_no_image_of_it() -> None:
    with pytest.raises(KeyError, match=r"ml\.p6-b200"):
        catalogue.published_image(container="pytorch:2.6", scope="inference", instance="ml.p6-b200.48xlarge")


def test_every_family_of_gpus_with_a_bound_is_one_that_sagemaker_names() -> None:
    gpus = table("images.json")["cuda_of_gpus"]

    families = {name.split(".")[1] for name, machine in instance_types().items() if machine.accelerator == "gpu"}
    assert {*gpus["first"], *gpus["last"]} <= families


def test_an_image_of_an_unknown_container_is_a_key_error() -> None:
    with pytest.raises(KeyError, match="xgboost:0"):
        catalogue.published_image(container="xgboost:0", scope="training", instance="ml.m5.large")


@pytest.mark.parametrize(("region", "offered"), [("us-east-1", True), ("eu-north-1", False), ("xx-new-1", True)])
def test_an_instance_is_taken_for_offered_where_nobody_knows_better(region: str, *, offered: bool) -> None:
    found = catalogue.is_offered(instance="ml.t2.medium", kind="hosting", region=region)

    assert found is offered


@pytest.mark.parametrize(
    ("container", "family"),
    [
        ("xgboost:3.2-0", "xgboost"),
        ("123456789012.dkr.ecr.eu-west-1.amazonaws.com/own:1", ""),
        ("123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/team/own:1", ""),
        (f"123456789012.dkr.ecr.eu-west-1.amazonaws.com/own@sha256:{'0' * 64}", ""),
    ],
)
def test_an_image_of_the_users_own_has_no_family(container: str, family: str) -> None:
    found = catalogue.family_of(container)

    assert found == family
