import math
import re
from collections.abc import Callable, Mapping
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from modelyard.drift.documents.violations import Violation
from modelyard.drift.errors import DriftError
from modelyard.drift.profiling.profile import Reading
from modelyard.drift.quality.analysis import check_quality, write_quality_baseline, write_quality_check
from modelyard.drift.quality.calibration import calibrated
from modelyard.drift.quality.documents import suggested_constraints
from modelyard.drift.quality.measuring import Measured, Metric, measured
from modelyard.drift.quality.pairs import Classes, Numbers
from modelyard.drift.quality.task import Problem
from modelyard.drift.reporting.files import write_report
from modelyard.drift.reporting.metric_titles import metric_title
from modelyard.drift.reporting.plain import plain
from modelyard.drift.reporting.plots import Axes, Line, plot, spark
from modelyard.drift.reporting.quality_diagnosis import quality_diagnoses
from modelyard.drift.reporting.quality_summary import read_quality_run

Write = Callable[[str, Measured], Path]


def scored(size: int, noise: float, *, positives: float = 0.4) -> Measured:
    """A binary classification whose scores follow the labels as closely as the noise is small."""
    generator = np.random.default_rng(size)
    labels = (np.arange(size) < size * positives).astype(np.int64)
    scores = np.clip(labels * 0.6 + 0.2 + generator.normal(0, noise, size), 0, 1)
    order = np.argsort(-scores, kind="stable")
    pairs = Classes(
        names=("0", "1"),
        labels=labels[order],
        predictions=(scores[order] > 0.5).astype(np.int64),
        scores=scores[order],
    )
    return measured(problem=Problem.BINARY, pairs=pairs)


def classified(names: tuple[str, ...], table: Mapping[tuple[int, int], int]) -> Measured:
    cells = [(label, predicted) for (label, predicted), count in table.items() for _ in range(count)]
    labels, predictions = (np.array(side) for side in zip(*cells, strict=True))
    return measured(problem=Problem.MULTICLASS, pairs=Classes(names=names, labels=labels, predictions=predictions))


def predicted(size: int, error: float) -> Measured:
    labels = np.linspace(0, 10, size)
    return measured(problem=Problem.REGRESSION, pairs=Numbers(labels=labels, predictions=labels + error))


def violated(metric: str) -> Violation:
    return Violation(feature=metric, check="LessThanThreshold", description="")


@pytest.fixture
def write_run(tmp_path: Path) -> Callable[..., Path]:
    """Write a run's results against a baseline, as of an hour."""

    def write(hour: str, found: Measured, baseline: Measured) -> Path:
        limits = suggested_constraints(measured=baseline)
        folder = tmp_path / "2026" / "11" / "22" / hour
        write_quality_check(check=check_quality(found=found, reading=Reading(), constraints=limits), folder=folder)
        write_quality_baseline(found=baseline, folder=tmp_path / "baseline")
        return folder

    return write


@pytest.fixture
def page(tmp_path: Path, write_run: Callable[..., Path]) -> Callable[..., str]:
    """Return the page of runs against a baseline."""

    def page(baseline: Measured, *runs: Measured, beside: bool = True) -> str:
        folders = [write_run(f"{hour:02d}", found, baseline) for hour, found in enumerate(runs)]
        file = tmp_path / "page.html"
        write_report(runs=folders, baseline=tmp_path / "baseline" if beside else None, page=file)
        return file.read_text(encoding="utf-8")

    return page


class Tags(HTMLParser):
    """Counts the tags that are open at the end."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        del attrs
        if tag not in ("meta", "path", "polyline", "circle"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in ("path", "polyline", "circle"):
            assert self.open.pop() == tag


def test_the_verdict_counts_what_is_worse(page: Callable[..., str]) -> None:
    text = page(scored(400, 0.1), scored(300, 0.6))
    assert "11 metrics are worse than the baseline allows" in text
    assert "<b>2026-11-22 00:00</b> · 300 records with a label · binary classification" in text


def test_a_good_run_says_so(page: Callable[..., str]) -> None:
    assert "No violations: the model is as good as its baseline" in page(scored(400, 0.6), scored(300, 0.0))


def test_a_window_without_labels_says_so(page: Callable[..., str]) -> None:
    assert "No records with a label in this window" in page(
        predicted(9, 0.5), Measured(problem=Problem.REGRESSION, rows=0)
    )


def test_one_worse_metric_is_one(write_run: Callable[..., Path], tmp_path: Path) -> None:
    baseline = Measured(problem=Problem.REGRESSION, rows=9, metrics={"mae": Metric(value=1.0, deviation=math.nan)})
    run = write_run(
        "00", Measured(problem=Problem.REGRESSION, rows=9, metrics={"mae": Metric(value=2.0, deviation=0.1)}), baseline
    )
    said = write_report(runs=[run], baseline=tmp_path / "baseline", page=tmp_path / "page.html")
    assert said.startswith("1 metric is worse than the baseline allows.")


def test_every_tag_of_the_page_is_closed(page: Callable[..., str]) -> None:
    tags = Tags()
    tags.feed(page(scored(400, 0.1), scored(300, 0.3), scored(300, 0.6)))
    assert tags.open == []


def test_the_page_has_no_script_and_its_policy_allows_none(page: Callable[..., str]) -> None:
    text = page(scored(400, 0.1), scored(300, 0.6))
    assert "<script" not in text
    assert re.search(r"default-src 'none'; style-src 'sha256-[^']+'\">", text)


def test_a_metric_stands_beside_its_baseline_and_its_limit(page: Callable[..., str]) -> None:
    text = page(predicted(300, 1.0), predicted(300, 2.0))
    row = re.search(r"<tr class=broken><th scope=\"row\">Mean absolute error.*?</tr>", text)
    assert row is not None
    assert re.findall(r">([≤≥]? ?[0-9.]+)(?: <span|</td>)", row.group(0)) == ["2.0000", "0.0000", "1.0000", "≤ 1.0000"]


def test_a_metric_s_history_is_drawn_over_the_runs(page: Callable[..., str]) -> None:
    text = page(scored(400, 0.1), scored(300, 0.1), scored(300, 0.6))
    assert "Last 2 runs, newest first" in text
    assert re.search(r'aria-label="Accuracy, run by run: [0-9.]+, [0-9.]+"', text)


def test_curves_are_drawn_over_the_baseline_s(page: Callable[..., str]) -> None:
    text = page(scored(400, 0.1), scored(300, 0.6))
    assert text.count('class="line-base"') == 3
    assert 'aria-label="Precision over recall"' in text


def test_without_a_baseline_there_are_no_limits_and_one_line(page: Callable[..., str]) -> None:
    text = page(scored(400, 0.1), scored(300, 0.6), beside=False)
    assert 'class="line-base"' not in text
    assert "≥" not in text


def test_predictions_are_drawn_over_the_truth(page: Callable[..., str]) -> None:
    text = page(predicted(300, 1.0), predicted(300, 2.0))
    assert 'aria-label="actual over predicted"' in text
    assert text.count('class="dot-live"') == 10


def test_a_class_s_name_cannot_break_the_page(page: Callable[..., str]) -> None:
    found = classified(("<b>", "{{rows}}"), {(0, 0): 3, (1, 0): 1})
    text = page(found, found)
    assert "&lt;b&gt;" in text
    assert "{{rows}}" in text
    assert '<th scope="row"><b>' not in text


def test_many_classes_are_told_by_their_most_frequent_mistakes(page: Callable[..., str]) -> None:
    names = tuple(f"class {number:02d}" for number in range(15))
    found = classified(names, {**{(place, place): 5 for place in range(15)}, (3, 7): 4, (2, 1): 1})
    text = page(found, found)
    assert "label \\ prediction" not in text
    assert "<tr><td>class 03</td><td>class 07</td><td>4</td></tr><tr><td>class 02</td>" in text


def test_markdown_and_the_picture_are_written_as_for_data(tmp_path: Path, write_run: Callable[..., Path]) -> None:
    run = write_run("00", scored(300, 0.6), scored(400, 0.1))
    markdown, picture = tmp_path / "a.md", tmp_path / "a.png"
    write_report(runs=[run], baseline=None, page=tmp_path / "a.html", markdown=markdown, picture=picture)
    assert "| Area under the ROC curve | It is 0." in markdown.read_text(encoding="utf-8")
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_a_folder_without_statistics_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DriftError, match="must hold statistics"):
        read_quality_run(folder=tmp_path)


@pytest.mark.parametrize(
    ("description", "sentence"),
    [
        (
            "Metric auc with 0.515625 +/- 8.08E-4 was LessThanThreshold '0.9395'",
            "It is 0.5156 ± 0.00081; the baseline asks for 0.9395 or more.",
        ),
        ("Metric auc with 0.5 +/- NaN was LessThanThreshold '0.9'", "It is 0.5; the baseline asks for 0.9 or more."),
        ("Something else", "Something else"),
    ],
)
def test_a_violation_is_said_in_plain_words(description: str, sentence: str) -> None:
    assert plain(violation=Violation(feature="auc", check="LessThanThreshold", description=description)) == sentence


def test_titles_are_what_people_say() -> None:
    names = ("auc", "weighted_f0_5", "true_positive_rate", "mae")
    assert [metric_title(metric=name) for name in names] == [
        "Area under the ROC curve",
        "F0.5, classes weighted",
        "True positive rate",
        "Mean absolute error",
    ]


def test_few_labels_are_said_to_be_few() -> None:
    (said, *_) = quality_diagnoses(live=scored(20, 0.1), baseline=None, violations=())
    assert said.startswith("Only 20 records have a label")


def test_what_chance_explains_is_named() -> None:
    live, baseline = scored(1000, 0.4), scored(1001, 0.4)
    (said,) = quality_diagnoses(live=live, baseline=baseline, violations=[violated("auc")])
    assert said.startswith("Chance alone may explain what is wrong with: Area under the ROC curve.")
    assert quality_diagnoses(live=scored(1000, 0.9), baseline=baseline, violations=[violated("auc")]) == ()


def test_a_model_no_better_than_a_constant_answer_is_told() -> None:
    live = classified(("a", "b"), {(0, 0): 100, (0, 1): 100, (1, 0): 100})
    (said,) = quality_diagnoses(live=live, baseline=None, violations=())
    assert said == "Always answering a would be right for 66.7% of these records; the model is right for 33.3%."


def test_labels_that_have_moved_are_told() -> None:
    (said,) = quality_diagnoses(live=scored(1000, 0.1, positives=0.6), baseline=scored(1000, 0.1), violations=())
    assert said == "The truth itself has moved: 60.0% of the labels are 1, in the baseline 40.0%."


def test_labels_of_few_records_have_not_moved_by_chance() -> None:
    live, baseline = scored(210, 0.1, positives=0.46), scored(1000, 0.1)
    assert quality_diagnoses(live=live, baseline=baseline, violations=()) == ()


def test_metrics_that_are_not_defined_are_named() -> None:
    live = scored(300, 0.1, positives=0.0)
    said = quality_diagnoses(live=live, baseline=None, violations=())
    assert said[0].startswith("These records do not define: Recall, True positive rate")


def test_groups_of_predictions_keep_equal_ones_together() -> None:
    groups = calibrated(labels=np.array([0, 1, 1, 0]), predictions=np.array([0.5, 0.5, 0.9, 0.5]))
    assert [(group.count, group.prediction) for group in groups] == [(3, 0.5), (1, 0.9)]
    assert groups[0].label == pytest.approx(1 / 3)
    assert calibrated(labels=np.zeros(0), predictions=np.zeros(0)) == ()


def test_a_point_that_is_no_number_is_not_drawn() -> None:
    drawn = plot(axes=Axes(label="a", x="b", y="c"), lines=[Line(kind="live", points=[(0.0, math.nan), (1.0, 1.0)])])
    assert 'points="266.0,34.0"' in drawn


def test_axes_without_a_range_have_a_place_for_their_point() -> None:
    assert Axes(label="a", x="b", y="c", low=2.0, high=2.0).place(x=2.0, y=2.0) == (34.0, 266.0)


def test_a_history_without_values_is_not_drawn() -> None:
    assert spark(values=[math.nan], label="x") == ""
