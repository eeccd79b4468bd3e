"""What is known of a data set after one pass."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from modelyard.drift.errors import DriftError
from modelyard.drift.kernels.arrays import Doubles
from modelyard.drift.profiling.value_types import InferredType, TypeCounts

BUCKETS = 10
MOST_CATEGORIES = 120


@dataclass(frozen=True, kw_only=True, slots=True)
class Bucket:
    """A range of values and the weight of the sketch inside it.

    The last bucket of ten includes its upper bound.
    """

    lower: float
    upper: float
    count: float


@dataclass(frozen=True, kw_only=True, slots=True)
class NumberProfile:
    """Moments, extremes and distribution of a numeric column, missing values left out."""

    mean: float
    sum: float
    deviation: float
    minimum: float
    maximum: float
    buckets: tuple[Bucket, ...]
    levels: tuple[Doubles, ...]

    def __post_init__(self) -> None:
        if self.deviation < 0:
            raise DriftError(f"std_dev must be 0 or more, got {self.deviation}; make the statistics again")


@dataclass(frozen=True, kw_only=True, slots=True)
class FeatureProfile:
    """One column. Categories are the exact counts of its texts, or None where they are too many to be kept.

    Watched are the exact counts of texts that were asked for, however many others there are.
    """

    name: str
    type_counts: TypeCounts
    approximate_distinct: int
    numbers: NumberProfile | None
    categories: Mapping[str, int] | None
    watched: Mapping[str, int] = field(default_factory=dict)

    @property
    def inferred(self) -> InferredType:
        """The type that the values imply."""
        return self.type_counts.inferred

    @property
    def completeness(self) -> float:
        """The share of rows that have a value, 0.0 without rows."""
        rows = self.type_counts.present + self.type_counts.missing
        return self.type_counts.present / rows if rows > 0 else 0.0

    @property
    def histogram(self) -> Mapping[str, int] | None:
        """The categories as the files give them: of a text column, when the estimate is at most 120."""
        few = self.approximate_distinct <= MOST_CATEGORIES
        return self.categories if few and not self.inferred.numeric else None

    def count_of(self, *, values: Iterable[str]) -> int:
        """Return how many values are one of these.

        Raises:
            DriftError: they were neither kept nor watched.
        """
        counts = self.watched if self.categories is None else self.categories
        if self.categories is None and not set(values) <= set(counts):
            raise DriftError(
                f"{self.name} must be profiled with its domain watched; pass the constraints to the profile"
            )
        return sum(counts.get(value, 0) for value in set(values))


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """What happened to the records on the way in; each count is reported, none is dropped silently."""

    short_rows: int = 0
    long_rows: int = 0
    unreadable: Mapping[str, int] = field(default_factory=dict)
    dropped_by_preprocessor: int = 0

    @property
    def unreadable_records(self) -> int:
        """How many records could not be read."""
        return sum(self.unreadable.values())

    @property
    def causes(self) -> str:
        """Why they could not, each cause with its number."""
        return "; ".join(f"{count} because {cause}" for cause, count in self.unreadable.items())


@dataclass(frozen=True, kw_only=True, slots=True)
class Profile:
    """A data set. Width is the number of columns of its widest record."""

    rows: int
    width: int
    features: tuple[FeatureProfile, ...]
    reading: Reading = field(default_factory=Reading)

    @property
    def category_count(self) -> int:
        """How many categories all columns have together."""
        return sum(len(feature.histogram) for feature in self.features if feature.histogram is not None)


def sketch_buckets(*, levels: tuple[Doubles, ...], minimum: float, maximum: float) -> tuple[Bucket, ...]:
    """Return ten buckets of equal width between the extremes and the weight of the sketch in each.

    The bounds are deequ's formula bit for bit. Where the extremes are equal all values are in the last
    bucket.
    """
    with np.errstate(all="ignore"):
        edges = [minimum + (maximum - minimum) * step / 10.0 for step in range(BUCKETS + 1)]
    below = [
        sum(int(np.count_nonzero(values < edge)) << level for level, values in enumerate(levels)) for edge in edges[:-1]
    ]
    # the last bucket takes everything up to its upper bound, which may fall short of the maximum in its
    # last bit
    last = max(edges[-1], edges[-2])
    up_to_last = sum(int(np.count_nonzero(values <= last)) << level for level, values in enumerate(levels))
    weights = [*below, up_to_last]
    return tuple(
        Bucket(lower=edges[index], upper=edges[index + 1], count=float(weights[index + 1] - weights[index]))
        for index in range(BUCKETS)
    )
