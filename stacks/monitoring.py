"""The stack that watches: the hourly check of the captured traffic, its alarm, its dashboard."""

import json
from typing import Self

import aws_cdk as cdk

from modelyard.constructs.analyzer_source import AnalyzerSource
from modelyard.constructs.drift_monitor import DriftMonitor
from modelyard.constructs.execution_role import ExecutionRole
from modelyard.constructs.managed_monitor import ManagedMonitor
from modelyard.constructs.monitor_target import MonitorTarget, QualityTarget
from modelyard.constructs.monitoring_dashboard import MetricNamespaces, MonitoringDashboard
from modelyard.constructs.violations_watch import ViolationsWatch
from modelyard.constructs.workflows.check_run import FEATURES_NAMESPACE, CheckRun
from modelyard.constructs.workflows.requests import JobContext
from modelyard.constructs.workflows.watch_run import METRIC, NAMESPACE, WatchRun
from modelyard.manifest import Model, Problem, Refused
from modelyard.manifest.limits import LIMITS_METADATA, with_limits
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
        self._answer = model.answer
        # Nothing is made of it: a plan tells by it which limits a deploy changes.
        declared = {} if monitoring.declared_limits is None else dict(monitoring.declared_limits)
        of_quality = monitoring.quality.declared_limits if measured and monitoring.quality is not None else None
        if of_quality is not None:
            declared["quality"] = of_quality
        if declared:
            # As a text: cfn-lint takes fractions in metadata for an error (E4002).
            self.template_options.metadata = {LIMITS_METADATA: json.dumps(declared, sort_keys=True)}
        target = MonitorTarget(
            monitoring=monitoring,
            layout=model.layout,
            endpoint=model.endpoint(stage=stage.name),
            schedule=model.schedule(stage=stage.name),
            variants=tuple(v.name for v in model.serving.variants) if model.serving is not None else (),
        )
        promotion = Promotion(self, model=model)
        baseline = promotion.baseline(promoted=monitoring.baseline)
        source = AnalyzerSource(self, "Analyzer", monitoring=monitoring, bootstrap_key=stage.bootstrap_key)
        role = self._monitor(target=target, source=source, baseline=baseline)
        self.watch = self._watch(target=target, role=role)
        self.quality: ModelQuality | None = None
        quality_schedule = model.quality_schedule(stage=stage.name)
        if monitoring.quality is not None:
            self.quality = ModelQuality(
                self,
                "Quality",
                foundation=foundation,
                target=QualityTarget.of(target, quality=monitoring.quality, schedule=quality_schedule),
                source=source,
                baseline=promotion.quality_baseline(promoted=monitoring.quality.baseline) if measured else None,
            )
        MonitoringDashboard(
            self,
            "Dashboard",
            endpoint=target.endpoint,
            schedule=target.schedule,
            variants=target.variants,
            quality_schedule=quality_schedule if measured else None,
            metrics=MetricNamespaces.of(monitoring) if monitoring.publish_metrics else None,
        )
        reports = f"{target.layout.monitoring}/{target.endpoint}/{target.schedule}"
        self.publish("MonitoringEngine", monitoring.engine, description="Which analyzer checks")
        self.publish("MonitoringScheduleName", target.schedule, description="Pause it: yard pause")
        self.publish("MonitoringReportPrefix", reports, description="Results in the data bucket, by hour")
        self.publish("BaselinePrefix", baseline, description="What the traffic is checked against")
        self.publish("DriftAlarmName", self.watch.alarm.ref, description=f"Watches {NAMESPACE} {METRIC}")

    @classmethod
    def from_context(cls, context: ModelContext) -> Self:
        """See `ModelStack`."""
        model, monitoring = context.model, context.table(Monitoring)
        outdated = [
            Problem(
                key=f"{key}.baseline of {model.name}",
                allowed=f"the baseline with the limits that the manifest declares ({expected})",
                got=table.baseline,
                hint=f"the limits have changed since it was written: yard limits {model.name}",
            )
            for key, table in (("monitoring", monitoring), ("monitoring.quality", monitoring.quality))
            if table is not None and table.baseline is not None
            for expected in (with_limits(table.baseline, limits=table.declared_limits),)
            if table.baseline != expected
        ]
        if outdated:
            raise Refused(outdated)
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

    def _monitor(self, *, target: MonitorTarget, source: AnalyzerSource, baseline: str) -> ExecutionRole:
        exchanged = [
            *([f"{target.layout.windows}/{target.endpoint}"] if target.monitoring.earlier_windows else []),
            *([f"{target.layout.parts}/{target.endpoint}"] if target.monitoring.instances > 1 else []),
        ]
        role = source.role(
            self,
            "CheckRole",
            foundation_key_arn=self._foundation.key_arn,
            bucket_arn=self._foundation.bucket_arn,
            reads=[f"{target.layout.capture}/{target.endpoint}/", f"{baseline}/", *(f"{one}/" for one in exchanged)],
            writes=[f"{target.layout.monitoring}/{target.endpoint}", *exchanged],
            vpc=self.stage.vpc,
            description=f"What the checks of {target.endpoint} may do",
            metrics=[FEATURES_NAMESPACE] if target.monitoring.publish_metrics else [],
        )
        job_context = JobContext(
            bucket=self._foundation.bucket, key_arn=self._foundation.key_arn, role_arn=role.arn, vpc=self.stage.vpc
        )
        if target.is_managed:
            ManagedMonitor(
                self,
                "Monitor",
                target=target,
                job_context=job_context,
                image=source.image,
                role=role,
                baseline=baseline,
            )
            return role
        check = CheckRun(
            monitoring=target.monitoring,
            layout=target.layout,
            endpoint=target.endpoint,
            schedule=target.schedule,
            variants=target.variants,
            job_context=job_context,
            analyzer=source.analyzer,
            baseline=baseline,
            topic_arn=self._foundation.topic_arn,
            partition=cdk.Aws.PARTITION,
            answer=self._answer,
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
        return role

    def _watch(self, *, target: MonitorTarget, role: ExecutionRole) -> ViolationsWatch:
        return ViolationsWatch(
            self,
            "Watch",
            watch=WatchRun(
                bucket=self._foundation.bucket,
                endpoint=target.endpoint,
                schedule=target.schedule,
                topic_arn=self._foundation.topic_arn,
                partition=cdk.Aws.PARTITION,
                file=target.monitoring.counted_file,
            ),
            layout=target.layout,
            bucket_arn=self._foundation.bucket_arn,
            key_arn=self._foundation.key_arn,
            topic_arn=self._foundation.topic_arn,
            threshold=target.monitoring.alarm_violations,
            alarm_description=f"The traffic of {target.endpoint} has drifted: yard drift shows how",
            log_days=self.stage.log_days,
            managed_role_arn=role.arn if target.is_managed else None,
        )
