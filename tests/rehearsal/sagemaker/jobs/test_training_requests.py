"""Which images train by a script here, and which need a command that stands for them."""

from pathlib import Path
from typing import Any

import pytest

from modelyard.rehearsal.containers.local_commands import LocalCommand, LocalCommands
from modelyard.rehearsal.sagemaker.errors import ServiceError
from modelyard.rehearsal.sagemaker.jobs.training_requests import check_training, training_command

REGISTRY = "763104351884.dkr.ecr.eu-west-1.amazonaws.com"
TRANSFORMERS = f"{REGISTRY}/huggingface-pytorch-training:2.5.1-transformers4.49.0-gpu-py311-cu124-ubuntu22.04"
DJL = f"{REGISTRY}/djl-inference:0.36.0-lmi27.0.0-cu130"
SCRIPT = {"sagemaker_program": "train.py", "sagemaker_submit_directory": "s3://bucket/sourcedir.tar.gz"}


def request(image: str, hyperparameters: dict[str, str]) -> dict[str, Any]:
    return {
        "AlgorithmSpecification": {"TrainingImage": image, "TrainingInputMode": "File"},
        "HyperParameters": hyperparameters,
        "ResourceConfig": {"InstanceType": "ml.g5.xlarge", "InstanceCount": 1},
    }


@pytest.fixture
def commands(tmp_path: Path) -> LocalCommands:
    return LocalCommands(file=tmp_path / "local_commands.toml")


def test_hugging_face_trains_by_a_script(commands: LocalCommands) -> None:
    check_training(request(TRANSFORMERS, SCRIPT), commands=commands)

    assert training_command(request(TRANSFORMERS, SCRIPT), commands=commands) is None


@pytest.mark.parametrize(("image", "hyperparameters"), [(TRANSFORMERS, {}), (DJL, {}), (DJL, SCRIPT)])
def test_what_trains_by_no_script_needs_a_local_command(
    commands: LocalCommands, image: str, hyperparameters: dict[str, str]
) -> None:
    with pytest.raises(ServiceError) as refused:
        check_training(request(image, hyperparameters), commands=commands)

    assert f"the image {image} has no local command" in refused.value.message


@pytest.mark.parametrize("hyperparameters", [{}, SCRIPT])
def test_a_command_stands_for_an_image_of_hugging_face(
    tmp_path: Path, commands: LocalCommands, hyperparameters: dict[str, str]
) -> None:
    commands.file.write_text(f'["{TRANSFORMERS}"]\ntrain = ["python", "train.py"]', encoding="utf-8")

    check_training(request(TRANSFORMERS, hyperparameters), commands=commands)

    found = training_command(request(TRANSFORMERS, hyperparameters), commands=commands)
    assert found == LocalCommand(words=("python", "train.py"), folder=tmp_path)
