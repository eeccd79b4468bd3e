"""MiniStack's CloudWatch: its alarms, evaluated as CloudWatch does, at each full minute of the rehearsal's clock.

MiniStack's own evaluation takes all points of a metric's name together: it knows neither dimensions nor periods,
nor what is to become of missing data. `install` puts ours in its place; the state's history and the notification
stay MiniStack's.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from ministack.services import cloudwatch

from modelyard.rehearsal.clock import Clock
from modelyard.rehearsal.cloud.alarm_rules import COMPARISONS, AlarmRule, Datapoint, Verdict
from modelyard.rehearsal.cloud.ministack.app import request_scope
from modelyard.rehearsal.cloud.ministack.eventbridge import tell

MINUTE = 60.0
# Alarms are on what everything else has measured in the minute.
AFTER_ALL = 2
Alarm = dict[str, Any]
Point = dict[str, Any]


def install(*, clock: Clock) -> None:
    """Have each alarm evaluated by `evaluate`, and all of them at each full minute."""

    def update(alarm: Alarm) -> None:
        # Metric math and anomaly bands are not evaluated: such an alarm keeps the state it has.
        if not alarm.get("MetricName") or alarm["ComparisonOperator"] not in COMPARISONS:
            return
        dimensions = {dimension["Name"]: dimension["Value"] for dimension in alarm.get("Dimensions") or ()}
        points = cloudwatch._metrics.get((alarm["Namespace"], alarm["MetricName"], cloudwatch._dims_key(dimensions)))
        verdict = evaluate(alarm=alarm, points=() if points is None else list(points), now=clock.now())
        if verdict is not None and verdict.state != alarm["StateValue"]:
            change_state(alarm=alarm, verdict=verdict, moment=clock.now())

    act = cloudwatch._dispatch_alarm_actions

    def tell_and_act(alarm: Alarm, old: str, new: str, reason: str) -> None:
        tell(
            source="aws.cloudwatch",
            detail_type="CloudWatch Alarm State Change",
            arn=alarm["AlarmArn"],
            detail=state_change(alarm=alarm, old=old, new=new, moment=clock.now()),
        )
        act(alarm, old, new, reason)

    cloudwatch._dispatch_alarm_actions = tell_and_act
    cloudwatch._evaluate_alarm = update
    clock.every(seconds=MINUTE, run=evaluate_everywhere, rank=AFTER_ALL)


def state_change(*, alarm: Alarm, old: str, new: str, moment: datetime) -> dict[str, Any]:
    """Return the detail of the event by which EventBridge is told that an alarm's state has changed.

    Of a state before nothing is told but its value: MiniStack keeps no more. Source: CloudWatch user guide, "Alarm
    events and EventBridge".
    """
    configuration: dict[str, Any] = {"description": alarm.get("AlarmDescription") or ""}
    if "MetricName" in alarm:
        dimensions = {one["Name"]: one["Value"] for one in alarm.get("Dimensions") or ()}
        metric = {"namespace": alarm["Namespace"], "name": alarm["MetricName"], "dimensions": dimensions}
        stat = {"metric": metric, "period": alarm.get("Period"), "stat": alarm.get("Statistic")}
        configuration["metrics"] = [{"id": "m1", "metricStat": stat, "returnData": True}]
    else:
        configuration["alarmRule"] = alarm.get("AlarmRule", "")
    timestamp = f"{moment:%Y-%m-%dT%H:%M:%S}.000+0000"
    return {
        "alarmName": alarm["AlarmName"],
        "state": {"value": new, "reason": alarm["StateReason"], "timestamp": timestamp},
        "previousState": {"value": old},
        "configuration": configuration,
    }


def measure(*, namespace: str, metric: str, dimensions: Mapping[str, str], moment: datetime) -> None:
    """Count one for a metric of a service of AWS; alarms see it at the next full minute."""
    cloudwatch._store_datum(namespace, metric, dict(dimensions), moment.timestamp(), "Count", 1.0, None, None, None)


def alarms() -> list[dict[str, str]]:
    """Return the alarms of the account, each with its state and why it is in it."""
    return [
        {"name": alarm["AlarmName"], "state": alarm["StateValue"], "reason": alarm["StateReason"]}
        for alarm in (*cloudwatch._alarms.values(), *cloudwatch._composite_alarms.values())
    ]


def evaluate_everywhere() -> None:
    """Evaluate the alarms of all accounts and regions."""
    for account, region in {key[:2] for key in list(cloudwatch._alarms._data)}:
        with request_scope(account, region):
            cloudwatch._evaluate_all_alarms()


def change_state(*, alarm: Alarm, verdict: Verdict, moment: datetime) -> None:
    """Give an alarm another state, with all that follows of it: history, actions, and alarms of alarms."""
    old = alarm["StateValue"]
    alarm["StateValue"], alarm["StateReason"] = verdict.state, verdict.reason
    alarm["StateUpdatedTimestamp"] = int(moment.timestamp())
    cloudwatch._record_history(alarm["AlarmName"], old, verdict.state, verdict.reason)
    cloudwatch._dispatch_alarm_actions(alarm, old, verdict.state, verdict.reason)
    cloudwatch._evaluate_parent_alarms(alarm)


def evaluate(*, alarm: Alarm, points: Iterable[Point], now: datetime) -> Verdict | None:
    """Return an alarm's state at the last full minute before `now`, or None to keep the one it has.

    The last period ends at that minute, whatever its length: the value of an alarm over an hour is that of the
    sixty minutes before, not of the hour by the clock. `points` are MiniStack's, of the alarm's own metric.
    """
    evaluation_periods = int(alarm.get("EvaluationPeriods") or 1)
    to_alarm = alarm.get("DatapointsToAlarm")
    rule = AlarmRule(
        threshold=float(alarm["Threshold"]),
        comparison=alarm["ComparisonOperator"],
        evaluation_periods=evaluation_periods,
        datapoints_to_alarm=evaluation_periods if to_alarm is None else int(to_alarm),
        treatment=alarm.get("TreatMissingData") or "missing",
    )
    seconds, count = int(alarm.get("Period") or 60), rule.periods_looked_at
    end = datetime.fromtimestamp(math.floor(now.timestamp() / 60) * 60, UTC)
    start = end - timedelta(seconds=seconds * count)
    periods: list[list[Point]] = [[] for _ in range(count)]
    for point in points:
        index = math.floor((point["Timestamp"] - start.timestamp()) / seconds)
        if 0 <= index < count and alarm.get("Unit") in (None, "", point.get("Unit")):
            periods[index].append(point)
    moments = [start + timedelta(seconds=seconds * index) for index in range(count)]
    return rule.judge(
        datapoints=[
            datapoint(alarm=alarm, points=within, moment=moment)
            for within, moment in zip(periods, moments, strict=True)
        ]
    )


def datapoint(*, alarm: Alarm, points: Sequence[Point], moment: datetime) -> Datapoint | None:
    """Return the alarm's statistic of one period's points, or None without any."""
    statistics = cloudwatch._calc_stats(points)
    if not statistics:
        return None
    name = alarm.get("ExtendedStatistic") or alarm.get("Statistic") or "Average"
    value = cloudwatch._stat_value(statistics, name, points)
    return None if value is None else Datapoint(moment=moment, value=float(value))
