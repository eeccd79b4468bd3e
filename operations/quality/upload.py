"""The upload of ground truth to the prefix from which model quality is measured."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

from modelyard.drift.line_breaks import split_lines
from modelyard.operations.bucket import DataBucket
from modelyard.operations.deployment import Deployment
from modelyard.operations.failures import Failure
from modelyard.operations.monitoring.captures import READERS, Captures
from modelyard.operations.quality.ground_truth import GroundTruth

NAME_LENGTH = 32


@dataclass(frozen=True, kw_only=True, slots=True)
class GroundTruthUpload:
    """The object that holds the records, and whether it was there before."""

    key: str
    records: int
    again: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Uploader:
    """Uploads the ground truth of one endpoint's answers: one object for all records of an upload.

    An object is named by its content: the same records, uploaded again within a day, are not written twice.
    """

    bucket: DataBucket
    prefix: str

    def upload(self, records: Sequence[GroundTruth], *, now: datetime) -> GroundTruthUpload:
        """Write the records into the folder of the current hour."""
        body = "".join(f"{record.json_line}\n" for record in records).encode()
        name = f"{hashlib.sha256(body).hexdigest()[:NAME_LENGTH]}.jsonl"
        for day in (now, now - timedelta(days=1)):
            for stored in self.bucket.objects(f"{self.prefix}/{day:%Y/%m/%d}/"):
                if stored.key.endswith(f"/{name}"):
                    return GroundTruthUpload(key=stored.key, records=len(records), again=True)
        key = f"{self.prefix}/{now:%Y/%m/%d/%H}/{name}"
        self.bucket.write(key=key, content=body)
        return GroundTruthUpload(key=key, records=len(records), again=False)


def uploader_of(deployment: Deployment, *, chosen: bool = False) -> Uploader:
    """Return the uploader for a deployment's endpoint, or of `chosen` records, by which no quality is measured.

    Raises:
        Failure: the endpoint captures nothing, so that there are no answers to compare with ground truth.
    """
    serving = deployment.model.serving
    if serving is None or serving.capture is None:
        raise Failure(
            f"{deployment.model.name} captures no traffic, so nobody can say which answer a label is about; "
            "add capture to [serving] and deploy it"
        )
    layout = deployment.model.layout
    root = layout.chosen_ground_truth if chosen else layout.ground_truth
    bucket = DataBucket(aws=deployment.aws, name=deployment.bucket)
    return Uploader(bucket=bucket, prefix=f"{root}/{deployment.endpoint}")


def labelled_ids(deployment: Deployment) -> frozenset[str]:
    """Return the ids that have ground truth, of records that were chosen, too; raises as `uploader_of` does."""
    found: set[str] = set()
    for chosen in (False, True):
        uploader = uploader_of(deployment, chosen=chosen)
        keys = [stored.key for stored in uploader.bucket.objects(f"{uploader.prefix}/")]
        with ThreadPoolExecutor(max_workers=READERS) as pool:
            for content in pool.map(uploader.bucket.read, keys):
                lines = split_lines(content) if content is not None else []
                found |= {str(json.loads(line)["eventMetadata"]["eventId"]) for line in lines if line.strip()}
    return frozenset(found)


def unknown_ids(records: Iterable[GroundTruth], *, captures: Captures) -> list[str]:
    """Return the ids that no captured request has; it reads every capture."""
    known = {record.inference_id for record in captures.records(captures.files())}
    return [record.id for record in records if record.id not in known]
