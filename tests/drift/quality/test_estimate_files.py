import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from modelyard.drift.documents.files import CALIBRATION_FILE, ESTIMATE_FILE
from modelyard.drift.errors import DriftError
from modelyard.drift.quality.estimate_files import read_calibration, read_estimate, write_calibration, write_estimate
from modelyard.drift.quality.estimation import ASSUMPTION, Estimate, MetricEstimate, calibrate
from support.drift.scored_records import Population

FOUND = Estimate(rows=900, baseline_rows=5000, metrics={"auc": MetricEstimate(value=0.8, low=0.75, high=0.85)})


def test_a_calibration_is_read_as_it_was_written(tmp_path: Path) -> None:
    made = calibrate(pairs=Population().pairs(600))
    assert made is not None

    write_calibration(calibration=made, folder=tmp_path)
    read = read_calibration(folder=tmp_path)

    assert read is not None
    assert (read.least, read.greatest, read.widening) == (made.least, made.greatest, made.widening)
    for name in ("scores", "negatives", "positives"):
        assert np.array_equal(getattr(read.counts, name), getattr(made.counts, name))


@pytest.mark.parametrize("estimate", [FOUND, Estimate(rows=3, baseline_rows=5000, reason="it is too small")])
def test_an_estimate_is_read_as_it_was_written_and_says_what_it_rests_on(tmp_path: Path, estimate: Estimate) -> None:
    write_estimate(estimate=estimate, folder=tmp_path)

    assert read_estimate(folder=tmp_path) == estimate
    assert json.loads((tmp_path / ESTIMATE_FILE).read_text())["assumption"] == ASSUMPTION


def test_a_folder_without_the_files_has_neither(tmp_path: Path) -> None:
    assert read_calibration(folder=tmp_path) is None
    assert read_estimate(folder=tmp_path) is None


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"scores": [0.1]}, "scores must be as long as negatives and positives, and not empty"),
        ({"scores": [], "negatives": [], "positives": []}, "scores must be as long as"),
        ({"scores": [0.2, 0.1]}, "scores must be ascending, each of some records"),
        ({"negatives": [1, 0], "positives": [1, 0]}, "scores must be ascending, each of some records"),
        ({"negatives": [1, -1]}, r"negatives\[1\] must be a whole number of 0 or more"),
        ({"widening": {"auc": 1}}, "widening.accuracy must be given"),
    ],
)
def test_a_calibration_that_was_edited_wrongly_is_refused(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    document = {
        "least_score": 0.1,
        "greatest_score": 0.2,
        "widening": {"accuracy": 1, "auc": 1, "precision": 1, "recall": 1, "f1": 1},
        "scores": [0.1, 0.2],
        "negatives": [300, 100],
        "positives": [100, 300],
    }
    (tmp_path / CALIBRATION_FILE).write_text(json.dumps({**document, **changes}))

    with pytest.raises(DriftError, match=said):
        read_calibration(folder=tmp_path)
