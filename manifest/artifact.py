"""The artifact that `yard promote` writes into a manifest: what is served and scored with."""

import re
from dataclasses import dataclass

from modelyard.manifest.problems import Problem, problem_if
from modelyard.manifest.rules import AtMost
from modelyard.shared.s3_uri import S3Uri, is_s3_uri

KEY = re.compile(r"[\w.-]+(/[\w.=-]+)+\.tar\.gz")
# A role is allowed to read this one object: in a policy `*` and `?` would stand for others, `$` for a variable.
KEY_ELSEWHERE = re.compile(r"[^*?$\x00-\x1f\x7f-\x9f]+\.tar\.gz")

# What ModelDataUrl leaves of its 1,024 characters (SageMaker API reference) beside s3:// and the longest bucket.
LONGEST_KEY = 1024 - len("s3://") - 63 - len("/")


@dataclass(frozen=True, slots=True)
class Artifact:
    """A key of the data bucket, or a URI of another, that ends as SageMaker wants a model to end."""

    def problem(self, *, key: str, value: str) -> Problem | None:
        """See `Rule`."""
        form = problem_if(
            not _names_one_object(value),
            key=key,
            allowed="a key of the data bucket, or the s3:// URI of one object without *, ? and $, that ends in .tar.gz",
            got=value,
            hint="let `yard promote` write it",
        )
        return form if form is not None else AtMost(LONGEST_KEY).problem(key=key, value=value)


@dataclass(frozen=True, slots=True)
class ArtifactUri:
    """A URI of one object that ends as SageMaker wants a model to end."""

    def problem(self, *, key: str, value: str) -> Problem | None:
        """See `Rule`."""
        form = problem_if(
            not (is_s3_uri(value) and _names_one_object(value)),
            key=key,
            allowed="s3:// URIs of single objects without *, ? and $, that end in .tar.gz",
            got=value,
            hint="copy them from the package",
        )
        return form if form is not None else AtMost(LONGEST_KEY).problem(key=key, value=value)


def _names_one_object(value: str) -> bool:
    if not is_s3_uri(value):
        return KEY.fullmatch(value) is not None
    try:
        return KEY_ELSEWHERE.fullmatch(S3Uri.parse(value).key) is not None
    except ValueError:
        return False
