"""Where the metrics of a run go: into the file that Model Monitor publishes, or to CloudWatch itself.

AWS's guide promises the file's publication for jobs that a monitoring schedule starts ("Container contract outputs");
whether it is read in any other processing job is not known. Such a job is told a namespace, and puts them there itself.
"""

import json
from collections.abc import Iterable

from modelyard.drift.container.contract import Publication
from modelyard.drift.documents.files import write_text
from modelyard.drift.errors import DriftError

# CloudWatch API reference, PutMetricData: so many metrics of 1 MB together; a line has some 300 bytes.
MOST_METRICS = 1000


def publish(*, publication: Publication, lines: Iterable[str]) -> None:
    """Publish metrics, each the JSON of one datum.

    Raises:
        DriftError: the file cannot be written, the image has no boto3, or CloudWatch takes none.
    """
    if publication.namespace is None:
        write_text(path=publication.path, text="".join(f"{line}\n" for line in lines))
        return
    try:
        # Needed by nothing else of the analyzer, which runs without AWS.
        import boto3
        from botocore.exceptions import BotoCoreError, ClientError
    except ImportError as error:
        raise DriftError("metrics_namespace needs boto3, which this image lacks; install it in the image") from error
    try:
        client = boto3.client("cloudwatch", region_name=publication.region)
        data = [json.loads(line) for line in lines]
        for start in range(0, len(data), MOST_METRICS):
            client.put_metric_data(Namespace=publication.namespace, MetricData=data[start : start + MOST_METRICS])
    except (BotoCoreError, ClientError) as error:
        raise DriftError(
            f"the metrics cannot be put into CloudWatch's {publication.namespace}: {error}; "
            "let the job's role and network reach CloudWatch, or set publish_cloudwatch_metrics to Disabled"
        ) from error
