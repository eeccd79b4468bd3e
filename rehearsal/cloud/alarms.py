"""CloudWatch's alarms in MiniStack, evaluated as CloudWatch does.

MiniStack's own evaluation takes all points of a metric's name together: it knows neither dimensions nor periods,
nor what is to become of missing data. `install` puts ours in its place; the state's history and the notification
stay MiniStack's.
"""

import contextvars
import functools
import math
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from ministack.core import responses
from ministack.services import cloudwatch

from modelyard.rehearsal.cloud.alarm_rules import COMPARISONS, AlarmRule, Datapoint, Verdict

Alarm = dict[str, Any]
Point = dict[str, Any]


def install(*, now: Callable[[], datetime]) -> None:
    """Have MiniStack evaluate each alarm by `evaluate`, at the time that `now` gives."""
    cloudwatch._evaluate_alarm = functools.partial(_update, now=now)


def evaluate_everywhere() -> None:
    """Evaluate the alarms of all accounts and regions; to be called at each full minute."""
    for account, region in {key[:2] for key in list(cloudwatch._alarms._data)}:
        contextvars.copy_context().run(_evaluate_scope, account, region)


def evaluate(*, alarm: Alarm, points: Iterable[Point], now: datetime) -> Verdict | None:
    """Return an alarm's state at the last full minute before `now`, or None to keep the one it has.

    The last period ends at that minute, whatever its length: the value of an alarm over an hour is that of the
    sixty minutes before, not of the hour by the clock. `points` are MiniStack's, of the alarm's own metric.
    """
    rule = _rule(alarm)
    end = datetime.fromtimestamp(math.floor(now.timestamp() / 60) * 60, UTC)
    return rule.judge(datapoints=_datapoints(alarm=alarm, points=points, end=end, count=rule.periods_looked_at))


def _update(alarm: Alarm, *, now: Callable[[], datetime]) -> None:
    # Metric math and anomaly bands are not evaluated: such an alarm keeps the state it has.
    if not alarm.get("MetricName") or alarm["ComparisonOperator"] not in COMPARISONS:
        return
    points = cloudwatch._metrics.get(_metric_key(alarm))
    verdict = evaluate(alarm=alarm, points=() if points is None else list(points), now=now())
    if verdict is None or verdict.state == alarm["StateValue"]:
        return
    _transition(alarm=alarm, verdict=verdict, moment=now())


def _transition(*, alarm: Alarm, verdict: Verdict, moment: datetime) -> None:
    old = alarm["StateValue"]
    alarm["StateValue"], alarm["StateReason"] = verdict.state, verdict.reason
    alarm["StateUpdatedTimestamp"] = int(moment.timestamp())
    cloudwatch._record_history(alarm["AlarmName"], old, verdict.state, verdict.reason)
    cloudwatch._dispatch_alarm_actions(alarm, old, verdict.state, verdict.reason)
    cloudwatch._evaluate_parent_alarms(alarm)


def _evaluate_scope(account: str, region: str) -> None:
    responses.set_request_account_id(account)
    responses.set_request_region(region)
    cloudwatch._evaluate_all_alarms()


def _metric_key(alarm: Alarm) -> tuple[str, str, str]:
    dimensions = {dimension["Name"]: dimension["Value"] for dimension in alarm.get("Dimensions") or ()}
    return alarm["Namespace"], alarm["MetricName"], cloudwatch._dims_key(dimensions)


def _rule(alarm: Alarm) -> AlarmRule:
    periods = int(alarm.get("EvaluationPeriods") or 1)
    wanted = alarm.get("DatapointsToAlarm")
    return AlarmRule(
        threshold=float(alarm["Threshold"]),
        comparison=alarm["ComparisonOperator"],
        evaluation_periods=periods,
        datapoints_to_alarm=periods if wanted is None else int(wanted),
        treatment=alarm.get("TreatMissingData") or "missing",
    )


def _datapoints(*, alarm: Alarm, points: Iterable[Point], end: datetime, count: int) -> list[Datapoint | None]:
    period = int(alarm.get("Period") or 60)
    start = end.timestamp() - count * period
    buckets: list[list[Point]] = [[] for _ in range(count)]
    for point in points:
        place = math.floor((point["Timestamp"] - start) / period)
        if 0 <= place < count and alarm.get("Unit") in (None, "", point.get("Unit")):
            buckets[place].append(point)
    moments = [end - timedelta(seconds=period * (count - place)) for place in range(count)]
    return [_datapoint(alarm=alarm, points=own, moment=at) for own, at in zip(buckets, moments, strict=True)]


def _datapoint(*, alarm: Alarm, points: Sequence[Point], moment: datetime) -> Datapoint | None:
    statistics = cloudwatch._calc_stats(points)
    if not statistics:
        return None
    name = alarm.get("ExtendedStatistic") or alarm.get("Statistic") or "Average"
    value = cloudwatch._stat_value(statistics, name, points)
    return None if value is None else Datapoint(moment=moment, value=float(value))
