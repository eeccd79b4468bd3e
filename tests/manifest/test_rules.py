import pytest

from modelyard.manifest import catalogue
from modelyard.manifest.catalogue import Scope
from modelyard.manifest.rules import Container

SCOPES: tuple[Scope, ...] = ("training", "inference")
FAMILIES = "huggingface, pytorch, sklearn, tensorflow, xgboost"
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
        ("huggingface:4.56", "inference", "huggingface:4.49.0"),
        ("huggingface:4.28-pytorch2.0", "training", "huggingface:4.49.0"),
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
        assert ("which trains and serves" in problem.hint) is (family != "djl")


@pytest.mark.parametrize("container", ["djl:0.36", "djl:1", "djl"])
def test_a_family_that_only_serves_trains_nothing(container: str) -> None:
    problem = Container("training").problem(key="container", value=container)

    assert problem is not None
    assert problem.hint == (
        "djl serves, and trains nothing: train with another, or write the image's URI, such as "
        "123456789012.dkr.ecr.us-east-1.amazonaws.com/NAME:TAG"
    )


def test_the_version_of_a_family_that_only_serves_is_advised_as_such() -> None:
    problem = Container("inference").problem(key="container", value="djl:0.36.9")

    assert problem is not None
    assert problem.allowed.startswith("djl in one of its versions for inference (0.28.0, ")
    assert problem.hint == 'write for instance "djl:0.38.0", which serves'


@pytest.mark.parametrize(
    "container", ["xgboost:3.2-0", "pytorch:2.6", "huggingface:4.49", f"{IMAGE}:1", f"{IMAGE}@sha256:{'a' * 64}"]
)
def test_a_container_of_awss_or_the_users_own_is_taken(container: str) -> None:
    problem = Container("training").problem(key="container", value=container)

    assert problem is None
