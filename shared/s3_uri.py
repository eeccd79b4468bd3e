"""URIs of S3."""

import re
from dataclasses import dataclass
from typing import Self

SCHEME = "s3://"
# "Naming rules for general purpose buckets" in the S3 User Guide. Reserved prefixes and suffixes are not asked about:
# the alias of an access point, which has one, may stand where a bucket's name does.
BUCKET = re.compile(r"[a-z0-9](?:[a-z0-9-]|\.(?!\.)){1,61}[a-z0-9]")
# "Virtual hosting of general purpose buckets" in the S3 User Guide: the bucket in the host or in the path, the region
# after a dot or, as it once was, a hyphen.
URL = re.compile(
    r"https://(?:(?P<bucket>[^/]+)\.)?s3(?:[.-](?:dualstack\.)?[a-z]{2}(?:-[a-z]+)+-\d)?\.amazonaws\.com(?:\.cn)?(?:/(?P<path>.*))?",
    re.DOTALL,
)
IP_ADDRESS = re.compile(r"\d+\.\d+\.\d+\.\d+")
# "Naming Amazon S3 objects" in the S3 User Guide.
MOST_BYTES_OF_A_KEY = 1024
LONGEST_SHOWN = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class S3Uri:
    """A bucket and a key, or what keys begin with; the key may be any that S3 takes, and empty for a whole bucket.

    Raises:
        ValueError: the bucket's name breaks S3's rules, or the key is too long or no Unicode text.

    """

    bucket: str
    key: str = ""

    def __post_init__(self) -> None:
        if BUCKET.fullmatch(self.bucket) is None or IP_ADDRESS.fullmatch(self.bucket) is not None:
            raise ValueError(
                f"an S3 URI must name a bucket by 3 to 63 lower-case letters, digits, dots and hyphens, "
                f"got {shortened(self.bucket)}; write s3://bucket/key"
            )
        try:
            size = len(self.key.encode())
        except UnicodeEncodeError as error:
            raise ValueError(
                f"an S3 key must be Unicode text, got {shortened(self.key)}; leave surrogates out"
            ) from error
        if size > MOST_BYTES_OF_A_KEY:
            raise ValueError(
                f"an S3 key must have at most {MOST_BYTES_OF_A_KEY:,} bytes in UTF-8, "
                f"got {size:,} in {shortened(self.key)}; shorten it"
            )

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `s3://bucket/key`, or the URL of an object by https; nothing in a key of the former is special.

        Raises:
            ValueError: the text is no such URI.

        """
        if is_s3_uri(text):
            bucket, _, key = text.removeprefix(SCHEME).partition("/")
            return cls(bucket=bucket, key=key)
        url = URL.fullmatch(text)
        if url is None:
            raise ValueError(f"an S3 URI must begin with {SCHEME}, got {shortened(text)}; write s3://bucket/key")
        if any(mark in text for mark in "?#%"):
            raise ValueError(
                f"a URL of S3 must have no ?, # and %, got {shortened(text)}; write s3://bucket/key, which may"
            )
        host_bucket, path = url["bucket"], url["path"] or ""
        bucket, _, key = (host_bucket, "", path) if host_bucket is not None else path.partition("/")
        return cls(bucket=bucket, key=key)

    @property
    def is_folder(self) -> bool:
        """Whether it names what lies below it, and no object."""
        return self.key == "" or self.key.endswith("/")

    def below(self, name: str) -> "S3Uri":
        """Return the URI of what lies below this one, taken as a folder.

        Raises:
            ValueError: its key is too long or no Unicode text.

        """
        return S3Uri(bucket=self.bucket, key=f"{as_folder(self.key)}{name}")

    def __str__(self) -> str:
        return f"{SCHEME}{self.bucket}/{self.key}"


def is_s3_uri(text: str) -> bool:
    """Whether a text means to be an S3 URI, where a path or a key could stand too."""
    return text.startswith(SCHEME)


def as_folder(prefix: str) -> str:
    """Return what the keys of a folder's objects begin with: the prefix with a slash at its end, unless it is empty."""
    return prefix if prefix == "" or prefix.endswith("/") else f"{prefix}/"


def shortened(text: str) -> str:
    """Quote a text for a message: what cannot be printed is escaped, and what is long is cut."""
    return repr(text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}...")
