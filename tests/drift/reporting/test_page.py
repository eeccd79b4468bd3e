from collections.abc import Callable
from dataclasses import replace

from modelyard.drift.documents.statistics import Statistics, profile_statistics
from modelyard.drift.documents.violations import Violation
from modelyard.drift.profiling.profile import Profile
from modelyard.drift.reporting.page import as_page
from modelyard.drift.reporting.summary import summarize
from modelyard.drift.verdict.verdict import Verdict
from support.drift.summaries import TYPES, run_of, statistics

ProfileText = Callable[..., Profile]
VerdictOn = Callable[..., Verdict]


def test_a_script_in_the_data_stays_data(profile_csv_text: ProfileText) -> None:
    found = profile_statistics(profile=profile_csv_text("</script><script>alert(1)\nx\n", header=True))
    page = as_page(summary=summarize(runs=[run_of(found)], baseline=None))
    assert "<script>alert" not in page


def test_placeholders_in_the_data_stay_data(profile_csv_text: ProfileText) -> None:
    found = profile_statistics(profile=profile_csv_text("{{script}}\nx\n", header=True))
    violation = Violation(feature="{{data}}", check="x", description="{{script}}")
    page = as_page(summary=summarize(runs=[run_of(found, violation)], baseline=None))
    assert page.count("use strict") == 1


def test_a_page_of_many_findings_lists_two_hundred(profile_csv_text: ProfileText) -> None:
    made = summarize(runs=[run_of(statistics(profile_csv_text, "1\n"), *[TYPES] * 500)], baseline=None)
    assert "… and 300 more" in as_page(summary=made)


def test_the_page_begins_with_what_changed(verdict_on: VerdictOn) -> None:
    verdict = verdict_on([0, 1] * 500, [0] * 100)
    page = as_page(summary=summarize(runs=[run_of(Statistics(rows=100, features=()), verdict=verdict)], baseline=None))
    _, _, after = page.partition("</header>")
    assert after.lstrip().startswith('<section aria-labelledby="change">')
    assert "<strong>Changed: 1 of 2 columns.</strong>" in after
    assert "<strong>value</strong> <span>values up to 0: 100.0%, in the baseline 50.0%" in after


def test_a_page_lists_twenty_changes(verdict_on: VerdictOn) -> None:
    verdict = verdict_on([0, 1] * 500, [0] * 100)
    many = replace(verdict, columns=verdict.columns * 30)
    page = as_page(summary=summarize(runs=[run_of(Statistics(rows=100, features=()), verdict=many)], baseline=None))
    assert "… and 10 more" in page


def test_a_column_s_name_stays_data_where_it_changed(verdict_on: VerdictOn) -> None:
    verdict = verdict_on([0, 1] * 500, [0] * 100)
    named = replace(verdict, columns=tuple(replace(one, name="<script>alert(1)") for one in verdict.columns))
    page = as_page(summary=summarize(runs=[run_of(Statistics(rows=100, features=()), verdict=named)], baseline=None))
    assert "<script>alert" not in page
