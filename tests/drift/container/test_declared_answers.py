"""A check that was told what the model answers, through the job's own environment."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from modelyard.drift.container.entry import main
from modelyard.drift.reporting.files import write_report
from support.drift.environments import BASELINE

Line = Callable[..., str]

MONITORING = {
    "dataset_format": '{"sagemakerCaptureJson": {"captureIndexNames": ["endpointInput", "endpointOutput"]}}',
    "dataset_source": "/opt/ml/processing/input/endpoint",
    "output_path": "/opt/ml/processing/result",
    "baseline_constraints": "/opt/ml/processing/output/constraints.json",
    "baseline_statistics": "/opt/ml/processing/output/statistics.json",
}
FOUR = '{"a":"0","b":"1","c":"2","d":"3"}'


@pytest.fixture
def checked(tmp_path: Path, capture_line: Line) -> Callable[..., tuple[str, list[dict[str, str]]]]:
    """Check captured answers against a baseline of labels and one feature, and return the message and violations."""

    def check(
        labels: list[str], answers: list[str], media: str = "text/csv", shift: float = 0, **told: str
    ) -> tuple[str, list[dict[str, str]]]:
        data = tmp_path / "processing" / "input" / "baseline_dataset_input"
        data.mkdir(parents=True)
        rows = "".join(f"{label},{number / 7:.3f}\n" for number, label in enumerate(labels))
        (data / "train.csv").write_text(f"label,x\n{rows}")
        main(environment={**BASELINE, "DRIFT_ROOT": str(tmp_path)})
        folder = tmp_path / "processing" / "input" / "endpoint"
        folder.mkdir(parents=True)
        lines = []
        for number, answer in enumerate(answers):
            record = json.loads(capture_line(answer, f"{number / 7 + shift:.3f}"))
            encoding = "JSON" if "json" in media else "CSV"
            record["captureData"]["endpointOutput"] |= {"observedContentType": media, "encoding": encoding}
            lines.append(json.dumps(record) + "\n")
        (folder / "captures.jsonl").write_text("".join(lines))
        assert main(environment={**MONITORING, "DRIFT_ROOT": str(tmp_path), **told}) == 0
        message = (tmp_path / "output" / "message").read_text()
        found = json.loads((tmp_path / "processing" / "result" / "constraint_violations.json").read_text())
        return message, found["violations"]

    return check


Checked = Callable[..., tuple[str, list[dict[str, str]]]]
LABELS = [str(number % 2) for number in range(100)]
NAMES = ["abcd"[number % 4] for number in range(100)]
SCORES = [f"0.{number:02}" for number in range(100)]


def test_a_probability_is_not_held_to_labels_of_0_and_1(checked: Checked) -> None:
    message, violations = checked(LABELS, SCORES, probability_attribute="0")

    assert violations == []
    assert "Not compared: label, in whose place the answer has a probability." in message


def test_without_a_description_the_probability_is_taken_for_a_label(checked: Checked) -> None:
    _, violations = checked(LABELS, SCORES)

    assert "Only 0.0% of data is Integral" in violations[0]["description"]


@pytest.mark.parametrize(
    ("labels", "answers", "media", "told"),
    [
        (
            LABELS,
            [f"{label},0.75" for label in LABELS],
            "text/csv",
            {"inference_attribute": "0", "inference_kind": "integer"},
        ),
        (
            NAMES,
            [json.dumps({"found": [{"label": name, "score": 0.5}]}) for name in NAMES],
            "application/json",
            {"inference_attribute": "$.found[*].label", "inference_kind": "text"},
        ),
        (
            NAMES,
            [",".join("0.7" if name == one else "0.1" for one in "abcd") for name in NAMES],
            "text/csv",
            {"inference_attribute": FOUR, "inference_kind": "text"},
        ),
        (LABELS, [f"{label}.5" for label in LABELS], "text/csv", {"inference_attribute": "0"}),
        (LABELS, LABELS, "text/csv", {"inference_attribute": "0", "inference_kind": "number"}),
        (LABELS, [json.dumps([score]) for score in SCORES], "application/json", {"probability_attribute": "0"}),
    ],
    ids=["label and score", "JSON", "a probability per class", "whole labels", "whole numbers", "JSON for CSV"],
)
def test_the_features_are_compared_whatever_the_answer_looks_like(
    checked: Checked, labels: list[str], answers: list[str], media: str, told: dict[str, str]
) -> None:
    _, violations = checked(labels, answers, media, shift=9, **told)

    assert [one["feature_name"] for one in violations] == ["x"]


def test_the_most_probable_class_is_compared_with_the_labels(checked: Checked) -> None:
    _, violations = checked(NAMES, ["0.1,0.1,0.7,0.1"] * 100, inference_attribute=FOUR, inference_kind="text")

    assert [(one["feature_name"], one["constraint_check_type"]) for one in violations] == [
        ("label", "baseline_drift_check")
    ]


def test_a_prediction_that_is_no_number_breaks_its_type(checked: Checked) -> None:
    _, violations = checked(LABELS, ["1"] * 50 + ["nan"] * 50, inference_attribute="0")

    assert "Only 50.0% of data is Fractional" in violations[0]["description"]


def test_names_are_not_compared_with_labels_that_are_numbers(checked: Checked) -> None:
    message, violations = checked(LABELS, NAMES, inference_attribute="0", inference_kind="text")

    assert violations == []
    assert "Not compared: label" in message


def test_answers_without_the_declared_place_are_a_violation_that_says_so(checked: Checked) -> None:
    message, violations = checked(LABELS, ["{}"] * 100, "application/json", inference_attribute="$.score")

    assert [one["constraint_check_type"] for one in violations] == ["unreadable_record_check"]
    assert "100 (100 because there is nothing at $.score)" in violations[0]["description"]
    assert message.startswith("CompletedWithViolations")


def test_what_is_not_compared_stands_in_the_constraints_of_the_run(checked: Checked, tmp_path: Path) -> None:
    checked(LABELS, SCORES, probability_attribute="0")
    document = json.loads((tmp_path / "processing" / "result" / "constraints.json").read_text())

    assert [one.get("monitoringConfigOverrides") for one in document["features"]] == [
        {"evaluate_constraints": "Disabled"},
        None,
    ]


def test_a_kind_that_is_none_fails_the_job_with_a_sentence(tmp_path: Path) -> None:
    told = {"inference_attribute": "0", "inference_kind": "colour"}
    code = main(environment={**MONITORING, "DRIFT_ROOT": str(tmp_path), **told})

    assert code == 255
    assert (
        "inference_kind must be one of number, integer, text, got colour"
        in (tmp_path / "output" / "message").read_text()
    )


def test_a_report_marks_the_answer_and_says_what_is_not_compared(checked: Checked, tmp_path: Path) -> None:
    checked(LABELS, SCORES, probability_attribute="0")
    page, words = tmp_path / "page.html", tmp_path / "page.md"
    results = [tmp_path / "processing" / name for name in ("result", "output")]
    write_report(runs=results[:1], baseline=results[1], page=page, markdown=words, answer="label")

    assert '"kind":"Fractional, the model\'s answer"' in page.read_text()
    assert "Not compared with the baseline: label." in words.read_text()
    assert "Too few different values" not in words.read_text()


def test_a_report_of_records_that_nobody_could_read_is_not_green(checked: Checked, tmp_path: Path) -> None:
    checked(LABELS, ["{}"] * 100, "application/json", inference_attribute="$.score")
    page, words = tmp_path / "page.html", tmp_path / "page.md"
    verdict = write_report(runs=[tmp_path / "processing" / "result"], baseline=None, page=page, markdown=words)

    assert verdict.startswith("1 violation in 1 feature")
    assert (
        "Nobody has looked at 100 records, which could not be read: 100 because there is nothing at"
        in words.read_text()
    )
