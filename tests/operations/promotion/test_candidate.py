"""What an artifact must hold to be promoted, read from a bucket of the local AWS."""

import io
import json
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


def put(
    bucket: DataBucket, *, model: Model, artifact: bytes, transformer: bytes | None = None, fitted: bool = True
) -> None:
    """Put a run's artifact and leaderboard there, and what was fitted before it."""
    assert model.training is not None
    metric, run = model.training.objective.metric, model.layout.training(run="1")
    board = json.loads(LEADERBOARD % (metric, metric))
    if model.has_transformer and fitted:
        key = model.layout.transformer(digest="d", run="1")
        board["preprocessing"] = {"digest": "d", "run": "1", "reused": False, "transformer": key}
        bucket.write(key=key, content=archive("code/preprocess.py") if transformer is None else transformer)
    bucket.write(key=model.layout.leaderboard(run="1"), content=json.dumps(board).encode())
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


TORCH = archive("model.pth", "code/train.py")


def test_a_model_is_promoted_with_the_transformer_of_its_run(bucket: DataBucket) -> None:
    model = example("mnist_torch")
    put(bucket, model=model, artifact=TORCH)

    found = candidate(model=model, bucket=bucket, run="1", trial=None)
    assert found.transformer == "mnist_torch/preprocessing/d/1/transformer/model.tar.gz"


def test_a_run_without_a_transformer_is_not_promoted_where_one_is_declared(bucket: DataBucket) -> None:
    model = example("mnist_torch")
    put(bucket, model=model, artifact=TORCH, fitted=False)

    with pytest.raises(Failure) as refusal:
        candidate(model=model, bucket=bucket, run="1", trial=None)
    assert str(refusal.value) == (
        "Run 1 has no transformer, and preprocessing.transformer says that one stands before the model; train again: "
        "yard train mnist_torch --again"
    )


def test_a_transformer_that_is_gone_is_told(bucket: DataBucket) -> None:
    model = example("mnist_torch")
    put(bucket, model=model, artifact=TORCH)
    bucket.aws.client("s3").delete_object(Bucket=bucket.name, Key=model.layout.transformer(digest="d", run="1"))

    with pytest.raises(Failure, match=r"There is none at s3://.*/transformer/model\.tar\.gz, and preprocessing"):
        candidate(model=model, bucket=bucket, run="1", trial=None)


def test_a_model_trained_behind_a_transformer_is_not_promoted_without(bucket: DataBucket) -> None:
    model = example("mnist_torch")
    put(bucket, model=model, artifact=TORCH)
    assert model.preprocessing is not None
    without = replace(model, preprocessing=replace(model.preprocessing, transformer=False))

    with pytest.raises(
        Failure, match=r"preprocessing\.transformer must be true for a model of run 1, which was trained"
    ):
        candidate(model=without, bucket=bucket, run="1", trial=None)


def test_a_transformer_holds_the_functions_that_transform(bucket: DataBucket) -> None:
    model = example("mnist_torch")
    put(bucket, model=model, artifact=TORCH, transformer=archive("normalization.json"))

    with pytest.raises(Failure) as refusal:
        candidate(model=model, bucket=bucket, run="1", trial=None)
    assert "must hold code/preprocess.py, whose functions transform requests, and does not; let mnist_torch/" in str(
        refusal.value
    )
