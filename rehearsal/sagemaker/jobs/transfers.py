"""What a job fetches from S3 and leaves there, at its end or as it is written, with its role's credentials."""

import contextlib
import logging
import shutil
import threading
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from botocore.exceptions import BotoCoreError, ClientError

from modelyard.rehearsal.sagemaker.jobs.failures import (
    JobFailed,
    NothingFoundError,
    disk_failures,
    download_failed,
    key_refused,
    listing_failed,
    nothing_found,
    upload_failed,
)
from modelyard.shared.object_path import object_paths
from modelyard.shared.s3_uri import S3Uri, shortened

_logger = logging.getLogger(__name__)
EVERY_SECONDS = 0.5


@dataclass(frozen=True, kw_only=True, slots=True)
class Shard:
    """One of several hosts' parts of what lies below a prefix: every so many of the keys in their order.

    AWS says that each has about as many as the others, and not which.
    """

    place: int = 0
    of: int = 1


WHOLE = Shard()


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
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=source.bucket, Prefix=source.key)
        try:
            keys = [entry["Key"] for page in pages for entry in page.get("Contents", [])]
            objects = [S3Uri(bucket=source.bucket, key=key) for key in keys if not key.endswith("/")]
        except ValueError as error:
            raise key_refused(error) from error
        except (ClientError, BotoCoreError) as error:
            raise listing_failed(uri=source, error=error) from error
        if not objects:
            raise nothing_found(uri=source, region=self.region, role_arn=self.role_arn)
        return objects

    def restore(self, *, source: S3Uri, folder: Path) -> None:
        """Put what an earlier job has left below a prefix into a folder, which stays empty if that is nothing.

        Raises:
            JobFailed: as of `download`.

        """
        folder.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(NothingFoundError):
            self.download(source=source.below(""), folder=folder)

    def download(self, *, source: S3Uri, folder: Path, shard: Shard = WHOLE) -> None:
        """Put all objects below a prefix, or a host's shard of them, into a folder.

        Raises:
            JobFailed: see `objects` and `fetch`, or the objects cannot lie in a folder as their keys are.

        """
        objects = {uri.key: uri for uri in self.objects(source)}
        try:
            paths = object_paths(folder=folder, keys=objects, prefix=source.key)
        except ValueError as error:
            raise key_refused(error) from error
        for key in sorted(paths)[shard.place :: shard.of]:
            self.fetch(source=objects[key], path=paths[key])

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

    def _put(self, *, target: S3Uri, name: str, body: Any, key_id: str | None) -> None:
        try:
            uri = target.below(name)
        except ValueError as error:
            raise JobFailed(f"ClientError: Artifact upload failed:{error}") from error
        encrypted = {} if key_id is None else {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key_id}
        try:
            self.client.put_object(Bucket=uri.bucket, Key=uri.key, Body=body, **encrypted)
        except (ClientError, BotoCoreError) as error:
            raise upload_failed(uri=uri, error=error) from error


@dataclass(frozen=True, kw_only=True, slots=True)
class Mirror:
    """A folder and the prefix at which its files are to be found; remembers what it has uploaded.

    A file has settled when two looks at it, one after the other, see the same.
    """

    folder: Path
    target: S3Uri
    transfers: Transfers
    key_id: str | None = None
    _seen: dict[Path, tuple[int, int]] = field(default_factory=dict)
    _uploaded: dict[Path, tuple[int, int]] = field(default_factory=dict)

    def upload(self, *, settled: bool) -> None:
        """Upload what is new or has changed, with `settled` only what has not changed since the look before.

        Raises:
            JobFailed: the role may not write it, or S3 has no key for it.

        """
        for path in sorted(path for path in self.folder.rglob("*") if path.is_file()):
            state = path.stat()
            mark = (state.st_mtime_ns, state.st_size)
            seen, self._seen[path] = self._seen.get(path), mark
            if self._uploaded.get(path) == mark or (settled and seen != mark):
                continue
            name = path.relative_to(self.folder).as_posix()
            self.transfers.upload(path=path, target=self.target, name=name, key_id=self.key_id)
            self._uploaded[path] = mark


class ContinuousUpload:
    """Keeps mirrors up to date while used as a context; the last state is the caller's to upload."""

    def __init__(self, mirrors: list[Mirror]) -> None:
        self._mirrors = mirrors
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._upload_settled, name="continuous upload", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def _upload_settled(self) -> None:
        while self._mirrors and not self._over.wait(EVERY_SECONDS):
            try:
                for mirror in self._mirrors:
                    mirror.upload(settled=True)
            except (JobFailed, FileNotFoundError) as failure:
                # The last upload, at the end of the job, tries again and fails the job if it must.
                _logger.info("a continuous upload is put off: %s", failure)
