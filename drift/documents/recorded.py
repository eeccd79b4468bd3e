"""statistics.json read back: a baseline's, or an earlier run's."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from modelyard.drift.documents.node import Node, read_document
from modelyard.drift.errors import DriftError
from modelyard.drift.kernels.arrays import Doubles
from modelyard.drift.profiling.kinds import InferredType
from modelyard.drift.profiling.profile import Bucket, FeatureProfile, Profile

_MOST_LEVELS = 48


@dataclass(frozen=True, kw_only=True, slots=True)
class Moments:
    """The numbers of a numeric column that are one number each."""

    mean: float
    sum: float
    deviation: float
    minimum: float
    maximum: float


@dataclass(frozen=True, kw_only=True, slots=True)
class FeatureStatistics:
    """One column of a statistics file; what the file leaves out is None."""

    name: str
    inferred: InferredType
    present: int
    missing: int
    approximate_distinct: int | None = None
    moments: Moments | None = None
    buckets: tuple[Bucket, ...] = ()
    levels: tuple[Doubles, ...] | None = None
    categories: Mapping[str, int] | None = None

    @property
    def completeness(self) -> float:
        """The share of rows that have a value, 0.0 without rows."""
        rows = self.present + self.missing
        return self.present / rows if rows > 0 else 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Statistics:
    """A statistics file."""

    rows: int
    features: tuple[FeatureStatistics, ...]

    def named(self) -> dict[str, FeatureStatistics]:
        """Return the features by name."""
        return {feature.name: feature for feature in self.features}


def recorded(*, profile: Profile) -> Statistics:
    """Return what the statistics file of a profile says, without writing it."""
    return Statistics(rows=profile.rows, features=tuple(recorded_feature(feature=item) for item in profile.features))


def recorded_feature(*, feature: FeatureProfile) -> FeatureStatistics:
    """Return what the statistics file says about one column."""
    numbers = feature.numbers
    return FeatureStatistics(
        name=feature.name,
        inferred=feature.inferred.written,
        present=feature.kinds.present,
        missing=feature.kinds.missing,
        approximate_distinct=feature.approximate_distinct,
        moments=None
        if numbers is None
        else Moments(
            mean=numbers.mean,
            sum=numbers.sum,
            deviation=numbers.deviation,
            minimum=numbers.minimum,
            maximum=numbers.maximum,
        ),
        buckets=() if numbers is None else numbers.buckets,
        levels=None if numbers is None else numbers.levels,
        categories=feature.histogram,
    )


def read_statistics(*, path: Path) -> Statistics:
    """Read statistics.json of any release of the analyzer.

    Raise DriftError for anything that cannot be used.
    """
    document = read_document(path=path)
    return Statistics(
        rows=document.get("dataset").get("item_count").count(),
        features=tuple(_feature(node) for node in document.get("features").items()),
    )


def _feature(node: Node) -> FeatureStatistics:
    kinds = [kind.value for kind in InferredType]
    name = node.get("name").text()
    inferred = InferredType(node.get("inferred_type").one_of(*kinds))
    if node.has("numerical_statistics"):
        return _numerical(node.get("numerical_statistics"), name, inferred)
    if node.has("string_statistics"):
        return _string(node.get("string_statistics"), name, inferred)
    return FeatureStatistics(name=name, inferred=inferred, present=0, missing=0)


def _numerical(node: Node, name: str, inferred: InferredType) -> FeatureStatistics:
    common = node.get("common")
    distinct = "approximate_num_distinct_values"
    sketch = _inside(node, "distribution", "kll", "sketch", "data")
    buckets = _inside(node, "distribution", "kll", "buckets")
    return FeatureStatistics(
        name=name,
        inferred=inferred,
        present=common.get("num_present").count(),
        missing=common.get("num_missing").count(),
        approximate_distinct=node.get(distinct).count() if node.has(distinct) else None,
        moments=_moments(node),
        buckets=() if buckets is None else tuple(_bucket(item) for item in buckets.items()),
        levels=None if sketch is None else _levels(sketch),
    )


def _inside(node: Node, *names: str) -> Node | None:
    for name in names:
        if not node.has(name):
            return None
        node = node.get(name)
    return node


def _moments(node: Node) -> Moments:
    return Moments(
        mean=node.get("mean").number(),
        sum=node.get("sum").number(),
        deviation=node.get("std_dev").number(),
        minimum=node.get("min").number(),
        maximum=node.get("max").number(),
    )


def _bucket(node: Node) -> Bucket:
    return Bucket(
        lower=node.get("lower_bound").number(),
        upper=node.get("upper_bound").number(),
        count=node.get("count").number(),
    )


def _levels(node: Node) -> tuple[Doubles, ...]:
    levels = tuple(_level(item) for item in node.items())
    if len(levels) > _MOST_LEVELS:
        raise DriftError(f"{node.key} must have at most {_MOST_LEVELS} levels, got {len(levels)} in {node.file}")
    return levels


def _level(node: Node) -> Doubles:
    values = node.value
    if isinstance(values, list) and all(type(value) is float for value in values):
        return np.array(values, dtype=np.float64)
    return np.array([item.number() for item in node.items()], dtype=np.float64)


def _string(node: Node, name: str, inferred: InferredType) -> FeatureStatistics:
    common = node.get("common")
    buckets = _inside(node, "distribution", "categorical", "buckets")
    return FeatureStatistics(
        name=name,
        inferred=inferred,
        present=common.get("num_present").count(),
        missing=common.get("num_missing").count(),
        approximate_distinct=node.get("distinct_count").count() if node.has("distinct_count") else None,
        categories=None if buckets is None else _categories(buckets),
    )


def _categories(node: Node) -> dict[str, int]:
    return {item.get("value").text(): item.get("count").count() for item in node.items()}
