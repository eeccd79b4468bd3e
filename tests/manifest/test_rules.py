import pytest

from modelyard.manifest import catalogue
from modelyard.manifest.catalogue import Scope
from modelyard.manifest.rules import Container

SCOPES: tuple[Scope, ...] = ("training", "inference")
FAMILIES = "pytorch, sklearn, tensorflow, xgboost"
IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/own"


@pytest.mark.parametrize("container", ["torch:2.6", "", ":", "3.2-0", "drift:latest", "model-monitor:", f"{IMAGE}:a b"])
def test_a_container_of_no_family_is_refused_with_the_families(container: str) -> None:
    problem = Container("training").problem(key="container", value=container)

    assert problem is not None
    assert problem.sentence == (
        f"container must be family:version of {FAMILIES}, or the URI of an image in ECR, "
        f'got "{container}"; no other family has any: write the image\'s URI, such as '
        "123456789012.dkr.ecr.us-east-1.amazonaws.com/NAME:TAG"
    )


@pytest.mark.parametrize("container", ["xgboost:0.90-1", "xgboost:3", "xgboost", "xgboost:", "xgboost:3.2-0-cpu"])
def test_a_container_of_no_version_is_refused_with_the_versions(container: str) -> None:
    problem = Container("training").problem(key="container", value=container)

    assert problem is not None
    assert problem.sentence == (
        "container must be xgboost in one of its versions for training (1.7-1, 3.0-5, 3.2-0), "
        f'got "{container}"; write for instance "xgboost:3.2-0", which trains and serves'
    )


@pytest.mark.parametrize(
    ("container", "scope", "cure"),
    [
        ("sklearn:1.4-2", "inference", "sklearn:1.4-2-py312"),
        ("pytorch:2.10.0", "inference", "pytorch:2.6.0"),
        ("pytorch:9", "training", "pytorch:2.6.0"),
        ("tensorflow:2.16.2", "inference", "tensorflow:2.19.0"),
    ],
)
def test_the_version_that_is_advised_trains_and_serves(container: str, scope: Scope, cure: str) -> None:
    problem = Container(scope).problem(key="container", value=container)

    assert problem is not None
    assert problem.hint == f'write for instance "{cure}", which trains and serves'
    assert all(Container(side).problem(key="container", value=cure) is None for side in SCOPES)


@pytest.mark.parametrize("scope", SCOPES)
def test_every_family_has_a_version_that_trains_and_serves(scope: Scope) -> None:
    for family in catalogue.families(scope=scope):
        problem = Container(scope).problem(key="container", value=f"{family}:0")

        assert problem is not None
        assert "which trains and serves" in problem.hint


@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize("family", ["huggingface", "djl"])
def test_a_family_whose_tags_are_not_known_here_is_refused_by_its_name(family: str, scope: Scope) -> None:
    problem = Container(scope).problem(key="container", value=f"{family}:1")

    assert problem is not None
    assert problem.hint == (
        f"AWS's tags of {family} are in no table here: write the image's URI, such as "
        "123456789012.dkr.ecr.us-east-1.amazonaws.com/NAME:TAG"
    )


@pytest.mark.parametrize("container", ["xgboost:3.2-0", "pytorch:2.6", f"{IMAGE}:1", f"{IMAGE}@sha256:{'a' * 64}"])
def test_a_container_of_awss_or_the_users_own_is_taken(container: str) -> None:
    problem = Container("training").problem(key="container", value=container)

    assert problem is None
