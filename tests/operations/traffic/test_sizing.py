import tomllib

import pytest

from modelyard.operations.failures import Failure
from modelyard.operations.traffic.sizing import LoadTest, Recommendation, Step, recommendation, with_target
from modelyard.operations.traffic.statistics import Summary
from support.synth import ROOT


def endpoint_that_holds(most: float) -> LoadTest:
    def measure(rate: float) -> Summary:
        latency = {"p95": 50.0 if rate <= most else 500.0}
        return Summary(requests=10, errors={}, variants={}, rate=rate, latency_ms=latency)

    return LoadTest(measure=measure, seen=lambda _: None, latency_ms=200, share=95, first=5, most=1000)


def rates(test: LoadTest) -> list[float]:
    return [step.rate for step in test.run()]


def test_the_rate_is_doubled_until_it_does_not_hold_and_then_halved_in_between() -> None:
    assert rates(endpoint_that_holds(70)) == [5, 10, 20, 40, 80, 60, 70, 75]


def test_the_highest_rate_that_held_is_what_is_recommended() -> None:
    assert recommendation(endpoint_that_holds(70).run(), instances=1, safety=0.5).highest == 70


def test_an_endpoint_that_holds_everything_is_asked_no_more_than_the_end() -> None:
    assert rates(endpoint_that_holds(10_000))[-1] == 1000


def test_an_endpoint_that_holds_nothing_ends_at_the_first_rate_with_what_to_do() -> None:
    steps = endpoint_that_holds(1).run()
    assert len(steps) == 1
    with pytest.raises(Failure, match="Not even 5 requests a second held; allow more with --latency"):
        recommendation(steps, instances=1, safety=0.5)


@pytest.mark.parametrize(
    ("reached", "errors"),
    [(10.0, {"ModelError": 1}), (9.0, {})],
    ids=["an error", "a rate that is not reached"],
)
def test_a_fast_answer_alone_does_not_hold(reached: float, errors: dict[str, int]) -> None:
    seen: list[Step] = []

    def measure(rate: float) -> Summary:
        return Summary(requests=10, errors=errors, variants={}, rate=reached, latency_ms={"p95": 1.0})

    LoadTest(measure=measure, seen=seen.append, latency_ms=200, share=95, first=10, most=10).run()
    assert [step.holds for step in seen] == [False]


def test_the_target_is_aws_s_formula_for_one_instance() -> None:
    assert Recommendation(highest=50, instances=2, safety=0.5).target == 750


def test_the_target_is_written_into_its_line_and_nothing_else_changes() -> None:
    text = (ROOT / "models/churn.toml").read_text()
    changed = with_target(text, target=420)
    assert changed == text.replace("invocations_per_instance = 750", "invocations_per_instance = 420")
    assert tomllib.loads(changed)["serving"]["scaling"]["invocations_per_instance"] == 420


@pytest.mark.parametrize("text", ["[serving]\n", "# invocations_per_instance = 3\n", "invocations_per_instance = 3\n"])
def test_a_manifest_without_such_a_line_is_refused_with_what_to_write(text: str) -> None:
    with pytest.raises(Failure, match="set invocations_per_instance = 420 yourself"):
        with_target(text, target=420)
