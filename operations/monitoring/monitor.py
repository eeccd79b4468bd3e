"""The two checks of a deployment, each by the names of the stacks' outputs."""

from dataclasses import dataclass

from modelyard.manifest.quality import Quality
from modelyard.operations.deployment import Deployment
from modelyard.operations.failures import Failure

OWN_ENGINE = "drift"


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind:
    """One kind of check: which outputs of the monitoring stack are its own, and what its jobs are named after.

    `word` is the command that shows it.
    """

    word: str
    schedule_output: str
    report_output: str
    baseline_output: str
    machine_output: str
    alarm_output: str
    job_mark: str


DRIFT = Kind(
    word="drift",
    schedule_output="MonitoringScheduleName",
    report_output="MonitoringReportPrefix",
    baseline_output="BaselinePrefix",
    machine_output="CheckStateMachineArn",
    alarm_output="DriftAlarmName",
    job_mark="drift",
)
QUALITY = Kind(
    word="quality",
    schedule_output="QualityScheduleName",
    report_output="QualityReportPrefix",
    baseline_output="QualityBaselinePrefix",
    machine_output="QualityStateMachineArn",
    alarm_output="QualityAlarmName",
    job_mark="truth",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Monitor:
    """One of the checks of a deployment."""

    deployment: Deployment
    kind: Kind

    @property
    def schedule(self) -> str:
        """The name of its schedule."""
        return self._output(self.kind.schedule_output)

    @property
    def reports(self) -> str:
        """The prefix of its results."""
        return self._output(self.kind.report_output)

    @property
    def baseline(self) -> str:
        """The prefix of what is checked against."""
        return self._output(self.kind.baseline_output)

    @property
    def alarm(self) -> str:
        """The name of the alarm on its violations."""
        return self._output(self.kind.alarm_output)

    @property
    def machine(self) -> str:
        """The ARN of its state machine, where the engine is ours."""
        return self._output(self.kind.machine_output)

    @property
    def is_own(self) -> bool:
        """Whether our engine makes it, and not SageMaker."""
        return self._output("MonitoringEngine") == OWN_ENGINE

    @property
    def measures(self) -> bool:
        """Whether it compares answers with ground truth, and not traffic with a baseline."""
        return self.kind is QUALITY

    def _output(self, key: str) -> str:
        return self.deployment.output("monitoring", key)


def drift_of(deployment: Deployment) -> Monitor:
    """Return the check of the traffic."""
    return Monitor(deployment=deployment, kind=DRIFT)


def quality_of(deployment: Deployment) -> Monitor:
    """Return the measurement of the answers.

    Raises:
        Failure: it is not declared, has no baseline yet, or is not deployed.
    """
    quality_declared(deployment)
    model, stack = deployment.model, deployment.stack("monitoring")
    if QUALITY.schedule_output not in stack.outputs:
        first = f"yard baseline {model.name}, then " if model.awaits_quality_baseline else ""
        raise Failure(f"The quality of {model.name} is not measured yet; next: {first}cdk deploy {stack.name}")
    return Monitor(deployment=deployment, kind=QUALITY)


def quality_declared(deployment: Deployment) -> Quality:
    """Return what is declared of quality.

    Raises:
        Failure: nothing is.
    """
    model = deployment.model
    if model.monitoring is None or model.monitoring.quality is None:
        raise Failure(f"{model.name} declares no [monitoring.quality]; add that table to its manifest and deploy it")
    return model.monitoring.quality


def monitors_of(deployment: Deployment) -> list[Monitor]:
    """Return the checks that are deployed."""
    outputs = deployment.stack("monitoring").outputs
    return [Monitor(deployment=deployment, kind=kind) for kind in (DRIFT, QUALITY) if kind.schedule_output in outputs]
