import pytest

from modelyard.manifest import catalogue
from modelyard.rehearsal.sagemaker.containers import family_of
from modelyard.rehearsal.sagemaker.errors import ServiceError
from modelyard.rehearsal.sagemaker.machines import check_volume_key, check_volume_size, runs

REGISTRY = "763104351884.dkr.ecr.eu-west-1.amazonaws.com"
X86 = f"{REGISTRY}/pytorch-inference:2.6.0-cpu-py312"
ARM = f"{REGISTRY}/pytorch-inference-arm64:2.6.0-cpu-py312-ubuntu22.04-sagemaker"


@pytest.mark.parametrize(
    ("image", "instance", "expected"),
    [
        (X86, "ml.m5.large", True),
        (X86, "ml.g5.xlarge", True),
        (X86, "ml.inf2.xlarge", True),
        (X86, "ml.c7g.large", False),
        (ARM, "ml.c7g.large", True),
        (ARM, "ml.m5.large", False),
        (f"{REGISTRY}/tensorflow-inference-graviton:2.16.1", "ml.m5.large", False),
        ("123456789012.dkr.ecr.eu-west-1.amazonaws.com/mine:1", "ml.c7g.large", True),
        (X86, "ml.z9.large", True),
    ],
)
def test_an_image_runs_on_the_processor_that_it_is_built_for(image: str, instance: str, *, expected: bool) -> None:
    assert runs(image=image, instance_type=instance) is expected


@pytest.mark.parametrize("family", catalogue.families(scope="inference"))
def test_what_a_manifest_gives_an_instance_runs_on_it(family: str) -> None:
    container = f"{family}:{catalogue.versions(family=family, scope='inference')[-1]}"
    for instance in catalogue.instance_types(kind="hosting"):
        image = catalogue.best_image(container=container, scope="inference", instance=instance)
        if image is not None:
            uri = f"{REGISTRY}/{image.repository}:{image.tag}"
            assert family_of(uri) is not None
            assert runs(image=uri, instance_type=instance)


def test_a_key_for_the_volume_of_an_instance_with_disks_of_its_own_is_refused() -> None:
    with pytest.raises(ServiceError) as refused:
        check_volume_key({"InstanceType": "ml.g7e.2xlarge", "VolumeKmsKeyId": "key"})

    assert (refused.value.code, refused.value.message) == (
        "ValidationException",
        "You can't request a VolumeKmsKeyId when using an instance type with local storage: ml.g7e.2xlarge",
    )


@pytest.mark.parametrize(
    "cluster",
    [{"InstanceType": "ml.g5.xlarge"}, {"InstanceType": "ml.m5.large", "VolumeKmsKeyId": "key"}, {}],
)
def test_a_key_is_taken_where_the_volume_is_no_disk_of_the_instance(cluster: dict[str, str]) -> None:
    check_volume_key(cluster)


def test_a_volume_larger_than_the_disks_that_take_its_place_is_refused() -> None:
    with pytest.raises(ServiceError) as refused:
        check_volume_size({"InstanceType": "ml.g4dn.xlarge", "VolumeSizeInGB": 126})

    assert refused.value.message == (
        "You can't request a VolumeSizeInGB greater than the total size of the local instance storage: "
        "126 on ml.g4dn.xlarge, which has 125"
    )


@pytest.mark.parametrize(("instance", "size"), [("ml.g4dn.xlarge", 125), ("ml.m5.large", 1000)])
def test_a_volume_is_taken_that_fits(instance: str, size: int) -> None:
    check_volume_size({"InstanceType": instance, "VolumeSizeInGB": size})
