"""One chart and its geometry: lines over epochs, or points over the values of a hyperparameter."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

# In units of which the page and the picture each make what they want.
WIDTH, HEIGHT = 460, 260
LEFT, RIGHT, TOP, BOTTOM = 64, 24, 12, 40
TICKS = 5
# Okabe and Ito's colours, which those who see fewer can tell apart.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8a8a00", "#555555")

Point = tuple[float, float]
Label = tuple[float, str]


def colour_of(number: int) -> str:
    """Return the colour of the trial that stands in this place, the same in every chart."""
    return COLOURS[number % len(COLOURS)]


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
    def name(self) -> str:
        """What is drawn over what."""
        return f"{self.title} over {self.across}"

    def lines(self) -> Iterator[tuple[Series, str]]:
        """Yield the series that are drawn as lines, with their colours; a line has two points at least."""
        yield from ((one, colour) for one, colour in self._coloured() if self.joined and len(one.points) > 1)

    def dots(self) -> Iterator[tuple[Series, str]]:
        """Yield the series that are drawn as points, with their colours."""
        yield from ((one, colour) for one, colour in self._coloured() if not self.joined or len(one.points) == 1)

    def heights(self) -> list[Label]:
        """Return what stands beside the y axis, and how far down."""
        return [(self.place((0.0, value))[1], f"{value:.4g}") for value in ticks(*self._range(1))]

    def widths(self) -> list[Label]:
        """Return what stands below the x axis, and how far to the right."""
        texts = [(float(place), word) for place, word in enumerate(self.words)]
        if not self.words:
            found = ticks(*self._range(0), least=1.0 if self.joined else 0.0)
            texts = [(value, f"{value:.4g}") for value in found]
        return [(self.place((value, 0.0))[0], text) for value, text in texts]

    def place(self, point: Point) -> Point:
        """Return where a point lies in the frame, from its upper left."""
        (left, right), (low, high) = self._range(0), self._range(1)
        x = LEFT + (point[0] - left) / (right - left) * (WIDTH - LEFT - RIGHT)
        return x, HEIGHT - BOTTOM - (point[1] - low) / (high - low) * (HEIGHT - TOP - BOTTOM)

    def _coloured(self) -> list[tuple[Series, str]]:
        return [(one, colour_of(number)) for number, one in enumerate(self.series)]

    def _range(self, axis: int) -> tuple[float, float]:
        """From the least to the greatest, widened where they are the same or are points at the edge."""
        values = [point[axis] for series in self.series for point in series.points]
        if self.words and axis == 0:
            values = [*values, 0.0, len(self.words) - 1.0]
        low, high = min(values), max(values)
        spread = high - low if high > low else max(abs(low), 1.0)
        edge = 0.0 if self.joined and axis == 0 and high > low else 0.08 * spread
        return low - edge, high + edge


def ticks(low: float, high: float, *, least: float = 0.0) -> list[float]:
    """Round numbers from the one to the other, as far apart as makes a few of them, and at least so far."""
    step = max(_round(high / TICKS - low / TICKS), least)
    # Each by itself, for added up they would be round no more.
    return [number * step for number in range(math.ceil(low / step), math.floor(high / step) + 1)]


def _round(step: float) -> float:
    """The next 1, 2 or 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(step))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= step * (1 - 1e-9))
