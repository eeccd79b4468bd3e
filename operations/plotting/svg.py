"""A chart as SVG, a part of a page."""

from collections.abc import Iterator

from modelyard.drift.escaping import for_html
from modelyard.operations.plotting.chart import BOTTOM, HEIGHT, LEFT, RIGHT, WIDTH, Chart


def as_svg(chart: Chart) -> str:
    """Return the chart as an element; what was varied, and each trial, is told where a mouse rests on it."""
    body = "".join((*_axes(chart), *_lines(chart), *_dots(chart)))
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{for_html(chart.name)}">{body}</svg>'


def _axes(chart: Chart) -> Iterator[str]:
    for y, text in chart.heights():
        yield f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        yield f'<text class="y" x="{LEFT - 6}" y="{y + 4:.1f}">{text}</text>'
    for x, text in chart.widths():
        yield f'<text class="x" x="{x:.1f}" y="{HEIGHT - BOTTOM + 18}">{for_html(text)}</text>'
    middle = (LEFT + WIDTH - RIGHT) / 2
    yield f'<text class="x" x="{middle:.1f}" y="{HEIGHT - 4}">{for_html(chart.across)}</text>'


def _lines(chart: Chart) -> Iterator[str]:
    for series, colour in chart.lines():
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in map(chart.place, series.points))
        name = for_html(series.name)
        yield f'<polyline points="{path}" stroke="{colour}"><title>{name}</title></polyline>'


def _dots(chart: Chart) -> Iterator[str]:
    for series, colour in chart.dots():
        for point in series.points:
            x, y = chart.place(point)
            told = f"<title>{for_html(series.name)}: {point[1]:.6g}</title>"
            yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="{colour}">{told}</circle>'
