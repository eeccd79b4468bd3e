"""The alarms of an endpoint."""

from modelyard.constructs.endpoint_alarms import EndpointAlarms
from modelyard.manifest.serving import Alarms
from support.small_stack import TOPIC_ARN, SmallStack

DEFAULTS = Alarms()


def add(
    small: SmallStack, *, thresholds: Alarms = DEFAULTS, variants: tuple[str, ...] = ("primary",)
) -> EndpointAlarms:
    return EndpointAlarms(
        small.stack, "Alarms", endpoint="dev-churn", variants=variants, thresholds=thresholds, topic_arn=TOPIC_ARN
    )


def test_each_variant_has_an_alarm_on_errors_and_one_on_latency(small: SmallStack) -> None:
    add(small, variants=("champion", "challenger"))

    names = {"championErrors", "championLatency", "challengerErrors", "challengerLatency"}
    assert {name.removeprefix("Alarms") for name in small.resources("CloudWatch::Alarm")} == names


def test_the_share_of_errors_is_a_threshold_of_one(small: SmallStack) -> None:
    add(small, thresholds=Alarms(error_percent=2.5))

    alarm = small.one("CloudWatch::Alarm", "AlarmsprimaryErrors")
    assert (alarm["MetricName"], alarm["Statistic"], alarm["Threshold"]) == ("Invocation5XXErrors", "Average", 0.025)


def test_latency_is_a_threshold_of_microseconds(small: SmallStack) -> None:
    add(small, thresholds=Alarms(latency_ms=200))

    alarm = small.one("CloudWatch::Alarm", "AlarmsprimaryLatency")
    assert (alarm["ExtendedStatistic"], alarm["Threshold"]) == ("p99", 200_000)


def test_missing_data_breach_nothing(small: SmallStack) -> None:
    add(small)

    assert small.one("CloudWatch::Alarm", "AlarmsprimaryErrors")["TreatMissingData"] == "notBreaching"


def test_silence_is_an_alarm_that_rolls_nothing_back(small: SmallStack) -> None:
    alarms = add(small, thresholds=Alarms(no_invocations_minutes=30))

    silence = small.one("CloudWatch::Alarm", "AlarmsprimarySilence")
    assert (silence["EvaluationPeriods"], silence["TreatMissingData"]) == (30, "breaching")
    assert (len(alarms.rollback_names), len(alarms.silence)) == (2, 1)


def test_alarms_tell_the_topic_when_they_begin_and_when_they_end(small: SmallStack) -> None:
    add(small)

    alarm = small.one("CloudWatch::Alarm", "AlarmsprimaryErrors")
    assert (alarm["AlarmActions"], alarm["OKActions"]) == ([TOPIC_ARN], [TOPIC_ARN])
