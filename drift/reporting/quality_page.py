"""The summary of model quality as one HTML file that needs no network and no script."""

from modelyard.drift.escaping import for_html
from modelyard.drift.quality.documents import ComparisonOperator
from modelyard.drift.quality.estimate_sentences import estimate_sentences, measured_outside
from modelyard.drift.reporting.fragments import (
    Frame,
    asset,
    diagnoses_section,
    findings_section,
    header_cells,
    section,
    standalone_page,
    trend_section,
)
from modelyard.drift.reporting.metric_titles import metric_title
from modelyard.drift.reporting.plots import sparkline
from modelyard.drift.reporting.quality_charts import PROBLEMS, charts, confusion_table, shown_number
from modelyard.drift.reporting.quality_summary import MetricSummary, QualitySummary

WIDE = ("±", "Baseline", "Run by run")


def as_quality_page(*, quality: QualitySummary) -> str:
    """Return the page: verdict, violations, each metric beside the baseline, curves, mistakes."""
    summary = quality.summary
    curves = charts(live=quality.live, reference=quality.baseline, names=("this run", "baseline"))
    frame = Frame(
        title=summary.title(kind="Model quality"),
        status=summary.status,
        verdict=summary.verdict,
        about=f"<b>{for_html(summary.about)}</b> · {summary.rows:,} records with a label · "
        f"{PROBLEMS[quality.live.problem]}",
    )
    content = (
        diagnoses_section(summary=summary),
        findings_section(summary=summary, rest="the table below has them all"),
        _estimate(quality),
        _metrics(quality),
        _section_unless_empty("curves", "Curves", curves),
        _section_unless_empty("confusion", "What was taken for what", confusion_table(statistics=quality.live)),
        trend_section(summary=summary),
    )
    return standalone_page(frame=frame, style=asset(name="page.css") + asset(name="quality.css"), content=content)


def _section_unless_empty(name: str, title: str, body: str) -> str:
    return section(name=name, title=title, body=body) if body else ""


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
        limit = f"{sign} {shown_number(metric.limit.threshold)}"
    label = f"{metric.title}, run by run: {', '.join(map(shown_number, metric.history))}"
    cells = [
        f"<td>{shown_number(metric.value)} {mark}</td>",
        f'<td class="wide">{shown_number(metric.deviation)}</td>',
        f'<td class="wide">{shown_number(metric.baseline)}</td>',
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
        shown = "-" if measured is None else f"{shown_number(measured.value)} {mark}"
        cells = (shown_number(metric.value), f"{shown_number(metric.low)} to {shown_number(metric.high)}", shown)
        head = f'<th scope="row">{for_html(metric_title(metric=name))}</th>'
        rows += f"<tr>{head}{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"
    head = header_cells(("Metric", "Estimated", "95 % interval", "Measured"))
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    of = f"of {estimate.rows:,} answers; {quality.live.rows:,} records have a label"
    note = f"<p><small>{of}. Calibrated on {estimate.baseline_rows:,} labelled answers of the baseline.</small></p>"
    return section(name="estimate", title=title, body=f"{table}{note}{''.join(rest)}")
