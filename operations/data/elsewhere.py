"""Channels that read a bucket of one's own: no command puts data there or looks at rows; who may can list them."""

from botocore.exceptions import ClientError

from modelyard.manifest import Model
from modelyard.operations.aws import Aws
from modelyard.operations.bucket import DataBucket
from modelyard.operations.failures import DENIED, Failure, code_of, says_absent
from modelyard.shared.s3_uri import S3Uri


def places_of(model: Model, *, bucket: DataBucket) -> dict[str, S3Uri]:
    """Return the places in other buckets that a model's channels read, by their keys in the manifest.

    Raises:
        Failure: one of them is in the data bucket, of which a manifest names paths.
    """
    named = model.training.places_elsewhere if model.training is not None else {}
    places = {f"training.channels.{name}": place for name, place in named.items()}
    for key, place in places.items():
        if place.bucket == bucket.name:
            raise Failure(
                f"{key}.path must be a path such as datasets/train for data in the data bucket, got {place}; leave out "
                "s3://, the bucket and the first folder, which is the model's"
            )
    return places


def tags_at(place: S3Uri, *, aws: Aws) -> list[tuple[str, str]] | None:
    """Return the objects of a place, each with the tag of its content, None where whoever asks may not list them.

    Markers of folders are no data.

    Raises:
        Failure: there is no such bucket, nothing at the place, or objects that begin as the one that is named.
    """
    bucket = DataBucket(aws=aws, name=place.bucket)
    try:
        below = list(bucket.objects(place.key))
    except ClientError as error:
        if code_of(error) in DENIED:
            return None
        if says_absent(error):
            raise Failure(f"There is no bucket {place.bucket}, which {place} names; correct the manifest") from error
        raise
    # Jobs read every object that begins so (API reference, S3DataSource), of which the role may read the one.
    other = next((one.key for one in below if not place.is_folder and one.key != place.key), None)
    if other is not None:
        raise Failure(
            f"{place} must be the only object that begins so, for jobs read all that do, there is {bucket.uri(other)}; "
            "move it, or name a folder"
        )
    stored = [one for one in below if not one.key.endswith("/")]
    if not stored:
        raise Failure(f"There are no data at {place}; put them there yourself: yard data push leaves that bucket alone")
    return [(bucket.uri(one.key), one.tag) for one in stored]
