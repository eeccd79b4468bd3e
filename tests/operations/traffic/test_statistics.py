import pytest

from modelyard.operations.traffic.statistics import Reply, percentile, summarized

REPLIES = [
    *(Reply(sent=0.1 * number, seconds=number / 1000, variant="primary") for number in range(1, 100)),
    Reply(sent=10.0, seconds=60.0, error="ModelError"),
]


def test_the_rate_counts_every_request() -> None:
    assert summarized(REPLIES, seconds=10).rate == 10


def test_percentiles_are_of_what_was_answered_well() -> None:
    assert summarized(REPLIES, seconds=10).latency_ms == {"p50": 50.0, "p95": 95.0, "p99": 99.0}


def test_errors_are_counted_by_name() -> None:
    summary = summarized(REPLIES, seconds=10)
    assert (summary.errors, summary.failed) == ({"ModelError": 1}, 1)


def test_answers_are_counted_by_variant() -> None:
    assert summarized(REPLIES, seconds=10).variants == {"primary": 99}


def test_without_an_answer_there_is_no_latency() -> None:
    assert summarized(REPLIES[-1:], seconds=10).latency_ms == {}


def test_before_the_first_second_there_is_no_rate() -> None:
    assert summarized([], seconds=0).rate == 0


@pytest.mark.parametrize(("share", "value"), [(0.1, 1), (50, 2), (51, 3), (75, 3), (99, 4), (100, 4)])
def test_a_percentile_is_the_nearest_rank(share: float, value: float) -> None:
    assert percentile([1, 2, 3, 4], share=share) == value


def test_a_percentile_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="a percentile needs values, got none"):
        percentile([], share=50)
