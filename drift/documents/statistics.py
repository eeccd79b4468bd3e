"""statistics.json: what the analyzer found in a data set."""

from collections.abc import Mapping
from enum import StrEnum

from modelyard.drift.documents.jackson import Json
from modelyard.drift.profiling.profile import Bucket, FeatureProfile, NumberProfile, Profile
from modelyard.drift.profiling.sketch import SHRINKING, SIZE


class Edition(StrEnum):
    """Which of the analyzer's releases the files look like.

    Those since 2023 also give the estimated number of different values, the completeness, and the
    thresholds for categories.
    """

    UNTIL_2022 = "2022"
    SINCE_2023 = "2023"


def statistics_document(*, profile: Profile, edition: Edition = Edition.SINCE_2023) -> Json:
    """Return the document of a profile, keys in the analyzer's order."""
    return {
        "version": 0.0,
        "dataset": {"item_count": profile.rows},
        "features": [_feature(feature=feature, edition=edition) for feature in profile.features],
    }


def _feature(*, feature: FeatureProfile, edition: Edition) -> Json:
    described: dict[str, Json] = {"name": feature.name, "inferred_type": feature.inferred.written.value}
    if feature.numbers is not None:
        described["numerical_statistics"] = _numerical(feature=feature, numbers=feature.numbers, edition=edition)
    else:
        described["string_statistics"] = _string(feature=feature, edition=edition)
    return described


def _common(*, feature: FeatureProfile) -> Json:
    return {"num_present": feature.kinds.present, "num_missing": feature.kinds.missing}


def _numerical(*, feature: FeatureProfile, numbers: NumberProfile, edition: Edition) -> Json:
    described: dict[str, Json] = {
        "common": _common(feature=feature),
        "mean": numbers.mean,
        "sum": numbers.sum,
        "std_dev": numbers.deviation,
        "min": numbers.minimum,
        "max": numbers.maximum,
    }
    if edition is Edition.SINCE_2023:
        described["approximate_num_distinct_values"] = feature.approximate_distinct
        described["completeness"] = feature.completeness
    described["distribution"] = {"kll": {"buckets": _buckets(numbers.buckets), "sketch": _sketch(numbers)}}
    return described


def _buckets(buckets: tuple[Bucket, ...]) -> Json:
    return [{"lower_bound": bucket.lower, "upper_bound": bucket.upper, "count": bucket.count} for bucket in buckets]


def _sketch(numbers: NumberProfile) -> Json:
    data: list[Json] = [level.tolist() for level in numbers.levels]
    return {"parameters": {"c": SHRINKING, "k": float(SIZE)}, "data": data}


def _string(*, feature: FeatureProfile, edition: Edition) -> Json:
    described: dict[str, Json] = {
        "common": _common(feature=feature),
        "distinct_count": float(feature.approximate_distinct),
    }
    if edition is Edition.SINCE_2023:
        described["completeness"] = feature.completeness
    if feature.histogram is not None:
        described["distribution"] = {"categorical": {"buckets": _categories(feature.histogram)}}
    return described


def _categories(histogram: Mapping[str, int]) -> Json:
    return [{"value": value, "count": histogram[value]} for value in in_scala_order(histogram)]


def in_scala_order(values: Mapping[str, int]) -> list[str]:
    """Return the keys as a Scala 2.12 immutable map iterates them.

    A hash trie from five keys on, else as they came.
    """
    return list(values) if len(values) < 5 else sorted(values, key=_place_in_trie)


def _place_in_trie(text: str) -> tuple[int, ...]:
    spread = _improved(_java_hash(text))
    return tuple(spread >> depth & 31 for depth in range(0, 35, 5))


def _java_hash(text: str) -> int:
    units = text.encode("utf-16-be", errors="surrogatepass")
    value = 0
    for place in range(0, len(units), 2):
        value = (31 * value + (units[place] << 8) + units[place + 1]) & 0xFFFFFFFF
    return value


def _improved(code: int) -> int:
    spread = (code + ~(code << 9)) & 0xFFFFFFFF
    spread ^= spread >> 14
    spread = (spread + (spread << 4)) & 0xFFFFFFFF
    return spread ^ spread >> 10
