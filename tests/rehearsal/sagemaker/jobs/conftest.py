import pytest
from job_floor import JobFloor

from rehearsed import Rehearsed


@pytest.fixture
def floor(local_aws: Rehearsed) -> JobFloor:
    """A place for jobs on the shared rehearsal, with a bucket of its own."""
    return JobFloor(local_aws=local_aws, bucket=local_aws.bucket())
