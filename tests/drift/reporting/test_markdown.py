from collections.abc import Callable
from dataclasses import replace

from modelyard.drift.documents.statistics import Statistics
from modelyard.drift.documents.violations import Violation
from modelyard.drift.profiling.profile import Profile
from modelyard.drift.reporting.markdown import as_markdown
from modelyard.drift.reporting.summary import Summary, summarize
from modelyard.drift.verdict.spread import Spread
from modelyard.drift.verdict.verdict import EarlierChecks, Verdict
from support.drift.summaries import TYPES, run_of, statistics
from support.drift.verdicts import verdict_of

ProfileText = Callable[..., Profile]
VerdictOn = Callable[..., Verdict]


def test_markdown_has_the_verdict_and_the_findings(summary: Summary) -> None:
    made = as_markdown(summary=summary)
    assert "1 violation in 1 feature" in made.splitlines()[0]
    assert "| \\_c0 | Should be whole numbers, but only 99.0 % of the values are. (since last) |" in made


def test_markdown_of_many_findings_is_short(profile_csv_text: ProfileText) -> None:
    made = summarize(runs=[run_of(statistics(profile_csv_text, "1\n"), *[TYPES] * 60)], baseline=None)
    assert "… and 40 more." in as_markdown(summary=made)


def test_a_name_cannot_break_the_markdown_table(profile_csv_text: ProfileText) -> None:
    violation = Violation(feature="a|b\n<i>", check="x", description="y")
    made = summarize(runs=[run_of(statistics(profile_csv_text, "1\n"), violation)], baseline=None)
    assert "| a\\|b\\\\u000a\\<i\\> | y |" in as_markdown(summary=made)


def test_markdown_says_what_changed_and_what_was_not_looked_at(verdict_on: VerdictOn) -> None:
    known = Statistics(rows=100, features=())
    moved, unread = verdict_on([0, 1] * 500, [0] * 100), verdict_on([0, 1] * 500, ["word"] * 100)
    made = as_markdown(summary=summarize(runs=[run_of(known, verdict=moved)], baseline=None))
    assert "**Changed: 1 of 2 columns.**" in made
    assert "| value | values up to 0: 100.0%, in the baseline 50.0%" in made
    made = as_markdown(summary=summarize(runs=[run_of(known, verdict=unread)], baseline=None))
    assert "Not looked at: value (values: the window has values that are no numbers)." in made


def test_markdown_says_since_when_and_how_important_a_column_is() -> None:
    known = Statistics(rows=100, features=())
    runs = [run_of(known, verdict=verdict_of({"a|b": one, "c": one}), name=f"run {one}") for one in (0.0, 0.2)]
    made = as_markdown(summary=summarize(runs=runs, baseline=None, importance={"a|b": 1.0}))
    assert "Fisher's exact test), since run 0.2, importance 100.0% |" in made
    assert "First is the largest difference times the column's importance to the model." in made


def test_a_column_s_name_in_what_the_verdict_allows_for_stays_text() -> None:
    changed = verdict_of({"<b>|x": 0.2})
    spread = Spread(dispersion=3.0, windows=30)
    varied = [replace(one, aspects=(replace(one.aspects[0], spread=spread),)) for one in changed.columns]
    earlier = EarlierChecks(windows=30, of_day=0, missing_of_day=0, unreadable=0)
    verdict = replace(changed, columns=tuple(varied), earlier=earlier)
    made = as_markdown(
        summary=summarize(runs=[run_of(Statistics(rows=9, features=()), verdict=verdict)], baseline=None)
    )
    assert "times that of independent rows (\\<b\\>\\|x)" in made
