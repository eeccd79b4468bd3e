"""One page for an endpoint: its traffic, its health, its size and its drift."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from modelyard.constructs.workflows.check_run import FEATURES_NAMESPACE
from modelyard.constructs.workflows.quality_run import QUALITY_NAMESPACE
from modelyard.constructs.workflows.watch_run import METRIC, NAMESPACE
from modelyard.manifest.monitoring import Monitoring

WIDTH, HEIGHT = 12, 6
MINUTE, HOUR = 60, 3600


@dataclass(frozen=True, kw_only=True, slots=True)
class MetricNamespaces:
    """Where an engine puts the metrics of features, and where those of quality."""

    features: str
    quality: str

    @classmethod
    def of(cls, monitoring: Monitoring) -> Self:
        """Return the namespaces of a model's engine.

        AWS's pages spell its analyzer's in four ways; real alarms use these, as do captures of its metrics.
        """
        if monitoring.engine == "drift":
            return cls(features=FEATURES_NAMESPACE, quality=QUALITY_NAMESPACE)
        root = "aws/sagemaker/Endpoints"
        return cls(features=f"{root}/data-metrics", quality=f"{root}/model-metrics")


class MonitoringDashboard(Construct):
    """Graphs of one endpoint, in whichever region the stack is.

    `quality_schedule` is the schedule of the second check, where there is one; `metrics` says where the metrics of
    features and of quality are, where they are published.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        endpoint: str,
        schedule: str,
        variants: Sequence[str],
        quality_schedule: str | None = None,
        metrics: MetricNamespaces | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        self._variants = [["EndpointName", endpoint, "VariantName", variant] for variant in variants]
        graphs = [self._violations_graph("Violations of each check", endpoint=endpoint, schedule=schedule)]
        if metrics is not None:
            # The features are the data's, not the manifest's: a search finds those that there are.
            found = _found_by(
                namespace=metrics.features,
                endpoint=endpoint,
                schedule=schedule,
                among=" MetricName:feature_baseline_drift",
                statistic="Maximum",
            )
            graphs.append(self._graph("Drift of each feature", [found], stat="Maximum", period=HOUR))
        if quality_schedule is not None:
            title = "Violations of each measurement"
            graphs.append(self._violations_graph(title, endpoint=endpoint, schedule=quality_schedule))
        if quality_schedule is not None and metrics is not None:
            # Which measures there are depends on the kind of problem: a search finds them too.
            found = _found_by(
                namespace=metrics.quality, endpoint=endpoint, schedule=quality_schedule, among="", statistic="Average"
            )
            graphs.append(self._graph("Quality of the answers", [found], stat="Average", period=HOUR))
        graphs += [
            self._graph("Invocations", self._of_variants("Invocations"), stat="Sum", period=MINUTE),
            self._graph("Model latency, µs (p99)", self._of_variants("ModelLatency"), stat="p99", period=MINUTE),
            self._graph("Share of 5xx", self._of_variants("Invocation5XXErrors"), stat="Average", period=MINUTE),
            self._graph("Invocations of an instance", self._of_variants("InvocationsPerInstance"), stat="Sum"),
        ]
        # Two in a row.
        self.resource = cloudwatch.CfnDashboard(
            self,
            "Resource",
            dashboard_name=schedule,
            dashboard_body=json.dumps(
                {
                    "widgets": [
                        {
                            "type": "metric",
                            "x": place % 2 * WIDTH,
                            "y": place // 2 * HEIGHT,
                            "width": WIDTH,
                            "height": HEIGHT,
                            "properties": graph,
                        }
                        for place, graph in enumerate(graphs)
                    ]
                }
            ),
        )

    def _of_variants(self, metric: str) -> list[list[str]]:
        return [["AWS/SageMaker", metric, *dimensions] for dimensions in self._variants]

    def _graph(self, title: str, metrics: list[Any], *, stat: str, period: int = MINUTE) -> dict[str, Any]:
        region = cdk.Stack.of(self).region
        return {
            "title": title,
            "metrics": metrics,
            "stat": stat,
            "period": period,
            "region": region,
            "view": "timeSeries",
        }

    def _violations_graph(self, title: str, *, endpoint: str, schedule: str) -> dict[str, Any]:
        watched = ["Endpoint", endpoint, "MonitoringSchedule", schedule]
        return self._graph(title, [[NAMESPACE, METRIC, *watched]], stat="Maximum", period=HOUR)


def _found_by(*, namespace: str, endpoint: str, schedule: str, among: str, statistic: str) -> list[dict[str, str]]:
    """The metrics of a schedule that a search finds."""
    watched = f'Endpoint="{endpoint}" MonitoringSchedule="{schedule}"'
    search = f"SEARCH('{{{namespace},Endpoint,MonitoringSchedule}} {watched}{among}', '{statistic}', {HOUR})"
    return [{"expression": search}]
