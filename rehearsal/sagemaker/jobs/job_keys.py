"""The keys of a job: a role that may not use them is the job's end."""

from modelyard.rehearsal.sagemaker.errors import ServiceError
from modelyard.rehearsal.sagemaker.jobs.failures import JobFailed
from modelyard.rehearsal.sagemaker.keys import require_keys
from modelyard.rehearsal.sagemaker.platform import Platform
from modelyard.rehearsal.sagemaker.store import Document


def require_job_keys(*, platform: Platform, role_arn: str, request: Document) -> None:
    """Hold a job's role to the keys that its request names.

    Raises:
        JobFailed: it may not use one of them.

    """
    try:
        require_keys(platform=platform, role_arn=role_arn, request=request)
    except ServiceError as error:
        raise JobFailed(f"ClientError: {error.message}") from error
