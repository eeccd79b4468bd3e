"""What pages of model quality draw: curves of two models or of two times, and what was taken for what."""

import math
from collections.abc import Mapping

from modelyard.drift.escaping import for_html
from modelyard.drift.quality.statistics import QualityStatistics
from modelyard.drift.quality.task import ProblemType
from modelyard.drift.reporting.fragments import header_cells
from modelyard.drift.reporting.plots import Axes, Line, plot

MOST_CLASSES = 12
MOST_CONFUSED = 20
EVEN = Line(kind="even", points=((0.0, 0.0), (1.0, 1.0)))
PROBLEMS = {
    ProblemType.BINARY: "binary classification",
    ProblemType.MULTICLASS: "multiclass classification",
    ProblemType.REGRESSION: "regression",
}


def shown_number(value: float) -> str:
    """Return a metric as a table shows it: a dash where it is not known."""
    if not math.isfinite(value):
        return "-"
    return f"{value:.4f}" if 0.001 <= abs(value) < 1000 or value == 0 else f"{value:.4g}"


def charts(*, live: QualityStatistics, reference: QualityStatistics | None, names: tuple[str, str]) -> str:
    """Return the curves of the one over those of the reference, nothing where there are none; `names` are theirs."""
    drawn = [*_curves(live, reference), *_calibration(live, reference)]
    if not drawn:
        return ""
    figures = "".join(f"<figure>{drawing}<figcaption>{caption}</figcaption></figure>" for drawing, caption in drawn)
    key = f'<p class="key"><span class="swatch live"></span> {names[0]}'
    key += f' <span class="swatch baseline"></span> {names[1]}</p>' if reference is not None else "</p>"
    return f'{key}<div class="charts">{figures}</div>'


def _curves(live: QualityStatistics, reference: QualityStatistics | None) -> list[tuple[str, str]]:
    if live.roc_curve is None or live.precision_recall_curve is None:
        return []
    rates = Axes(label="True positive rate over false positive rate", x="false positive rate", y="true positive rate")
    recalls = Axes(label="Precision over recall", x="recall", y="precision")
    rate_lines, recall_lines = [EVEN], []
    for kind, side in (("base", reference), ("live", live)):
        if side is not None and side.roc_curve is not None:
            rate_lines.append(Line(kind=kind, points=side.roc_curve.points()))
        if side is not None and side.precision_recall_curve is not None:
            recall_lines.append(Line(kind=kind, points=side.precision_recall_curve.points()))
    return [
        (plot(axes=rates, lines=rate_lines), "ROC: the upper left is best"),
        (plot(axes=recalls, lines=recall_lines), "Precision: the upper right is best"),
    ]


def _calibration(live: QualityStatistics, reference: QualityStatistics | None) -> list[tuple[str, str]]:
    sides = {"base": reference.calibration if reference is not None else (), "live": live.calibration}
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


def confusion_table(*, statistics: QualityStatistics) -> str:
    """Return a matrix of labels and predictions, or the most frequent mistakes among many classes."""
    confusion = statistics.confusion_matrix
    if confusion is None:
        return ""
    return _matrix(confusion) if len(confusion) <= MOST_CLASSES else _most_frequent_mistakes(confusion)


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
