"""statistics.json: what the analyzer writes of a data set, and reads back of a baseline or an earlier run."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np

from modelyard.drift.documents.jackson import Json
from modelyard.drift.documents.node import Node, read_document
from modelyard.drift.documents.scala_order import categories_in_order
from modelyard.drift.errors import DriftError
from modelyard.drift.kernels.arrays import Doubles
from modelyard.drift.profiling.profile import Bucket, FeatureProfile, NumberProfile, Profile
from modelyard.drift.profiling.sketch import SHRINKING, SIZE
from modelyard.drift.profiling.value_types import InferredType

MOST_LEVELS = 48


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

    def by_name(self) -> dict[str, FeatureStatistics]:
        """Return the features by name."""
        return {feature.name: feature for feature in self.features}


def profile_statistics(*, profile: Profile) -> Statistics:
    """Return what the statistics file of a profile says, without writing it."""
    return Statistics(rows=profile.rows, features=tuple(feature_statistics(feature=item) for item in profile.features))


def feature_statistics(*, feature: FeatureProfile) -> FeatureStatistics:
    """Return what the statistics file says about one column."""
    numbers = feature.numbers
    return FeatureStatistics(
        name=feature.name,
        inferred=feature.inferred.reported,
        present=feature.type_counts.present,
        missing=feature.type_counts.missing,
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


class Edition(StrEnum):
    """Which of the analyzer's releases the files look like, told by real files.

    Until February 2023 they have neither of what follows; those of March to June 2024 have the thresholds for
    categories; from October 2024 on they also give the estimated number of different values and the completeness.
    """

    UNTIL_2022 = "2022"
    SINCE_2023 = "2023"
    SINCE_2024 = "2024"

    @property
    def partition_bytes(self) -> int | None:
        """The bytes at which the releases split a file of text; None where they read each as a whole."""
        return 1 << 22 if self is Edition.UNTIL_2022 else None


def statistics_document(*, profile: Profile, edition: Edition = Edition.SINCE_2024, sketches: bool = True) -> Json:
    """Return the document of a profile, keys in the analyzer's order.

    Sketches, some 90 kB of a numeric column, may be left out where nothing is to be held against these statistics.
    """
    features: list[Json] = []
    for feature in profile.features:
        document: dict[str, Json] = {"name": feature.name, "inferred_type": feature.inferred.reported.value}
        common: Json = {"num_present": feature.type_counts.present, "num_missing": feature.type_counts.missing}
        if feature.numbers is not None:
            document["numerical_statistics"] = {
                "common": common,
                **_numerical_document(feature=feature, numbers=feature.numbers, edition=edition, sketches=sketches),
            }
        else:
            document["string_statistics"] = {
                "common": common,
                **_string_document(feature=feature, edition=edition, pairs=profile.category_count),
            }
        features.append(document)
    return {"version": 0.0, "dataset": {"item_count": profile.rows}, "features": features}


def _numerical_document(
    *, feature: FeatureProfile, numbers: NumberProfile, edition: Edition, sketches: bool
) -> dict[str, Json]:
    document: dict[str, Json] = {
        "mean": numbers.mean,
        "sum": numbers.sum,
        "std_dev": numbers.deviation,
        "min": numbers.minimum,
        "max": numbers.maximum,
    }
    if edition is Edition.SINCE_2024:
        document["approximate_num_distinct_values"] = feature.approximate_distinct
        document["completeness"] = feature.completeness
    buckets: Json = [
        {"lower_bound": bucket.lower, "upper_bound": bucket.upper, "count": bucket.count} for bucket in numbers.buckets
    ]
    kll: dict[str, Json] = {"buckets": buckets}
    if sketches:
        kll["sketch"] = {
            "parameters": {"c": SHRINKING, "k": float(SIZE)},
            "data": numbers.levels,
        }
    document["distribution"] = {"kll": kll}
    return document


def _string_document(*, feature: FeatureProfile, edition: Edition, pairs: int) -> dict[str, Json]:
    document: dict[str, Json] = {
        "distinct_count": float(feature.approximate_distinct),
    }
    if edition is Edition.SINCE_2024:
        document["completeness"] = feature.completeness
    if feature.histogram is not None:
        histogram = feature.histogram
        ordered = categories_in_order(histogram, column=feature.name, pairs=pairs)
        buckets: Json = [{"value": value, "count": histogram[value]} for value in ordered]
        document["distribution"] = {"categorical": {"buckets": buckets}}
    return document


def read_statistics(*, path: Path) -> Statistics:
    """Read statistics.json of any release of the analyzer.

    Raises:
        DriftError: the file cannot be used.
    """
    document = read_document(path=path)
    return Statistics(
        rows=document.get("dataset").get("item_count").count(),
        features=tuple(_read_feature(node) for node in document.get("features").items()),
    )


def _read_feature(node: Node) -> FeatureStatistics:
    name = node.get("name").text()
    inferred = InferredType(node.get("inferred_type").one_of(*InferredType))
    if node.has("numerical_statistics"):
        return _read_numerical(node.get("numerical_statistics"), name, inferred)
    if node.has("string_statistics"):
        return _read_string(node.get("string_statistics"), name, inferred)
    return FeatureStatistics(name=name, inferred=inferred, present=0, missing=0)


def _read_numerical(node: Node, name: str, inferred: InferredType) -> FeatureStatistics:
    common = node.get("common")
    sketch = node.find("distribution", "kll", "sketch", "data")
    buckets = node.find("distribution", "kll", "buckets")
    return FeatureStatistics(
        name=name,
        inferred=inferred,
        present=common.get("num_present").count(),
        missing=common.get("num_missing").count(),
        approximate_distinct=node.read("approximate_num_distinct_values", Node.count, default=None),
        moments=Moments(
            mean=node.get("mean").number(),
            sum=node.get("sum").number(),
            deviation=node.get("std_dev").number(),
            minimum=node.get("min").number(),
            maximum=node.get("max").number(),
        ),
        buckets=()
        if buckets is None
        else tuple(
            Bucket(
                lower=item.get("lower_bound").number(),
                upper=item.get("upper_bound").number(),
                count=item.get("count").number(),
            )
            for item in buckets.items()
        ),
        levels=None if sketch is None else _read_levels(sketch),
    )


def _read_levels(node: Node) -> tuple[Doubles, ...]:
    levels: list[Doubles] = []
    for item in node.items():
        # what the analyzer writes is read as it stands, and checked value by value where somebody has edited it
        written = isinstance(item.value, list) and all(type(value) is float for value in item.value)
        values = item.value if written else [value.number() for value in item.items()]
        levels.append(np.array(values, dtype=np.float64))
    if len(levels) > MOST_LEVELS:
        raise DriftError(f"{node.key} must have at most {MOST_LEVELS} levels, got {len(levels)} in {node.file}")
    return tuple(levels)


def _read_string(node: Node, name: str, inferred: InferredType) -> FeatureStatistics:
    common = node.get("common")
    buckets = node.find("distribution", "categorical", "buckets")
    return FeatureStatistics(
        name=name,
        inferred=inferred,
        present=common.get("num_present").count(),
        missing=common.get("num_missing").count(),
        approximate_distinct=node.read("distinct_count", Node.count, default=None),
        categories=None
        if buckets is None
        else {item.get("value").text(): item.get("count").count() for item in buckets.items()},
    )
