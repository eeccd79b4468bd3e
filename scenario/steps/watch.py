"""Steps in which hours pass and the checks look at the traffic."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from modelyard.manifest import Refused
from modelyard.manifest.monitoring import CRON, Monitoring
from modelyard.scenario.context import ScenarioContext
from modelyard.scenario.workspace import STAGE, read_declarations

DRIFT = 2
# "Monitoring jobs start up to 20 minutes after the hour"; our own engine in a minute of the model's, 49 at the latest.
LATEST_START = timedelta(minutes=50)
HOUR = timedelta(hours=1)
ENGINES = ("model-monitor", "drift")


def quiet_hour(context: ScenarioContext, lines: list[str]) -> None:
    """Let an hour pass: the check finds what was to be expected."""
    advance_past_check(context)
    check = _latest_check(context, expect=0)
    lines += [f"$ rehearsal advance; yard drift {context.name}", f"{check['until']}: no violations"]
    # AWS's engine gives none.
    if check["verdict"] is not None:
        answer = check["verdict"]["answer"]
        context.require(answer != "changed", f"the verdict on an hour of the same population must not be {answer}")
        lines.append(f"the verdict: {answer}")


def alarming_hour(context: ScenarioContext, lines: list[str]) -> None:
    """Let another hour pass: the check finds the drift, the alarm fires, and its notification arrives."""
    advance_past_check(context)
    check = _latest_check(context, expect=DRIFT)
    lines += [f"$ rehearsal advance; yard drift {context.name}", *_descriptions(check)]
    schedule = context.model.schedule(stage=STAGE)
    fired = context.until(lambda: alarm_state(context, schedule=schedule) == "ALARM", minutes=20)
    state = alarm_state(context, schedule=schedule)
    context.require(fired, f"the alarm of violations must ring after a check that found some, it is {state}")
    # Other alarms ring too: a new monitor's is silent until its first check.
    subject = context.alerts.wait(about=f'ALARM: "{schedule}-violations"')
    context.require(subject is not None, "the alarm's notification must arrive, none did; look at the topic's policy")
    lines += ["the alarm rings, and its notification arrives:", f"  {subject}"]


def other_engine(context: ScenarioContext, lines: list[str]) -> None:
    """Have the other engine check the same hours: one line of the manifest switches."""
    before = _latest_check(context, expect=DRIFT)
    engine = _monitoring(context).engine
    other = next(name for name in ENGINES if name != engine)
    limits = _monitoring(context).limits
    measures = limits.measured if limits is not None else []
    declared = context.workspace.manifest.read_text(encoding="utf-8")
    context.workspace.set_value("monitoring", "engine", value=other)
    if measures:
        context.workspace.leave_measures_out()
    try:
        read_declarations(context.workspace.folder, model=context.name)
    except Refused as refused:
        context.workspace.manifest.write_text(declared, encoding="utf-8")
        lines += [f'the manifest cannot have engine = "{other}":', *(f"  {line}" for line in str(refused).split("\n"))]
        if _monitoring(context).quality is not None:
            # The baseline that yard baseline has written is deployed here, as it is with the other engine.
            context.deploy(context.stack("monitoring"))
            lines.append(f"$ cdk deploy {context.stack('monitoring')}")
        return
    if measures:
        context.commands.yard("limits", context.name)
        lines.append(f"without {', '.join(measures)} of monitoring.limits, which {other} has not; yard limits")
    context.deploy(context.stack("monitoring"))
    # The window of the check that has been made: later traffic would thin the drift out.
    hours = _monitoring(context).period_hours
    end = datetime.strptime("/".join(before["folder"].split("/")[-4:]), "%Y/%m/%d/%H").replace(tzinfo=UTC)
    window = ("--since", f"{end - hours * HOUR:%Y-%m-%dT%H:%M}", "--until", f"{end:%Y-%m-%dT%H:%M}")
    arguments = ("drift", context.name, *window)
    after = json.loads(context.commands.yard("--json", *arguments, expect=(DRIFT,)).text)
    lines += [
        f'engine = "{other}" instead of "{engine}"',
        f"$ cdk deploy; yard drift {' '.join(window)}",
        *_descriptions(after),
    ]
    named, same = _features(after), _features(before)
    # What only a measure finds is not found without it.
    agree = bool(named) and named <= same if measures else named == same
    context.require(agree, f"both engines must find the same, {engine} found {same} and {other} {named}")
    lines.append(f"both engines name the same features: {', '.join(sorted(named))}")


def page(context: ScenarioContext, lines: list[str]) -> None:
    """Write the drift as a page to look at."""
    file = context.output / "drift.html"
    context.commands.yard("drift", context.name, "--output", str(file), expect=(DRIFT,))
    lines += [f"$ yard drift {context.name} --output drift.html", f"look at it: {context.relative(file)}"]


def advance_past_check(context: ScenarioContext) -> None:
    """Move the clock past the next check, and as far as it may start late."""
    now = context.connection.now()
    due = next_check(now, monitoring=_monitoring(context))
    context.connection.advance(seconds=(due + LATEST_START - now).total_seconds())


def next_check(now: datetime, *, monitoring: Monitoring) -> datetime:
    """Return the full hour after now for which a check is scheduled."""
    match = CRON.fullmatch(monitoring.cron)
    hours = range(24)
    if match is not None and match[1] != "*":
        hours = range(int(match[1].partition("/")[0]), 24, monitoring.period_hours)
    due = now.replace(minute=0, second=0, microsecond=0) + HOUR
    while due.hour not in hours:
        due += HOUR
    return due


def alarm_state(context: ScenarioContext, *, schedule: str) -> str:
    """Return the state of the alarm on the violations that the checks of a schedule find."""
    alarms = context.client("cloudwatch").describe_alarms()["MetricAlarms"]
    dimension = {"Name": "MonitoringSchedule", "Value": schedule}
    return next(
        str(alarm["StateValue"])
        for alarm in alarms
        if alarm.get("MetricName") == "Violations" and dimension in alarm["Dimensions"]
    )


def _monitoring(context: ScenarioContext) -> Monitoring:
    assert context.model.monitoring is not None  # noqa: S101 - the steps of this module are of models that have it
    return context.model.monitoring


def _latest_check(context: ScenarioContext, *, expect: int) -> dict[str, Any]:
    output = context.commands.yard("--json", "drift", context.name, expect=(expect,))
    check: dict[str, Any] = json.loads(output.text)
    return check


def _descriptions(check: dict[str, Any]) -> list[str]:
    return [f"  {violation['feature']}: {violation['description']}" for violation in check["violations"]]


def _features(check: dict[str, Any]) -> set[str]:
    return {violation["feature"] for violation in check["violations"]}
