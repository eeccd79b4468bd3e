"""What an artifact must hold to be promoted, read from a bucket of the local AWS."""

import io
import tarfile
from dataclasses import replace
from typing import Any

import pytest

from modelyard.manifest import Model, read_models, read_stage
from modelyard.operations.aws import Aws
from modelyard.operations.bucket import DataBucket
from modelyard.operations.failures import Failure
from modelyard.operations.promotion.candidate import candidate
from support.synth import ROOT

LEADERBOARD = """{"model": "m", "run": "1", "objective": {"metric": "%s", "goal": "maximize"}, "trials": [
    {"name": "single", "job": "job", "status": "Completed", "hyperparameters": {}, "metrics": {"%s": 1}}]}"""


def example(name: str) -> Model:
    stage = read_stage(ROOT / "stages.toml", name="dev")
    (model,) = read_models(ROOT / "models", stage=stage, scripts=ROOT / "training_scripts", only=name)
    return replace(model, monitoring=None)


def archive(*names: str) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name in names:
            tar.addfile(tarfile.TarInfo(name))
    return packed.getvalue()


@pytest.fixture
def bucket(local_aws: Any, reached: Aws) -> DataBucket:
    return DataBucket(aws=reached, name=local_aws.bucket())


def put(bucket: DataBucket, *, model: Model, artifact: bytes) -> None:
    assert model.training is not None
    metric, run = model.training.objective.metric, model.layout.training(run="1")
    bucket.write(key=model.layout.leaderboard(run="1"), content=(LEADERBOARD % (metric, metric)).encode())
    bucket.write(key=f"{run}/job/output/model.tar.gz", content=artifact)


@pytest.mark.parametrize(
    ("name", "held"),
    [
        ("mnist_torch", ("model.pth", "code/train.py")),
        ("mnist_torch", ("./code/train.py",)),
        ("mnist_tf", ("1/saved_model.pb",)),
        ("churn", ("model.json",)),
    ],
)
def test_an_artifact_with_what_its_container_looks_for_is_promoted(
    bucket: DataBucket, name: str, held: tuple[str, ...]
) -> None:
    model = example(name)
    put(bucket, model=model, artifact=archive(*held))

    found = candidate(model=model, bucket=bucket, run="1", trial=None)

    assert found.artifact.endswith("/job/output/model.tar.gz")


@pytest.mark.parametrize(
    ("name", "held", "needed"),
    [
        ("mnist_torch", ("model.pth",), "code/train.py"),
        ("mnist_torch", ("code/serve.py",), "code/train.py"),
        ("mnist_torch", (), "code/train.py"),
        ("mnist_tf", ("weights.h5",), "saved_model.pb"),
        ("mnist_tf", (), "saved_model.pb"),
    ],
)
def test_an_artifact_without_it_is_refused(bucket: DataBucket, name: str, held: tuple[str, ...], needed: str) -> None:
    model = example(name)
    put(bucket, model=model, artifact=archive(*held))

    with pytest.raises(Failure, match=f"must hold {needed} for .* container to serve it, and does not"):
        candidate(model=model, bucket=bucket, run="1", trial=None)


def test_an_artifact_that_is_no_archive_is_refused(bucket: DataBucket) -> None:
    model = example("mnist_torch")
    put(bucket, model=model, artifact=b"no archive")

    with pytest.raises(Failure, match=r"must be a \.tar\.gz, and is none"):
        candidate(model=model, bucket=bucket, run="1", trial=None)
