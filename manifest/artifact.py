"""The artifact that `yard promote` writes into a manifest: what is served and scored with."""

from __future__ import annotations

import re
from dataclasses import dataclass

from modelyard.manifest.flaws import Flaw, flaw_if

KEY = re.compile(r"[\w.-]+(/[\w.=-]+)+\.tar\.gz")
URI = re.compile(r"s3://(?P<bucket>[a-z0-9][a-z0-9.-]+)/(?P<key>.+\.tar\.gz)")


@dataclass(frozen=True, slots=True)
class Artifact:
    """A key of the data bucket, or a URI of another, that ends as SageMaker wants a model to end."""

    def flaw(self, *, key: str, value: str) -> Flaw | None:
        """See `Rule`."""
        return flaw_if(
            KEY.fullmatch(value) is None and URI.fullmatch(value) is None,
            key=key,
            allowed="a key of the data bucket or an s3:// URI that ends in .tar.gz",
            got=value,
            cure="let `yard promote` write it",
        )
