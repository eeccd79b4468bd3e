"""A session on disk: saved at once, resumed after a crash, by one process at a time."""

import json
from pathlib import Path
from typing import Any

import pytest

from modelyard.operations.data.augmented import read_augmented
from modelyard.operations.failures import Failure
from modelyard.operations.labelling.answers import answer_from
from modelyard.operations.labelling.journal import Action, Journal, Stale, begin_or_resume
from modelyard.operations.labelling.question import Question
from modelyard.operations.labelling.written import counts_of, ground_truth_of, write_manifest
from modelyard.operations.quality.ground_truth import GroundTruth
from support.labelling import session


def act(journal: Journal, act: Any, item: int, label: str = "") -> None:
    journal.append(Action(act=act, item=item, label=label, at="2026-11-22T11:30:00"), revision=journal.revision)


def test_what_was_decided_is_there_again(tmp_path: Path) -> None:
    file = tmp_path / "labels.journal"
    with begin_or_resume(file, begin=session()) as journal:
        act(journal, "label", 0, "yes")
        act(journal, "skip", 1)
    with begin_or_resume(file, begin=None) as journal:
        assert journal.session == session()
        assert {item: action.label for item, action in journal.answers.items()} == {0: "yes", 1: ""}
        assert [*journal.labels] == [0]


def test_a_line_that_a_crash_has_cut_is_no_action_and_is_written_over(tmp_path: Path) -> None:
    file = tmp_path / "labels.journal"
    with begin_or_resume(file, begin=session()) as journal:
        act(journal, "label", 0, "yes")
    with file.open("ab") as content:
        content.write(b'{"act":"label","item":1,"la')
    with begin_or_resume(file, begin=None) as journal:
        assert [*journal.answers] == [0]
        act(journal, "label", 2, "no")
    with begin_or_resume(file, begin=None) as journal:
        assert [*journal.answers] == [0, 2]


def test_an_undo_takes_the_last_decision_back_and_brings_the_one_before(tmp_path: Path) -> None:
    with begin_or_resume(tmp_path / "labels.journal", begin=session()) as journal:
        act(journal, "label", 0, "yes")
        act(journal, "label", 0, "no")
        act(journal, "undo", 0)
        assert journal.labels[0].label == "yes"
        act(journal, "undo", 0)
        assert journal.answers == {}


def test_an_action_of_another_revision_is_not_taken(tmp_path: Path) -> None:
    with begin_or_resume(tmp_path / "labels.journal", begin=session()) as journal:
        act(journal, "label", 0, "yes")
        with pytest.raises(Stale):
            journal.append(Action(act="label", item=0, label="no"), revision=0)
        assert journal.labels[0].label == "yes"


def test_one_process_has_a_journal(tmp_path: Path) -> None:
    file = tmp_path / "labels.journal"
    refused = pytest.raises(Failure, match=r"is being worked on by another yard label; end that one")
    with begin_or_resume(file, begin=session()), refused, begin_or_resume(file, begin=None):
        pass


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "must be a journal of yard label, it is empty"),
        ("[]\n", "it is none"),
        ("{}\n", "it is none"),
        ("x\n", "it is none"),
    ],
)
def test_another_file_is_no_journal(tmp_path: Path, content: str, why: str) -> None:
    file = tmp_path / "labels.journal"
    file.write_text(content)
    with pytest.raises(Failure, match=why), begin_or_resume(file, begin=None):
        pass


def labelled(tmp_path: Path, *, classes: tuple[str, ...] = ("no", "yes"), labels: tuple[str, ...]) -> Journal:
    with begin_or_resume(tmp_path / "labels.journal", begin=session(classes=classes)) as journal:
        for number, label in enumerate(labels):
            act(journal, "label", number, label)
    return journal


def test_the_manifest_says_how_each_record_was_chosen_and_is_read_again(tmp_path: Path) -> None:
    journal = labelled(tmp_path, labels=("yes", "no"))
    write_manifest(journal, file=tmp_path / "labels.manifest")
    first, _ = [json.loads(line) for line in (tmp_path / "labels.manifest").read_text().splitlines()]
    assert first == {
        "source": "0,2",
        "sold": 1,
        "sold-metadata": {
            "type": "modelyard/label",
            "job-name": "yard-label-dev-mine",
            "human-annotated": "yes",
            "creation-date": "2026-11-22T11:30:00",
            "chosen": "random",
            "inference-id": "id-0",
            "answer-seen": False,
            "class-name": "yes",
        },
    }
    found = read_augmented(tmp_path / "labels.manifest")
    assert [(line.text, line.class_name) for line in found.lines] == [("0,2", "yes"), ("1,2", "no")]


def test_numbers_are_written_as_numbers(tmp_path: Path) -> None:
    write_manifest(labelled(tmp_path, classes=(), labels=("1.50",)), file=tmp_path / "labels.manifest")
    (line,) = read_augmented(tmp_path / "labels.manifest").lines
    assert (line.value, line.class_name) == (1.5, None)


def test_ground_truth_of_records_drawn_at_random_is_apart_from_that_of_the_others(tmp_path: Path) -> None:
    journal = labelled(tmp_path, labels=("yes", "no", "yes"))
    assert ground_truth_of(journal, chosen=False) == [GroundTruth(id="id-0", label="yes")]
    assert [one.id for one in ground_truth_of(journal, chosen=True)] == ["id-1", "id-2"]
    assert counts_of(journal) == {
        "records": 4,
        "labelled": 3,
        "skipped": 0,
        "undecided": 1,
        "by_reason": {"drifted": 1, "random": 1, "uncertain": 1},
        "by_label": {"no": 1, "yes": 2},
    }


def test_labels_of_a_file_decide_on_every_record(tmp_path: Path) -> None:
    records = [GroundTruth(id="id-2", label="yes"), GroundTruth(id="other", label="maybe")]
    with begin_or_resume(tmp_path / "labels.journal", begin=session()) as journal:
        act(journal, "label", 0, "no")
        answer_from(records, journal=journal, question=Question(classes=("no", "yes")), source="known.csv")
        assert {item: action.label for item, action in journal.labels.items()} == {0: "no", 2: "yes"}
        assert len(journal.answers) == 4


def test_a_label_of_a_file_that_is_no_class_is_refused(tmp_path: Path) -> None:
    refused = pytest.raises(Failure, match=r"known\.csv, id id-1: a label must be one of no, yes, got maybe")
    with begin_or_resume(tmp_path / "labels.journal", begin=session()) as journal, refused:
        answer_from(
            [GroundTruth(id="id-1", label="maybe")],
            journal=journal,
            question=Question(classes=("no", "yes")),
            source="known.csv",
        )
