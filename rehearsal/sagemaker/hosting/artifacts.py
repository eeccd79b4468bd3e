"""What an instance needs from S3 before it starts."""

from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from modelyard.shared.disk_limits import refused_by_disk
from modelyard.shared.object_path import object_paths
from modelyard.shared.s3_uri import S3Uri


class ArtifactError(Exception):
    """Something could not be had from S3, in the words of S3, or could not be kept here."""


def download(*, client: Any, uri: S3Uri, folder: Path) -> Path:
    """Fetch an object, or everything under a prefix that ends with /, and return the file or the folder.

    Raises:
        ArtifactError: it is not there, the client's role may not read it, or it cannot be kept on this machine.

    """
    folder.mkdir(parents=True, exist_ok=True)
    try:
        if uri.key.endswith("/") or uri.key == "":
            return _download_prefix(client=client, uri=uri, folder=folder)
        target = folder / "archive.tar.gz"
        client.download_file(uri.bucket, uri.key, str(target))
    except (ClientError, BotoCoreError) as error:
        raise ArtifactError(f"{uri}: {error}") from error
    except ValueError as error:
        raise ArtifactError(str(error)) from error
    except OSError as error:
        reason = refused_by_disk(error)
        raise ArtifactError(f"{uri}: {error if reason is None else reason}") from error
    return target


def _download_prefix(*, client: Any, uri: S3Uri, folder: Path) -> Path:
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=uri.bucket, Prefix=uri.key)
    keys = [item["Key"] for page in pages for item in page.get("Contents", ())]
    if not keys:
        raise ArtifactError(f"{uri}: there is no object under this prefix")
    for key, path in object_paths(folder=folder, keys=keys, prefix=uri.key).items():
        path.parent.mkdir(parents=True, exist_ok=True)
        client.download_file(uri.bucket, key, str(path))
    return folder
