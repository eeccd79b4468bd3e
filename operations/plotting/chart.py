"""One chart as SVG: lines over epochs, or points over the values of a hyperparameter."""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 460, 260
LEFT, RIGHT, TOP, BOTTOM = 64, 24, 12, 40
TICKS = 4
# Okabe and Ito's colours, which those who see fewer can tell apart.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8a8a00", "#555555")

Point = tuple[float, float]


@dataclass(frozen=True, kw_only=True, slots=True)
class Series:
    """The points of one trial."""

    name: str
    points: tuple[Point, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Chart:
    """Series in one frame. `words` are the names of the places on the x axis, where it is none of numbers."""

    title: str
    across: str
    series: tuple[Series, ...]
    joined: bool
    words: tuple[str, ...] = ()

    @property
    def svg(self) -> str:
        """The chart as a part of a page."""
        body = "".join((*self._axes(), *self._drawn()))
        label = html.escape(f"{self.title} over {self.across}")
        return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{label}">{body}</svg>'

    def _axes(self) -> Iterator[str]:
        for value in _ticks(*self._range(1)):
            y = self._y(value)
            yield f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
            yield f'<text class="y" x="{LEFT - 6}" y="{y + 4:.1f}">{value:.4g}</text>'
        for value, text in self._places():
            yield f'<text class="x" x="{self._x(value):.1f}" y="{HEIGHT - BOTTOM + 18}">{html.escape(text)}</text>'
        middle = (LEFT + WIDTH - RIGHT) / 2
        yield f'<text class="x" x="{middle:.1f}" y="{HEIGHT - 4}">{html.escape(self.across)}</text>'

    def _places(self) -> list[tuple[float, str]]:
        if self.words:
            return [(float(place), word) for place, word in enumerate(self.words)]
        return [(value, f"{value:.4g}") for value in _ticks(*self._range(0))]

    def _drawn(self) -> Iterator[str]:
        for number, series in enumerate(self.series):
            colour = COLOURS[number % len(COLOURS)]
            places = [(self._x(x), self._y(y)) for x, y in series.points]
            name = html.escape(series.name)
            if self.joined and len(places) > 1:
                path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
                yield f'<polyline points="{path}" stroke="{colour}"><title>{name}</title></polyline>'
            else:
                for (x, y), (_, value) in zip(places, series.points, strict=True):
                    told = f"<title>{name}: {value:.6g}</title>"
                    yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="{colour}">{told}</circle>'

    def _x(self, value: float) -> float:
        low, high = self._range(0)
        return LEFT + (value - low) / (high - low) * (WIDTH - LEFT - RIGHT)

    def _y(self, value: float) -> float:
        low, high = self._range(1)
        return HEIGHT - BOTTOM - (value - low) / (high - low) * (HEIGHT - TOP - BOTTOM)

    def _range(self, axis: int) -> tuple[float, float]:
        """From the least to the greatest, widened where they are the same or are points at the edge."""
        values = [point[axis] for series in self.series for point in series.points]
        if self.words and axis == 0:
            values = [*values, 0.0, len(self.words) - 1.0]
        low, high = min(values), max(values)
        spread = high - low if high > low else max(abs(low), 1.0)
        edge = 0.0 if self.joined and axis == 0 and high > low else 0.08 * spread
        return low - edge, high + edge


def _ticks(low: float, high: float) -> Sequence[float]:
    return [low + (high - low) * part / TICKS for part in range(TICKS + 1)]
