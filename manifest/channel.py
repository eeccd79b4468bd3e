"""The channels of `[training]`: datasets that its jobs read, in the data bucket or in a bucket of one's own."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Literal

from modelyard.manifest.data_layout import as_dataset, output_of
from modelyard.manifest.problems import Problem, problem_if
from modelyard.manifest.rules import KMS_KEY, MEDIA_TYPE, AtMost, DataPath, Declared
from modelyard.shared.s3_uri import S3Uri, is_s3_uri

# In a policy `*` and `?` would stand for others, `$` for a variable; cdk-nag writes a space otherwise in what it finds.
KEY_ELSEWHERE = re.compile(r"[\w./=+@,:-]+")
# S3Uri of the SageMaker API reference, less the slash that a folder may be written without.
LONGEST_URI = 1024 - len("/")


@dataclass(frozen=True, slots=True)
class ChannelPath:
    """A path as `DataPath` takes it, or the URI of a folder or an object in another bucket."""

    def problem(self, *, key: str, value: str) -> Problem | None:
        """See `Rule`."""
        if not is_s3_uri(value):
            return DataPath().problem(key=key, value=value)
        form = problem_if(
            not _names_one_place(value),
            key=key,
            allowed="the s3:// URI of a folder or an object, of letters, digits and . / = + @ , : _ -, such as "
            "s3://mine/train/",
            got=value,
            hint="a role is allowed to read this place and no other: name it wholly, without empty parts and ..",
        )
        return form if form is not None else AtMost(LONGEST_URI).problem(key=key, value=value)


@dataclass(frozen=True, kw_only=True, slots=True)
class Channel(Declared):
    """A dataset for a training job.

    `path` is below the model's prefix, an output of `[preprocessing]` as `preprocessing/NAME`, or a place in a bucket
    of your own: `s3://bucket/folder/`, or an object, whose last part has a dot. The training role may read that place,
    and use `key`, the KMS key of its bucket, through S3 alone. `distribution` says whether each of several instances
    gets all files or a share of them. Without `content_type` the container guesses; XGBoost's container needs it for
    CSV. `header` says whether the first line of each CSV file names the columns, for scripts that read it so.
    """

    path: Annotated[str, ChannelPath()]
    content_type: Annotated[str | None, MEDIA_TYPE] = None
    distribution: Literal["FullyReplicated", "ShardedByS3Key"] = "FullyReplicated"
    header: bool = False
    key: Annotated[str | None, KMS_KEY] = None

    def check_combination(self) -> Iterable[Problem | None]:
        """See `Declared`."""
        return (
            problem_if(
                self.key is not None and not is_s3_uri(self.path),
                key="key",
                allowed="left out for a path of the data bucket, whose key is known",
                got=self.key,
                hint="remove it, or name a place of your own: s3://bucket/folder/",
            ),
        )

    @property
    def output(self) -> str | None:
        """The output of [preprocessing] that it reads; None for what somebody else puts there."""
        return output_of(self.path)

    @property
    def elsewhere(self) -> S3Uri | None:
        """The folder, with a slash at its end, or the object in another bucket; None for a path of the data bucket."""
        if not is_s3_uri(self.path):
            return None
        place = S3Uri.parse(self.path)
        return S3Uri(bucket=place.bucket, key=as_dataset(place.key))


def _names_one_place(value: str) -> bool:
    """A whole bucket is no place: a role that reads one is refused by the template checks."""
    try:
        key = S3Uri.parse(value).key
    except ValueError:
        return False
    parts = key.removesuffix("/").split("/")
    return KEY_ELSEWHERE.fullmatch(key) is not None and not {"", ".", ".."} & set(parts)
