from pathlib import Path

import pytest

from modelyard.rehearsal.containers.processing import ProcessingJob, local_path, relocated
from modelyard.rehearsal.containers.volumes import used_by
from modelyard.rehearsal.sagemaker.jobs.failures import JobFailed
from modelyard.rehearsal.sagemaker.jobs.images import Container, container_of, repository
from modelyard.rehearsal.sagemaker.jobs.places import S3Place

TREE = Path("/tree")


@pytest.mark.parametrize(
    ("prefix", "key", "path"),
    [
        ("s3://b/data/", "data/a.csv", "a.csv"),
        ("s3://b/data", "data/deep/a.csv", "deep/a.csv"),
        ("s3://b/data/a.csv", "data/a.csv", "a.csv"),
        ("s3://b/data/pa", "data/part-1.csv", "part-1.csv"),
        ("s3://b", "data/a.csv", "data/a.csv"),
    ],
)
def test_an_object_keeps_its_path_below_the_prefix(prefix: str, key: str, path: str) -> None:
    assert S3Place.parse(prefix).relative(key) == path


@pytest.mark.parametrize("key", ["data/../../etc/passwd", "data/a//b", "data/./a"])
def test_a_key_that_makes_no_path_is_refused_as_aws_does(key: str) -> None:
    with pytest.raises(JobFailed, match="has an illegal char sub-sequence"):
        S3Place.parse("s3://b/data/").relative(key)


@pytest.mark.parametrize(("uri", "sentence"), [("/tmp/x", "must begin with s3://"), ("s3:///x", "must name a bucket")])  # noqa: S108
def test_what_is_no_place_in_s3_is_refused(uri: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        S3Place.parse(uri)


def test_what_lies_below_a_place_has_one_slash_more() -> None:
    assert [S3Place.parse(uri).below("x").uri for uri in ("s3://b", "s3://b/a", "s3://b/a/")] == [
        "s3://b/x",
        "s3://b/a/x",
        "s3://b/a/x",
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("/opt/ml/processing/input", "/tree/processing/input"),
        ("/opt/ml", "/tree"),
        ("--out=/opt/ml/x,/opt/ml/y", "--out=/tree/x,/tree/y"),
        ('{"path": "/opt/ml/x"}', '{"path": "/tree/x"}'),
        ("file:///opt/ml/x", "file:///tree/x"),
        ("/data/opt/ml/x", "/data/opt/ml/x"),
        ("/opt/mlflow", "/opt/mlflow"),
        ("s3://bucket/opt/ml", "s3://bucket/opt/ml"),
    ],
)
def test_paths_of_the_container_are_taken_below_the_tree(text: str, found: str) -> None:
    assert relocated(text=text, root=TREE) == found


@pytest.mark.parametrize("path", ["/tmp/x", "/opt/ml/../x", "processing"])  # noqa: S108
def test_a_local_path_lies_below_opt_ml(path: str) -> None:
    with pytest.raises(ValueError, match="a local path must lie below /opt/ml and have no"):
        local_path(path=path, root=TREE)


def test_a_job_without_a_command_is_refused() -> None:
    with pytest.raises(ValueError, match="command must have a program, got none"):
        ProcessingJob(name="job", command=[])


def test_a_grace_below_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="stop_grace_seconds must be 0 or more, got -1"):
        ProcessingJob(name="job", command=["true"], stop_grace_seconds=-1)


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


def test_a_folder_is_as_large_as_its_files(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "a").write_bytes(bytes(10))
    (tmp_path / "b").write_bytes(bytes(5))
    assert used_by(tmp_path).size == 15
