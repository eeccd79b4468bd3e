"""What a job fetches from S3 and leaves there, with its role's credentials and no others."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from modelyard.rehearsal.sagemaker.jobs.failures import (
    JobFailed,
    disk_failures,
    download_failed,
    key_refused,
    listing_failed,
    nothing_found,
    upload_failed,
)
from modelyard.shared.object_path import object_paths
from modelyard.shared.s3_uri import S3Uri, shortened


@dataclass(frozen=True, kw_only=True, slots=True)
class Transfers:
    """The way between a job's folders and S3; `client` is its role's. Every error is the end of the job."""

    client: Any
    role_arn: str
    region: str

    def objects(self, source: S3Uri) -> list[S3Uri]:
        """Return the objects that begin with a prefix, without the markers of empty folders.

        Raises:
            JobFailed: the role may not list them, there are none, or one has a key that S3 does not take.

        """
        try:
            found = [S3Uri(bucket=source.bucket, key=key) for key in self._listed(source) if not key.endswith("/")]
        except ValueError as error:
            raise key_refused(error) from error
        except (ClientError, BotoCoreError) as error:
            raise listing_failed(uri=source, error=error) from error
        if not found:
            raise nothing_found(uri=source, region=self.region, role_arn=self.role_arn)
        return found

    def download(self, *, source: S3Uri, folder: Path) -> None:
        """Put all objects below a prefix into a folder.

        Raises:
            JobFailed: see `objects` and `fetch`, or the objects cannot lie in a folder as their keys are.

        """
        objects = {uri.key: uri for uri in self.objects(source)}
        try:
            paths = object_paths(folder=folder, keys=objects, prefix=source.key)
        except ValueError as error:
            raise key_refused(error) from error
        for key, path in paths.items():
            self.fetch(source=objects[key], path=path)

    def fetch(self, *, source: S3Uri, path: Path) -> None:
        """Put one object into a file.

        Raises:
            JobFailed: the role may not read it, it is not there, or the disk does not take it.

        """
        try:
            body = self.client.get_object(Bucket=source.bucket, Key=source.key)["Body"]
            with disk_failures(f"Data download failed:Unable to write object {shortened(str(source))}"):
                path.parent.mkdir(parents=True, exist_ok=True)
                with path.open("wb") as file:
                    shutil.copyfileobj(body, file)
        except (ClientError, BotoCoreError) as error:
            raise download_failed(uri=source, error=error) from error

    def read(self, source: S3Uri) -> bytes:
        """Return one object's content; raises as `fetch` does."""
        try:
            content: bytes = self.client.get_object(Bucket=source.bucket, Key=source.key)["Body"].read()
        except (ClientError, BotoCoreError) as error:
            raise download_failed(uri=source, error=error) from error
        return content

    def upload(self, *, path: Path, target: S3Uri, name: str, key_id: str | None = None) -> None:
        """Put a file into the object of a name below a prefix, encrypted with a key of KMS if one is given.

        Raises:
            JobFailed: the role may not write it, or S3 has no key for it.

        """
        with path.open("rb") as body:
            self._put(target=target, name=name, body=body, key_id=key_id)

    def write(self, *, content: bytes, target: S3Uri, name: str, key_id: str | None = None) -> None:
        """Put bytes into the object of a name below a prefix; raises as `upload` does."""
        self._put(target=target, name=name, body=content, key_id=key_id)

    def _listed(self, source: S3Uri) -> Iterator[str]:
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=source.bucket, Prefix=source.key)
        for page in pages:
            for entry in page.get("Contents", []):
                yield entry["Key"]

    def _put(self, *, target: S3Uri, name: str, body: Any, key_id: str | None) -> None:
        try:
            place = target.below(name)
        except ValueError as error:
            raise JobFailed(f"ClientError: Artifact upload failed:{error}") from error
        encrypted = {} if key_id is None else {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key_id}
        try:
            self.client.put_object(Bucket=place.bucket, Key=place.key, Body=body, **encrypted)
        except (ClientError, BotoCoreError) as error:
            raise upload_failed(uri=place, error=error) from error
