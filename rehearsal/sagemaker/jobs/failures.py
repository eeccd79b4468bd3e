"""Why a job failed, in the words of DescribeTrainingJob and its like."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from modelyard.rehearsal.containers import opt_ml
from modelyard.rehearsal.containers.environment import LONGEST_MESSAGE
from modelyard.shared.disk_limits import refused_by_disk
from modelyard.shared.s3_uri import S3Uri, shortened

INTERNAL = "InternalServerError: We encountered an internal error. Please try again."
# What Linux says where there is no /opt/ml, or none may be made.
NOT_THERE = re.compile(r"(No such file or directory|Permission denied|Read-only file system).*/opt/ml\b")

# The end of a job whose local AWS ends before it.
STOPPED_WITH_ALL = "InternalServerError: The local AWS was stopped while the job ran; start the job again."


def misses_opt_ml(line: str) -> str | None:
    """Return what a script that has the path in its code is told beside AWS's words, if a line of it says so."""
    obstacle = opt_ml.obstacle()
    if obstacle is None or NOT_THERE.search(line) is None:
        return None
    return (
        "A job's /opt/ml is a folder of its own in the local AWS: take the path from an argument or a variable, "
        f"where it is replaced, and not from the script. It cannot be mounted at /opt/ml here: {obstacle}"
    )


class JobFailed(Exception):
    """The end of a job: its FailureReason."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason[:LONGEST_MESSAGE])
        self.reason = reason[:LONGEST_MESSAGE]


class NothingFoundError(JobFailed):
    """A prefix below which there is no object."""


def error_text(error: ClientError | BotoCoreError) -> str:
    """Return an error's code and message, as `AccessDenied: Access Denied`."""
    if isinstance(error, BotoCoreError):
        return str(error)
    details = error.response.get("Error", {})
    return f"{details.get('Code', 'Unknown')}: {details.get('Message', 'no message')}"


def download_failed(*, uri: S3Uri, error: ClientError | BotoCoreError) -> JobFailed:
    """Word an object that the role cannot read; seen in amazon-sagemaker-examples, issue 4384."""
    return JobFailed(f"ClientError: Data download failed:Unable to download object {uri} ({error_text(error)})")


def listing_failed(*, uri: S3Uri, error: ClientError | BotoCoreError) -> JobFailed:
    """Word a prefix that the role cannot list, after the words for an object."""
    return JobFailed(f"ClientError: Data download failed:Unable to list objects below {uri} ({error_text(error)})")


def key_refused(error: ValueError) -> JobFailed:
    """Word a key that no file can have, after SageMaker's words for one with // in it."""
    return JobFailed(f"ClientError: Data download failed:Failed to download data. {error}")


@contextmanager
def disk_failures(what: str) -> Iterator[None]:
    """End a job with a reason where this machine's disk takes no file; any other error passes.

    Raises:
        JobFailed: the disk is full, or a name is too long or taken.

    """
    try:
        yield
    except OSError as error:
        reason = refused_by_disk(error)
        if reason is None:
            raise
        named = "" if error.filename is None else f" ({shortened(Path(error.filename).name)})"
        raise JobFailed(f"ClientError: {what}{named}: {reason}") from error


def volume_full() -> JobFailed:
    """Word inputs that are larger than the job's volume."""
    return JobFailed("ClientError: Data download failed:No space is left on the job's volume; raise VolumeSizeInGB")


def upload_failed(*, uri: S3Uri, error: ClientError | BotoCoreError) -> JobFailed:
    """Word an object that the role cannot write; AWS's first words, the rest after those for a download."""
    return JobFailed(f"ClientError: Artifact upload failed:Unable to upload object {uri} ({error_text(error)})")


def cannot_start(*, command: str) -> JobFailed:
    """Word a container whose program the machine cannot run.

    AWS's words for one that does not start (amazon-sagemaker-examples); that this is how another processor's image
    fails is believed, as the log alone is known: aws/deep-learning-containers, issue 1157.
    """
    return JobFailed(
        f"ClientError: CannotStartContainerError. Please make sure the container can be run with '{command}'."
    )


def nothing_found(*, uri: S3Uri, region: str, role_arn: str) -> NothingFoundError:
    """Word a prefix without objects, as AWS does."""
    return NothingFoundError(
        f'ClientError: No S3 objects found under S3 URL "{uri}" given in input data source. Please ensure that the '
        f"bucket exists in the selected region ({region}), that objects exist under that S3 prefix, and that the role "
        f'"{role_arn}" has "s3:ListBucket" permissions on bucket "{uri.bucket}".'
    )
