import pytest

from support.jobs import JobRequests
from support.local_aws import SharedLocalAws


@pytest.fixture
def job_requests(local_aws: SharedLocalAws) -> JobRequests:
    """A place for jobs on the shared rehearsal, with a bucket of its own."""
    return JobRequests(local_aws=local_aws, bucket=local_aws.bucket())
