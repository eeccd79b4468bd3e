"""The summary as one HTML file that needs no network."""

import json
from typing import Any

from modelyard.drift.escaping import for_html, for_terminal
from modelyard.drift.measures.registry import report_rows
from modelyard.drift.reporting.distribution import Distribution
from modelyard.drift.reporting.fragments import (
    Frame,
    asset,
    change_section,
    diagnoses_section,
    fill_template,
    findings_section,
    standalone_page,
    trend_section,
)
from modelyard.drift.reporting.summary import Summary


def as_page(*, summary: Summary) -> str:
    """Return the page: verdict and findings as plain HTML, features drawn by the script when they are looked at."""
    rows = ", ".join(f"[{json.dumps(row.title)}, feature.{row.name}]" for row, _ in report_rows())
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
    counts = f"{summary.rows:,} rows · {len(summary.features):,} features"
    frame = Frame(
        title=summary.title(kind="Drift"),
        status=summary.status,
        verdict=summary.verdict,
        about=f"<b>{for_html(summary.about)}</b> · {counts}",
    )
    content = (
        change_section(summary=summary),
        diagnoses_section(summary=summary),
        findings_section(summary=summary, rest="the features below have them all"),
        trend_section(summary=summary),
        asset(name="features.html"),
    )
    return standalone_page(
        frame=frame,
        style=asset(name="page.css"),
        content=content,
        skip='<a class="skip" href="#features">Skip to the features</a>',
        script=fill_template(template="page.js", values={"measures": rows}),
        # nothing in the data can end the script element
        data=json.dumps(_visible(data), separators=(",", ":"), allow_nan=False).replace("<", "\\u003c"),
    )


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
