from pathlib import Path

import pytest

from modelyard.manifest import catalogue
from modelyard.rehearsal.containers.local_commands import LocalCommand, LocalCommands
from modelyard.rehearsal.sagemaker.containers import ServingCode, family_of, repository, serving_code
from modelyard.rehearsal.sagemaker.errors import ServiceError
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
    tmp_path: Path, image: str, environment: dict[str, str], code: ServingCode
) -> None:
    container = {"Image": f"1.dkr.ecr.eu-west-1.amazonaws.com/{image}", "Environment": environment}

    assert serving_code(container, commands=LocalCommands(file=tmp_path / "local_commands.toml")) == code


def resolved(container: str, *, region: str = "eu-west-1") -> str:
    """The URI of an image as a template has it in a region."""
    image = catalogue.published_image(container=container, scope="inference", instance="ml.g5.xlarge")
    return f"{image.accounts[region]}.dkr.ecr.{region}.amazonaws.com/{image.repository}:{image.tag}"


@pytest.mark.parametrize("container", ["huggingface:4.49", "djl:0.36"])
def test_a_local_command_stands_for_a_pipeline_and_for_djl(tmp_path: Path, container: str) -> None:
    file = tmp_path / "local_commands.toml"
    file.write_text(f'["{resolved(container)}"]\nserve = ["python", "server.py"]', encoding="utf-8")

    code = serving_code({"Image": resolved(container)}, commands=LocalCommands(file=file))

    assert code == ServingCode(program=None, command=LocalCommand(words=("python", "server.py"), folder=tmp_path))


@pytest.mark.parametrize(
    ("container", "environment"),
    [
        ("djl:0.36", {}),
        ("djl:0.36", {PROGRAM: "a.py"}),
        ("huggingface:4.49", {"HF_MODEL_ID": "org/model"}),
        ("huggingface:4.49", {PROGRAM: "a.py", "HF_MODEL_ID": "org/model"}),
    ],
)
def test_neither_djl_nor_a_model_of_the_hub_is_served_as_another(
    tmp_path: Path, container: str, environment: dict[str, str]
) -> None:
    with pytest.raises(ServiceError) as refused:
        serving_code(
            {"Image": resolved(container), "Environment": environment},
            commands=LocalCommands(file=tmp_path / "local_commands.toml"),
        )

    assert f"the image {resolved(container)} has no local command, and no image is pulled" in refused.value.message


@pytest.mark.parametrize(("environment", "program"), [({}, "inference.py"), ({PROGRAM: "a.py"}, "a.py")])
def test_hugging_face_answers_by_a_script_of_the_archive_or_says_that_nothing_stands_for_it(
    tmp_path: Path, environment: dict[str, str], program: str
) -> None:
    container = {"Image": resolved("huggingface:4.49"), "Environment": environment}

    code = serving_code(container, commands=LocalCommands(file=tmp_path / "local_commands.toml"))

    assert (code.program, code.packed, code.command) == (program, True, None)
    assert str(code.without_program).startswith(f"the image {resolved('huggingface:4.49')} has no local command")


OWN = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/own:1"


def test_a_local_command_stands_for_an_image_whatever_else_it_is_told(tmp_path: Path) -> None:
    file = tmp_path / "local_commands.toml"
    file.write_text(f'["{OWN}"]\nserve = ["python", "server.py"]', encoding="utf-8")
    container = {"Image": OWN, "Environment": {PROGRAM: "a.py"}}

    code = serving_code(container, commands=LocalCommands(file=file))

    assert code == ServingCode(program=None, command=LocalCommand(words=("python", "server.py"), folder=tmp_path))


def test_code_in_another_folder_of_the_archive_is_not_rehearsed(tmp_path: Path) -> None:
    environment = {PROGRAM: "a.py", SUBMIT: "/opt/ml/model/src"}
    container = {"Image": "1.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-xgboost:3.2-0", "Environment": environment}

    with pytest.raises(ServiceError, match=r"must be an s3:// URI or /opt/ml/model/code here, got /opt/ml/model/src"):
        serving_code(container, commands=LocalCommands(file=tmp_path / "local_commands.toml"))


@pytest.mark.parametrize(
    ("image", "sentence"),
    [
        (OWN, f"the image {OWN} has no local command, and no image is pulled here"),
        (
            "1.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-scikit-learn:1.9-0",
            "must be told in SAGEMAKER_PROGRAM of the file whose functions answer, as scikit-learn's container has "
            "none of its own; set it, and SAGEMAKER_SUBMIT_DIRECTORY to /opt/ml/model/code for code of the archive",
        ),
    ],
)
def test_an_image_that_cannot_be_served_is_not_served_as_another(tmp_path: Path, image: str, sentence: str) -> None:
    with pytest.raises(ServiceError) as refused:
        serving_code({"Image": image}, commands=LocalCommands(file=tmp_path / "local_commands.toml"))

    assert sentence in refused.value.message
