"""The data bucket, read and written by key."""

import json
import tarfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from modelyard.operations.aws import Aws
from modelyard.operations.failures import Failure, says_absent
from modelyard.shared.disk_limits import refused_by_disk
from modelyard.shared.object_path import object_paths
from modelyard.shared.s3_uri import S3Uri, as_folder, is_s3_uri, shortened


@dataclass(frozen=True, kw_only=True, slots=True)
class Stored:
    """An object of the bucket; `tag` changes when its content does."""

    key: str
    size: int
    tag: str
    modified: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class DataBucket:
    """One bucket, as an operator uses it."""

    aws: Aws
    name: str

    def uri(self, key: str) -> str:
        """Return the S3 URI of a key or a prefix."""
        return f"s3://{self.name}/{key}"

    def key_of(self, name: str) -> str:
        """The key in a URI of this bucket, without a slash at its end; a key and another's URI stay as they are."""
        place = S3Uri.parse(name) if is_s3_uri(name) else None
        return place.key.rstrip("/") if place is not None and place.bucket == self.name else name

    def objects(self, prefix: str) -> Iterator[Stored]:
        """Yield all that lies below a prefix, in the order of keys."""
        pages = self._s3.get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=self.name, Prefix=prefix):
            for one in page.get("Contents", []):
                yield Stored(key=one["Key"], size=one["Size"], tag=one["ETag"], modified=one["LastModified"])

    def is_there(self) -> bool:
        """Return whether there is a bucket of this name."""
        try:
            self._s3.head_bucket(Bucket=self.name)
        except ClientError as error:
            if says_absent(error):
                return False
            raise
        return True

    def exists(self, key: str) -> bool:
        """Return whether there is an object of this key."""
        return self.described(key) is not None

    def described(self, key: str) -> dict[str, str] | None:
        """Return what was noted beside an object when it was put there, or None when there is no such object."""
        try:
            answer = self._s3.head_object(Bucket=self.name, Key=key)
        except ClientError as error:
            if says_absent(error):
                return None
            raise
        return dict(answer.get("Metadata", {}))

    def read(self, key: str) -> bytes | None:
        """Return an object's content, or None when there is none."""
        try:
            return bytes(self._s3.get_object(Bucket=self.name, Key=key)["Body"].read())
        except ClientError as error:
            if says_absent(error):
                return None
            raise

    def read_json(self, key: str) -> Any:
        """Return an object's content as JSON, or None when there is none."""
        content = self.read(key)
        return None if content is None else json.loads(content)

    def names_in_archive(self, key: str) -> Iterator[str]:
        """Yield the names in a .tar.gz as they are read, and read no further than is asked for.

        Raises:
            Failure: it is no such archive.
        """
        body = self._s3.get_object(Bucket=self.name, Key=key)["Body"]
        try:
            with tarfile.open(fileobj=body, mode="r|gz") as archive:
                for member in archive:
                    yield member.name.removeprefix("./")
        except (tarfile.TarError, EOFError, zlib.error) as error:
            raise Failure(f"{self.uri(key)} must be a .tar.gz, and is none: {error}") from error
        finally:
            body.close()

    def upload(self, *, file: Path, key: str, notes: dict[str, str], sent: Callable[[int], None]) -> None:
        """Put a file there; `sent` is told of every so many bytes that have gone.

        A large file goes in parts, which are thrown away when the upload does not end.
        """
        self._s3.upload_file(str(file), self.name, key, ExtraArgs={"Metadata": notes}, Callback=sent)

    def write(self, *, key: str, content: bytes) -> None:
        """Put content there, whole or not at all."""
        self._s3.put_object(Bucket=self.name, Key=key, Body=content)

    def delete(self, key: str) -> None:
        """Delete an object, whose earlier versions stay."""
        self._s3.delete_object(Bucket=self.name, Key=key)

    def download(self, *, prefix: str, folder: Path, only: str | None = None) -> list[Path]:
        """Fetch all that lies below a prefix into a folder, under the same names, or `only` what has this name.

        Raises:
            Failure: a key would be no file below the folder, or the disk does not take it.
        """
        root = as_folder(prefix)
        keys = [stored.key for stored in self.objects(root) if only in (None, stored.key.removeprefix(root))]
        try:
            paths = object_paths(folder=folder, keys=keys, prefix=root)
        except ValueError as error:
            raise Failure(f"{self.uri(root)} cannot be downloaded: {error}") from error
        for key, path in paths.items():
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                self._s3.download_file(self.name, key, str(path))
            except OSError as error:
                reason = refused_by_disk(error)
                if reason is None:
                    raise
                raise Failure(f"{shortened(self.uri(key))} could not be written to {path.parent}: {reason}") from error
        return list(paths.values())

    def copy_from(self, *, source: "DataBucket", key: str) -> None:
        """Copy an object of another bucket here, under the same key, without its passing this machine."""
        self._s3.copy({"Bucket": source.name, "Key": key}, self.name, key)

    @property
    def _s3(self) -> Any:
        return self.aws.client("s3")
