"""What an instance needs from S3 before it starts."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, ClientError


class ArtifactError(Exception):
    """Something could not be had from S3, in the words of S3."""


def download(*, client: Any, address: str, folder: Path) -> Path:
    """Fetch an object, or everything under a prefix that ends with /, and return the file or the folder.

    Raises:
        ArtifactError: it is not there, or the client's role may not read it.

    """
    parts = urlsplit(address)
    bucket, key = parts.netloc, parts.path.lstrip("/")
    folder.mkdir(parents=True, exist_ok=True)
    try:
        if key.endswith("/") or key == "":
            return _download_prefix(client=client, bucket=bucket, prefix=key, folder=folder)
        target = folder / Path(key).name
        client.download_file(bucket, key, str(target))
    except (ClientError, BotoCoreError) as error:
        raise ArtifactError(f"{address}: {error}") from error
    return target


def _download_prefix(*, client: Any, bucket: str, prefix: str, folder: Path) -> Path:
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    keys = [item["Key"] for page in pages for item in page.get("Contents", ())]
    if not keys:
        raise ArtifactError(f"s3://{bucket}/{prefix}: there is no object under this prefix")
    for key in keys:
        target = folder / key.removeprefix(prefix)
        if key.endswith("/"):
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        client.download_file(bucket, key, str(target))
    return folder
