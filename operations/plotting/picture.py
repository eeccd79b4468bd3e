"""The charts of a run as a picture, for a message or a pull request that shows no HTML."""

import io
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFont

from modelyard.operations.plotting.chart import BOTTOM, HEIGHT, LEFT, RIGHT, WIDTH, Chart, Point, colour_of

PAPER, INK, SOFT, GRID = "#ffffff", "#1c2430", "#566173", "#d9dee6"
COLUMNS, MARGIN, GAP = 2, 28, 24
PAGE_WIDTH = 2 * MARGIN + COLUMNS * WIDTH + (COLUMNS - 1) * GAP
HEADING, CHART_TITLE, TEXT = 20, 15, 11
LINE = 18
CHART_TOP = 24
# Drawn larger than it is kept: Pillow does not smooth its lines, shrinking does.
DRAWN, KEPT = 4, 2


@dataclass(frozen=True, kw_only=True, slots=True)
class Pen:
    """A picture to write on, in the charts' units from a place on."""

    draw: ImageDraw.ImageDraw
    left: float = 0
    top: float = 0

    def at(self, *, left: float, top: float) -> "Pen":
        """Return the same picture from another place on."""
        return Pen(draw=self.draw, left=self.left + left, top=self.top + top)

    def write(self, *, text: str, place: Point, size: int, colour: str = INK, anchor: str = "lm") -> None:
        """Write a line; `anchor` is Pillow's, such as left or right, and middle."""
        self.draw.text(self._on(place), _plain(text), fill=colour, font=_font(size), anchor=anchor)

    def line(self, *, points: Sequence[Point], colour: str, width: float) -> None:
        """Join points."""
        self.draw.line([self._on(point) for point in points], fill=colour, width=round(width * DRAWN), joint="curve")

    def dot(self, *, place: Point, colour: str, radius: float) -> None:
        """Draw a point."""
        self.draw.circle(self._on(place), radius * DRAWN, fill=colour)

    def width_of(self, *, text: str, size: int) -> float:
        """Return how wide a line is."""
        return self.draw.textlength(_plain(text), font=_font(size)) / DRAWN

    def _on(self, point: Point) -> Point:
        return (self.left + point[0]) * DRAWN, (self.top + point[1]) * DRAWN


def as_png(*, title: str, names: Sequence[str], charts: Sequence[Chart]) -> bytes:
    """Return a PNG: the title, a legend of the trials' names, and the charts in two columns."""
    lines = _legend_lines(names)
    above = MARGIN + HEADING + GAP / 2 + LINE * len(lines) + GAP / 2
    rows = -(-len(charts) // COLUMNS)
    image, pen = _paper(height=above + rows * (CHART_TOP + HEIGHT + GAP) - GAP + MARGIN)
    pen.write(text=title, place=(MARGIN, MARGIN + HEADING / 2), size=HEADING)
    legend = pen.at(left=MARGIN, top=MARGIN + HEADING + GAP / 2)
    for row, line in enumerate(lines):
        middle = LINE * (row + 0.5)
        for number, name, left in line:
            legend.dot(place=(left + 5, middle), colour=colour_of(number), radius=5)
            legend.write(text=name, place=(left + 16, middle), size=TEXT + 2)
    for number, chart in enumerate(charts):
        row, column = divmod(number, COLUMNS)
        place = pen.at(left=MARGIN + column * (WIDTH + GAP), top=above + row * (CHART_TOP + HEIGHT + GAP))
        _chart(place, chart)
    smooth = image.resize((image.width * KEPT // DRAWN, image.height * KEPT // DRAWN), Image.Resampling.LANCZOS)
    written = io.BytesIO()
    smooth.save(written, format="PNG", optimize=True)
    return written.getvalue()


def _paper(*, height: float) -> tuple[Image.Image, Pen]:
    image = Image.new("RGB", (PAGE_WIDTH * DRAWN, round(height) * DRAWN), PAPER)
    return image, Pen(draw=ImageDraw.Draw(image))


def _legend_lines(names: Sequence[str]) -> list[list[tuple[int, str, float]]]:
    """The trials by their numbers, names and places, in as many lines as they need."""
    _, pen = _paper(height=1)
    lines: list[list[tuple[int, str, float]]] = [[]]
    left = 0.0
    for number, name in enumerate(names):
        width = 16 + pen.width_of(text=name, size=TEXT + 2)
        if lines[-1] and left + width > PAGE_WIDTH - 2 * MARGIN:
            lines.append([])
            left = 0.0
        lines[-1].append((number, name, left))
        left += width + GAP
    return lines


def _chart(pen: Pen, chart: Chart) -> None:
    pen.write(text=chart.title, place=(0, CHART_TOP / 2), size=CHART_TITLE)
    frame = pen.at(left=0, top=CHART_TOP)
    for y, text in chart.heights():
        frame.line(points=[(LEFT, y), (WIDTH - RIGHT, y)], colour=GRID, width=1)
        frame.write(text=text, place=(LEFT - 6, y), size=TEXT, colour=SOFT, anchor="rm")
    for x, text in chart.widths():
        frame.write(text=text, place=(x, HEIGHT - BOTTOM + 14), size=TEXT, colour=SOFT, anchor="mm")
    frame.write(text=chart.across, place=((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 8), size=TEXT, anchor="mm")
    for series, colour in chart.lines():
        frame.line(points=[chart.place(point) for point in series.points], colour=colour, width=2)
    for series, colour in chart.dots():
        for point in series.points:
            frame.dot(place=chart.place(point), colour=colour, radius=5)


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size=size * DRAWN)


def _plain(text: str) -> str:
    """The text without what the built-in font has no shape for."""
    return "".join(mark if mark.isascii() and mark.isprintable() else "?" for mark in text)
