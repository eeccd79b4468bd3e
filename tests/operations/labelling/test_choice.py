"""Which records are chosen, for which reason, and what is said where a share cannot be had."""

import json
from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.drift.documents.statistics import FeatureStatistics
from modelyard.drift.kernels.arrays import Doubles
from modelyard.drift.profiling.value_types import InferredType
from modelyard.drift.reading.records import Payload
from modelyard.manifest import Model
from modelyard.manifest.answer import Answer
from modelyard.manifest.data import Column, Data
from modelyard.manifest.monitoring import Monitoring
from modelyard.manifest.quality import Quality
from modelyard.manifest.serving import Capture, Serving, Variant
from modelyard.operations.failures import Failure
from modelyard.operations.labelling.candidates import Candidate, read_candidates
from modelyard.operations.labelling.certainty import Probabilities, certainty_of, probabilities_of
from modelyard.operations.labelling.choice import Mix, Reason, choose, choose_held
from modelyard.operations.labelling.question import Question, question_of
from modelyard.operations.labelling.tails import Tails

REQUEST = Payload(data="1,2", encoding="CSV", content_type="text/csv", mode="INPUT")
MIX = Mix.parse("uncertain=50,drifted=30,random=20")
# Of the column x: a hundred values from 0 to 99.
TAILS = Tails.of(
    [FeatureStatistics(name="x", inferred=InferredType.FRACTIONAL, present=100, missing=0, levels=(np.arange(100.0),))]
)


def record(number: int, *, probability: float | None = 0.99, x: str | None = "50") -> Candidate:
    return Candidate(
        id=f"id-{number:04}",
        time=f"2026-11-22T10:{number % 60:02}:00Z",
        request=REQUEST,
        cells={"x": x},
        picture=None,
        answer="",
        certainty=None if probability is None else certainty_of([probability]),
    )


def ids(choice: Any, reason: str) -> set[str]:
    return {one.record.id for one in choice.chosen if one.reason == reason}


def test_the_least_certain_those_in_the_tails_and_some_at_random_are_chosen() -> None:
    records = [record(number) for number in range(100)]
    records[10:20] = [record(number, probability=0.5 + number / 1000) for number in range(10, 20)]
    records[30:34] = [record(number, x="-1000") for number in range(30, 34)]
    choice = choose(records, mix=MIX, count=10, seed=7, tails=TAILS)
    assert Counter(one.reason for one in choice.chosen) == {"uncertain": 5, "drifted": 3, "random": 2}
    unsure = {f"id-{number:04}" for number in range(10, 20)}
    assert ids(choice, "uncertain") <= unsure
    assert ids(choice, "drifted") <= {f"id-{number:04}" for number in range(30, 34)}
    assert choice.notes == ("Chosen with --seed 7: 10 records (2 random, 5 uncertain, 3 drifted)",)


def test_those_at_random_are_drawn_from_all_records_before_any_is_chosen() -> None:
    records = [record(number, probability=0.5 if number < 50 else 0.99) for number in range(100)]
    mix = Mix.parse("uncertain=50,random=50")
    drawn = [ids(choose(records, mix=mix, count=40, seed=seed, tails=None), "random") for seed in range(50)]
    share = sum(int(one[3:]) < 50 for found in drawn for one in found) / (50 * 20)
    # Were they drawn from what the uncertain ones leave, it would be 30 of 80.
    assert 0.45 < share < 0.55


def test_the_same_seed_chooses_the_same_in_whichever_order_the_records_come() -> None:
    records = [record(number, probability=0.5 + number / 300) for number in range(100)]
    first = choose(records, mix=MIX, count=30, seed=1, tails=TAILS)
    again = choose(records[::-1], mix=MIX, count=30, seed=1, tails=TAILS)
    other = choose(records, mix=MIX, count=30, seed=2, tails=TAILS)
    assert [one.record.id for one in first.chosen] == [one.record.id for one in again.chosen]
    assert [one.record.id for one in first.chosen] != [one.record.id for one in other.chosen]


def test_where_answers_have_no_probabilities_the_uncertain_share_is_random_and_that_is_said() -> None:
    records = [record(number, probability=None) for number in range(20)]
    choice = choose(records, mix=Mix.parse("uncertain=100"), count=10, seed=1, tails=None)
    assert len(ids(choice, "random")) == 10
    assert choice.notes[1] == (
        "0 of 10 uncertain records: their answers have no probabilities; the others are chosen at random"
    )


@pytest.mark.parametrize(
    ("tails", "why"), [(None, "there is no baseline"), (TAILS, r"so few are in the tails of the baseline (p < 0.05)")]
)
def test_where_too_few_records_are_in_the_tails_that_is_said(tails: Tails | None, why: str) -> None:
    choice = choose(
        [record(number) for number in range(20)], mix=Mix.parse("drifted=100"), count=10, seed=1, tails=tails
    )
    assert len(ids(choice, "random")) == 10
    assert choice.notes[1] == f"0 of 10 drifted records: {why}; the others are chosen at random"


@given(count=st.integers(1, 60), seed=st.integers(0, 5), sure=st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_no_record_is_chosen_twice_and_as_many_as_there_are(count: int, seed: int, sure: list[float]) -> None:
    records = [record(number, probability=one) for number, one in enumerate(sure)]
    chosen = [one.record.id for one in choose(records, mix=MIX, count=count, seed=seed, tails=TAILS).chosen]
    assert len(set(chosen)) == len(chosen) == min(count, len(records))


@given(total=st.integers(0, 500), first=st.integers(0, 100), second=st.integers(0, 100))
def test_counts_of_a_mix_are_whole_and_of_its_sum(total: int, first: int, second: int) -> None:
    if first + second > 100:
        return
    percent: dict[Reason, int] = {"uncertain": first, "drifted": second, "random": 100 - first - second}
    counts = Mix(percent=percent).counts(total)
    assert sum(counts.values()) == total
    assert all(abs(counts[reason] - total * share / 100) < 1 for reason, share in percent.items())


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("uncertain=50", r"--mix must be 100 in all, got 50; change one of"),
        ("sure=100", r"--mix must be percentages such as uncertain=50,drifted=30,random=20, got sure=100"),
        ("uncertain", r"--mix must be percentages"),
        ("", r"--mix must be percentages"),
    ],
)
def test_a_mix_that_is_none_is_refused(text: str, why: str) -> None:
    with pytest.raises(Failure, match=why):
        Mix.parse(text)


def test_answers_that_are_held_come_in_the_order_in_which_they_wait() -> None:
    records = [
        record(3, probability=0.7),
        record(1, probability=0.75),
        record(2, probability=0.9),
        record(4, probability=None),
    ]
    choice = choose_held(records, below=0.8, count=10)
    assert [(one.record.id, one.reason) for one in choice.chosen] == [("id-0001", "held"), ("id-0003", "held")]
    assert choice.notes == ("Held for review, less certain than 0.8: 2 answers",)


def answered(text: str, *, encoding: str = "CSV") -> Payload:
    return Payload(data=text, encoding=encoding, content_type="", mode="OUTPUT")


@pytest.mark.parametrize(
    ("places", "answer", "greatest", "margin"),
    [
        (("0",), answered("0.3"), 0.7, 0.4),
        (("0", "1", "2"), answered("0.2,0.5,0.3"), 0.5, 0.2),
        (("$.score",), answered('{"score": 0.9}', encoding="JSON"), 0.9, 0.8),
    ],
)
def test_the_certainty_of_an_answer_is_its_greatest_probability(
    places: tuple[str, ...], answer: Payload, greatest: float, margin: float
) -> None:
    found = Probabilities(places=places).certainty(answer)
    assert found is not None
    assert found.greatest == pytest.approx(greatest)
    assert found.margin == pytest.approx(margin)


@pytest.mark.parametrize("text", ["yes", "1.5", "", "nan", "0.1\n0.2"])
def test_an_answer_without_probabilities_has_no_certainty(text: str) -> None:
    assert Probabilities(places=("0",)).certainty(answered(text)) is None


def model(*, answer: Answer | None = None, quality: Quality | None = None, label: str | None = None) -> Model:
    serving = Serving(
        container="xgboost:3.2-0",
        instance="ml.m5.large",
        capture=Capture(),
        variants=(Variant(name="primary"),),
        answer=answer,
    )
    monitoring = None if quality is None else Monitoring(engine="drift", baseline="mine/baseline/run", quality=quality)
    columns = (Column(name="x", kind="number"), Column(name="y", kind="number"))
    return Model(
        name="mine",
        serving=serving,
        monitoring=monitoring,
        data=None if label is None else Data(columns=columns, label=label),
    )


def test_probabilities_are_where_the_answer_or_quality_says() -> None:
    several = Answer(probabilities=("0", "1"), classes=("no", "yes"))
    binary = Quality(problem_type="BinaryClassification", probability="2")
    assert probabilities_of(model(answer=several)) == Probabilities(places=("0", "1"))
    assert probabilities_of(model(answer=Answer(probability="1"))) == Probabilities(places=("1",))
    assert probabilities_of(model(quality=binary)) == Probabilities(places=("2",))
    assert probabilities_of(model(quality=Quality(problem_type="Regression", inference="0"))) is None
    assert probabilities_of(model()) is None


def test_the_question_is_of_classes_or_of_a_number() -> None:
    classes = Answer(probabilities=("0", "1"), classes=("no", "yes"))
    regression = Quality(problem_type="Regression", inference="0")
    assert question_of(model(), given=["a", "b"], known=[]) == Question(classes=("a", "b"))
    assert question_of(model(answer=classes), given=[], known=["0", "1"]) == Question(classes=("no", "yes"))
    assert question_of(model(), given=[], known=["0", "1"]) == Question(classes=("0", "1"))
    assert question_of(model(quality=regression), given=[], known=[]) == Question()
    assert question_of(model(label="y"), given=[], known=[]) == Question()
    with pytest.raises(Failure, match=r"Nothing says which classes the labels of mine have; name them: --classes"):
        question_of(model(), given=[], known=[])
    with pytest.raises(Failure, match=r"--classes must be two classes or more, all different, got a,a"):
        question_of(model(), given=["a", "a"], known=[])


@pytest.mark.parametrize(
    ("question", "label", "why"),
    [
        (Question(classes=("no", "yes")), "maybe", "a label must be one of no, yes, got maybe; choose one"),
        (Question(), "", "a label must be a number, got nothing; correct it"),
        (Question(), "inf", "a label must be a number, got inf; correct it"),
        (Question(), "1e3", None),
        (Question(classes=("no", "yes")), "yes", None),
    ],
)
def test_a_label_that_cannot_be_right_is_known(question: Question, label: str, why: str | None) -> None:
    assert question.problem(label) == why


def of_levels(*levels: Doubles, missing: int = 0) -> FeatureStatistics:
    present = sum(len(level) for level in levels)
    return FeatureStatistics(
        name="x", inferred=InferredType.FRACTIONAL, present=present, missing=missing, levels=levels
    )


def test_a_cell_is_as_unusual_as_the_share_of_the_baseline_that_is_as_far_out() -> None:
    tails = Tails.of([of_levels(np.arange(100.0), missing=25)])
    assert tails.share({"x": "-1"}) == 0
    assert tails.share({"x": "0"}) == pytest.approx(0.02)
    assert tails.share({"x": "97"}) == pytest.approx(0.06)
    assert tails.share({"x": "50"}) == 1
    assert tails.share({"x": "text"}) == 0
    assert tails.share({"x": None}) == 0.2
    assert tails.share({"other": "1"}) == 1


def test_an_unknown_category_is_in_the_tails_and_many_columns_are_allowed_for() -> None:
    colour = FeatureStatistics(
        name="colour", inferred=InferredType.STRING, present=100, missing=0, categories={"red": 99, "blue": 1}
    )
    unknown = FeatureStatistics(name="text", inferred=InferredType.STRING, present=1, missing=0)
    tails = Tails.of([of_levels(np.arange(100.0)), colour, unknown])
    assert tails.share({"x": "50", "colour": "green"}) == 0
    assert tails.share({"x": "50", "colour": "blue"}) == pytest.approx(0.02)
    assert tails.share({"x": "50", "colour": "red", "text": "any"}) == 1


def captured(number: int, *, request: str = "1,2", answer: str = "0.7", **metadata: str) -> bytes:
    document = {
        "captureData": {
            "endpointInput": {"observedContentType": "text/csv", "mode": "INPUT", "data": request, "encoding": "CSV"},
            "endpointOutput": {"observedContentType": "text/csv", "mode": "OUTPUT", "data": answer, "encoding": "CSV"},
        },
        "eventMetadata": {"eventId": f"event-{number}", "inferenceTime": "2026-11-22T10:00:00Z", **metadata},
        "eventVersion": "0",
    }
    return json.dumps(document).encode()


def test_records_are_known_by_inference_id_else_by_event_id_and_what_is_left_out_is_counted() -> None:
    lines = [
        captured(1, inferenceId="mine"),
        captured(2),
        captured(3, inferenceId="mine"),
        captured(4, request="1,2\n3,4"),
        captured(5),
        b"{",
        b'{"captureData": {}, "eventMetadata": {"eventId": "6"}}',
    ]
    found = read_candidates(
        lines, names=["a", "b"], probabilities=Probabilities(places=("0",)), labelled=frozenset({"event-5"})
    )
    assert [one.id for one in found.records] == ["event-2", "mine"]
    assert found.records[0].cells == {"a": "1", "b": "2"}
    assert found.records[0].certainty == certainty_of([0.7])
    assert found.sentence == (
        "2 captured records can be labelled; left out: 1 of an id that came before, 1 with several records, which "
        "share an id, 1 with ground truth already, 2 unreadable"
    )


def test_columns_without_names_are_counted() -> None:
    (found,) = read_candidates([captured(1)], names=["one"], probabilities=None, labelled=frozenset()).records
    assert found.cells == {"column 1": "1", "column 2": "2"}
