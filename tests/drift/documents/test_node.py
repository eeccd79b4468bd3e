import math
from pathlib import Path

import pytest

from modelyard.drift.documents.constraints import (
    read_constraints,
)
from modelyard.drift.documents.statistics import (
    read_statistics,
)
from modelyard.drift.errors import DriftError
from support.drift.documents import statistics_of


def test_a_file_that_is_no_json_is_refused(tmp_path: Path) -> None:
    (tmp_path / "constraints.json").write_text("{")
    with pytest.raises(DriftError, match="is not JSON"):
        read_constraints(path=tmp_path / "constraints.json")


def test_a_file_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DriftError, match=r"statistics.json cannot be read"):
        read_statistics(path=tmp_path / "statistics.json")


def test_a_quoted_infinity_is_read_as_a_number(tmp_path: Path) -> None:
    moments = {"mean": "Infinity", "sum": "Infinity", "std_dev": "NaN", "min": 0.0, "max": "Infinity"}
    numbers = {"common": {"num_present": 1, "num_missing": 0}, **moments}
    read = statistics_of(tmp_path, {"name": "x", "inferred_type": "Fractional", "numerical_statistics": numbers})
    assert read.moments is not None
    assert read.moments.maximum == math.inf
