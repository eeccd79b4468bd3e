"""The workflow that a schedule or an alarm calls: start a run, unless one runs or waits for review."""

from dataclasses import dataclass
from typing import Any

from modelyard.constructs.workflows.states import State, choose, end_with, expression, give_up, machine, task
from modelyard.manifest.data_layout import DataLayout
from modelyard.manifest.retraining import RUN_PREFIX, Retrain

# How Step Functions refuses a name that was used (guide, "Start a new AWS Step Functions state machine from a running
# execution"; API reference, StartExecution).
STARTED_BEFORE = "StepFunctions.ExecutionAlreadyExistsException"
DAY_MS = 24 * 3600 * 1000
# The waits of its tasks that are tried again.
LONGEST_SECONDS = 1800
LOOK = "look"


@dataclass(frozen=True, kw_only=True, slots=True)
class RetrainStart:
    """A caller's reason in, and a run of the training workflow started, or the reason why none is.

    Alarms are told of more than once, and several ring for one cause. So a run is named by the period in which it is
    called for, and Step Functions starts one of a name. An alarm that stays in ALARM is told of once: `{"look": true}`
    has all of them looked at, and calls where one is.
    """

    retrain: Retrain
    layout: DataLayout
    bucket: str
    promoted: str | None
    alarms: tuple[str, ...]
    training_arn: str
    prefix: str
    topic_arn: str
    partition: str

    @property
    def definition(self) -> dict[str, Any]:
        """The whole state machine."""
        return machine(
            comment=f"Start a run of {self.prefix} for a schedule or an alarm, one at a time",
            start="Who calls?",
            states={
                "Who calls?": choose(
                    when=f"$exists($states.input.{LOOK})", then="Look at the alarms", otherwise="Note the reason"
                ),
                "Look at the alarms": self._look(),
                "Is one in ALARM?": choose(
                    when="$count($states.input.ringing) > 0", then="Note what rings", otherwise="Nothing rings"
                ),
                "Nothing rings": end_with({"started": False, "reason": "no alarm is in ALARM"}),
                "Note what rings": self._noted("$join($states.input.ringing, ' and ') & ', still in ALARM'"),
                "Note the reason": self._noted(
                    "$exists($states.input.detail) ? $states.input.detail.alarmName : 'schedule'"
                ),
                "List what runs": self._list_runs(),
                "Does one run?": choose(
                    when="$count($states.input.running) > 0", then="One runs", otherwise="Look for a proposal"
                ),
                "One runs": end_with(
                    {"started": False, "reason": expression("'run ' & $states.input.running[0] & ' is not over'")}
                ),
                "Look for a proposal": self._find_proposal(),
                "Is one open?": choose(when="$states.input.open", then="One is open", otherwise="Start the run"),
                "One is open": end_with({"started": False, "reason": "a proposal waits for review"}),
                "Start the run": self._start(),
                "Started before": end_with(
                    {"started": False, "reason": expression("'run ' & $name & ' was started before'")}
                ),
                "Started": end_with({"started": True, "run": expression("$name"), "reason": expression("$reason")}),
                **give_up(
                    subject=f"{self.prefix}: no run could be started",
                    topic_arn=self.topic_arn,
                    partition=self.partition,
                ),
            },
            seconds=LONGEST_SECONDS,
        )

    def _look(self) -> State:
        return task(
            resource="aws-sdk:cloudwatch:describeAlarms",
            arguments={"AlarmNames": list(self.alarms), "StateValue": "ALARM"},
            output={"ringing": expression("[$states.result.MetricAlarms.AlarmName]")},
            then="Is one in ALARM?",
            caught_by="Report the failure",
            partition=self.partition,
        )

    def _noted(self, reason: str) -> State:
        """The reason, and the name of the run: of the period by days since 1970, in the form of its first day."""
        started = "$toMillis($states.context.Execution.StartTime)"
        period = self.retrain.period_days * DAY_MS
        day = f"$fromMillis($floor({started} / {period}) * {period}, '[Y0001][M01][D01]')"
        return {
            "Type": "Pass",
            "Assign": {"reason": expression(reason), "name": expression(f"'{RUN_PREFIX}' & {day}")},
            "Next": "List what runs",
        }

    def _list_runs(self) -> State:
        return task(
            resource="aws-sdk:sfn:listExecutions",
            arguments={"StateMachineArn": self.training_arn, "StatusFilter": "RUNNING", "MaxResults": 1},
            output={"running": expression("[$states.result.Executions.Name]")},
            then="Does one run?",
            caught_by="Report the failure",
            partition=self.partition,
        )

    def _find_proposal(self) -> State:
        return task(
            resource="aws-sdk:s3:listObjectsV2",
            arguments={"Bucket": self.bucket, "Prefix": self.layout.open_proposals, "MaxKeys": 1},
            output={"open": expression("$states.result.KeyCount > 0")},
            then="Is one open?",
            caught_by="Report the failure",
            partition=self.partition,
        )

    def _start(self) -> State:
        retrain: dict[str, Any] = {"reason": expression("$reason")}
        if self.promoted is not None:
            retrain["promoted"] = self.promoted
        started = task(
            resource="states:startExecution",
            arguments={
                "StateMachineArn": self.training_arn,
                "Name": expression("$name"),
                # With the caller's id a second start of a name has another input: it is refused and not joined.
                "Input": {
                    "retrain": retrain,
                    "AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID": expression("$states.context.Execution.Id"),
                },
            },
            then="Started",
            caught_by="Report the failure",
            partition=self.partition,
        )
        before: State = {"ErrorEquals": [STARTED_BEFORE], "Next": "Started before"}
        return {**started, "Catch": [before, *started["Catch"]]}
