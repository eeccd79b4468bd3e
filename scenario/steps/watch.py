"""Steps in which hours pass and the checks look at the traffic."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from modelyard.scenario.context import ScenarioContext

_HOUR = 3600.0
_DRIFT = 2
# "Monitoring jobs start up to 20 minutes after the hour"; our own engine in a minute of the model's, 49 at the latest.
_LATE = 50 * 60.0
_ENGINES = ("model-monitor", "drift")


def quiet_hour(context: ScenarioContext, lines: list[str]) -> None:
    """Let an hour pass: the check finds what was to be expected."""
    to_the_hour(context)
    verdict = _verdict(context, expect=0)
    lines += [
        f"$ rehearsal advance; yard drift {context.model}",
        f"{verdict['until']}: no violations",
    ]


def alarming_hour(context: ScenarioContext, lines: list[str]) -> None:
    """Let another hour pass: the check finds the drift, the alarm fires, and its notification arrives."""
    to_the_hour(context)
    verdict = _verdict(context, expect=_DRIFT)
    lines += [f"$ rehearsal advance; yard drift {context.model}", *_told(verdict)]
    rung = context.until(lambda: _alarm(context) == "ALARM", minutes=20)
    context.require(rung, f"the alarm of violations must ring after a check that found some, it is {_alarm(context)}")
    subject = context.alerts.wait(about="ALARM")
    context.require(subject is not None, "the alarm's notification must arrive, none did; look at the topic's policy")
    lines += ["the alarm rings, and its notification arrives:", f"  {subject}"]


def other_engine(context: ScenarioContext, lines: list[str]) -> None:
    """Have the other engine check the same hours: one line of the manifest switches."""
    before = _verdict(context, expect=_DRIFT)
    engine = context.workspace.line("engine")
    other = next(one for one in _ENGINES if one != engine)
    context.workspace.set_line("engine", value=other)
    context.deploy(f"dev-{context.model.replace('_', '-')}-monitoring")
    window = _hour_of(before)
    after = json.loads(context.commands.yard("--json", "drift", context.model, *window, expect=(_DRIFT,)).text)
    lines += [
        f'engine = "{other}" instead of "{engine}"',
        f"$ cdk deploy; yard drift {' '.join(window)}",
        *_told(after),
    ]
    named, same = _features(after), _features(before)
    context.require(named == same, f"both engines must find the same, {engine} found {same} and {other} {named}")
    lines.append(f"both engines name the same features: {', '.join(sorted(named))}")


def page(context: ScenarioContext, lines: list[str]) -> None:
    """Draw the drift as a page to look at."""
    file = context.output / "drift.html"
    context.commands.yard("drift", context.model, "--output", str(file), expect=(_DRIFT,))
    lines += [f"$ yard drift {context.model} --output drift.html", f"look at it: {context.shown(file)}"]


def _hour_of(verdict: dict[str, Any]) -> tuple[str, ...]:
    """The window of a check that has been made: later traffic would thin the drift out."""
    end = datetime.strptime("/".join(verdict["folder"].split("/")[-4:]), "%Y/%m/%d/%H").replace(tzinfo=UTC)
    return ("--since", f"{end - timedelta(seconds=_HOUR):%Y-%m-%dT%H:%M}", "--until", f"{end:%Y-%m-%dT%H:%M}")


def to_the_hour(context: ScenarioContext) -> None:
    """Move the clock past the next full hour, and as far as a check may be late."""
    now = context.reach.now()
    context.reach.advance(seconds=_HOUR - (now.minute * 60 + now.second) + _LATE)


def _verdict(context: ScenarioContext, *, expect: int) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(context.commands.yard("--json", "drift", context.model, expect=(expect,)).text)
    return answer


def _told(verdict: dict[str, Any]) -> list[str]:
    return [f"  {one['feature']}: {one['description']}" for one in verdict["violations"]]


def _features(verdict: dict[str, Any]) -> set[str]:
    return {one["feature"] for one in verdict["violations"]}


def _alarm(context: ScenarioContext) -> str:
    alarms = context.client("cloudwatch").describe_alarms()["MetricAlarms"]
    return next(str(alarm["StateValue"]) for alarm in alarms if alarm.get("MetricName") == "Violations")
