"""The output of an object, put together from the model's answers, and the manifests that point at it."""

import json
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum


class Assembly(StrEnum):
    """How answers are put together: the values of AssembleWith."""

    NONE = "None"
    LINE = "Line"


def assemble(*, answers: Iterable[bytes], kind: Assembly) -> bytes:
    """Return the answers one after the other; with Line each ends in a line feed.

    An answer that ends in one already gets no second: the reference says that records end so, not that empty lines
    follow them.
    """
    if kind is Assembly.NONE:
        return b"".join(answers)
    return b"".join(answer if answer.endswith(b"\n") else answer + b"\n" for answer in answers)


def manifest(*, prefix: str, names: Iterable[str]) -> str:
    """Return a manifest of objects below a prefix.

    Source: S3DataSource, ManifestFile, in AWS's API reference.
    """
    return json.dumps([{"prefix": prefix}, *names])


def capture_key(*, side: str, started: datetime, name: str) -> str:
    """Return where a manifest of captured data lies below its destination: `side` is input or output.

    The hour is that in which the job began ("Capture data from batch transform job", AWS's developer guide); the
    file's own name is not documented.
    """
    return f"{side}/{started:%Y/%m/%d/%H}/{name}.json"
