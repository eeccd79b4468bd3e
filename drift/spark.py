"""Profiles of Spark's DataFrames: the workers profile a partition each, and the driver merges what they found.

    from modelyard.drift import baseline, check, spark

    base = baseline(spark.profile(train))
    check(spark.profile(live, baseline=base), baseline=base)

Nothing of Spark is imported: a DataFrame is what has `mapInArrow`. Its workers need this package and pyarrow.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial, reduce
from typing import Any, Protocol

import polars

from modelyard.drift.analysis import Baseline
from modelyard.drift.documents.profile_bytes import profile_from_bytes, profile_to_bytes
from modelyard.drift.errors import DriftError
from modelyard.drift.profiling.profile import Profile
from modelyard.drift.reading.frames import profile_tables, refuse_equal_names
from modelyard.drift.reading.source import Wanted

SCHEMA = "profile binary, error string"


class SparkFrame(Protocol):
    """As much of Spark's DataFrame as is called here."""

    @property
    def columns(self) -> Sequence[str]:
        """Its columns' names."""
        ...

    def mapInArrow(self, func: Any, schema: Any) -> Any:  # noqa: N802  Spark's name
        """Return the DataFrame of what the function makes of the batches of each partition."""
        ...


def profile(frame: SparkFrame, *, baseline: Baseline | None = None) -> Profile:
    """Return what is known of a DataFrame after one pass, the same as of a polars DataFrame of its rows.

    Only the last digits of sums and deviations, and which values stand for many in a sketch, depend on the partitions.

    Args:
        frame: The DataFrame. Each partition sends the driver some 50 KiB a column.
        baseline: What the profile will be checked against: its columns' order and texts are then kept.

    Raises:
        DriftError: a column is neither of numbers nor of texts, or two have one name.
    """
    columns = list(frame.columns)
    refuse_equal_names(columns)
    wanted = Wanted.of(baseline.constraints if baseline is not None else None)
    profiled = partial(profile_tables, columns=columns, known=wanted.known, watch=wanted.watch)
    sent = frame.mapInArrow(partial(_profile_partition, profiled), SCHEMA).collect()
    errors = [row["error"] for row in sent if row["error"] is not None]
    if errors:
        raise DriftError(errors[0])
    parts = (
        profile_from_bytes(content=bytes(row["profile"]), origin=f"partition {number} of Spark")
        for number, row in enumerate(sent)
    )
    return reduce(Profile.merge, parts, profiled(tables=()))


def _profile_partition(profiled: Callable[..., Profile], batches: Iterable[Any]) -> Iterator[Any]:
    """Yield one row: the profile of a partition's batches, or the sentence that says why there is none."""
    # where Spark is
    import pyarrow

    found, error = None, None
    try:
        found = profile_to_bytes(profile=profiled(tables=map(_table, batches)))
    except DriftError as caught:
        # raised here it would reach the driver as the text of two tracebacks
        error = str(caught)
    schema = pyarrow.schema([("profile", pyarrow.binary()), ("error", pyarrow.string())])
    yield pyarrow.RecordBatch.from_pylist([{"profile": found, "error": error}], schema=schema)


def _table(batch: Any) -> polars.DataFrame:
    return polars.DataFrame(polars.from_arrow(batch))
