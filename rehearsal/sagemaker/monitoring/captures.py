"""Which folders of captured records there are for a run to look at."""

import json
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

from modelyard.rehearsal.sagemaker.errors import ServiceError
from modelyard.rehearsal.sagemaker.monitoring.timetable import Window
from modelyard.rehearsal.sagemaker.platform import Platform
from modelyard.rehearsal.sagemaker.store import Document
from modelyard.shared.s3_uri import S3Uri

SIDES = ("endpointInput", "endpointOutput")
HOUR_FOLDER = "%Y/%m/%d/%H"
# What AWS says of a run without captures; seen in sagemaker-python-sdk issue 2634.
NO_DATA = "Job inputs had no data"


class NothingToAnalyze(Exception):
    """The end of a run before its job: its FailureReason."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Captures:
    """Where an endpoint's captured records lie, as `endpoint`/variant/yyyy/mm/dd/hh below `root`."""

    root: S3Uri
    endpoint: str
    variants: tuple[str, ...]

    @property
    def uri(self) -> str:
        """The URI that the endpoint's configuration names."""
        return str(self.root).rstrip("/")

    def folders(self, window: Window) -> list[str]:
        """Return variant and hour of each folder of a window, as `primary/2026/01/31/12`, the earliest first."""
        return [f"{variant}/{hour:{HOUR_FOLDER}}" for hour in window.hours() for variant in self.variants]

    def folder(self, name: str) -> S3Uri:
        """Return what the URIs of a folder's objects begin with."""
        return self.root.below(f"{self.endpoint}/{name}/" if self.endpoint else f"{name}/")


def captures_of(*, platform: Platform, endpoint: str) -> Captures:
    """Return where an endpoint's records lie.

    Raises:
        NothingToAnalyze: there is no such endpoint any more, or it captures nothing.

    """
    document = served_config(platform=platform, endpoint=endpoint)
    if document is None or not captures_traffic(document):
        raise NothingToAnalyze(f"Endpoint {endpoint} does not exist, or its data capture is not enabled")
    root = S3Uri.parse(document["DataCaptureConfig"]["DestinationS3Uri"])
    variants = tuple(variant["VariantName"] for variant in document.get("ProductionVariants", []))
    return Captures(root=root, endpoint=endpoint, variants=variants)


def served_config(*, platform: Platform, endpoint: str) -> Document | None:
    """Return the configuration that an endpoint serves, or None if there is no such endpoint."""
    document = platform.store.table("Endpoint").find(endpoint)
    return None if document is None else platform.store.table("EndpointConfig").find(document["EndpointConfigName"])


def captures_traffic(config: Document) -> bool:
    """Return whether an endpoint with a configuration captures its traffic."""
    return bool(config.get("DataCaptureConfig", {"EnableCapture": False}).get("EnableCapture", True))


def refuse_mixed_encodings(*, platform: Platform, role_arn: str, captures: Captures, folders: list[str]) -> None:
    """Refuse captures whose answers are encoded otherwise than their requests, as AWS's analyzer does.

    Its words are those of sagemaker-python-sdk issue 2785. On AWS the job fails with them in its log; here it is not
    started.

    Raises:
        NothingToAnalyze: a record is so, or the role may not read it.

    """
    try:
        client = platform.role_client(role_arn=role_arn, service="s3")
        for folder in folders:
            uri = captures.folder(folder)
            pages = client.get_paginator("list_objects_v2").paginate(Bucket=uri.bucket, Prefix=uri.key)
            for key in [item["Key"] for page in pages for item in page.get("Contents", ())]:
                body = client.get_object(Bucket=uri.bucket, Key=key)["Body"]
                for line in filter(None, body.iter_lines()):
                    data = json.loads(line).get("captureData", {})
                    sides = {side: data[side]["encoding"] for side in SIDES if side in data}
                    if len(set(sides.values())) > 1:
                        told = ", but ".join(f"Encoding is {encoding} for {side}" for side, encoding in sides.items())
                        raise NothingToAnalyze(
                            f"Error: Encoding mismatch: {told}. We currently only support the same type of input and "
                            "output encoding at the moment."
                        )
    except (ClientError, BotoCoreError, ServiceError) as error:
        raise NothingToAnalyze(f"ClientError: Unable to read objects below {captures.uri} ({error})") from error


def folders_with_data(*, platform: Platform, role_arn: str, captures: Captures, folders: list[str]) -> list[str]:
    """Return those of some folders in which there is something, as far as the monitor's role may look.

    Raises:
        NothingToAnalyze: there is nothing in any, or the role may not look.

    """
    filled: list[str] = []
    try:
        client = platform.role_client(role_arn=role_arn, service="s3")
        for folder in folders:
            uri = captures.folder(folder)
            if client.list_objects_v2(Bucket=uri.bucket, Prefix=uri.key, MaxKeys=1)["KeyCount"] > 0:
                filled.append(folder)
    except (ClientError, BotoCoreError, ServiceError) as error:
        raise NothingToAnalyze(f"ClientError: Unable to list objects below {captures.uri} ({error})") from error
    if not filled:
        raise NothingToAnalyze(NO_DATA)
    return filled
