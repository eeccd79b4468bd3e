import pytest

from modelyard.rehearsal.sagemaker.containers import Container, container_of, repository


@pytest.mark.parametrize(
    ("uri", "name", "container"),
    [
        (
            "1.dkr.ecr.us-west-2.amazonaws.com/sagemaker-xgboost:3.2-0",
            "sagemaker-xgboost",
            Container.XGBOOST,
        ),
        ("1.dkr.ecr.eu-west-1.amazonaws.com/pytorch-training:2.6", "pytorch-training", Container.PYTORCH),
        ("1.dkr.ecr.x.amazonaws.com/team/own@sha256:0", "team/own", None),
        ("own", "own", None),
    ],
)
def test_an_image_is_known_by_its_repository(uri: str, name: str, container: Container | None) -> None:
    assert (repository(uri), container_of(uri)) == (name, container)
