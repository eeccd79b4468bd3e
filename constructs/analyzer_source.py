"""Which analyzer a model is monitored with, and the role its jobs run under."""

import functools
import importlib.util
from collections.abc import Sequence
from pathlib import Path

import aws_cdk as cdk
from constructs import Construct

from modelyard.constructs.access import (
    attach_network,
    list_data,
    publish_metrics,
    pull_image,
    read_data,
    read_objects,
    use_key,
    write_data,
    write_logs,
)
from modelyard.constructs.container_image import ContainerImage
from modelyard.constructs.execution_role import ExecutionRole
from modelyard.constructs.published_file import publish_by_command
from modelyard.constructs.workflows.analysis import Analyzer
from modelyard.manifest.folder_digest import digest
from modelyard.manifest.monitoring import Monitoring
from modelyard.manifest.stage import Vpc

# AWS's scikit-learn container of Python 3.12 (aws/deep-learning-containers, docker/sklearn/1.9-0), for which the lock
# file names wheels.
CONTAINER = "sklearn:1.9-0"
# Of the instances of processing jobs (developer guide, "Monitor with CloudWatch").
INSTANCE_NAMESPACE = "/aws/sagemaker/ProcessingJobs"
BUILD = ("python3", "-m", "modelyard.drift.container.build")


class AnalyzerSource(Construct):
    """AWS's image, the user's, or this repository's code in AWS's scikit-learn container, as the manifest says."""

    def __init__(
        self, scope: Construct, construct_id: str, *, monitoring: Monitoring, bootstrap_key: str | None = None
    ) -> None:
        super().__init__(scope, construct_id)
        # Named by the sources and the lock file, so that no wheel has to be there for a template to be made.
        self._code = (
            publish_by_command(
                stack=cdk.Stack.of(self),
                source_hash=_source_hash(),
                command=BUILD,
                name="drift (analyzer)",
                bootstrap_key=bootstrap_key,
            )
            if monitoring.engine == "drift" and monitoring.image is None
            else None
        )
        self._managed = managed = monitoring.engine == "model-monitor"
        own = CONTAINER if monitoring.image is None else monitoring.image
        self.image = ContainerImage(
            self,
            "Image",
            container="model-monitor:" if managed else own,
            image_scope="monitoring" if managed else "training",
            instance=monitoring.instance,
        )
        self.analyzer = Analyzer(image=self.image.uri, code=None if self._code is None else self._code.uri)

    def role(
        self,
        scope: Construct,
        construct_id: str,
        *,
        foundation_key_arn: str,
        bucket_arn: str,
        reads: Sequence[str],
        writes: Sequence[str],
        vpc: Vpc | None,
        description: str,
        other_images: Sequence[str] = (),
        metrics: Sequence[str] = (),
    ) -> ExecutionRole:
        """A role for the analyzer's jobs, which read below some prefixes of the data bucket and write below others.

        `other_images` are the ARNs of repositories that the jobs pull from besides the analyzer's, `metrics` the
        namespaces into which our analyzer puts its own.
        """
        # A processing job lists what it is to download, though it be one object (guide, "CreateProcessingJob").
        read_code = (
            []
            if self._code is None
            else [
                read_objects(arns=[self._code.arn]),
                list_data(bucket_arn=self._code.bucket_arn, prefixes=[self._code.key]),
                *self._code.decrypt,
            ]
        )
        return ExecutionRole(
            scope,
            construct_id,
            service="sagemaker.amazonaws.com",
            description=description,
            statements=[
                *pull_image(self.image.repository_arn, *other_images),
                *read_data(bucket_arn=bucket_arn, prefixes=reads),
                *read_code,
                write_data(bucket_arn=bucket_arn, prefixes=writes),
                *use_key(key_arn=foundation_key_arn),
                write_logs(group="ProcessingJobs"),
                # AWS's pages spell the namespaces of Model Monitor in four ways; those of our jobs are known.
                publish_metrics() if self._managed else publish_metrics(INSTANCE_NAMESPACE, *metrics),
                *([attach_network()] if vpc is not None else []),
            ],
        )


@functools.cache
def _source_hash() -> str:
    """Read once: all models are checked by the same analyzer.

    Its sources are found where they are installed, and not imported: nothing of them runs at synth.
    """
    found = importlib.util.find_spec("modelyard.drift")
    if found is None or found.origin is None:
        raise ModuleNotFoundError("modelyard.drift is not installed; pip install modelyard-drift")
    # Resolved: in a clone the package is reached by a link, and a linked folder is not packed.
    return digest(folder=Path(found.origin).resolve().parent)
