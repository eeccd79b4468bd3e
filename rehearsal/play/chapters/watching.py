"""Chapters in which hours pass and the checks look at the traffic."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from modelyard.rehearsal.play.scene import Scene

_HOUR = 3600.0
_DRIFT = 2
# "Monitoring jobs start up to 20 minutes after the hour"; our own engine in a minute of the model's, 49 at the latest.
_LATE = 50 * 60.0
_ENGINES = ("model-monitor", "drift")


def quiet_hour(scene: Scene, found: list[str]) -> None:
    """Let an hour pass: the check finds what was to be expected."""
    to_the_hour(scene)
    verdict = _verdict(scene, expect=0)
    found += [
        f"$ rehearsal advance; yard drift {scene.model}",
        f"{verdict['until']}: no violations",
    ]


def alarming_hour(scene: Scene, found: list[str]) -> None:
    """Let another hour pass: the check finds the drift, the alarm fires, and its notification arrives."""
    to_the_hour(scene)
    verdict = _verdict(scene, expect=_DRIFT)
    found += [f"$ rehearsal advance; yard drift {scene.model}", *_told(verdict)]
    rung = scene.until(lambda: _alarm(scene) == "ALARM", minutes=20)
    scene.require(rung, f"the alarm of violations must ring after a check that found some, it is {_alarm(scene)}")
    subject = scene.mailbox.wait(about="ALARM")
    scene.require(subject is not None, "the alarm's notification must arrive, none did; look at the topic's policy")
    found += ["the alarm rings, and its notification arrives:", f"  {subject}"]


def other_engine(scene: Scene, found: list[str]) -> None:
    """Have the other engine check the same hours: one line of the manifest switches."""
    before = _verdict(scene, expect=_DRIFT)
    engine = scene.workspace.line("engine")
    other = next(one for one in _ENGINES if one != engine)
    scene.workspace.set_line("engine", value=other)
    scene.deploy(f"dev-{scene.model.replace('_', '-')}-monitoring")
    window = _hour_of(before)
    after = json.loads(scene.commands.yard("--json", "drift", scene.model, *window, expect=(_DRIFT,)).text)
    found += [
        f'engine = "{other}" instead of "{engine}"',
        f"$ cdk deploy; yard drift {' '.join(window)}",
        *_told(after),
    ]
    named, same = _features(after), _features(before)
    scene.require(named == same, f"both engines must find the same, {engine} found {same} and {other} {named}")
    found.append(f"both engines name the same features: {', '.join(sorted(named))}")


def page(scene: Scene, found: list[str]) -> None:
    """Draw the drift as a page to look at."""
    file = scene.output / "drift.html"
    scene.commands.yard("drift", scene.model, "--output", str(file), expect=(_DRIFT,))
    found += [f"$ yard drift {scene.model} --output drift.html", f"look at it: {scene.shown(file)}"]


def _hour_of(verdict: dict[str, Any]) -> tuple[str, ...]:
    """The window of a check that has been made: later traffic would thin the drift out."""
    end = datetime.strptime("/".join(verdict["folder"].split("/")[-4:]), "%Y/%m/%d/%H").replace(tzinfo=UTC)
    return ("--since", f"{end - timedelta(seconds=_HOUR):%Y-%m-%dT%H:%M}", "--until", f"{end:%Y-%m-%dT%H:%M}")


def to_the_hour(scene: Scene) -> None:
    """Move the clock past the next full hour, and as far as a check may be late."""
    now = scene.reach.now()
    scene.reach.advance(seconds=_HOUR - (now.minute * 60 + now.second) + _LATE)


def _verdict(scene: Scene, *, expect: int) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(scene.commands.yard("--json", "drift", scene.model, expect=(expect,)).text)
    return answer


def _told(verdict: dict[str, Any]) -> list[str]:
    return [f"  {one['feature']}: {one['description']}" for one in verdict["violations"]]


def _features(verdict: dict[str, Any]) -> set[str]:
    return {one["feature"] for one in verdict["violations"]}


def _alarm(scene: Scene) -> str:
    alarms = scene.client("cloudwatch").describe_alarms()["MetricAlarms"]
    return next(str(alarm["StateValue"]) for alarm in alarms if alarm.get("MetricName") == "Violations")
