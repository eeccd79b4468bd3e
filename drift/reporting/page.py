"""The summary as one HTML file that needs no network."""

import json
from typing import Any

from modelyard.drift.escaping import for_html, for_terminal
from modelyard.drift.measures.registry import report_rows
from modelyard.drift.reporting.distribution import Distribution
from modelyard.drift.reporting.fragments import (
    asset,
    change_section,
    content_hash,
    diagnoses_section,
    fill_template,
    findings_section,
    trend_section,
)
from modelyard.drift.reporting.summary import Summary


def as_page(*, summary: Summary) -> str:
    """Return the page: verdict and findings as plain HTML, features drawn by the script when they are looked at."""
    rows = ", ".join(f"[{json.dumps(row.title)}, feature.{row.name}]" for row, _ in report_rows())
    style, script = asset(name="page.css"), fill_template(template="page.js", values={"measures": rows})
    style_hash, script_hash = content_hash(text=style), content_hash(text=script)
    data = {
        "runs": [run for run, _, _ in summary.trend],
        "features": [
            {
                "name": feature.name,
                "kind": feature.kind,
                "findings": [finding.sentence for finding in feature.findings],
                "facts": feature.facts,
                "distance": _short(feature.distance),
                **{name: _short(value) for name, value in feature.measures.items()},
                "bars": _bars(feature.bars),
                "trend": [_short(value) for value in feature.distance_trend],
            }
            for feature in summary.features
        ],
    }
    # nothing in the data can end the script element
    values = {
        "policy": f"default-src 'none'; style-src '{style_hash}'; script-src '{script_hash}'",
        "title": for_html(summary.title(kind="Drift")),
        "style": style,
        "script": script,
        "status": summary.status.replace(" ", "-"),
        "verdict": for_html(summary.verdict),
        "about": for_html(summary.about),
        "rows": f"{summary.rows:,}",
        "features": f"{len(summary.features):,}",
        "change": change_section(summary=summary),
        "diagnoses": diagnoses_section(summary=summary),
        "findings": findings_section(summary=summary, rest="the features below have them all"),
        "trend": trend_section(summary=summary),
        "data": json.dumps(_visible(data), separators=(",", ":"), allow_nan=False).replace("<", "\\u003c"),
    }
    return fill_template(template="page.html", values=values)


def _visible(value: Any) -> Any:
    """Return the data with every text in them as a page may show it; the script makes no HTML of it."""
    if isinstance(value, dict):
        return {key: _visible(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_visible(item) for item in value]
    return for_terminal(value) if isinstance(value, str) else value


def _bars(bars: Distribution | None) -> dict[str, object] | None:
    if bars is None:
        return None
    # the page shows hundredths of a percent
    sides = {"live": bars.live, "baseline": bars.baseline}
    drawn: dict[str, object] = {
        name: None if shares is None else [round(10_000 * share) for share in shares] for name, shares in sides.items()
    }
    return {"labels": bars.labels, **drawn}


def _short(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.4g}")
