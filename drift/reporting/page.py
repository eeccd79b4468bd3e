"""The summary as one HTML file that needs no network."""

import base64
import hashlib
import html
import json
import re
from collections.abc import Sequence
from pathlib import Path

from drift.reporting.distribution import Distribution
from drift.reporting.summary import FeatureSummary, Finding, Summary

_ASSETS = Path(__file__).parent / "assets"
_MOST_LISTED = 200
_NEWEST = 8


def as_page(*, summary: Summary) -> str:
    """Return the page: verdict and findings as plain HTML.

    Features drawn by the script when they are looked at.
    """
    style, script = _asset("page.css"), _asset("page.js")
    values = {
        "policy": f"default-src 'none'; style-src '{_source(style)}'; script-src '{_source(script)}'",
        "title": html.escape(f"Drift: {summary.verdict}"),
        "style": style,
        "script": script,
        "status": summary.status.replace(" ", "-"),
        "verdict": html.escape(summary.verdict),
        "run": html.escape(summary.run),
        "rows": f"{summary.rows:,}",
        "features": f"{len(summary.features):,}",
        "diagnoses": _diagnoses(summary),
        "findings": _findings(summary),
        "trend": _trend(summary),
        "data": _embedded(summary),
    }
    # in one pass: a column's name may look like a place in the page
    return re.sub(r"\{\{(\w+)\}\}", lambda place: values[place.group(1)], _asset("page.html"))


def _asset(name: str) -> str:
    return (_ASSETS / name).read_text(encoding="utf-8")


def _source(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _diagnoses(summary: Summary) -> str:
    if not summary.diagnoses:
        return ""
    items = "".join(f"<li>{html.escape(sentence)}</li>" for sentence in summary.diagnoses)
    heading = '<h2 id="behind">Worth knowing</h2>'
    return f'<section aria-labelledby="behind">{heading}<ul class="behind">{items}</ul></section>'


def _findings(summary: Summary) -> str:
    if not summary.findings:
        return ""
    items = "".join(map(_finding, summary.findings[:_MOST_LISTED]))
    beyond = len(summary.findings) - _MOST_LISTED
    more = f"<p>… and {beyond:,} more; the features below have them all.</p>" if beyond > 0 else ""
    heading = '<h2 id="violations">Violations</h2>'
    return f'<section aria-labelledby="violations">{heading}<ul class="findings">{items}</ul>{more}</section>'


def _finding(finding: Finding) -> str:
    name, sentence, check = map(html.escape, (finding.feature, finding.sentence, finding.check))
    return f"<li><strong>{name}</strong> <span>{sentence}</span> <small>{check}</small></li>"


def _trend(summary: Summary) -> str:
    if len(summary.trend) < 2:
        return ""
    newest = list(reversed(summary.trend))
    older = newest[_NEWEST:]
    more = f"<details><summary>{len(older)} runs before</summary>{_runs(older)}</details>" if older else ""
    heading = f'<h2 id="trend">Last {len(newest)} runs, newest first</h2>'
    return f'<section aria-labelledby="trend">{heading}{_runs(newest[:_NEWEST])}{more}</section>'


def _runs(runs: Sequence[tuple[str, int, int]]) -> str:
    most = max(1, *(count for _, _, count in runs))
    rows = "".join(
        f'<tr><th scope="row">{html.escape(run)}</th><td>{rows:,}</td><td>{count:,}</td>'
        f'<td class="meter"><meter min="0" max="{most}" value="{count}">{count}</meter></td></tr>'
        for run, rows, count in runs
    )
    names = "".join(f'<th scope="col">{name}</th>' for name in ("Run", "Rows", "Violations"))
    head = f'<tr>{names}<td class="meter"></td></tr>'
    return f"<table><thead>{head}</thead><tbody>{rows}</tbody></table>"


def _embedded(summary: Summary) -> str:
    data = {
        "runs": [run for run, _, _ in summary.trend],
        "features": [_feature(feature) for feature in summary.features],
    }
    # nothing in the data can end the script element
    return json.dumps(data, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")


def _feature(feature: FeatureSummary) -> dict[str, object]:
    return {
        "name": feature.name,
        "kind": feature.kind,
        "findings": [finding.sentence for finding in feature.findings],
        "facts": feature.facts,
        "distance": _short(feature.distance),
        "psi": _short(feature.psi),
        "js": _short(feature.jensen_shannon),
        "p": _short(feature.p_value),
        "bars": _bars(feature.bars),
        "trend": [_short(value) for value in feature.distance_trend],
    }


def _bars(bars: Distribution | None) -> dict[str, object] | None:
    if bars is None:
        return None
    sides = {"live": bars.live, "baseline": bars.baseline}
    drawn: dict[str, object] = {
        name: None if shares is None else [_short(share) for share in shares] for name, shares in sides.items()
    }
    return {"labels": bars.labels, **drawn}


def _short(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.4g}")
