"""What is known of a data set after one pass."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from modelyard.drift.errors import DriftError
from modelyard.drift.kernels.arrays import REGISTERS, Doubles
from modelyard.drift.profiling.hyperloglog import estimate_distinct
from modelyard.drift.profiling.number_state import NumberState
from modelyard.drift.profiling.value_types import InferredType, TypeCounts

BUCKETS = 10
MOST_CATEGORIES = 120
# A column of more than 256 different values has no estimate of 120 or fewer: 512 registers err by 5 %.
# More are tracked where the tables stay small, because a value that is known is read four times as fast.
LEAST_TRACKED, MOST_TRACKED, FEW_COLUMNS = 256, 1024, 512
LARGEST_INT, SMALLEST_INT = float(2**31 - 1), float(-(2**31))
LARGEST_LONG = float(2**63)


def most_tracked(*, width: int) -> int:
    """Return how many different values of a column are counted exactly in a data set of so many columns."""
    return MOST_TRACKED if width <= FEW_COLUMNS else LEAST_TRACKED


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


@dataclass(frozen=True, kw_only=True)
class FeatureProfile:
    """One column. Categories are the exact counts of its texts, or None where they are too many to be kept.

    Registers are those of its distinct count. Watched are the exact counts of texts that were asked for, however many
    others there are. As fractions are counted so many whole numbers, because the column has one type.
    """

    name: str
    type_counts: TypeCounts
    registers: bytes = field(default=bytes(REGISTERS), repr=False)
    state: NumberState = field(default_factory=NumberState, repr=False)
    categories: Mapping[str, int] | None
    watched: Mapping[str, int] = field(default_factory=dict)
    as_fractions: int = 0

    @property
    def counted(self) -> TypeCounts:
        """The types of the values one by one, whatever the column's is: that, all parts of a data set say together."""
        types = self.type_counts
        return replace(
            types, fractional=types.fractional - self.as_fractions, integral=types.integral + self.as_fractions
        )

    @property
    def inferred(self) -> InferredType:
        """The type that the values imply."""
        return self.type_counts.inferred

    @cached_property
    def approximate_distinct(self) -> int:
        """The estimated number of different texts."""
        return estimate_distinct(np.frombuffer(self.registers, dtype=np.uint8))

    @cached_property
    def numbers(self) -> NumberProfile | None:
        """What the numbers of a numeric column are."""
        if not self.inferred.numeric:
            return None
        state = self.state.total
        low, high = (state.minimum, state.maximum) if state.count > 0 else (math.nan, math.nan)
        levels = state.sketch.levels
        # deequ's own extremes start at the limits of a 32-bit integer
        buckets = sketch_buckets(levels=levels, minimum=min(LARGEST_INT, low), maximum=max(SMALLEST_INT, high))
        total = state.sum
        if self.inferred is InferredType.INTEGRAL and max(-low, high) < LARGEST_LONG:
            total, low, high = float(state.whole), low + 0.0, high + 0.0  # there is no -0 among longs
        return NumberProfile(
            mean=_ratio(total, state.count),
            sum=total,
            deviation=math.sqrt(_ratio(state.squares, state.count)),
            minimum=low,
            maximum=high,
            buckets=buckets,
            levels=levels,
        )

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

    def merge(self, other: "FeatureProfile", *, most: int) -> "FeatureProfile":
        """Return the column of both data sets, with at most so many different texts that were not asked for."""
        registers = np.maximum(*(np.frombuffer(one.registers, dtype=np.uint8) for one in (self, other)))
        watched = _added(self.watched, other.watched)
        categories = None
        if self.categories is not None and other.categories is not None:
            counts = _added(self.categories, other.categories)
            # as one pass has them: texts that were asked for come first
            together = {text: counts[text] for text in watched if text in counts} | counts
            categories = together if len(together.keys() - watched.keys()) <= most else None
        return FeatureProfile(
            name=self.name,
            type_counts=self.counted.merge(other.counted),
            registers=registers.tobytes(),
            state=self.state.merge(other.state),
            categories=categories,
            watched=watched,
        )


def _ratio(total: float, count: int) -> float:
    return total / count if count > 0 else math.nan


def _added(ours: Mapping[str, int], theirs: Mapping[str, int]) -> dict[str, int]:
    """Both counts together, texts in the order in which they came."""
    return {text: ours.get(text, 0) + theirs.get(text, 0) for text in (*ours, *theirs)}


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

    def merge(self, other: "Reading") -> "Reading":
        """Return what happened to the records of both."""
        return Reading(
            short_rows=self.short_rows + other.short_rows,
            long_rows=self.long_rows + other.long_rows,
            unreadable=_added(self.unreadable, other.unreadable),
            dropped_by_preprocessor=self.dropped_by_preprocessor + other.dropped_by_preprocessor,
        )

    @property
    def causes(self) -> str:
        """Why they could not, each cause with its number."""
        return "; ".join(f"{count} because {cause}" for cause, count in self.unreadable.items())


@dataclass(frozen=True, kw_only=True, slots=True)
class Profile:
    """A data set. Width is the number of columns of its widest record.

    Typed columns have one type each, as in JSON and Parquet: a whole number among fractions is one of them, too. It
    begins with answers if the first column holds what a model answered, where the baseline has labels.
    """

    rows: int
    width: int
    features: tuple[FeatureProfile, ...]
    reading: Reading = field(default_factory=Reading)
    typed: bool = False
    begins_with_answers: bool = False

    def __post_init__(self) -> None:
        if self.typed:
            object.__setattr__(self, "features", tuple(map(_of_one_type, self.features)))

    @property
    def category_count(self) -> int:
        """How many categories all columns have together."""
        return sum(len(feature.histogram) for feature in self.features if feature.histogram is not None)

    def merge(self, other: "Profile") -> "Profile":
        """Return the profile of both data sets, the records of this one first.

        Counts, texts, distinct counts and extremes do not depend on how the data were cut. Sums, deviations and
        sketches of more than 2,049 numbers are those of Spark for these partitions, merged in this order.

        Raises:
            DriftError: they do not have the same columns.
        """
        if self.rows == 0 or other.rows == 0:
            return replace(other if self.rows == 0 else self, reading=self.reading.merge(other.reading))
        ours, theirs = ([feature.name for feature in one.features] for one in (self, other))
        if set(ours) == set(theirs):
            by_name = {feature.name: feature for feature in other.features}
            other = replace(other, features=tuple(by_name[name] for name in ours))
            theirs = ours
        names, shared = max(ours, theirs, key=len), min(len(ours), len(theirs))
        beyond = [f"_c{position}" for position in range(shared, len(names))]
        if ours[:shared] != theirs[:shared] or names[shared:] != beyond:
            raise DriftError(
                f"profiles that are merged must have the same columns, got {', '.join(ours)} and {', '.join(theirs)}; "
                "profile data of one table"
            )
        most = most_tracked(width=len(names))
        pairs = zip(self._padded(names), other._padded(names), strict=True)
        return Profile(
            rows=self.rows + other.rows,
            width=max(self.width, other.width),
            features=tuple(mine.merge(yours, most=most) for mine, yours in pairs),
            reading=self._reading_among(names).merge(other._reading_among(names)),
            typed=self.typed or other.typed,
            begins_with_answers=self.begins_with_answers or other.begins_with_answers,
        )

    def with_columns(self, *, names: Sequence[str], watch: Sequence[Sequence[str]]) -> "Profile":
        """Return it with all these columns, though no record reached the last ones; its width stays what it is.

        Parts of a data set then have the same columns, whatever their records.
        """
        beyond = zip(names[len(self.features) :], watch[len(self.features) :], strict=True)
        missing = TypeCounts(missing=self.rows)
        added = (
            FeatureProfile(name=name, type_counts=missing, categories={}, watched=dict.fromkeys(texts, 0))
            for name, texts in beyond
        )
        return replace(self, features=(*self.features, *added))

    def _repr_html_(self) -> str:
        # a notebook alone needs this
        from modelyard.drift.reporting.notebook import profile_html

        return profile_html(profile=self)

    def _padded(self, names: Sequence[str]) -> Iterator[FeatureProfile]:
        """The columns, and those that only wider records have: none of these has a value there."""
        yield from self.features
        for name in names[len(self.features) :]:
            yield FeatureProfile(name=name, type_counts=TypeCounts(missing=self.rows), categories={})

    def _reading_among(self, names: Sequence[str]) -> Reading:
        """What happened to the records, all of which are short where there are more columns."""
        return self.reading if len(self.features) == len(names) else replace(self.reading, short_rows=self.rows)


def _of_one_type(feature: FeatureProfile) -> FeatureProfile:
    """Count whole numbers as Fractional in a Fractional column."""
    types = feature.type_counts
    if types.fractional == 0 or types.string + types.boolean > 0:
        return feature
    return replace(
        feature,
        type_counts=TypeCounts(missing=types.missing, fractional=types.fractional + types.integral),
        as_fractions=feature.as_fractions + types.integral,
    )


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
