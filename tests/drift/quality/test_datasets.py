import gzip
from collections.abc import Callable, Mapping
from pathlib import Path

import polars
import pytest

from modelyard.drift.errors import DriftError
from modelyard.drift.profiling.profile import Reading
from modelyard.drift.quality.analysis import dataset_pairs
from modelyard.drift.quality.statistics import QualityStatistics, quality_statistics
from modelyard.drift.quality.task import ProblemType, Task
from modelyard.drift.reading.source import Format, Source

Plain = Callable[[QualityStatistics], Mapping[str, float]]


TASK = Task(problem=ProblemType.BINARY, inference="prediction", probability="probability", ground_truth="label")


CSV = "label,prediction,probability\n1,1,0.9\n0,1,0.6\n\n0,0,0.2\n1,0,0.4\n"


def measured_file(path: Path, kind: Format, task: Task = TASK, **options: bool) -> tuple[QualityStatistics, Reading]:
    source = Source(path=path, format=kind, header=options.get("header", True))
    pairs, reading = dataset_pairs(source=source, task=task)
    return quality_statistics(problem=task.problem, pairs=pairs), reading


@pytest.fixture
def csv_file(tmp_path: Path) -> Path:
    """Four records with a prediction, a probability and a label."""
    path = tmp_path / "scored.csv"
    path.write_text(CSV)
    return path


def test_columns_of_a_csv_file_are_found_by_name(csv_file: Path) -> None:
    found, _ = measured_file(csv_file, Format.CSV)
    assert (found.rows, found.confusion_matrix) == (4, {"0": {"0": 1, "1": 1}, "1": {"0": 1, "1": 1}})
    assert found.metrics["auc"].value == 0.75


@pytest.mark.parametrize("names", [("0", "1", "2"), ("_c0", "_c1", "_c2")])
def test_columns_without_a_header_are_found_by_position(
    tmp_path: Path, csv_file: Path, values: Plain, names: tuple[str, str, str]
) -> None:
    bare = tmp_path / "bare.csv"
    bare.write_text(CSV.partition("\n")[2])
    task = Task(problem=ProblemType.BINARY, ground_truth=names[0], inference=names[1], probability=names[2])
    found, _ = measured_file(bare, Format.CSV, task, header=False)
    assert values(found) == values(measured_file(csv_file, Format.CSV)[0])


def test_a_byte_order_mark_and_gzip_change_nothing(tmp_path: Path, csv_file: Path, values: Plain) -> None:
    packed = tmp_path / "scored.csv.gz"
    packed.write_bytes(gzip.compress(b"\xef\xbb\xbf" + CSV.encode()))
    assert values(measured_file(packed, Format.CSV)[0]) == values(measured_file(csv_file, Format.CSV)[0])


def test_json_lines_and_parquet_have_the_same_metrics(tmp_path: Path, csv_file: Path, values: Plain) -> None:
    frame = polars.read_csv(csv_file).drop_nulls()
    frame.write_parquet(tmp_path / "scored.parquet")
    frame.write_ndjson(tmp_path / "scored.jsonl")
    expected = values(measured_file(csv_file, Format.CSV)[0])
    assert values(measured_file(tmp_path / "scored.parquet", Format.PARQUET)[0]) == expected
    assert values(measured_file(tmp_path / "scored.jsonl", Format.JSON_LINES)[0]) == expected


def test_lines_that_are_no_json_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "scored.jsonl"
    path.write_text('{"label": 1, "prediction": 1, "probability": 0.5}\n{\n\n{"label": 1}\n')
    found, reading = measured_file(path, Format.JSON_LINES)
    assert found.rows == 1
    assert reading.unreadable == {"they are not JSON": 1, "their probability is missing": 1}


@pytest.mark.parametrize(
    ("row", "cause"),
    [(",1,0.5", "ground truth is missing"), ("1", "probability is missing"), ("1,x,0.5", "prediction is neither 0")],
)
def test_rows_that_cannot_be_compared_are_counted(tmp_path: Path, row: str, cause: str) -> None:
    path = tmp_path / "scored.csv"
    path.write_text(f"{CSV}{row}\n")
    found, reading = measured_file(path, Format.CSV)
    assert (found.rows, reading.unreadable_records) == (4, 1)
    assert cause in next(iter(reading.unreadable))


def test_a_column_that_is_not_there_is_refused(csv_file: Path) -> None:
    task = Task(problem=ProblemType.REGRESSION, inference="score", ground_truth="label")
    with pytest.raises(DriftError, match="must have a column score, it has label, prediction, probability"):
        measured_file(csv_file, Format.CSV, task)


def test_a_position_beyond_the_header_is_refused(csv_file: Path) -> None:
    task = Task(problem=ProblemType.REGRESSION, inference="7", ground_truth="label")
    with pytest.raises(DriftError, match="must have a column 7"):
        measured_file(csv_file, Format.CSV, task)


def test_a_name_without_a_header_is_refused(csv_file: Path) -> None:
    with pytest.raises(DriftError, match="it has no header"):
        measured_file(csv_file, Format.CSV, header=False)


def test_a_missing_parquet_column_is_refused(tmp_path: Path) -> None:
    polars.DataFrame({"label": [1]}).write_parquet(tmp_path / "a.parquet")
    with pytest.raises(DriftError, match="must have a column prediction, it has none"):
        measured_file(tmp_path / "a.parquet", Format.PARQUET)


def test_a_data_set_needs_to_say_where_its_labels_are(csv_file: Path) -> None:
    with pytest.raises(DriftError, match="ground_truth_attribute must be given for a data set"):
        measured_file(csv_file, Format.CSV, Task(problem=ProblemType.REGRESSION, inference="prediction"))


def test_captured_records_are_no_data_set(csv_file: Path) -> None:
    with pytest.raises(DriftError, match="format must be csv, json or parquet for a data set, got capture"):
        measured_file(csv_file, Format.CAPTURE)


def test_a_file_with_a_broken_field_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "scored.csv"
    path.write_text("label,prediction\n" + "1" * 200_000 + ",1\n")
    task = Task(problem=ProblemType.REGRESSION, inference="prediction", ground_truth="label")
    with pytest.raises(DriftError, match="must be CSV, it is not"):
        measured_file(path, Format.CSV, task)
