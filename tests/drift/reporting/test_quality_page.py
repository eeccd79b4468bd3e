import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from modelyard.drift.escaping import for_html
from modelyard.drift.quality.estimate_files import write_estimate
from modelyard.drift.quality.estimation import ASSUMPTION, Estimate, MetricEstimate
from modelyard.drift.quality.statistics import QualityStatistics
from modelyard.drift.quality.task import ProblemType
from modelyard.drift.reporting.files import write_report
from support.drift.html_tags import open_tags
from support.drift.quality_reports import classified, predicted, scored


def test_every_tag_of_the_page_is_closed(page: Callable[..., str]) -> None:
    assert open_tags(page(scored(400, 0.1), scored(300, 0.3), scored(300, 0.6))) == []


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


def test_a_page_says_whose_data_it_is_about_and_of_which_run(page: Callable[..., str]) -> None:
    found = scored(300, 0.6)
    text = page(found, found, subject="churn <in> dev")
    assert "<title>Model quality of churn &lt;in&gt; dev: No violations" in text
    assert "<b>churn &lt;in&gt; dev, run 2026-11-22 00:00</b>" in text


def test_markdown_and_the_picture_are_written_as_for_data(tmp_path: Path, write_run: Callable[..., Path]) -> None:
    run = write_run("00", scored(300, 0.6), scored(400, 0.1))
    markdown, picture = tmp_path / "a.md", tmp_path / "a.png"
    write_report(runs=[run], baseline=None, page=tmp_path / "a.html", markdown=markdown, picture=picture)
    assert "| Area under the ROC curve | It is 0." in markdown.read_text(encoding="utf-8")
    assert picture.read_bytes().startswith(b"\x89PNG")


ESTIMATE = Estimate(
    rows=300,
    baseline_rows=5000,
    metrics={
        "accuracy": MetricEstimate(value=0.9, low=0.8, high=1.0),
        "auc": MetricEstimate(value=0.3, low=0.2, high=0.4),
    },
)


def estimated_page(tmp_path: Path, write_run: Callable[..., Path], estimate: Estimate, live: QualityStatistics) -> str:
    folder = write_run("00", live, scored(400, 0.1))
    write_estimate(estimate=estimate, folder=folder)
    file = tmp_path / "page.html"
    write_report(runs=[folder], baseline=tmp_path / "baseline", page=file)
    return file.read_text(encoding="utf-8")


def test_an_estimate_stands_beside_what_is_measured_and_says_what_it_rests_on(
    tmp_path: Path, write_run: Callable[..., Path]
) -> None:
    text = estimated_page(tmp_path, write_run, ESTIMATE, scored(300, 0.1))

    row = r"<th scope=\"row\">Accuracy</th><td>0.9000</td><td>0.8000 to 1.0000</td><td>[01]\.\d{4} </td>"
    assert re.search(row, text)
    assert "of 300 answers; 300 records have a label. Calibrated on 5,000 labelled answers of the baseline." in text
    assert for_html(ASSUMPTION) in text


def test_what_is_measured_outside_of_its_interval_is_marked_and_said(
    tmp_path: Path, write_run: Callable[..., Path]
) -> None:
    text = estimated_page(tmp_path, write_run, ESTIMATE, scored(300, 0.1))

    assert text.count('<span class="badge">outside</span>') == 1
    assert "The labels do not show what was estimated without them: AUC " in text
    assert "estimated 0.300 (0.200 to 0.400)" in text


def test_other_records_than_the_measured_ones_are_not_held_against_the_estimate(
    tmp_path: Path, write_run: Callable[..., Path]
) -> None:
    text = estimated_page(tmp_path, write_run, replace(ESTIMATE, rows=900), scored(300, 0.1))

    assert "outside" not in text
    assert "of 900 answers; 300 records have a label" in text


def test_where_nothing_is_estimated_the_page_says_why_and_claims_nothing(
    tmp_path: Path, write_run: Callable[..., Path]
) -> None:
    nothing = Estimate(rows=300, baseline_rows=5000, reason="12% of the probabilities lie <beyond> the baseline's")

    text = estimated_page(tmp_path, write_run, nothing, scored(300, 0.1))

    assert "Quality is not estimated: 12% of the probabilities lie &lt;beyond&gt; the baseline&#x27;s." in text
    assert "95 % interval" not in text


def test_before_there_are_labels_the_page_leads_with_the_estimate(
    tmp_path: Path, write_run: Callable[..., Path]
) -> None:
    nothing = QualityStatistics(problem=ProblemType.BINARY, rows=0)

    text = estimated_page(tmp_path, write_run, ESTIMATE, nothing)

    assert "<h1>No labels yet; estimated accuracy 0.900 (0.800 to 1.000)</h1>" in text
    assert "<td>0.8000 to 1.0000</td><td>-</td>" in text


def test_without_an_estimate_there_is_no_such_section(page: Callable[..., str]) -> None:
    assert "Estimated without labels" not in page(scored(400, 0.1), scored(300, 0.1))
