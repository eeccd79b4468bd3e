"""The classes that the deployed baseline of quality knows."""

import tempfile
from pathlib import Path

from modelyard.drift.quality.documents import read_quality_statistics
from modelyard.operations.bucket import DataBucket
from modelyard.operations.deployment import Deployment
from modelyard.operations.failures import Failure
from modelyard.operations.monitoring.monitor import quality_of
from modelyard.operations.monitoring.results import STATISTICS


def baseline_classes(deployment: Deployment) -> list[str]:
    """Return the classes; none where there is no baseline yet."""
    try:
        monitor = quality_of(deployment)
    except Failure:
        return []
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / STATISTICS
        bucket = DataBucket(aws=deployment.aws, name=deployment.bucket)
        content = bucket.read(f"{monitor.baseline}/{STATISTICS}")
        if content is None:
            return []
        file.write_bytes(content)
        confusion = read_quality_statistics(path=file).confusion_matrix
        return [] if confusion is None else [*confusion]
