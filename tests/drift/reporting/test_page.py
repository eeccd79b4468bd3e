from collections.abc import Callable
from dataclasses import replace

from modelyard.drift.documents.statistics import Statistics, profile_statistics
from modelyard.drift.documents.violations import Violation
from modelyard.drift.profiling.profile import Profile
from modelyard.drift.reporting.changes import WindowVerdict
from modelyard.drift.reporting.page import as_page
from modelyard.drift.reporting.summary import Summary, summarize
from modelyard.drift.verdict.spread import Spread
from modelyard.drift.verdict.verdict import EarlierChecks, Verdict
from support.drift.summaries import TYPES, run_of, statistics
from support.drift.verdicts import verdict_of

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
    assert "<strong>value</strong> <small></small><p>values up to 0: 100.0%, in the baseline 50.0%" in after


def test_a_page_lists_twenty_changes(verdict_on: VerdictOn) -> None:
    verdict = verdict_on([0, 1] * 500, [0] * 100)
    many = replace(verdict, columns=verdict.columns * 30)
    page = as_page(summary=summarize(runs=[run_of(Statistics(rows=100, features=()), verdict=many)], baseline=None))
    assert "… and 10 more" in page


NO_COLUMNS = Statistics(rows=100, features=())


def test_columns_names_stay_data_wherever_the_verdict_has_them() -> None:
    name = "<script>alert(1)"
    spread = Spread(dispersion=3.0, windows=30)
    changed = verdict_of({name: 0.2, "b": 0.0}, skipped=("<img src=x>",))
    varied = tuple(
        replace(one, aspects=tuple(replace(each, spread=spread) for each in one.aspects)) for one in changed.columns
    )
    earlier = EarlierChecks(windows=30, of_day=0, missing_of_day=0, unreadable=0)
    runs = [run_of(NO_COLUMNS, verdict=replace(changed, columns=varied, earlier=earlier))] * 2
    page = as_page(summary=summarize(runs=runs, baseline=None))
    assert "that of independent rows (&lt;script&gt;alert(1))" in page
    assert "<script>alert" not in page
    assert "<img" not in page


def test_each_change_has_a_bar_for_each_window_that_tells_of_it() -> None:
    verdicts = [verdict_of({"a": 0.01}), None, verdict_of({"a": -0.3}), verdict_of({"a": 0.2})]
    runs = [run_of(NO_COLUMNS, name=f"{hour}:00", verdict=one) for hour, one in enumerate(verdicts)]
    page = as_page(summary=summarize(runs=runs, baseline=None))
    assert "<strong>a</strong> <small>since 2:00 or earlier</small>" in page
    assert "<title>Difference in points, window by window: 1.0, not tested, 30.0, 20.0</title>" in page
    assert '<path class="on" d="M10 24v-23M14 24v-15"/><path d="M2 24v-1"/>' in page


def test_a_long_history_costs_the_page_a_day_s_bars() -> None:
    run = run_of(NO_COLUMNS, verdict=verdict_of({"a": 0.2}))
    sizes = [as_page(summary=summarize(runs=[run] * count, baseline=None)).count("v-23") for count in (12, 24, 240)]
    assert sizes == [12, 24, 24]


def test_the_page_says_near_its_top_what_was_not_looked_at() -> None:
    runs = [run_of(NO_COLUMNS), run_of(NO_COLUMNS, verdict=verdict_of({"a": 0.2}, skipped=("b",), unreadable=-0.29))]
    page = as_page(summary=summarize(runs=runs, baseline=None))
    counts = "Not looked at: 1 of 2 columns, 1.00% of the records, 1 of the 1 windows before (1 without a verdict)"
    assert 0 < page.index(counts) < page.index("<ol")
    assert "<li>b: the constraints say so</li>" in page


def test_the_page_of_many_runs_of_unknown_count_is_made() -> None:
    broken = replace(run_of(NO_COLUMNS), given=WindowVerdict(window="x", verdict=None, unreadable="no JSON"))
    page = as_page(summary=summarize(runs=[*[broken] * 12, *[run_of(NO_COLUMNS)] * 8], baseline=None))
    assert page.count("<td>not known</td>") == 12


def test_the_page_says_since_when_a_violation_lasts(summary: Summary) -> None:
    assert "<small>data_type_check, since last</small>" in as_page(summary=summary)
