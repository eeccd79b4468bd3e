"""Archives from elsewhere, which are read through before anything is sent."""

import io
import tarfile
from pathlib import Path

import pytest

from modelyard.operations.aws import Aws
from modelyard.operations.failures import Failure
from modelyard.operations.importing import archive
from modelyard.operations.importing.archive import fetched, members
from support.local_aws import SharedLocalAws


def packed(folder: Path, *entries: tarfile.TarInfo | str) -> Path:
    file = folder / "model.tar.gz"
    with tarfile.open(file, "w:gz") as tar:
        for entry in entries:
            tar.addfile(tarfile.TarInfo(entry) if isinstance(entry, str) else entry, io.BytesIO())
    return file


def special(name: str, kind: bytes, link: str = "") -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname = kind, link
    return entry


def test_the_files_of_an_archive_are_named_from_its_folder(tmp_path: Path) -> None:
    file = packed(tmp_path, special("code", tarfile.DIRTYPE), "./code/inference.py", "model.joblib")

    assert members(file, origin="it") == ["code/inference.py", "model.joblib"]


@pytest.mark.parametrize("name", ["/etc/passwd", "../model", "code/../../model"])
def test_a_member_that_leads_out_of_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(Failure) as refused:
        members(packed(tmp_path, name), origin="it")

    assert str(refused.value) == f"it must hold paths below its folder, got {name!r}; pack it anew"


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE])
def test_a_member_that_is_no_file_is_refused(tmp_path: Path, kind: bytes) -> None:
    with pytest.raises(Failure, match=r"^it must hold files alone, got the link or device 'model'; copy it in$"):
        members(packed(tmp_path, special("model", kind, "/etc/passwd")), origin="it")


@pytest.mark.parametrize("entries", [(), (special("code", tarfile.DIRTYPE),)])
def test_an_archive_without_a_file_is_refused(tmp_path: Path, entries: tuple[tarfile.TarInfo, ...]) -> None:
    with pytest.raises(Failure, match=r"^it must hold a model, it is empty; pack the model's files$"):
        members(packed(tmp_path, *entries), origin="it")


@pytest.mark.parametrize("cut", [0, 40])
def test_what_is_no_archive_is_refused(tmp_path: Path, cut: int) -> None:
    file = packed(tmp_path, *(f"part-{number}" for number in range(100)))
    file.write_bytes(file.read_bytes()[:-cut] if cut else b"PK no tar")

    with pytest.raises(Failure, match=r"^it must be a \.tar\.gz that can be read, it is not \("):
        members(file, origin="it")


def test_an_object_is_fetched_and_gone_afterwards(local_aws: SharedLocalAws, reached: Aws, tmp_path: Path) -> None:
    bucket = local_aws.bucket()
    content = packed(tmp_path, "model").read_bytes()
    local_aws.client("s3").put_object(Bucket=bucket, Key="a/model.tar.gz", Body=content)

    with fetched(f"s3://{bucket}/a/model.tar.gz", aws=reached) as found:
        assert (found.file.read_bytes(), found.origin) == (content, f"s3://{bucket}/a/model.tar.gz")
    assert not found.file.exists()


def test_a_registered_model_is_fetched_from_where_it_lies(
    local_aws: SharedLocalAws, reached: Aws, tmp_path: Path
) -> None:
    bucket, group, sagemaker = local_aws.bucket(), local_aws.name("group"), local_aws.client("sagemaker")
    content = packed(tmp_path, "model").read_bytes()
    local_aws.client("s3").put_object(Bucket=bucket, Key="model.tar.gz", Body=content)
    sagemaker.create_model_package_group(ModelPackageGroupName=group)
    container = {"Image": "image", "ModelDataUrl": f"s3://{bucket}/model.tar.gz"}
    package = sagemaker.create_model_package(
        ModelPackageGroupName=group,
        InferenceSpecification={"Containers": [container], "SupportedContentTypes": ["text/csv"]},
    )["ModelPackageArn"]

    with fetched(package, aws=reached) as found:
        assert (found.file.read_bytes(), found.origin) == (content, package)


def test_a_registered_model_of_several_containers_is_no_archive(local_aws: SharedLocalAws, reached: Aws) -> None:
    group, sagemaker = local_aws.name("group"), local_aws.client("sagemaker")
    sagemaker.create_model_package_group(ModelPackageGroupName=group)
    containers = [{"Image": "image", "ModelDataUrl": f"s3://bucket/{name}.tar.gz"} for name in ("first", "second")]
    package = sagemaker.create_model_package(
        ModelPackageGroupName=group,
        InferenceSpecification={"Containers": containers, "SupportedContentTypes": ["text/csv"]},
    )["ModelPackageArn"]

    with pytest.raises(Failure, match="must have one container with a ModelDataUrl"), fetched(package, aws=reached):
        pass


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("nothing.tar.gz", "got nothing.tar.gz: there is no such file"),
        ("s3://nobody-has-this-bucket/model.tar.gz", "There is no object at s3://nobody-has-this-bucket/model.tar.gz"),
        ("s3://B", "ARCHIVE must be the URI of an object"),
        ("arn:aws:sagemaker:us-east-1:111122223333:model-package/none/1", "There is no model package arn:aws:"),
    ],
)
def test_an_archive_that_is_not_there_is_named(reached: Aws, name: str, sentence: str) -> None:
    with pytest.raises(Failure, match=sentence), fetched(name, aws=reached):
        pass


def test_an_archive_that_is_too_large_is_refused(reached: Aws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = packed(tmp_path, "model")
    monkeypatch.setattr(archive, "MOST_BYTES", 10)

    with pytest.raises(Failure, match="must have at most 10 bytes, got"), fetched(str(file), aws=reached):
        pass
