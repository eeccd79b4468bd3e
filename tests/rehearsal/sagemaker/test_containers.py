import pytest

from modelyard.rehearsal.sagemaker.containers import ServingCode, family_of, repository, serving_code
from modelyard.shared.container_families import PROGRAM, PYTORCH, XGBOOST, ContainerFamily
from modelyard.shared.container_families import SUBMIT_DIRECTORY as SUBMIT
from modelyard.shared.s3_uri import S3Uri


@pytest.mark.parametrize(
    ("uri", "name", "family"),
    [
        (
            "1.dkr.ecr.us-west-2.amazonaws.com/sagemaker-xgboost:3.2-0",
            "sagemaker-xgboost",
            XGBOOST,
        ),
        ("1.dkr.ecr.eu-west-1.amazonaws.com/pytorch-training:2.6", "pytorch-training", PYTORCH),
        ("1.dkr.ecr.x.amazonaws.com/team/own@sha256:0", "team/own", None),
        ("own", "own", None),
    ],
)
def test_an_image_is_known_by_its_repository(uri: str, name: str, family: ContainerFamily | None) -> None:
    assert (repository(uri), family_of(uri)) == (name, family)


ARCHIVE = S3Uri(bucket="assets", key="code.gz")


@pytest.mark.parametrize(
    ("image", "environment", "code"),
    [
        (
            "sagemaker-xgboost:3.2-0",
            {SUBMIT: str(ARCHIVE), PROGRAM: "a.py"},
            ServingCode(program="a.py", source=ARCHIVE),
        ),
        (
            "sagemaker-xgboost:3.2-0",
            {SUBMIT: "/opt/ml/model/code", PROGRAM: "a.py"},
            ServingCode(program="a.py", packed=True),
        ),
        ("sagemaker-xgboost:3.2-0", {PROGRAM: "a.py"}, ServingCode(program="a.py")),
        ("pytorch-inference:2.6", {SUBMIT: str(ARCHIVE), PROGRAM: "a.py"}, ServingCode(program="a.py", packed=True)),
        ("pytorch-inference:2.6", {}, ServingCode(program="inference.py", packed=True)),
        ("tensorflow-inference:2.19", {SUBMIT: str(ARCHIVE), PROGRAM: "a.py"}, ServingCode(program=None, packed=True)),
        ("team/own:1", {SUBMIT: str(ARCHIVE), PROGRAM: "a.py"}, ServingCode(program="a.py", source=ARCHIVE)),
        ("team/own:1", {PROGRAM: "a.py"}, ServingCode(program="a.py", packed=True)),
    ],
)
def test_each_image_finds_a_scripts_functions_in_its_own_place(
    image: str, environment: dict[str, str], code: ServingCode
) -> None:
    container = {"Image": f"1.dkr.ecr.eu-west-1.amazonaws.com/{image}", "Environment": environment}

    assert serving_code(container) == code
