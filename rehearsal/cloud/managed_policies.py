"""The policies that AWS publishes, of which roles for SageMaker have some: their names and their documents."""

import gzip
import json
from pathlib import Path

# Written by `make tables`.
TABLE = Path(__file__).with_suffix(".json.gz")


def managed_policies() -> dict[str, dict[str, str]]:
    """Return the `version` and the `document` of each by the end of its ARN, such as `service-role/AWSConfigRole`."""
    read: dict[str, dict[str, str]] = json.loads(gzip.decompress(TABLE.read_bytes()))
    return read
