from collections.abc import Callable

from modelyard.drift.documents.statistics import profile_statistics
from modelyard.drift.documents.violations import Violation
from modelyard.drift.profiling.profile import Profile
from modelyard.drift.reporting.page import as_page
from modelyard.drift.reporting.summary import summarize
from support.drift.summaries import TYPES, run_of, statistics

ProfileText = Callable[..., Profile]


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
