"""Which images train by a script here, and which need a command that stands for them."""

from pathlib import Path
from typing import Any

import pytest

from modelyard.rehearsal.containers import networks, opt_ml
from modelyard.rehearsal.containers.local_commands import LocalCommand, LocalCommands
from modelyard.rehearsal.sagemaker.errors import ServiceError
from modelyard.rehearsal.sagemaker.jobs.training_requests import check_training, entry_point_of, training_command

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


@pytest.mark.parametrize(
    ("image", "hyperparameters", "sentence"),
    [
        (TRANSFORMERS, {}, "one of AWS's images without a script must be XGBoost's here"),
        (DJL, {}, f"the image {DJL} must be one that trains: DJL Serving's only serves; name another"),
        (DJL, SCRIPT, f"the image {DJL} must be one that trains: DJL Serving's only serves; name another"),
    ],
)
def test_what_fails_on_aws_is_not_trained_by_a_local_command(
    commands: LocalCommands, image: str, hyperparameters: dict[str, str], sentence: str
) -> None:
    commands.file.write_text(f'["{image}"]\ntrain = ["python", "train.py"]', encoding="utf-8")

    with pytest.raises(ServiceError) as refused:
        check_training(request(image, hyperparameters), commands=commands)

    assert sentence in refused.value.message


def test_a_command_stands_for_a_script_of_hugging_face(tmp_path: Path, commands: LocalCommands) -> None:
    commands.file.write_text(f'["{TRANSFORMERS}"]\ntrain = ["python", "train.py"]', encoding="utf-8")

    check_training(request(TRANSFORMERS, SCRIPT), commands=commands)

    found = training_command(request(TRANSFORMERS, SCRIPT), commands=commands)
    assert found == LocalCommand(words=("python", "train.py"), folder=tmp_path)


OWN = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/moods:1"


def entered(image: str) -> dict[str, Any]:
    asked = request(image, {})
    asked["AlgorithmSpecification"] |= {"ContainerEntrypoint": ["python3", "/opt/ml/input/data/code/train.py"]}
    return asked


@pytest.mark.parametrize("image", [OWN, DJL, TRANSFORMERS])
def test_a_program_of_the_request_runs_in_any_image(
    image: str, commands: LocalCommands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opt_ml, "obstacle", lambda: None)
    check_training(entered(image), commands=commands)

    assert entry_point_of(entered(image)) == ("python3", "/opt/ml/input/data/code/train.py")
    assert training_command(entered(image), commands=commands) is None


def test_a_program_that_would_find_nothing_at_opt_ml_is_refused(
    commands: LocalCommands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opt_ml, "obstacle", lambda: "only Linux has what it takes")

    with pytest.raises(ServiceError) as refused:
        check_training(entered(OWN), commands=commands)

    assert "nothing can be mounted at /opt/ml (only Linux has what it takes)" in refused.value.message


ISOLATED = {"EnableNetworkIsolation": True}


@pytest.mark.parametrize("asked", [request(TRANSFORMERS, SCRIPT), entered(OWN)])
def test_what_cannot_be_isolated_is_refused(
    asked: dict[str, Any], commands: LocalCommands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opt_ml, "obstacle", lambda: None)
    monkeypatch.setattr(networks, "obstacle", lambda: "only Linux has what it takes")
    check_training(asked, commands=commands)

    with pytest.raises(ServiceError) as refused:
        check_training(asked | ISOLATED, commands=commands)

    assert refused.value.message.startswith("EnableNetworkIsolation must be false here")
    assert "(only Linux has what it takes)" in refused.value.message


def test_an_isolated_script_has_one_host(commands: LocalCommands, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(networks, "obstacle", lambda: None)
    asked = request(TRANSFORMERS, SCRIPT) | ISOLATED
    check_training(asked, commands=commands)
    asked["ResourceConfig"]["InstanceCount"] = 2

    with pytest.raises(
        ServiceError, match=r"EnableNetworkIsolation must be false here, .* its 2 hosts reach each other"
    ):
        check_training(asked, commands=commands)


@pytest.mark.parametrize("image", [f"{REGISTRY}/sagemaker-xgboost:3.2-0", OWN])
def test_what_only_stands_for_an_image_runs_where_nothing_is_isolated(
    image: str, commands: LocalCommands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(networks, "obstacle", lambda: "only Linux has what it takes")
    commands.file.write_text(f'["{OWN}"]\ntrain = ["python", "train.py"]', encoding="utf-8")
    asked = request(image, {}) | ISOLATED
    asked["ResourceConfig"]["InstanceCount"] = 2

    check_training(asked, commands=commands)
