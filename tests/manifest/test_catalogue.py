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
    return newer if newer is not None and tuple(map(int, version.split(".")[:2])) >= (2, 11) else family


def test_every_image_is_the_one_that_aws_publishes(retrieve: Callable[..., str]) -> None:
    listed = [row for row in published() if not is_stated(*row[:4])]

    found = [
        retrieve(
            framework=publisher(family, scope, version),
            region=region,
            version=version if version else None,
            image_scope=SCOPES.get((scope, processor), scope),
            instance_type=INSTANCES[processor],
        )
        for family, scope, version, processor, region, _ in listed
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


@pytest.mark.parametrize("scope", ["training", "inference"])
def test_every_family_has_images_to_train_and_to_serve_with(scope: Any) -> None:
    families = catalogue.families(scope=scope)

    assert set(families) == {"pytorch", "sklearn", "tensorflow", "xgboost"}


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


def test_a_cuda_that_is_stated_is_the_one_of_the_tag_where_the_tag_names_it() -> None:
    families = table("images.json")["families"]
    tagged = {key: families[key[0]][key[1]][key[2]]["images"]["gpu"]["tag"] for key in CUDA}

    named = {key: tag.split("-cu")[1][:3] for key, tag in tagged.items() if "-cu" in tag}
    assert {version for _, _, version in named} == {"2.11", "2.12", "2.13", "2.14"}
    assert named == {key: CUDA[key].replace(".", "") for key in named}


def test_every_image_for_gpus_that_gets_patches_states_its_cuda() -> None:
    versions = {
        (family, scope, version): entry
        for family, scopes in table("images.json")["families"].items()
        for scope, entries in scopes.items()
        for version, entry in entries.items()
        if entry["patched_until"] is not None and "gpu" in entry["images"]
    }

    assert {key for key, entry in versions.items() if entry["images"]["gpu"]["cuda"] is None} == set()
    assert set(CUDA) == set(versions)


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
