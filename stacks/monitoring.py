"""The stack that watches: the hourly check of the captured traffic, its alarm, its dashboard."""

from typing import Self

import aws_cdk as cdk

from modelyard.constructs.analyzer_source import AnalyzerSource
from modelyard.constructs.drift_monitor import DriftMonitor
from modelyard.constructs.execution_role import ExecutionRole
from modelyard.constructs.managed_monitor import ManagedMonitor
from modelyard.constructs.monitoring_dashboard import MonitoringDashboard
from modelyard.constructs.quality_target import QualityTarget
from modelyard.constructs.violations_watch import ViolationsWatch
from modelyard.constructs.workflows.check_run import CheckRun
from modelyard.constructs.workflows.requests import JobContext
from modelyard.constructs.workflows.watch_run import METRIC, NAMESPACE, WatchRun
from modelyard.manifest import Model
from modelyard.manifest.monitoring import Monitoring
from modelyard.stacks.foundation import FoundationStack
from modelyard.stacks.model_quality import ModelQuality
from modelyard.stacks.model_stack import ModelContext, ModelStack
from modelyard.stacks.promotion import Promotion
from modelyard.stacks.serving import ServingStack


class MonitoringStack(ModelStack):
    """Checks the traffic of a model's endpoint against its baseline, with either of two engines.

    Whichever it is, captures, baseline and results lie in the same places: what follows a check does not notice.
    `measured` is whether its answers can be measured too: there is a baseline for it, or a preview is wanted.
    """

    def __init__(
        self,
        foundation: FoundationStack,
        *,
        model: Model,
        monitoring: Monitoring,
        serving: ServingStack,
        measured: bool,
    ) -> None:
        stage = foundation.stage
        super().__init__(
            foundation,
            "monitoring",
            model=model,
            description=f"Checks the traffic of {model.name} in {stage.name} for drift: engine {monitoring.engine}",
        )
        self.add_stack_dependency(foundation)
        self.add_stack_dependency(serving)
        self._foundation = foundation
        self._model = model
        self._monitoring = monitoring
        self._endpoint = model.endpoint(stage=stage.name)
        self._schedule = model.schedule(stage=stage.name)
        self._variants = tuple(v.name for v in model.serving.variants) if model.serving is not None else ()
        self._promotion = Promotion(self, model=model)
        self._baseline = self._promotion.baseline(promoted=monitoring.baseline)
        self._source = AnalyzerSource(self, "Analyzer", monitoring=monitoring)
        self._monitor()
        self.watch = self._watch()
        self.quality = self._quality(measured=measured)
        MonitoringDashboard(
            self,
            "Dashboard",
            endpoint=self._endpoint,
            schedule=self._schedule,
            variants=self._variants,
            quality_schedule=model.quality_schedule(stage=stage.name) if measured else None,
        )
        self._outputs()

    @classmethod
    def from_context(cls, context: ModelContext) -> Self:
        """See `ModelStack`."""
        model, monitoring = context.model, context.table(Monitoring)
        awaits_baseline = model.awaits_quality_baseline and not context.preview
        stack = cls(
            context.foundation,
            model=model,
            monitoring=monitoring,
            serving=context.stack(ServingStack),
            measured=monitoring.quality is not None and not awaits_baseline,
        )
        if awaits_baseline:
            cdk.Annotations.of(stack).add_info_v2(
                f"modelyard:{model.name}-quality",
                f"monitoring.quality of {model.name}: left out until it has a baseline; "
                f"next, once this stack is deployed: yard baseline {model.name}",
            )
        return stack

    def _role(self) -> ExecutionRole:
        layout = self._model.layout
        return self._source.role(
            self,
            "CheckRole",
            foundation_key_arn=self._foundation.key_arn,
            bucket_arn=self._foundation.bucket_arn,
            reads=[f"{layout.capture}/{self._endpoint}/", f"{self._baseline}/"],
            writes=[f"{layout.monitoring}/{self._endpoint}"],
            vpc=self.stage.vpc,
            description=f"What the checks of {self._endpoint} may do",
        )

    def _monitor(self) -> None:
        role = self._role()
        job_context = JobContext(
            bucket=self._foundation.bucket, key_arn=self._foundation.key_arn, role_arn=role.arn, vpc=self.stage.vpc
        )
        if self._monitoring.engine == "model-monitor":
            ManagedMonitor(
                self,
                "Monitor",
                monitoring=self._monitoring,
                layout=self._model.layout,
                endpoint=self._endpoint,
                schedule=self._schedule,
                job_context=job_context,
                image=self._source.image,
                role=role,
                baseline=self._baseline,
            )
            return
        check = CheckRun(
            monitoring=self._monitoring,
            layout=self._model.layout,
            endpoint=self._endpoint,
            schedule=self._schedule,
            variants=self._variants,
            job_context=job_context,
            analyzer=self._source.analyzer,
            baseline=self._baseline,
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
            log_days=self.stage.log_days,
        )
        self.publish("CheckStateMachineArn", monitor.machine.arn, description="Start it to check now: yard drift --now")

    def _watch(self) -> ViolationsWatch:
        watch = WatchRun(
            bucket=self._foundation.bucket,
            endpoint=self._endpoint,
            schedule=self._schedule,
            partition=cdk.Aws.PARTITION,
        )
        return ViolationsWatch(
            self,
            "Watch",
            watch=watch,
            layout=self._model.layout,
            bucket_arn=self._foundation.bucket_arn,
            key_arn=self._foundation.key_arn,
            topic_arn=self._foundation.topic_arn,
            threshold=self._monitoring.alarm_violations,
            alarm_description=f"The traffic of {self._endpoint} has drifted: yard drift shows how",
            log_days=self.stage.log_days,
        )

    def _quality(self, *, measured: bool) -> ModelQuality | None:
        quality = self._monitoring.quality
        if quality is None:
            return None
        target = QualityTarget(
            monitoring=self._monitoring,
            quality=quality,
            layout=self._model.layout,
            endpoint=self._endpoint,
            schedule=self._model.quality_schedule(stage=self.stage.name),
            variants=self._variants,
        )
        baseline = self._promotion.quality_baseline(promoted=quality.baseline) if measured else None
        return ModelQuality(
            self, "Quality", foundation=self._foundation, target=target, source=self._source, baseline=baseline
        )

    def _outputs(self) -> None:
        reports = f"{self._model.layout.monitoring}/{self._endpoint}/{self._schedule}"
        self.publish("MonitoringEngine", self._monitoring.engine, description="Which analyzer checks")
        self.publish("MonitoringScheduleName", self._schedule, description="Pause it: yard pause")
        self.publish("MonitoringReportPrefix", reports, description="Results in the data bucket, by hour")
        self.publish("BaselinePrefix", self._baseline, description="What the traffic is checked against")
        self.publish("DriftAlarmName", self.watch.alarm.ref, description=f"Watches {NAMESPACE} {METRIC}")
