"""The charts of a run as one page that needs no network."""

from collections.abc import Sequence

from modelyard.drift.escaping import for_html
from modelyard.operations.plotting.chart import BOTTOM, HEIGHT, LEFT, RIGHT, WIDTH, Chart, colour_of

STYLE = """
:root { color-scheme: light dark; font: 15px/1.45 system-ui, sans-serif; }
body { max-width: 1000px; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.3rem; } h2 { font-size: 1rem; margin: 0 0 .3rem; font-weight: 600; }
main { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 420px), 1fr)); gap: 1.5rem; }
figure { margin: 0; } svg { width: 100%; height: auto; }
polyline { fill: none; stroke-width: 2; } .grid { stroke: currentColor; opacity: .15; }
text { fill: currentColor; font-size: 11px; } .y { text-anchor: end; } .x { text-anchor: middle; }
ul { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: .3rem 1.2rem; } li { white-space: nowrap; }
i { display: inline-block; width: .8em; height: .8em; border-radius: 50%; margin-right: .4em; }
"""


def as_page(*, title: str, names: Sequence[str], charts: Sequence[Chart]) -> str:
    """Return the page: a legend, and each chart under its name."""
    legend = "".join(
        f'<li><i style="background:{colour_of(number)}"></i>{for_html(name)}</li>' for number, name in enumerate(names)
    )
    figures = "".join(f"<figure><h2>{for_html(chart.title)}</h2>{as_svg(chart)}</figure>" for chart in charts)
    head = for_html(title)
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{head}</title><style>{STYLE}</style><h1>{head}</h1><ul>{legend}</ul><main>{figures}</main></html>\n"
    )


def as_svg(chart: Chart) -> str:
    """Return the chart as an element; what was varied, and each trial, is told where a mouse rests on it."""
    parts = []
    for y, text in chart.heights():
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text class="y" x="{LEFT - 6}" y="{y + 4:.1f}">{text}</text>')
    for x, text in chart.widths():
        parts.append(f'<text class="x" x="{x:.1f}" y="{HEIGHT - BOTTOM + 18}">{for_html(text)}</text>')
    middle = (LEFT + WIDTH - RIGHT) / 2
    parts.append(f'<text class="x" x="{middle:.1f}" y="{HEIGHT - 4}">{for_html(chart.across)}</text>')
    for series, colour in chart.lines():
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in map(chart.place, series.points))
        name = for_html(series.name)
        parts.append(f'<polyline points="{path}" stroke="{colour}"><title>{name}</title></polyline>')
    for series, colour in chart.dots():
        for point in series.points:
            x, y = chart.place(point)
            told = f"<title>{for_html(series.name)}: {point[1]:.6g}</title>"
            parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="{colour}">{told}</circle>')
    label = for_html(chart.name)
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{label}">{"".join(parts)}</svg>'
