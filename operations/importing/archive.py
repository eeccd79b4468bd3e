"""An archive from elsewhere: fetched from where it lies, and read through before anything of it is sent."""

import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from botocore.exceptions import ClientError

from modelyard.manifest import Model
from modelyard.operations.aws import Aws
from modelyard.operations.failures import Failure, says_absent
from modelyard.operations.promotion.servable import check_code_is_read, check_servable
from modelyard.shared.s3_uri import S3Uri, is_s3_uri

# Believed: what one request of S3 takes and copies (PutObject, CopyObject). AWS names no bound for a model's archive
# but the disk of its instances.
MOST_BYTES = 5 * 1024**3
PACKAGE = ":model-package/"


@dataclass(frozen=True, kw_only=True, slots=True)
class Fetched:
    """An archive on this machine, and where it is from: a path, an S3 URI, or the ARN of a registered model."""

    file: Path
    origin: str


@contextmanager
def fetched(archive: str, *, aws: Aws) -> Iterator[Fetched]:
    """Yield the archive as a file of this machine; what was downloaded for it goes afterwards.

    Raises:
        Failure: there is no such file, object or package, the package is no single archive, or it is too large.
    """
    uri = _archive_of(package=archive, aws=aws) if PACKAGE in archive else archive
    if not is_s3_uri(uri):
        file = Path(uri)
        if not file.is_file():
            raise Failure(
                f"ARCHIVE must be a model.tar.gz, its s3:// URI or the ARN of a model package, got {archive}: there is "
                "no such file"
            )
        _check_size(file.stat().st_size, origin=archive)
        yield Fetched(file=file, origin=archive)
        return
    try:
        place = S3Uri.parse(uri)
    except ValueError as error:
        raise Failure(f"ARCHIVE must be the URI of an object: {error}") from error
    s3 = aws.client("s3")
    with tempfile.TemporaryDirectory(prefix="yard-import-") as folder:
        file = Path(folder, "model.tar.gz")
        try:
            _check_size(s3.head_object(Bucket=place.bucket, Key=place.key)["ContentLength"], origin=archive)
            s3.download_file(place.bucket, place.key, str(file))
        except ClientError as error:
            if says_absent(error):
                raise Failure(f"There is no object at {uri}; list what there is: aws s3 ls {uri}") from error
            raise
        yield Fetched(file=file, origin=archive)


def check_archive(archive: Fetched, *, model: Model) -> None:
    """Refuse an archive that cannot be unpacked, or of which the model's container could not serve.

    Raises:
        Failure: see `members`, `check_code_is_read` and `check_servable`.
    """
    names = members(archive.file, origin=archive.origin)
    check_code_is_read(names, model=model, archive=archive.origin)
    check_servable(names, model=model, archive=archive.origin, hint="pack it into the archive")


def members(file: Path, *, origin: str) -> list[str]:
    """Return the names of the files in an archive, all of which would lie below the folder that it is unpacked to.

    Raises:
        Failure: it is no .tar.gz, holds no file, or a member that is a link, a device or leads out of the folder.
    """
    names = []
    try:
        with tarfile.open(file, "r:gz") as archive:
            for member in archive:
                path = PurePosixPath(member.name)
                if path.is_absolute() or ".." in path.parts:
                    raise Failure(f"{origin} must hold paths below its folder, got {member.name!r}; pack it anew")
                if not (member.isfile() or member.isdir()):
                    raise Failure(f"{origin} must hold files alone, got the link or device {member.name!r}; copy it in")
                if member.isfile():
                    names.append(str(path))
    except (tarfile.TarError, OSError, EOFError, zlib.error) as error:
        raise Failure(f"{origin} must be a .tar.gz that can be read, it is not ({error}); pack it anew") from error
    if not names:
        raise Failure(f"{origin} must hold a model, it is empty; pack the model's files")
    return names


def _archive_of(*, package: str, aws: Aws) -> str:
    try:
        found = aws.client("sagemaker").describe_model_package(ModelPackageName=package)
    except ClientError as error:
        if says_absent(error):
            raise Failure(
                f"There is no model package {package}; list them: aws sagemaker list-model-packages"
            ) from error
        raise
    containers = found.get("InferenceSpecification", {}).get("Containers", [])
    urls = [one.get("ModelDataUrl") for one in containers]
    if len(urls) != 1 or urls[0] is None:
        raise Failure(
            f"{package} must have one container with a ModelDataUrl to be imported, it has {len(urls)}; name an archive"
        )
    return str(urls[0])


def _check_size(size: int, *, origin: str) -> None:
    if size > MOST_BYTES:
        raise Failure(
            f"{origin} must have at most {MOST_BYTES} bytes, got {size}; leave out what serving does not need"
        )
