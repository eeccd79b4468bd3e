import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

from modelyard.drift.reporting.files import write_report
from support.drift.quality_reports import classified, predicted, scored


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
