"""Two models beside each other on a page."""

import re
from typing import Any

from modelyard.drift.quality.statistics import QualityStatistics
from modelyard.drift.reporting.comparison_page import ComparedSample, as_comparison_page
from support.drift.html_tags import open_tags
from support.drift.quality_reports import classified, predicted, scored

CONFUSED = classified(("cat", "dog"), {(0, 0): 30, (1, 1): 20, (0, 1): 5})


def sample(candidate: QualityStatistics, promoted: QualityStatistics, **given: Any) -> ComparedSample:
    texts = {"title": "The held-out dataset", "sentence": "a gain of 0.1", **given}
    return ComparedSample(candidate=candidate, promoted=promoted, **texts)


def page(*samples: ComparedSample) -> str:
    return as_comparison_page(
        verdict="The retrained model is better",
        status="ok",
        about="churn, run <r1>",
        notes=["Trained anew because of: an <alarm>."],
        samples=samples,
    )


def test_every_tag_of_the_page_is_closed() -> None:
    assert open_tags(page(sample(scored(300, 0.1), scored(300, 0.6)), sample(CONFUSED, CONFUSED))) == []


def test_the_page_has_no_script_and_its_policy_allows_none() -> None:
    text = page(sample(scored(300, 0.1), scored(300, 0.6)))
    assert "<script" not in text
    assert re.search(r"default-src 'none'; style-src 'sha256-[^']+'\">", text)


def test_a_metric_of_the_candidate_stands_before_that_of_the_promoted_model() -> None:
    text = page(sample(predicted(300, 1.0), predicted(300, 2.0)))
    row = re.search(r"<tr><th scope=\"row\">Mean absolute error.*?</tr>", text)
    assert row is not None
    assert re.findall(r"<td>([0-9.]+)</td>", row.group(0))[::2] == ["1.0000", "2.0000"]


def test_a_metric_that_one_of_them_does_not_have_is_a_dash() -> None:
    text = page(sample(scored(300, 0.1), predicted(300, 2.0)))
    assert re.search(r"Area under the ROC curve.*?<td>-</td><td>-</td></tr>", text)


def test_what_a_constant_answer_is_worth_is_no_metric_of_a_model() -> None:
    found = scored(300, 0.1)
    assert any(name.endswith("constant_classifier") for name in found.metrics)
    assert "constant" not in page(sample(found, found))


def test_the_curves_of_both_are_drawn_over_each_other_under_a_key() -> None:
    text = page(sample(scored(300, 0.1), scored(300, 0.6)))
    assert text.count('class="line-base"') == text.count('class="line-live"') == 3
    assert "</span> candidate" in text
    assert "</span> promoted" in text


def test_the_mistakes_of_each_are_shown_where_there_are_classes() -> None:
    assert page(sample(CONFUSED, CONFUSED)).count("what was taken for what") == 2
    assert "what was taken for what" not in page(sample(predicted(300, 1.0), predicted(300, 2.0)))


def test_what_is_said_is_shown_as_it_is_and_no_html_of_it() -> None:
    text = page(sample(CONFUSED, CONFUSED, title="Rows of <b>"))
    assert "churn, run &lt;r1&gt;" in text
    assert "an &lt;alarm&gt;." in text
    assert "Rows of &lt;b&gt;" in text
