"""verdict.json: whether a window has changed more than chance explains; a file of ours beside those of AWS's."""

from collections.abc import Sequence
from pathlib import Path

from modelyard.drift.documents.jackson import Json
from modelyard.drift.documents.node import Node, read_document
from modelyard.drift.documents.violations import Violation, violations_document
from modelyard.drift.verdict.hypothesis_test import Aspect, Method, Scope
from modelyard.drift.verdict.spread import INDEPENDENT, Spread
from modelyard.drift.verdict.verdict import (
    Alarm,
    Answer,
    AspectVerdict,
    Budget,
    ColumnVerdict,
    EarlierChecks,
    Verdict,
)


def verdict_document(*, verdict: Verdict, violations: Sequence[Violation]) -> dict[str, Json]:
    """Return the document; its violations, one for each change, have the form of constraint_violations.json."""
    return {
        "version": 1,
        "verdict": verdict.answer.value,
        # before what may be long: the alarm counts them in the beginning of the file
        **violations_document(violations=violations),
        "alarm_on": verdict.alarm.value,
        "false_alarms_per_year": verdict.budget.false_alarms_per_year,
        "hours": verdict.budget.hours,
        "level": verdict.budget.level,
        "tests": verdict.tests,
        "rows": verdict.rows,
        "baseline_rows": verdict.known_rows,
        "structure": verdict.structure,
        **_earlier_document(verdict.earlier),
        "unreadable": None if verdict.unreadable is None else _aspect_document(verdict.unreadable),
        "columns": [
            {
                "name": column.name,
                "verdict": column.answer.value,
                "not_compared": column.not_compared,
                "tests": [_aspect_document(one) for one in column.aspects],
            }
            for column in verdict.columns
        ],
        "not_looked_at": [{"name": name, "reason": reason} for name, reason in verdict.skipped],
    }


def _earlier_document(earlier: EarlierChecks | None) -> dict[str, Json]:
    """What a verdict that knows earlier windows says of them; others have no such key."""
    if earlier is None:
        return {}
    return {
        "earlier": {
            "windows": earlier.windows,
            "windows_of_day": earlier.of_day,
            "missing_of_day": earlier.missing_of_day,
            "unreadable": earlier.unreadable,
        }
    }


def _read_earlier(node: Node) -> EarlierChecks:
    return EarlierChecks(
        windows=node.get("windows").count(),
        of_day=node.get("windows_of_day").count(),
        missing_of_day=node.get("missing_of_day").count(),
        unreadable=node.get("unreadable").count(),
    )


def _aspect_document(one: AspectVerdict) -> Json:
    allowed: dict[str, Json] = {"dispersion": one.spread.dispersion, "dispersion_windows": one.spread.windows}
    return {
        "aspect": one.aspect.value,
        "changed": one.changed,
        "adjusted_p_value": one.p_value,
        "method": one.method.value,
        "what": one.what,
        "share": one.share,
        "baseline_share": one.known_share,
        "difference_low": one.low,
        "difference_high": one.high,
        "least_detectable": one.detectable,
        **({} if one.scope is Scope.WINDOW else {"of": one.scope.value}),
        **({} if one.spread == INDEPENDENT else allowed),
    }


def read_verdict(*, path: Path) -> Verdict:
    """Read a verdict of an earlier run.

    Raises:
        DriftError: the file cannot be used.
    """
    node = read_document(path=path)
    return Verdict(
        answer=Answer(node.get("verdict").one_of(*Answer)),
        alarm=Alarm(node.get("alarm_on").one_of(*Alarm)),
        budget=Budget(
            false_alarms_per_year=node.get("false_alarms_per_year").number(), hours=node.get("hours").number()
        ),
        tests=node.get("tests").count(),
        rows=node.get("rows").count(),
        known_rows=node.get("baseline_rows").count(),
        structure=node.read("structure", Node.text, default=None),
        unreadable=node.read("unreadable", _read_aspect, default=None),
        columns=tuple(
            ColumnVerdict(
                name=column.get("name").text(),
                answer=Answer(column.get("verdict").one_of(*Answer)),
                not_compared=column.read("not_compared", Node.text, default=None),
                aspects=tuple(map(_read_aspect, column.get("tests").items())),
            )
            for column in node.get("columns").items()
        ),
        earlier=node.read("earlier", _read_earlier, default=None),
        skipped=tuple((one.get("name").text(), one.get("reason").text()) for one in node.get("not_looked_at").items()),
    )


def _read_aspect(node: Node) -> AspectVerdict:
    return AspectVerdict(
        aspect=Aspect(node.get("aspect").one_of(*Aspect)),
        changed=node.get("changed").switch(),
        p_value=node.get("adjusted_p_value").number(),
        method=Method(node.get("method").one_of(*Method)),
        what=node.get("what").text(),
        share=node.get("share").share(),
        known_share=node.get("baseline_share").share(),
        low=node.get("difference_low").number(),
        high=node.get("difference_high").number(),
        detectable=node.read("least_detectable", Node.number, default=None),
        scope=node.read("of", lambda scope: Scope(scope.one_of(*Scope)), default=Scope.WINDOW),
        spread=Spread(
            dispersion=node.read("dispersion", Node.number, default=1.0),
            windows=node.read("dispersion_windows", Node.count, default=0),
        ),
    )
