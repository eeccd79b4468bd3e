"""Which folders of captured records there are for a run to look at."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from modelyard.rehearsal.sagemaker.errors import ServiceError
from modelyard.rehearsal.sagemaker.monitoring.analyses import Analysis
from modelyard.rehearsal.sagemaker.monitoring.expressions import Window
from modelyard.rehearsal.sagemaker.platform import Platform
from modelyard.rehearsal.sagemaker.store import Document
from modelyard.shared.s3_uri import S3Uri

HOUR_FOLDER = "%Y/%m/%d/%H"
# What AWS says of a run without captures; seen in sagemaker-python-sdk issue 2634.
NO_DATA = "Job inputs had no data"


class NothingToAnalyze(Exception):
    """The end of a run before its job: its FailureReason."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Captures:
    """Where an endpoint's captured records lie, as `endpoint`/variant/yyyy/mm/dd/hh below a place in S3."""

    place: S3Uri
    endpoint: str
    variants: tuple[str, ...]

    @property
    def uri(self) -> str:
        """The place that the endpoint's configuration names."""
        return str(self.place).rstrip("/")

    def folders(self, window: Window) -> list[str]:
        """Return variant and hour of each folder of a window, as `primary/2026/01/31/12`, the earliest first."""
        return [f"{variant}/{hour:{HOUR_FOLDER}}" for hour in window.hours() for variant in self.variants]

    def folder(self, name: str) -> S3Uri:
        """Return what the URIs of a folder's objects begin with."""
        return self.place.below(f"{self.endpoint}/{name}/" if self.endpoint else f"{name}/")


def captures_of(*, platform: Platform, endpoint: str) -> Captures:
    """Return where an endpoint's records lie.

    Raises:
        NothingToAnalyze: there is no such endpoint any more, or it captures nothing.

    """
    document = served_config(platform=platform, endpoint=endpoint)
    if document is None or not captures_traffic(document):
        raise NothingToAnalyze(f"Endpoint {endpoint} does not exist, or its data capture is not enabled")
    place = S3Uri.parse(document["DataCaptureConfig"]["DestinationS3Uri"])
    variants = tuple(variant["VariantName"] for variant in document.get("ProductionVariants", []))
    return Captures(place=place, endpoint=endpoint, variants=variants)


def served_config(*, platform: Platform, endpoint: str) -> Document | None:
    """Return the configuration that an endpoint serves, or None if there is no such endpoint."""
    found = platform.store.table("Endpoint").find(endpoint)
    return None if found is None else platform.store.table("EndpointConfig").find(found["EndpointConfigName"])


def captures_traffic(config: Document) -> bool:
    """Return whether an endpoint with a configuration captures its traffic."""
    return bool(config.get("DataCaptureConfig", {"EnableCapture": False}).get("EnableCapture", True))


def folders_with_data(*, platform: Platform, analysis: Analysis, captures: Captures, folders: list[str]) -> list[str]:
    """Return those of some folders in which there is something, as far as the monitor's role may look.

    Raises:
        NothingToAnalyze: there is nothing in any, or the role may not look.

    """
    try:
        client = platform.role_client(role_arn=analysis.role_arn, service="s3")
        found = [one for one in folders if _has_objects(client, captures=captures, folder=one)]
    except (ClientError, BotoCoreError, ServiceError) as error:
        raise NothingToAnalyze(f"ClientError: Unable to list objects below {captures.uri} ({error})") from error
    if not found:
        raise NothingToAnalyze(NO_DATA)
    return found


def _has_objects(client: Any, *, captures: Captures, folder: str) -> bool:
    place = captures.folder(folder)
    listed = client.list_objects_v2(Bucket=place.bucket, Prefix=place.key, MaxKeys=1)
    return bool(listed["KeyCount"] > 0)


def iso(moment: datetime) -> str:
    """Return a moment as the analyzer is told it."""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
