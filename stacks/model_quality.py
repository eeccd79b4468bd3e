"""The part of the monitoring stack that measures model quality: answers against the ground truth."""

import aws_cdk as cdk
from constructs import Construct

from modelyard.constructs.access import pass_role, publish, run_jobs, write_with_key
from modelyard.constructs.analyzer_source import AnalyzerSource
from modelyard.constructs.drift_monitor import DriftMonitor
from modelyard.constructs.execution_role import ExecutionRole
from modelyard.constructs.managed_quality import MERGER, ManagedQualityMonitor
from modelyard.constructs.monitor_target import QualityTarget
from modelyard.constructs.state_machine import StateMachine
from modelyard.constructs.violations_watch import ViolationsWatch
from modelyard.constructs.workflows.quality_baseline import QualityBaselineRun
from modelyard.constructs.workflows.quality_run import QUALITY_NAMESPACE, QualityRun
from modelyard.constructs.workflows.requests import JobContext
from modelyard.constructs.workflows.watch_run import WatchRun
from modelyard.stacks.foundation import FoundationStack
from modelyard.stacks.stage_stack import StageStack


class ModelQuality(Construct):
    """Makes the baseline when an operator starts it, and measures on a schedule once there is one.

    `baseline` is the prefix of what is measured against, or None while nobody has made it.
    """

    def __init__(
        self,
        scope: StageStack,
        construct_id: str,
        *,
        foundation: FoundationStack,
        target: QualityTarget,
        source: AnalyzerSource,
        baseline: str | None,
    ) -> None:
        super().__init__(scope, construct_id)
        self._stack = scope
        self._foundation = foundation
        self._target = target
        self._source = source
        self._make_baselines()
        if baseline is not None:
            role = self._role(baseline=baseline)
            self._measure(baseline=baseline, role=role)
            self.watch = ViolationsWatch(
                self,
                "Watch",
                watch=WatchRun(
                    bucket=self._foundation.bucket,
                    endpoint=target.endpoint,
                    schedule=target.schedule,
                    topic_arn=self._foundation.topic_arn,
                    partition=cdk.Aws.PARTITION,
                ),
                layout=target.layout,
                bucket_arn=self._foundation.bucket_arn,
                key_arn=self._foundation.key_arn,
                topic_arn=self._foundation.topic_arn,
                threshold=target.quality.alarm_violations,
                alarm_description=f"The answers of {target.endpoint} are worse than their baseline: "
                "yard quality shows how",
                log_days=self._stack.stage.log_days,
                managed_role_arn=role.arn if target.is_managed else None,
            )
            reports = f"{target.layout.monitoring}/{target.endpoint}/{target.schedule}"
            outputs = {
                "QualityScheduleName": (target.schedule, "Pause it: yard pause"),
                "QualityReportPrefix": (reports, "Measurements in the data bucket, by hour"),
                "QualityBaselinePrefix": (baseline, "What the answers are measured against"),
                "QualityAlarmName": (self.watch.alarm.ref, "Rings when answers are worse than their baseline"),
            }
            for name, (value, description) in outputs.items():
                scope.publish(name, value, description=description)

    def _make_baselines(self) -> None:
        """Add the state machine that makes the baseline, without which answers cannot be compared with anything."""
        target = self._target
        folder = target.layout.baseline(run="").rstrip("/")
        role = self._source.role(
            self,
            "BaselineRole",
            foundation_key_arn=self._foundation.key_arn,
            bucket_arn=self._foundation.bucket_arn,
            reads=[f"{folder}/"],
            writes=[folder],
            vpc=self._stack.stage.vpc,
            description=f"What makes the baseline of quality of {target.endpoint} may do",
        )
        run = QualityBaselineRun(
            monitoring=target.monitoring,
            quality=target.quality,
            layout=target.layout,
            endpoint=target.endpoint,
            job_context=self._job_context(role=role),
            analyzer=self._source.analyzer,
            topic_arn=self._foundation.topic_arn,
            partition=cdk.Aws.PARTITION,
        )
        machine = StateMachine(
            self,
            "Prepare",
            name=f"{target.endpoint}-quality-baseline",
            definition=run.definition,
            statements=[
                *run_jobs(kind="ProcessingJob", name_prefixes=[run.job_prefix], rule="Processing"),
                pass_role(role_arn=role.arn),
                publish(topic_arn=self._foundation.topic_arn),
                write_with_key(key_arn=self._foundation.key_arn),
            ],
            topic_arn=self._foundation.topic_arn,
            key_arn=self._foundation.key_arn,
            log_days=self._stack.stage.log_days,
        )
        self._stack.publish("QualityBaselineStateMachineArn", machine.arn, description="Start it by: yard baseline")

    def _job_context(self, *, role: ExecutionRole) -> JobContext:
        return JobContext(
            bucket=self._foundation.bucket,
            key_arn=self._foundation.key_arn,
            role_arn=role.arn,
            vpc=self._stack.stage.vpc,
        )

    def _measure(self, *, baseline: str, role: ExecutionRole) -> None:
        target = self._target
        if target.is_managed:
            ManagedQualityMonitor(
                self,
                "Monitor",
                target=target,
                job_context=self._job_context(role=role),
                image=self._source.image,
                role=role,
                baseline=baseline,
            )
            return
        check = QualityRun(
            monitoring=target.monitoring,
            quality=target.quality,
            layout=target.layout,
            endpoint=target.endpoint,
            schedule=target.schedule,
            variants=target.variants,
            job_context=self._job_context(role=role),
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

    def _role(self, *, baseline: str) -> ExecutionRole:
        layout, endpoint, managed = self._target.layout, self._target.endpoint, self._target.is_managed
        merged = layout.managed_merged if managed else layout.merged
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
            metrics=[QUALITY_NAMESPACE] if self._target.monitoring.publish_metrics else [],
        )
