"""Small drawings as SVG, without a script: lines over two axes, and a line or bars over the runs."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from modelyard.drift.escaping import for_html

SIZE, PAD = 300, 34


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """Points from left to right, drawn as `live`, `baseline` or `even`; with dots for single groups."""

    kind: str
    points: Sequence[tuple[float, float]]
    dots: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Axes:
    """What the drawing shows in words, the names of both axes, and their range, the same for both."""

    label: str
    x: str
    y: str
    low: float = 0.0
    high: float = 1.0

    def point(self, *, x: float, y: float) -> tuple[float, float]:
        """Return where a point is in the drawing."""
        span = self.high - self.low if self.high > self.low else 1.0
        inside = SIZE - 2 * PAD
        return PAD + inside * (x - self.low) / span, SIZE - PAD - inside * (y - self.low) / span


def plot(*, axes: Axes, lines: Sequence[Line]) -> str:
    """Return the drawing; a point that is not a number is left out."""
    left, bottom = axes.point(x=axes.low, y=axes.low)
    right, top = axes.point(x=axes.high, y=axes.high)
    frame = f'<path class="axis" d="M{left} {top}V{bottom}H{right}"/>'
    ends = (
        (left, bottom + 14, "start", _number(axes.low)),
        (right, bottom + 14, "end", _number(axes.high)),
        ((left + right) / 2, bottom + 28, "middle", axes.x),
        (left - 4, bottom, "end", _number(axes.low)),
        (left - 4, top + 8, "end", _number(axes.high)),
        (left, top - 8, "start", axes.y),
    )
    texts = "".join(f'<text x="{x}" y="{y}" text-anchor="{at}">{for_html(text)}</text>' for x, y, at, text in ends)
    drawn = "".join(_polyline(axes, line) for line in lines)
    return (
        f'<svg viewBox="0 0 {SIZE} {SIZE}" role="img" aria-label="{for_html(axes.label)}">{frame}{drawn}{texts}</svg>'
    )


def _polyline(axes: Axes, line: Line) -> str:
    finite = [(x, y) for x, y in line.points if math.isfinite(x) and math.isfinite(y)]
    drawn = [axes.point(x=x, y=y) for x, y in finite]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in drawn)
    dots = "".join(
        f'<circle class="dot-{line.kind}" cx="{center[0]:.1f}" cy="{center[1]:.1f}" r="3.5">'
        f"<title>{_number(point[0])}, {_number(point[1])}</title></circle>"
        for center, point in zip(drawn, finite, strict=True)
        if line.dots
    )
    return f'<polyline class="line-{line.kind}" points="{path}"/>{dots}'


def _number(value: float) -> str:
    return f"{value:.3g}"


def sparkline(*, values: Sequence[float], label: str) -> str:
    """Return a small line over the runs, its last point marked."""
    known = [(run, value) for run, value in enumerate(values) if math.isfinite(value)]
    if not known:
        return ""
    low, high = min(value for _, value in known), max(value for _, value in known)
    span = high - low if high > low else 1.0
    step = 92 / max(1, len(values) - 1)
    points = [(4 + run * step, 20 - 16 * (value - low) / span) for run, value in known]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    x, y = points[-1]
    return (
        f'<svg class="spark" viewBox="0 0 100 24" role="img" aria-label="{for_html(label)}">'
        f'<polyline class="line-live" points="{path}"/><circle class="dot-live" cx="{x:.1f}" cy="{y:.1f}" r="3"/></svg>'
    )


def bars_over_windows(*, values: Sequence[tuple[float, bool] | None], title: str) -> str:
    """Return a bar of each value over the windows, in another color where it counts; None has no bar."""
    most = max((value for value, _ in filter(None, values)), default=0.0) or 1.0
    bars = {True: "", False: ""}
    for place, one in enumerate(values):
        if one is not None:
            value, counts = one
            bars[counts] += f"M{4 * place + 2} 24v-{max(1, round(23 * value / most))}"
    size = f'viewBox="0 0 {4 * len(values)} 24" preserveAspectRatio="none"'
    drawn = f'<path class="on" d="{bars[True]}"/><path d="{bars[False]}"/>'
    return f'<svg class="bars" {size} role="img"><title>{for_html(title)}</title>{drawn}</svg>'
