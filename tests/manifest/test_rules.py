import pytest

from modelyard.manifest.rules import Container

FAMILIES = "pytorch, sklearn, tensorflow, xgboost"
IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/own"


@pytest.mark.parametrize("container", ["torch:2.6", "", ":", "3.2-0", "drift:latest", "model-monitor:", f"{IMAGE}:a b"])
def test_a_container_of_no_family_is_refused_with_the_families(container: str) -> None:
    problem = Container("training").problem(key="container", value=container)

    assert problem is not None
    assert problem.sentence == (
        f"container must be family:version of {FAMILIES}, or the URI of an image in ECR, "
        f'got "{container}"; write for instance "pytorch:2.14"'
    )


@pytest.mark.parametrize("container", ["xgboost:0.90-1", "xgboost:3", "xgboost", "xgboost:", "xgboost:3.2-0-cpu"])
def test_a_container_of_no_version_is_refused_with_the_versions(container: str) -> None:
    problem = Container("training").problem(key="container", value=container)

    assert problem is not None
    assert problem.sentence == (
        "container must be xgboost in one of its versions for training (1.7-1, 3.0-5, 3.2-0), "
        f'got "{container}"; write for instance "xgboost:3.2-0"'
    )


@pytest.mark.parametrize("container", ["xgboost:3.2-0", "pytorch:2.6", f"{IMAGE}:1", f"{IMAGE}@sha256:{'a' * 64}"])
def test_a_container_of_awss_or_the_users_own_is_taken(container: str) -> None:
    problem = Container("training").problem(key="container", value=container)

    assert problem is None
