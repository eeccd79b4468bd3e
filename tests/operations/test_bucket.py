from pathlib import Path

from modelyard.operations.aws import Aws
from modelyard.operations.bucket import DataBucket
from support.local_aws import SharedLocalAws


def test_one_file_of_a_folder_can_be_downloaded_alone(local_aws: SharedLocalAws, reached: Aws, tmp_path: Path) -> None:
    bucket = DataBucket(aws=reached, name=local_aws.bucket())
    for name in ("verdict.json", "statistics.json", "deep/verdict.json"):
        bucket.write(key=f"run/{name}", content=name.encode())

    assert bucket.download(prefix="run", folder=tmp_path, only="verdict.json") == [tmp_path / "verdict.json"]

    assert (tmp_path / "verdict.json").read_text() == "verdict.json"
    assert bucket.download(prefix="elsewhere", folder=tmp_path, only="verdict.json") == []
