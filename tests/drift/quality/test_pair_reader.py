from collections.abc import Callable

import pytest

from modelyard.drift.profiling.profile import Reading
from modelyard.drift.quality.statistics import QualityStatistics
from modelyard.drift.quality.task import ProblemType, Task

Measure = Callable[..., tuple[QualityStatistics, Reading]]


Line = Callable[..., bytes]


@pytest.mark.parametrize(
    ("line", "cause"),
    [
        (b"{", "they are not JSON"),
        (b"[]", "their output was not captured"),
        (b'{"captureData": {"endpointOutput": {"data": "1", "encoding": "CSV"}}}', "they have no groundTruthData"),
        (b'{"captureData": {"endpointInput": {"data": "1", "encoding": "CSV"}}}', "their output was not captured"),
    ],
)
def test_lines_that_are_not_merged_are_counted_with_their_cause(measure: Measure, line: bytes, cause: str) -> None:
    found, reading = measure(Task(problem=ProblemType.REGRESSION, inference="0"), line, b"")
    assert (found.rows, reading.unreadable) == (0, {cause: 1})


def test_several_rows_of_one_request_have_as_many_labels(measure: Measure, merged_line: Line) -> None:
    task = Task(problem=ProblemType.REGRESSION, inference="$.predictions[*]", ground_truth="label")
    found, _ = measure(task, merged_line('{"predictions": [1, 2]}', "1\n4", encoding="JSON"))
    assert (found.rows, found.metrics["mae"].value) == (2, 1.0)


def test_a_json_label_is_found_by_its_attribute(measure: Measure, merged_line: Line) -> None:
    task = Task(problem=ProblemType.REGRESSION, inference="0", ground_truth="$.label")
    found, _ = measure(task, merged_line("2", '{"label": 5}', label_encoding="JSON"))
    assert found.metrics["mae"].value == 3.0
