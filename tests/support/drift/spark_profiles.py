"""What is said of a table by Spark on this machine, in the environment that `make spark` has made.

    .spark/bin/python tests/support/drift/spark_profiles.py table.parquet FOLDER 1 3 7

For each number of partitions it writes FOLDER/<number>.profile; in FOLDER/said.json are the rows of each partition, the
seconds that the profile took, and the sentences of what is refused.
"""

import json
import os
import sys
import time
from pathlib import Path

import pyarrow.parquet
from pyspark.sql import DataFrame, SparkSession

from modelyard.drift import Baseline, DriftError, baseline, check, profile_to_bytes, spark


def main() -> None:
    table, folder = Path(sys.argv[1]), Path(sys.argv[2])
    # else its workers are whatever python3 is, and it listens on more than the loopback interface
    os.environ |= {"PYSPARK_PYTHON": sys.executable, "SPARK_LOCAL_IP": "127.0.0.1"}
    session = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false").getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    schema = session.read.parquet(str(table)).schema
    rows = [tuple(row.values()) for row in pyarrow.parquet.read_table(table).to_pylist()]

    said: dict[str, object] = {}
    for count in map(int, sys.argv[3:]):
        frame = session.createDataFrame(session.sparkContext.parallelize(rows, count), schema)
        partitions = frame.rdd.glom().map(len).collect()
        start = time.monotonic()
        (folder / f"{count}.profile").write_bytes(profile_to_bytes(profile=spark.profile(frame)))
        said[str(count)] = {"partitions": partitions, "seconds": time.monotonic() - start}

    base = baseline(spark.profile(frame))
    wider = frame.selectExpr("s", "x * 3 as x", *(f"{name}" for name in frame.columns if name not in "sx"))
    said["unchanged"], said["changed"] = _answer(frame, base), _answer(wider, base)
    said["few"] = _rows(session.createDataFrame([(1, "a"), (2, "b")], "n long, s string").repartition(7))
    said["none"] = _rows(session.createDataFrame([], "n long, s string"))
    said["nested"] = _refused(frame.selectExpr("i", "array(i) as several"))
    said["equal"] = _refused(frame.selectExpr("i", "x as i"))
    (folder / "said.json").write_text(json.dumps(said))
    session.stop()


def _answer(frame: DataFrame, base: Baseline) -> str | None:
    verdict = check(spark.profile(frame, baseline=base), baseline=base).verdict
    return None if verdict is None else verdict.answer.value


def _rows(frame: DataFrame) -> list[object]:
    found = spark.profile(frame)
    return [found.rows, [feature.name for feature in found.features]]


def _refused(frame: DataFrame) -> str | None:
    try:
        spark.profile(frame)
    except DriftError as error:
        return str(error)
    return None


if __name__ == "__main__":
    main()
