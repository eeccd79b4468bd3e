from collections.abc import Callable

from modelyard.drift.analysis import Check
from modelyard.drift.checking.outcome import Status, outcome
from modelyard.drift.documents.violations import Violation
from modelyard.drift.profiling.profile import Reading

CheckCsv = Callable[..., Check]


def test_a_run_without_violations_ends_in_the_analyzers_words() -> None:
    ended = outcome(rows=5, violations=(), reading=Reading())
    assert ended.message == "Completed: Job completed successfully with no violations."


def test_a_run_with_violations_ends_in_the_analyzers_words() -> None:
    violation = Violation(feature="x", check="y", description="z")
    ended = outcome(rows=5, violations=[violation] * 60, reading=Reading())
    assert ended.message == "CompletedWithViolations: Job completed successfully with 60 violations."


def test_a_run_without_records_is_an_outcome_of_its_own(check_csv: CheckCsv) -> None:
    assert check_csv("1,2\n", "").outcome.status is Status.NO_DATA


def test_records_that_could_not_be_read_are_in_the_message() -> None:
    ended = outcome(rows=5, violations=(), reading=Reading(unreadable={"they are not JSON": 2}))
    assert ended.message.endswith(" 2 records could not be read: 2 because they are not JSON.")
