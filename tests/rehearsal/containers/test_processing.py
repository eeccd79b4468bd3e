from pathlib import Path

import pytest

from modelyard.rehearsal.containers.processing import ProcessingSpec, local_path, relocated

TREE = Path("/tree")


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


@pytest.mark.parametrize("path", ["/tmp/x", "/opt/mlflow", "processing", ""])  # noqa: S108
def test_a_local_path_lies_below_opt_ml(path: str) -> None:
    with pytest.raises(ValueError, match="a local path must lie below /opt/ml, got"):
        local_path(path=path, root=TREE)


@pytest.mark.parametrize("path", ["/opt/ml/../x", "/opt/ml/a\0b", f"/opt/ml/{'a' * 256}"])
def test_a_local_path_is_one_that_a_file_can_have(path: str) -> None:
    with pytest.raises(ValueError, match=r"local path '/opt/ml/.* has a"):
        local_path(path=path, root=TREE)


@pytest.mark.parametrize(
    ("path", "found"),
    [("/opt/ml", "/tree"), ("/opt/ml/processing//in/", "/tree/processing/in"), ("/opt/ml/./a", "/tree/a")],
)
def test_a_local_path_may_be_written_in_several_ways(path: str, found: str) -> None:
    assert local_path(path=path, root=TREE) == Path(found)


def test_a_job_without_a_command_is_refused() -> None:
    with pytest.raises(ValueError, match="command must have a program, got none"):
        ProcessingSpec(name="job", command=[])


def test_a_grace_below_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="stop_grace_seconds must be 0 or more, got -1"):
        ProcessingSpec(name="job", command=["true"], stop_grace_seconds=-1)
