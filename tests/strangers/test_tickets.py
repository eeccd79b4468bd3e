"""Somebody with texts, quoted commas and missing cells, and four classes: a probability of each is answered."""

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.strangers import Deployed, Shifts, Stranger, arrived, deployed

SHIFTS: Shifts = {"amount": 60.0, "city": "Lyon"}
NOT_PLAYED = {
    "An alarm trains anew; a better model is proposed": "its data or its answers are not CSV",
    "Scale out under load, and in again": "not declared: [serving.scaling]",
    "Another model, by a canary": "not declared: a second trial",
    "A bad model is rolled back": "not declared: a second trial",
}
BATCH = '"Bern, CH",mail,20.00,0\n\nUlm,,,2\n'


@pytest.fixture
def stranger(tmp_path: Path) -> Stranger:
    return arrived("tickets", folder=tmp_path)


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    folder = tmp_path_factory.mktemp("life")
    with deployed(arrived("tickets", folder=folder), log=folder / "commands.log") as made:
        yield made


@pytest.mark.week
def test_the_whole_life_is_rehearsed(stranger: Stranger) -> None:
    assert stranger.play() == NOT_PLAYED


def test_each_row_of_a_batch_stands_beside_its_own_probabilities(life: Deployed) -> None:
    (life.stranger.project / "week.csv").write_text(BATCH, encoding="utf-8")
    shown = life.yard("transform", "tickets", "week.csv", "--output", "scored")["preview"]

    rows = [row for row in csv.reader(BATCH.split("\n")) if row]
    assert [next(csv.reader([one["record"]])) for one in shown] == rows
    direct = [life.ask(line) for line in BATCH.split("\n") if line]
    assert [one["score"] for one in shown] == [answer.strip() for answer in direct]


@pytest.mark.week
def test_quiet_hours_ring_nothing_and_the_first_check_after_a_drift_does(life: Deployed, quiet_hours: int) -> None:
    life.watch(SHIFTS, hours=quiet_hours)


def test_a_text_among_numbers_is_told_with_its_row_and_column(stranger: Stranger) -> None:
    stranger.change("data/tickets/train/train.csv", "84.48", "84.48 EUR")

    assert stranger.refusal() == (
        'data/tickets/train/train.csv, line 2, column amount, must be a number, got "84.48 EUR"; correct the cell, or '
        "the kind of the column under [data]; a missing cell is empty\n"
    )


def test_a_class_that_the_answer_does_not_list_is_told_before_anything_starts(stranger: Stranger) -> None:
    stranger.change("models/tickets.toml", '"return"]', '"refund"]')

    assert stranger.refusal() == (
        "A label of data/tickets/ must be one of serving.answer.classes (billing, delivery, other, refund), got "
        "return; correct the label, or list its class\n"
    )


def test_the_other_engine_is_refused_for_it_could_not_read_such_an_answer(stranger: Stranger) -> None:
    stranger.watch_by("model-monitor")

    assert stranger.refusal() == (
        'serving.answer must be one value of text/csv, at "0", with the engine model-monitor, got '
        '["text/csv", "0", "1", "2", "3"] in models/tickets.toml; '
        "AWS's analyzer compares every column of an answer; "
        'use engine = "drift", or answer one value\n'
    )
