"""What a job fetches from S3 and leaves there, with its role's credentials and no others."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from modelyard.rehearsal.sagemaker.jobs.failures import download_failed, listing_failed, nothing_found, upload_failed
from modelyard.rehearsal.sagemaker.jobs.places import S3Place


@dataclass(frozen=True, kw_only=True, slots=True)
class Transfers:
    """The way between a job's folders and S3; `client` is its role's. Every error is the end of the job."""

    client: Any
    role_arn: str
    region: str

    def keys(self, source: S3Place) -> list[str]:
        """Return the keys that begin with a prefix, without the markers of empty folders.

        Raises:
            JobFailed: the role may not list them, or there are none.

        """
        try:
            found = [key for key in self._listed(source) if not key.endswith("/")]
        except (ClientError, BotoCoreError) as error:
            raise listing_failed(uri=source.uri, error=error) from error
        if not found:
            raise nothing_found(uri=source.uri, bucket=source.bucket, region=self.region, role_arn=self.role_arn)
        return found

    def download(self, *, source: S3Place, folder: Path) -> list[Path]:
        """Put all objects below a prefix into a folder, and return their paths; raises as `keys` and `fetch` do."""
        paths = []
        for key in self.keys(source):
            path = folder / source.relative(key)
            self.fetch(source=S3Place(bucket=source.bucket, key=key), path=path)
            paths.append(path)
        return paths

    def fetch(self, *, source: S3Place, path: Path) -> None:
        """Put one object into a file.

        Raises:
            JobFailed: the role may not read it, or it is not there.

        """
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            body = self.client.get_object(Bucket=source.bucket, Key=source.key)["Body"]
            with path.open("wb") as file:
                shutil.copyfileobj(body, file)
        except (ClientError, BotoCoreError) as error:
            raise download_failed(uri=source.uri, error=error) from error

    def read(self, source: S3Place) -> bytes:
        """Return one object's content; raises as `fetch` does."""
        try:
            content: bytes = self.client.get_object(Bucket=source.bucket, Key=source.key)["Body"].read()
        except (ClientError, BotoCoreError) as error:
            raise download_failed(uri=source.uri, error=error) from error
        return content

    def upload(self, *, path: Path, target: S3Place, key_id: str | None = None) -> None:
        """Put a file into an object, encrypted with a key of KMS if one is named.

        Raises:
            JobFailed: the role may not write it.

        """
        with path.open("rb") as body:
            self._put(target=target, body=body, key_id=key_id)

    def write(self, *, content: bytes, target: S3Place, key_id: str | None = None) -> None:
        """Put bytes into an object; raises as `upload` does."""
        self._put(target=target, body=content, key_id=key_id)

    def upload_folder(self, *, folder: Path, target: S3Place, key_id: str | None = None) -> None:
        """Put every file of a folder below a prefix; raises as `upload` does."""
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            name = path.relative_to(folder).as_posix()
            self.upload(path=path, target=target.below(name), key_id=key_id)

    def _listed(self, source: S3Place) -> Iterator[str]:
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=source.bucket, Prefix=source.key)
        for page in pages:
            for entry in page.get("Contents", []):
                yield entry["Key"]

    def _put(self, *, target: S3Place, body: Any, key_id: str | None) -> None:
        encrypted = {} if key_id is None else {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key_id}
        try:
            self.client.put_object(Bucket=target.bucket, Key=target.key, Body=body, **encrypted)
        except (ClientError, BotoCoreError) as error:
            raise upload_failed(uri=target.uri, error=error) from error
