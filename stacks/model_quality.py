"""The part of the monitoring stack that measures: the check of answers against what proved true."""

from __future__ import annotations

from dataclasses import dataclass

import aws_cdk as cdk
from constructs import Construct

from modelyard.constructs.access import pass_role, publish, run_jobs, write_with_key
from modelyard.constructs.analyzer_source import AnalyzerSource
from modelyard.constructs.drift_monitor import DriftMonitor
from modelyard.constructs.execution_role import ExecutionRole
from modelyard.constructs.managed_quality import MERGE_FOLDER, MERGER, ManagedQualityMonitor
from modelyard.constructs.state_machine import StateMachine
from modelyard.constructs.violations_watch import ViolationsWatch
from modelyard.constructs.workflows.quality_baseline import QualityBaselineRun
from modelyard.constructs.workflows.quality_run import QualityRun
from modelyard.constructs.workflows.requests import Place
from modelyard.constructs.workflows.watch_run import WatchRun
from modelyard.manifest import Model
from modelyard.manifest.monitoring import Monitoring
from modelyard.manifest.quality import Quality
from modelyard.stacks.foundation import FoundationStack
from modelyard.stacks.stage_stack import StageStack


@dataclass(frozen=True, kw_only=True, slots=True)
class Watched:
    """Whose answers are measured, and as what is declared."""

    model: Model
    monitoring: Monitoring
    quality: Quality
    endpoint: str
    schedule: str
    variants: tuple[str, ...]


class ModelQuality(Construct):
    """Makes the baseline when it is asked for, and measures on a schedule once there is one.

    `baseline` is the prefix of what is measured against, or None while nobody has made it.
    """

    def __init__(
        self,
        scope: StageStack,
        construct_id: str,
        *,
        foundation: FoundationStack,
        watched: Watched,
        source: AnalyzerSource,
        baseline: str | None,
    ) -> None:
        super().__init__(scope, construct_id)
        self._stack = scope
        self._foundation = foundation
        self._watched = watched
        self._source = source
        self._prepare()
        if baseline is not None:
            self._monitor(baseline=baseline)
            self.watch = self._watch()
            self._outputs(baseline=baseline)

    def _prepare(self) -> None:
        """The state machine that makes the baseline: there is nothing to hold answers against without it."""
        role = self._baseline_role()
        run = QualityBaselineRun(
            monitoring=self._watched.monitoring,
            quality=self._watched.quality,
            layout=self._watched.model.layout,
            endpoint=self._watched.endpoint,
            place=self._place(role=role),
            analyzer=self._source.analyzer,
            topic_arn=self._foundation.topic_arn,
            partition=cdk.Aws.PARTITION,
        )
        machine = StateMachine(
            self,
            "Prepare",
            name=f"{self._watched.endpoint}-quality-baseline",
            definition=run.definition,
            statements=[
                *run_jobs(kind="ProcessingJob", name_prefix=run.job_prefix, rule="Processing"),
                pass_role(role_arn=role.arn),
                publish(topic_arn=self._foundation.topic_arn),
                write_with_key(key_arn=self._foundation.key_arn),
            ],
            log_days=self._stack.stage.log_days,
        )
        self._stack.publish("QualityBaselineStateMachineArn", machine.arn, description="Start it by: yard baseline")

    def _baseline_role(self) -> ExecutionRole:
        written = self._watched.model.layout.baseline(run="").rstrip("/")
        return self._source.role(
            self,
            "BaselineRole",
            foundation_key_arn=self._foundation.key_arn,
            bucket_arn=self._foundation.bucket_arn,
            reads=[f"{written}/"],
            writes=[written],
            vpc=self._stack.stage.vpc,
            description=f"What makes the baseline of quality of {self._watched.endpoint} may do",
        )

    def _place(self, *, role: ExecutionRole) -> Place:
        return Place(
            bucket=self._foundation.bucket,
            key_arn=self._foundation.key_arn,
            role_arn=role.arn,
            vpc=self._stack.stage.vpc,
        )

    def _monitor(self, *, baseline: str) -> None:
        if self._watched.monitoring.engine == "model-monitor":
            self._managed(baseline=baseline)
        else:
            self._own(baseline=baseline)

    def _role(self, *, baseline: str) -> ExecutionRole:
        layout, endpoint = self._watched.model.layout, self._watched.endpoint
        managed = self._watched.monitoring.engine == "model-monitor"
        merged = f"{layout.monitoring}/{MERGE_FOLDER}" if managed else layout.merged
        reads = [f"{layout.capture}/{endpoint}/", f"{layout.ground_truth}/{endpoint}/", f"{baseline}/"]
        return self._source.role(
            self,
            "CheckRole",
            foundation_key_arn=self._foundation.key_arn,
            bucket_arn=self._foundation.bucket_arn,
            reads=[*reads, f"{merged}/{endpoint}/"] if managed else reads,
            writes=[f"{layout.monitoring}/{endpoint}", f"{merged}/{endpoint}"],
            vpc=self._stack.stage.vpc,
            description=f"What measures the answers of {endpoint} may do",
            other_images=[self._source.image.repository_beside(MERGER)] if managed else [],
        )

    def _managed(self, *, baseline: str) -> None:
        role = self._role(baseline=baseline)
        ManagedQualityMonitor(
            self,
            "Monitor",
            monitoring=self._watched.monitoring,
            quality=self._watched.quality,
            layout=self._watched.model.layout,
            endpoint=self._watched.endpoint,
            schedule=self._watched.schedule,
            place=self._place(role=role),
            image=self._source.image,
            role=role,
            baseline=baseline,
        )

    def _own(self, *, baseline: str) -> None:
        role = self._role(baseline=baseline)
        check = QualityRun(
            monitoring=self._watched.monitoring,
            quality=self._watched.quality,
            layout=self._watched.model.layout,
            endpoint=self._watched.endpoint,
            schedule=self._watched.schedule,
            variants=self._watched.variants,
            place=self._place(role=role),
            analyzer=self._source.analyzer,
            baseline=baseline,
            topic_arn=self._foundation.topic_arn,
            partition=cdk.Aws.PARTITION,
        )
        monitor = DriftMonitor(
            self,
            "Monitor",
            check=check,
            role=role,
            bucket_arn=self._foundation.bucket_arn,
            key_arn=self._foundation.key_arn,
            log_days=self._stack.stage.log_days,
        )
        self._stack.publish(
            "QualityStateMachineArn", monitor.machine.arn, description="Start it to measure now: yard quality --now"
        )

    def _watch(self) -> ViolationsWatch:
        watch = WatchRun(
            bucket=self._foundation.bucket,
            endpoint=self._watched.endpoint,
            schedule=self._watched.schedule,
            partition=cdk.Aws.PARTITION,
        )
        return ViolationsWatch(
            self,
            "Watch",
            watch=watch,
            layout=self._watched.model.layout,
            bucket_arn=self._foundation.bucket_arn,
            key_arn=self._foundation.key_arn,
            topic_arn=self._foundation.topic_arn,
            threshold=self._watched.quality.alarm_violations,
            said=f"The answers of {self._watched.endpoint} are worse than their baseline: yard quality shows how",
            log_days=self._stack.stage.log_days,
        )

    def _outputs(self, *, baseline: str) -> None:
        layout, watched = self._watched.model.layout, self._watched
        reports = f"{layout.monitoring}/{watched.endpoint}/{watched.schedule}"
        outputs = {
            "QualityScheduleName": (watched.schedule, "Pause it: yard pause"),
            "QualityReportPrefix": (reports, "Measurements in the data bucket, by hour"),
            "QualityBaselinePrefix": (baseline, "What the answers are measured against"),
            "QualityAlarmName": (self.watch.alarm.ref, "Rings when answers are worse than their baseline"),
        }
        for name, (value, description) in outputs.items():
            self._stack.publish(name, value, description=description)
