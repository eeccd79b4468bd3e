"""Somebody with texts in JSON, an image of their own, and a label and a score in JSON as its answer.

No image is pulled in a rehearsal: `local_commands.toml` says which programs of the project stand for it.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.strangers import Deployed, Shifts, Stranger, arrived, deployed

SHIFTS: Shifts = {"text": "where is my parcel", "stars": -1}
NOT_PLAYED = {
    "Ask over HTTP": "not declared: [api]",
    "An alarm trains anew; a better model is proposed": "not declared: the channels train and test or validation",
    "Scale out under load, and in again": "not declared: [serving.scaling]",
    "Another model, by a canary": "not declared: a second trial",
    "A bad model is rolled back": "not declared: a second trial",
}
IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/moods:1"


@pytest.fixture
def stranger(tmp_path: Path) -> Stranger:
    return arrived("moods", folder=tmp_path)


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    folder = tmp_path_factory.mktemp("life")
    with deployed(arrived("moods", folder=folder), log=folder / "commands.log") as made:
        yield made


@pytest.mark.week
def test_the_whole_life_is_rehearsed(stranger: Stranger) -> None:
    assert stranger.play() == NOT_PLAYED


# Before the others: where few texts are known, a new one is a finding.
def test_quiet_hours_ring_nothing_and_the_first_check_after_a_drift_does(life: Deployed, quiet_hours: int) -> None:
    life.watch(SHIFTS, hours=quiet_hours)


def test_the_image_s_own_server_answers_with_label_and_score(life: Deployed) -> None:
    assert json.loads(life.ask('{"text": "a fine evening", "stars": 4}')) == {"label": "glad", "score": 1.0}


def test_the_image_s_own_server_has_the_manifest_s_variables(life: Deployed) -> None:
    assert json.loads(life.ask('{"text": "hm", "stars": 4}')) == {"label": "neutral", "score": 0.0}


def test_each_record_of_a_batch_stands_beside_its_own_label(life: Deployed) -> None:
    records = ['{"text": "hm", "stars": 3}', '{"text": "a fine evening", "stars": 5}']
    (life.stranger.project / "week.jsonl").write_text("\n".join(records), encoding="utf-8")
    shown = life.yard("transform", "moods", "week.jsonl", "--output", "scored")["preview"]

    assert [one["record"] for one in shown] == records
    assert [json.loads(one["score"])["label"] for one in shown] == ["neutral", "glad"]


def test_an_image_that_no_local_command_stands_for_is_told_before_anything_starts(stranger: Stranger) -> None:
    (stranger.project / "local_commands.toml").unlink()

    assert stranger.refusal() == (
        f"the image {IMAGE} has no local command, and no image is pulled here: write below ['{IMAGE}'] in "
        'local_commands.toml what stands for it, as train = ["python", "train.py"]\n'
    )


def test_a_record_without_a_key_is_told_with_its_line(stranger: Stranger) -> None:
    stranger.change("data/moods/train/moods.jsonl", '"late and cold", "stars": 2', '"late and cold"')

    assert stranger.refusal() == (
        "data/moods/train/moods.jsonl, line 2, column stars, must not be missing; fill it, or say missing = true of "
        "the column\n"
    )


def test_the_other_engine_is_refused_for_it_could_not_read_such_an_answer(stranger: Stranger) -> None:
    stranger.watch_by("model-monitor")

    assert stranger.refusal() == (
        'serving.answer must be one value of text/csv, at "0", with the engine model-monitor, got '
        '["application/json", "label"] in models/moods.toml; '
        "AWS's analyzer compares every column of an answer; use "
        'engine = "drift", or answer one value\n'
    )


def test_an_api_is_refused_for_it_would_ask_in_csv(stranger: Stranger) -> None:
    with stranger.manifest.open("a", encoding="utf-8") as manifest:
        manifest.write("\n[api]\n")

    assert stranger.refusal().split("\n")[0] == (
        "api must be left out where the data are JSON lines, for the API asks the endpoint in CSV, got format jsonl "
        "in models/moods.toml; call the endpoint itself: yard invoke"
    )
