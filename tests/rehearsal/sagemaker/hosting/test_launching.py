from pathlib import Path
from typing import Any

import pytest

from modelyard.rehearsal.sagemaker.hosting import launching
from modelyard.shared.s3_uri import S3Uri
from support.served_endpoint import Served


def test_a_disk_that_does_not_take_the_model_fails_the_endpoint(served: Served) -> None:
    (served.platform.folder / "endpoints").touch()
    served.serve()

    assert served.described["EndpointStatus"] == "Failed"
    assert served.described["FailureReason"] == (
        "The files of production variant primary could not be written: "
        "a file is where it needs a folder; rename one of the two."
    )


@pytest.mark.parametrize("image", ["pytorch-inference", "sagemaker-xgboost"])
def test_an_instance_of_another_processor_than_the_image_s_fails_the_endpoint(served: Served, image: str) -> None:
    container = {"Image": f"763104351884.dkr.ecr.us-west-2.amazonaws.com/{image}:1", "ModelDataUrl": "s3://bucket/m"}
    served.declare(model={"PrimaryContainer": container}, InstanceType="ml.c7g.large")
    served.create()

    assert served.described["EndpointStatus"] == "Failed"
    assert served.described["FailureReason"] == (
        "The primary container for production variant primary did not pass the ping health check. "
        "Please check CloudWatch logs for this endpoint."
    )


class Objects:
    """A bucket that lists and gives what it holds."""

    def __init__(self, **objects: str) -> None:
        self.objects = objects

    def get_paginator(self, name: str) -> "Objects":
        return self

    def paginate(self, *, Bucket: str, Prefix: str) -> list[dict[str, Any]]:  # noqa: N803 - boto3's
        return [{"Contents": [{"Key": key} for key in self.objects if key.startswith(Prefix)]}, {}]

    def download_file(self, bucket: str, key: str, target: str) -> None:
        Path(target).write_text(self.objects[key])


def test_everything_under_a_prefix_is_fetched_into_its_folders(tmp_path: Path) -> None:
    client = Objects(**{"model/": "", "model/weight": "2", "model/code/serve.py": "pass", "other": "no"})
    folder = launching.download(client=client, uri=S3Uri(bucket="bucket", key="model/"), folder=tmp_path / "to")

    assert {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()} == {
        "weight",
        "code/serve.py",
    }


def test_a_prefix_with_nothing_under_it_is_refused(tmp_path: Path) -> None:
    with pytest.raises(launching.DownloadError, match="s3://bucket/model/: there is no object under this prefix"):
        launching.download(client=Objects(), uri=S3Uri(bucket="bucket", key="model/"), folder=tmp_path)
