import math
from collections.abc import Callable
from pathlib import Path

import pytest

from modelyard.drift.errors import DriftError
from modelyard.drift.quality.statistics import Metric, QualityStatistics
from modelyard.drift.quality.task import ProblemType
from modelyard.drift.reporting.files import write_report
from modelyard.drift.reporting.quality_summary import read_quality_results
from support.drift.quality_reports import predicted, scored


def test_the_verdict_counts_what_is_worse(page: Callable[..., str]) -> None:
    text = page(scored(400, 0.1), scored(300, 0.6))
    assert "10 metrics are worse than the baseline allows" in text
    assert "<b>Run 2026-11-22 00:00</b> · 300 records with a label · binary classification" in text


def test_a_good_run_says_so(page: Callable[..., str]) -> None:
    assert "No violations: the model is as good as its baseline" in page(scored(400, 0.6), scored(300, 0.0))


def test_a_window_without_labels_says_so(page: Callable[..., str]) -> None:
    assert "No records with a label in this window" in page(
        predicted(9, 0.5), QualityStatistics(problem=ProblemType.REGRESSION, rows=0)
    )


def test_one_worse_metric_is_one(write_run: Callable[..., Path], tmp_path: Path) -> None:
    baseline = QualityStatistics(
        problem=ProblemType.REGRESSION, rows=9, metrics={"mae": Metric(value=1.0, deviation=math.nan)}
    )
    run = write_run(
        "00",
        QualityStatistics(problem=ProblemType.REGRESSION, rows=9, metrics={"mae": Metric(value=2.0, deviation=0.1)}),
        baseline,
    )
    said = write_report(runs=[run], baseline=tmp_path / "baseline", page=tmp_path / "page.html")
    assert said.startswith("1 metric is worse than the baseline allows.")


def test_a_folder_without_statistics_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DriftError, match="must hold statistics"):
        read_quality_results(folder=tmp_path)
