"""Two models beside each other on the same records, as one HTML file that needs no network and no script."""

from collections.abc import Sequence
from dataclasses import dataclass

from modelyard.drift.escaping import for_html
from modelyard.drift.quality.classification import CONSTANT_CLASSIFIER
from modelyard.drift.quality.statistics import Metric, QualityStatistics
from modelyard.drift.reporting.fragments import Frame, asset, header_cells, section, standalone_page
from modelyard.drift.reporting.metric_titles import metric_title
from modelyard.drift.reporting.quality_charts import PROBLEMS, charts, confusion_table, shown_number
from modelyard.drift.reporting.summary import Status


@dataclass(frozen=True, kw_only=True, slots=True)
class ComparedSample:
    """A sample of records to which both models have answered; `sentence` says how they differ."""

    title: str
    sentence: str
    candidate: QualityStatistics
    promoted: QualityStatistics


def as_comparison_page(
    *, verdict: str, status: Status, about: str, notes: Sequence[str], samples: Sequence[ComparedSample]
) -> str:
    """Return the page: the verdict, of each sample the metrics of both models, their curves, and their mistakes.

    `about` says which models they are, `notes` what is worth knowing of the samples.
    """
    frame = Frame(title=f"{about}: {verdict}", status=status, verdict=verdict, about=f"<b>{for_html(about)}</b>")
    content = (
        *(f"<p>{for_html(note)}</p>" for note in notes),
        *(_sample(sample, name=f"sample-{number}") for number, sample in enumerate(samples)),
    )
    return standalone_page(frame=frame, style=asset(name="page.css") + asset(name="quality.css"), content=content)


def _sample(sample: ComparedSample, *, name: str) -> str:
    sides = {"Candidate": sample.candidate, "Promoted": sample.promoted}
    rows = f"{sample.candidate.rows:,} records · {PROBLEMS[sample.candidate.problem]}"
    tables = {side: confusion_table(statistics=statistics) for side, statistics in sides.items()}
    mistakes = "".join(
        f"<figure><figcaption>{side}: what was taken for what</figcaption>{table}</figure>"
        for side, table in tables.items()
        if table
    )
    body = (
        f"<p>{for_html(sample.sentence)}</p><p><small>{rows}</small></p>{_metrics(sample)}"
        f"{charts(live=sample.candidate, reference=sample.promoted, names=('candidate', 'promoted'))}{mistakes}"
    )
    return section(name=name, title=for_html(sample.title), body=body)


def _metrics(sample: ComparedSample) -> str:
    every = (*sample.candidate.metrics, *sample.candidate.additional)
    # What a constant answer would be worth is no metric of either model.
    names = [name for name in every if not name.endswith(CONSTANT_CLASSIFIER)]
    rows = ""
    for metric in names:
        sides = [statistics.find(name=metric) for statistics in (sample.candidate, sample.promoted)]
        title = f"{for_html(metric_title(metric=metric))} <code>{for_html(metric)}</code>"
        rows += f'<tr><th scope="row">{title}</th>{"".join(map(_cells, sides))}</tr>'
    head = header_cells(("Metric", "Candidate", "±", "Promoted", "±"))
    note = "<p><small>±: the standard deviation over five random subsamples of 80 % of the records.</small></p>"
    return f'<table class="metrics"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>{note}'


def _cells(metric: Metric | None) -> str:
    if metric is None:
        return "<td>-</td><td>-</td>"
    return f"<td>{shown_number(metric.value)}</td><td>{shown_number(metric.deviation)}</td>"
