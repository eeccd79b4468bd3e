"""The data of a run that trains anew: held-out rows, and captures with what proved true of them."""

import json
from pathlib import Path

import pytest

from modelyard.drift.container.entry import main
from modelyard.drift.retraining_data import is_held_out

HEADER = "label,a,b\n"


class Folders:
    """A job's folders, filled as a test says, and run as the container runs it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.environment = {
            "DRIFT_ROOT": str(root),
            "analysis_type": "RETRAINING_DATA",
            "held_out_source": "/opt/ml/processing/input/held_out",
            "records_path": "/opt/ml/processing/records",
            "labels_path": "/opt/ml/processing/labels",
        }
        self.captures = {
            "training_source": "/opt/ml/processing/input/training",
            "training_path": "/opt/ml/processing/training",
            "baseline_source": "/opt/ml/processing/input/baseline",
            "baseline_path": "/opt/ml/processing/baseline",
            "captures_source": "/opt/ml/processing/input/captures",
            "ground_truth_source": "/opt/ml/processing/input/truth",
        }

    def write(self, name: str, text: str) -> None:
        """Put a file below the job's inputs."""
        path = self.root / "processing/input" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def read(self, name: str) -> str:
        """A file that the job has written."""
        return (self.root / "processing" / name).read_text(encoding="utf-8")

    @property
    def counts(self) -> dict[str, object]:
        """What the job has counted."""
        found: dict[str, object] = json.loads(self.read("labels/counts.json"))
        return found

    def run(self, **variables: str) -> int:
        """Run the container with some more variables."""
        return main(environment={**self.environment, **variables})


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    made = Folders(tmp_path)
    made.write("held_out/a.csv", "1,0.5,x\n0,0.25,y\n")
    made.write("training/train.csv", "1,7,p\n")
    made.write("baseline/b.csv", "label,a,b\n1.0,7,p\n")
    return made


def captured(number: int, *, data: str = "3,q", encoding: str = "CSV") -> str:
    """A captured record."""
    record = {
        "captureData": {"endpointInput": {"data": data, "encoding": encoding, "mode": "INPUT"}},
        "eventMetadata": {"eventId": f"r{number}", "inferenceTime": "2026-11-22T10:00:00Z"},
        "eventVersion": "0",
    }
    return json.dumps(record) + "\n"


def told(number: int, label: str = "1") -> str:
    """What proved true of it."""
    truth = {"groundTruthData": {"data": label, "encoding": "CSV"}, "eventMetadata": {"eventId": f"r{number}"}}
    return json.dumps({**truth, "eventVersion": "0"}) + "\n"


def test_the_held_out_rows_are_asked_without_their_labels_in_the_same_order(folders: Folders) -> None:
    assert folders.run() == 0
    assert folders.read("records/dataset.csv") == "0.5,x\n0.25,y\n"
    assert folders.read("labels/dataset.csv") == "1\n0\n"
    assert not (folders.root / "processing/records/captures.csv").exists()


def test_the_label_is_where_the_data_have_it_below_a_header(folders: Folders) -> None:
    folders.write("held_out/a.csv", "a,label,b\n0.5,1,x\n")

    assert folders.run(label_column="1", header="Enabled") == 0
    assert folders.read("records/dataset.csv") == "0.5,x\n"
    assert folders.read("labels/dataset.csv") == "1\n"


def test_one_in_five_labelled_captures_is_held_out_and_the_others_are_added(folders: Folders) -> None:
    numbers = range(200)
    folders.write("captures/c.jsonl", "".join(captured(number, data=f"{number},q") for number in numbers))
    folders.write("truth/t.jsonl", "".join(told(number) for number in numbers))

    assert folders.run(**folders.captures) == 0
    kept = [number for number in numbers if is_held_out(record_id=f"r{number}".encode())]
    assert 20 < len(kept) < 60
    assert folders.read("records/captures.csv") == "".join(f"{number},q\n" for number in kept)
    assert folders.read("labels/captures.csv") == "1\n" * len(kept)
    assert folders.read("training/train.csv") == "1,7,p\n"
    assert folders.read("training/labelled-captures.csv") == "".join(
        f"1,{number},q\n" for number in numbers if number not in kept
    )
    assert folders.counts["added"] == 200 - len(kept)
    assert folders.counts["held_out_captures"] == len(kept)


def test_the_baseline_gets_the_rows_under_its_header_with_labels_written_as_its_own(folders: Folders) -> None:
    folders.write("captures/c.jsonl", captured(1))
    folders.write("truth/t.jsonl", told(1))

    assert not is_held_out(record_id=b"r1")
    assert folders.run(**folders.captures) == 0
    assert folders.read("baseline/labelled-captures.csv") == "label,a,b\n1.0,3,q\n"
    assert folders.read("baseline/b.csv") == "label,a,b\n1.0,7,p\n"


def test_a_record_without_ground_truth_is_counted_and_left_out(folders: Folders) -> None:
    folders.write("captures/c.jsonl", captured(1) + captured(2))
    folders.write("truth/t.jsonl", told(1))

    assert folders.run(**folders.captures) == 0
    assert folders.counts["unlabelled"] == 1
    assert folders.read("training/labelled-captures.csv") == "1,3,q\n"


@pytest.mark.parametrize(
    ("record", "label", "cause"),
    [
        (captured(1, data="3"), told(1), "they do not have 2 columns and one label"),
        (captured(1, data="3,q\n4,r"), told(1), "their input and their ground truth have different numbers of rows"),
        (captured(1, data='{"a": 1}', encoding="JSON"), told(1), "they are not CSV"),
        (captured(1), told(1, label="1,0"), "they do not have 2 columns and one label"),
        (captured(1).replace("endpointInput", "endpointOutput"), told(1), "their input was not captured"),
        ("{\n", told(1), "they are not JSON"),
    ],
)
def test_a_record_that_cannot_be_learnt_from_is_counted_with_its_cause(
    folders: Folders, record: str, label: str, cause: str
) -> None:
    folders.write("captures/c.jsonl", record)
    folders.write("truth/t.jsonl", label)

    assert folders.run(**folders.captures) == 0
    assert folders.counts["unreadable"] == {cause: 1}
    assert folders.counts["added"] == 0
    assert not (folders.root / "processing/training/labelled-captures.csv").exists()


def test_a_request_of_several_rows_gives_as_many(folders: Folders) -> None:
    folders.write("captures/c.jsonl", captured(1, data="3,q\n4,r"))
    folders.write("truth/t.jsonl", told(1, label="1\n0"))

    assert folders.run(**folders.captures) == 0
    assert folders.read("training/labelled-captures.csv") == "1,3,q\n0,4,r\n"


def test_where_nothing_was_captured_the_version_is_the_dataset(folders: Folders) -> None:
    assert folders.run(**folders.captures) == 0
    assert folders.read("training/train.csv") == "1,7,p\n"
    assert folders.counts["added"] == 0


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "must hold labelled rows of CSV, it holds none; push the held-out data"),
        ("1,2,3\n1,2\n", "a.csv, line 2, must have 3 columns, the label in number 0, got 2; correct the held-out data"),
    ],
)
def test_held_out_data_that_cannot_be_compared_on_fail_the_job(
    folders: Folders, capsys: pytest.CaptureFixture[str], text: str, sentence: str
) -> None:
    folders.write("held_out/a.csv", text)

    assert folders.run() == 255
    assert sentence in capsys.readouterr().err
