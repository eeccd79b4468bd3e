from collections.abc import Callable

from modelyard.drift.documents.violations import Violation
from modelyard.drift.profiling.profile import Profile
from modelyard.drift.reporting.markdown import as_markdown
from modelyard.drift.reporting.summary import Summary, summarize
from support.drift.summaries import TYPES, run_of, statistics

ProfileText = Callable[..., Profile]


def test_markdown_has_the_verdict_and_the_findings(summary: Summary) -> None:
    made = as_markdown(summary=summary)
    assert "1 violation in 1 feature" in made.splitlines()[0]
    assert "| \\_c0 | Should be whole numbers, but only 99.0 % of the values are. |" in made


def test_markdown_of_many_findings_is_short(profile_csv_text: ProfileText) -> None:
    made = summarize(runs=[run_of(statistics(profile_csv_text, "1\n"), *[TYPES] * 60)], baseline=None)
    assert "… and 40 more." in as_markdown(summary=made)


def test_a_name_cannot_break_the_markdown_table(profile_csv_text: ProfileText) -> None:
    violation = Violation(feature="a|b\n<i>", check="x", description="y")
    made = summarize(runs=[run_of(statistics(profile_csv_text, "1\n"), violation)], baseline=None)
    assert "| a\\|b\\\\u000a\\<i\\> | y |" in as_markdown(summary=made)
