"""The summary of model quality as one HTML file that needs no network and no script."""

import math
from collections.abc import Mapping

from modelyard.drift.escaping import for_html
from modelyard.drift.quality.documents import ComparisonOperator
from modelyard.drift.quality.estimate_sentences import estimate_sentences, measured_outside
from modelyard.drift.quality.statistics import QualityStatistics
from modelyard.drift.quality.task import ProblemType
from modelyard.drift.reporting.fragments import (
    asset,
    content_hash,
    diagnoses_section,
    fill_template,
    findings_section,
    header_cells,
    section,
    trend_section,
)
from modelyard.drift.reporting.metric_titles import metric_title
from modelyard.drift.reporting.plots import Axes, Line, plot, sparkline
from modelyard.drift.reporting.quality_summary import MetricSummary, QualitySummary

MOST_CLASSES = 12
MOST_CONFUSED = 20
WIDE = ("±", "Baseline", "Run by run")
EVEN = Line(kind="even", points=((0.0, 0.0), (1.0, 1.0)))


def as_quality_page(*, quality: QualitySummary) -> str:
    """Return the page: verdict, violations, each metric beside the baseline, curves, mistakes."""
    summary = quality.summary
    style = asset(name="page.css") + asset(name="quality.css")
    values = {
        "policy": f"default-src 'none'; style-src '{content_hash(text=style)}'",
        "title": for_html(summary.title(kind="Model quality")),
        "style": style,
        "status": summary.status.replace(" ", "-"),
        "verdict": for_html(summary.verdict),
        "about": for_html(summary.about),
        "rows": f"{summary.rows:,}",
        "problem": PROBLEMS[quality.live.problem],
        "diagnoses": diagnoses_section(summary=summary),
        "findings": findings_section(summary=summary, rest="the table below has them all"),
        "estimate": _estimate(quality),
        "metrics": _metrics(quality),
        "charts": _charts(quality.live, quality.baseline),
        "confusion": _confusion(quality.live),
        "trend": trend_section(summary=summary),
    }
    return fill_template(template="quality.html", values=values)


PROBLEMS = {
    ProblemType.BINARY: "binary classification",
    ProblemType.MULTICLASS: "multiclass classification",
    ProblemType.REGRESSION: "regression",
}


def _metrics(quality: QualitySummary) -> str:
    if not quality.metrics:
        return ""
    history = any(metric.history for metric in quality.metrics)
    names = ["Metric", "Now", "±", "Baseline", "Limit", *(["Run by run"] if history else [])]
    wide = dict.fromkeys(WIDE, ' class="wide"')
    head = "".join(f'<th scope="col"{wide.get(name, "")}>{name}</th>' for name in names)
    rows = "".join(_metric(metric, history=history) for metric in quality.metrics)
    table = f'<table class="metrics"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'
    note = "<p><small>±: the standard deviation over five random subsamples of 80 % of the records.</small></p>"
    return section(name="metrics", title="Metrics", body=f"{table}{note}")


def _metric(metric: MetricSummary, *, history: bool) -> str:
    name = f"{for_html(metric.title)} <code>{for_html(metric.name)}</code>"
    mark = '<span class="badge">worse</span>' if metric.broken else ""
    limit = "-"
    if metric.limit is not None:
        sign = "≤" if metric.limit.operator is ComparisonOperator.GREATER else "≥"
        limit = f"{sign} {_number(metric.limit.threshold)}"
    label = f"{metric.title}, run by run: {', '.join(map(_number, metric.history))}"
    cells = [
        f"<td>{_number(metric.value)} {mark}</td>",
        f'<td class="wide">{_number(metric.deviation)}</td>',
        f'<td class="wide">{_number(metric.baseline)}</td>',
        f"<td>{limit}</td>",
    ]
    if history:
        cells.append(f'<td class="wide">{sparkline(values=metric.history, label=label)}</td>')
    return f'<tr{" class=broken" if metric.broken else ""}><th scope="row">{name}</th>{"".join(cells)}</tr>'


def _estimate(quality: QualitySummary) -> str:
    """Return what was expected without labels beside what they have shown, and on which assumption."""
    estimate = quality.estimate
    if estimate is None:
        return ""
    first, *rest = (f"<p>{for_html(sentence)}</p>" for sentence in estimate_sentences(estimate=estimate))
    title = "Estimated without labels"
    if not estimate.metrics:
        return section(name="estimate", title=title, body=first)
    outside = measured_outside(estimate=estimate, live=quality.live)
    rows = ""
    for name, metric in estimate.metrics.items():
        measured = quality.live.find(name=name)
        mark = '<span class="badge">outside</span>' if name in outside else ""
        shown = "-" if measured is None else f"{_number(measured.value)} {mark}"
        cells = (_number(metric.value), f"{_number(metric.low)} to {_number(metric.high)}", shown)
        head = f'<th scope="row">{for_html(metric_title(metric=name))}</th>'
        rows += f"<tr>{head}{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"
    head = header_cells(("Metric", "Estimated", "95 % interval", "Measured"))
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    of = f"of {estimate.rows:,} answers; {quality.live.rows:,} records have a label"
    note = f"<p><small>{of}. Calibrated on {estimate.baseline_rows:,} labelled answers of the baseline.</small></p>"
    return section(name="estimate", title=title, body=f"{table}{note}{''.join(rest)}")


def _number(value: float) -> str:
    if not math.isfinite(value):
        return "-"
    return f"{value:.4f}" if 0.001 <= abs(value) < 1000 or value == 0 else f"{value:.4g}"


def _charts(live: QualityStatistics, baseline: QualityStatistics | None) -> str:
    charts = [*_curves(live, baseline), *_calibration(live, baseline)]
    if not charts:
        return ""
    figures = "".join(f"<figure>{drawing}<figcaption>{caption}</figcaption></figure>" for drawing, caption in charts)
    key = '<p class="key"><span class="swatch live"></span> this run'
    key += ' <span class="swatch baseline"></span> baseline</p>' if baseline is not None else "</p>"
    return section(name="curves", title="Curves", body=f'{key}<div class="charts">{figures}</div>')


def _curves(live: QualityStatistics, baseline: QualityStatistics | None) -> list[tuple[str, str]]:
    if live.roc_curve is None or live.precision_recall_curve is None:
        return []
    rates = Axes(label="True positive rate over false positive rate", x="false positive rate", y="true positive rate")
    recalls = Axes(label="Precision over recall", x="recall", y="precision")
    rate_lines, recall_lines = [EVEN], []
    for kind, side in (("base", baseline), ("live", live)):
        if side is not None and side.roc_curve is not None:
            rate_lines.append(Line(kind=kind, points=side.roc_curve.points()))
        if side is not None and side.precision_recall_curve is not None:
            recall_lines.append(Line(kind=kind, points=side.precision_recall_curve.points()))
    return [
        (plot(axes=rates, lines=rate_lines), "ROC: the upper left is best"),
        (plot(axes=recalls, lines=recall_lines), "Precision: the upper right is best"),
    ]


def _calibration(live: QualityStatistics, baseline: QualityStatistics | None) -> list[tuple[str, str]]:
    sides = {"base": baseline.calibration if baseline is not None else (), "live": live.calibration}
    if not live.calibration:
        return []
    lines = [
        Line(kind=kind, points=[(group.prediction, group.label) for group in groups], dots=True)
        for kind, groups in sides.items()
        if groups
    ]
    ends = [value for line in lines for point in line.points for value in point]
    scored = live.problem is ProblemType.BINARY
    low, high = (0.0, 1.0) if scored and min(ends) >= 0 and max(ends) <= 1 else (min(ends), max(ends))
    what = ("probability", "share of label 1") if scored else ("predicted", "actual")
    axes = Axes(label=f"{what[1]} over {what[0]}", x=f"{what[0]}, mean of a tenth", y=what[1], low=low, high=high)
    even = Line(kind="even", points=((low, low), (high, high)))
    return [(plot(axes=axes, lines=[even, *lines]), f"{what[0].capitalize()} and truth: on the diagonal is right")]


def _confusion(live: QualityStatistics) -> str:
    if live.confusion_matrix is None:
        return ""
    table = (
        _matrix(live.confusion_matrix)
        if len(live.confusion_matrix) <= MOST_CLASSES
        else _most_frequent_mistakes(live.confusion_matrix)
    )
    return section(name="confusion", title="What was taken for what", body=table)


def _matrix(confusion: Mapping[str, Mapping[str, int]]) -> str:
    names = list(confusion)
    rows = ""
    for name in names:
        counts = [confusion[name].get(other, 0) for other in names]
        total = max(1, sum(counts))
        cells = "".join(
            f'<td class="h{round(9 * count / total)}">{count:,} <small>{count / total:.0%}</small></td>'
            for count in counts
        )
        rows += f'<tr><th scope="row">{for_html(name)}</th>{cells}</tr>'
    head = header_cells(map(for_html, names))
    corner = '<th scope="col">label \\ prediction</th>'
    return f'<div class="scroll"><table class="matrix"><thead><tr>{corner}{head}</tr></thead>{rows}</table></div>'


def _most_frequent_mistakes(confusion: Mapping[str, Mapping[str, int]]) -> str:
    """Return the most frequent mistakes, where a matrix would be too wide to read."""
    cells = ((-count, label, other) for label, row in confusion.items() for other, count in row.items())
    most = sorted(cell for cell in cells if cell[0] < 0 and cell[1] != cell[2])[:MOST_CONFUSED]
    names = header_cells(("Label", "Prediction", "Times"))
    rows = "".join(
        f"<tr><td>{for_html(label)}</td><td>{for_html(other)}</td><td>{-count:,}</td></tr>"
        for count, label, other in most
    )
    return f"<table><thead><tr>{names}</tr></thead><tbody>{rows}</tbody></table>"
