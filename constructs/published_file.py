"""Files that travel beside a template: the user's scripts, and the analyzer.

Both are named by a hash of their sources, so that a template is the same on every machine, whenever it is made.
"""

import functools
import gzip
import io
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import aws_cdk as cdk

from modelyard.constructs.access import Statement, read_with_key
from modelyard.manifest.folder_digest import contents, digest


@dataclass(frozen=True, kw_only=True, slots=True)
class PublishedFile:
    """A file as it lies in the bootstrap bucket once published, and the account's key that it is under, if any."""

    uri: str
    arn: str
    bucket_arn: str
    key: str
    encrypted_with: str | None = None

    @property
    def decrypt(self) -> list[Statement]:
        """What whoever reads it needs beside leave to: nothing for a bucket under S3's own key."""
        return [] if self.encrypted_with is None else [read_with_key(key_arn=self.encrypted_with)]


def publish_scripts(*, stack: cdk.Stack, folder: Path, outdir: Path, bootstrap_key: str | None = None) -> PublishedFile:
    """Return a script's folder as `sourcedir.tar.gz`, made at synth: it needs nothing but its own files.

    The CDK is given the archive and not the folder: its own staging would follow links.

    Raises:
        Refused: the folder holds what cannot be packed, such as a link.
    """
    source_hash = digest(folder=folder)
    name = f"asset.{source_hash}.tar.gz"
    (outdir / name).write_bytes(_archived(folder, source_hash))
    location = stack.synthesizer.add_file_asset(
        source_hash=source_hash,
        file_name=name,
        packaging=cdk.FileAssetPackaging.FILE,
        display_name=f"{folder.name} (training scripts)",
    )
    return _published(location, bootstrap_key)


def publish_by_command(
    *, stack: cdk.Stack, source_hash: str, command: Sequence[str], name: str, bootstrap_key: str | None = None
) -> PublishedFile:
    """A file that a command makes when the CLI publishes it, not before: synth needs no network for its wheels."""
    location = stack.synthesizer.add_file_asset(source_hash=source_hash, executable=list(command), display_name=name)
    return _published(location, bootstrap_key)


@functools.cache
def _archived(folder: Path, source_hash: str) -> bytes:
    """The archive of sources of that hash, packed once for all models that share them."""
    del source_hash
    return archive(folder=folder)


def archive(*, folder: Path) -> bytes:
    """Return the folder as a tar.gz whose bytes depend on names and contents alone.

    Times, owners and modes are those of no machine; the compression is Python's own at a fixed level.
    """
    packed = io.BytesIO()
    with (
        gzip.GzipFile(filename="", mode="wb", fileobj=packed, compresslevel=9, mtime=0) as compressed,
        tarfile.open(fileobj=compressed, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        for name, content in contents(folder=folder):
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            entry.mode = 0o644
            tar.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


def _published(location: cdk.FileAssetLocation, bootstrap_key: str | None) -> PublishedFile:
    """S3 takes both a URI and an ARN of the same object."""
    bucket_arn = f"arn:{cdk.Aws.PARTITION}:s3:::{location.bucket_name}"
    return PublishedFile(
        uri=f"s3://{location.bucket_name}/{location.object_key}",
        arn=f"{bucket_arn}/{location.object_key}",
        bucket_arn=bucket_arn,
        key=location.object_key,
        encrypted_with=bootstrap_key,
    )
