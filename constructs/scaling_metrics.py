"""The metrics that scaling goes by, as CloudWatch names them.

Source: "Amazon SageMaker AI metrics in Amazon CloudWatch" in the SageMaker developer guide.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from modelyard.manifest.scaling_policies import Preset, ScalingMetric

MILLISECOND = 1000
INVOCATIONS, INSTANCES = "AWS/SageMaker", "/aws/sagemaker/Endpoints"


@dataclass(frozen=True, kw_only=True, slots=True)
class CloudWatchMetric:
    """A metric of CloudWatch and the statistic that is looked at; without a unit, whatever unit its data have."""

    namespace: str
    name: str
    statistic: str
    unit: str | None
    dimensions: Mapping[str, str]


# Namespace, name and statistic. The unit is left out, as with the predefined metrics: each has one alone.
PRESETS: Mapping[Preset, tuple[str, str, str]] = {
    "invocations": (INVOCATIONS, "InvocationsPerInstance", "Sum"),
    "latency": (INVOCATIONS, "ModelLatency", "Average"),
    "cpu": (INSTANCES, "CPUUtilization", "Average"),
    "memory": (INSTANCES, "MemoryUtilization", "Average"),
    "disk": (INSTANCES, "DiskUtilization", "Average"),
    "gpu": (INSTANCES, "GPUUtilization", "Average"),
    "gpu-memory": (INSTANCES, "GPUMemoryUtilization", "Average"),
}


def resolved(metric: ScalingMetric, *, dimensions: Mapping[str, str]) -> CloudWatchMetric:
    """Return a metric of the manifest; `dimensions` are the variant's, for one that names no others."""
    if metric.preset is not None:
        namespace, name, usual = PRESETS[metric.preset]
    else:
        namespace, name, usual = str(metric.namespace), str(metric.name), "Average"
    return CloudWatchMetric(
        namespace=namespace,
        name=name,
        statistic=usual if metric.statistic is None else metric.statistic,
        unit=metric.unit,
        dimensions=dimensions if metric.dimensions is None else metric.dimensions,
    )


def factor_of(metric: ScalingMetric) -> int:
    """Return by what a value of the manifest is multiplied: latencies are in microseconds for CloudWatch."""
    return MILLISECOND if metric.preset == "latency" else 1
