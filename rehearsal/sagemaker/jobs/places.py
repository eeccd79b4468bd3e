"""Places in S3, as requests name them."""

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Self

from modelyard.rehearsal.sagemaker.jobs.failures import JobFailed

_SCHEME = "s3://"


@dataclass(frozen=True, kw_only=True, slots=True)
class S3Place:
    """A bucket and a key, or the beginning of keys.

    Raises:
        ValueError: the bucket is empty.

    """

    bucket: str
    key: str = ""

    def __post_init__(self) -> None:
        if not self.bucket:
            raise ValueError(f"an S3 URI must name a bucket, got {self.uri!r}; write s3://bucket/prefix")

    @classmethod
    def parse(cls, uri: str) -> Self:
        """Read `s3://bucket/key`.

        Raises:
            ValueError: the text is no such URI.

        """
        if not uri.startswith(_SCHEME):
            raise ValueError(f"an S3 URI must begin with s3://, got {uri!r}; write s3://bucket/prefix")
        bucket, _, key = uri.removeprefix(_SCHEME).partition("/")
        return cls(bucket=bucket, key=key)

    @property
    def uri(self) -> str:
        """The URI again."""
        return f"{_SCHEME}{self.bucket}/{self.key}"

    @property
    def _folder(self) -> str:
        return self.key if self.key == "" or self.key.endswith("/") else f"{self.key}/"

    def below(self, name: str) -> "S3Place":
        """Return the place of something below this one."""
        return S3Place(bucket=self.bucket, key=f"{self._folder}{name}")

    def relative(self, key: str) -> str:
        """Return the path that an object gets below the folder to which this prefix is downloaded.

        What lies below the prefix as below a folder keeps its path from there; an object that is named, or whose name
        the prefix only begins, keeps its own name.

        Raises:
            JobFailed: the key would make a path that is none, or one out of the folder.

        """
        folder = self._folder
        path = key.removeprefix(folder) if key.startswith(folder) else key[self.key.rfind("/") + 1 :]
        for wrong in ("//", "/../", "/./"):
            if wrong in f"/{path}/":
                uri = f"{_SCHEME}{self.bucket}/{key}"
                raise JobFailed(
                    f"ClientError: Data download failed:Failed to download data. S3 key: {uri} has an illegal char "
                    f"sub-sequence '{wrong if wrong == '//' else wrong.strip('/')}' in it"
                )
        return str(PurePosixPath(path))
