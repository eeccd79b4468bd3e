"""What proved true, told and measured by `yard`, with both engines, against the local AWS."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xgboost

from modelyard.drift.quality.jobs import QualityJob, run_quality
from modelyard.drift.quality.task import ProblemType, Task
from modelyard.drift.reading.source import Format
from modelyard.manifest.reading import read_model
from modelyard.operations.datasets.churn import ChurnTable
from support.deployed_examples import packed
from support.local_aws import SharedLocalAws
from support.projects import cdk, make_project
from support.yard import Ran, run_yard

STAGE = "told"
KEY = "training/run/job/output/model.tar.gz"
MANIFEST = """
name = "{name}"

[serving]
container = "xgboost:3.2-0"
script = "churn_xgboost/train.py"
instance = "ml.m5.large"
capture = {{ sampling_percentage = 100 }}

[[serving.variants]]
name = "primary"
model = "{name}/{key}"

[monitoring]
engine = "{engine}"
baseline = "{name}/baseline/run"

[monitoring.quality]
problem_type = "BinaryClassification"
probability = "0"
positive_label = "1"
baseline = "{name}/baseline/run/model-quality"
"""
# What nobody's answers are: each measure is worse.
PERFECT = {
    "version": 0.0,
    "binary_classification_constraints": {
        name: {"threshold": 1.0, "comparison_operator": "LessThanThreshold"} for name in ("accuracy", "auc", "recall")
    },
}
ENGINES = {"ours": "drift", "theirs": "model-monitor"}
EACH = pytest.mark.parametrize("model", list(ENGINES))


@dataclass(kw_only=True)
class Told:
    """A project of two models, and what was said on the way."""

    folder: Path
    aws: SharedLocalAws
    said: dict[tuple[str, str], Ran] = field(default_factory=dict)

    def yard(self, *arguments: str) -> Ran:
        return run_yard(*arguments, stage=STAGE)

    def deploy(self, stacks: str = "--all") -> None:
        words = ("deploy", stacks, "--require-approval", "never", "--concurrency", "4")
        cdk(*words, folder=self.folder, stage=STAGE, environment=os.environ)

    @property
    def bucket(self) -> str:
        found = self.aws.client("cloudformation").describe_stacks(StackName=f"{STAGE}-foundation")["Stacks"]
        return next(str(one["OutputValue"]) for one in found[0]["Outputs"] if one["OutputKey"] == "DataBucketName")

    def read(self, key: str) -> bytes:
        return bytes(self.aws.client("s3").get_object(Bucket=self.bucket, Key=key)["Body"].read())

    def object(self, uri: str) -> bytes:
        return self.read(uri.removeprefix(f"s3://{self.bucket}/"))

    def lines_below(self, prefix: str) -> list[dict[str, Any]]:
        listed = self.aws.client("s3").list_objects_v2(Bucket=self.bucket, Prefix=prefix)["Contents"]
        return [json.loads(line) for one in listed for line in self.read(one["Key"]).splitlines()]

    def measured(self, folder: str) -> Any:
        """The confusion of what was measured: whose answers were right."""
        statistics = json.loads(self.read(f"{folder}/statistics.json"))
        return statistics["binary_classification_metrics"]["confusion_matrix"]

    def note(self, word: str, *arguments: str) -> None:
        for model in ENGINES:
            self.said[word, model] = self.yard(arguments[0], model, *arguments[1:])


@pytest.fixture(scope="module")
def told(local_aws: SharedLocalAws, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    """Two endpoints, whose answers have been measured."""
    manifests = {name: MANIFEST.format(name=name, engine=engine, key=KEY) for name, engine in ENGINES.items()}
    folder = make_project(tmp_path_factory.mktemp("told") / "project", stage=STAGE, manifests=manifests)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in local_aws.connection.variables().items():
            patch.setenv(name, value)
        patch.setenv("CDK_VALIDATION", "false")
        patch.chdir(folder)
        yield _lived(Told(folder=folder, aws=local_aws))


def _lived(told: Told) -> Told:
    cdk("bootstrap", folder=told.folder, stage=STAGE, environment=os.environ)
    cdk(
        "deploy",
        f"{STAGE}-foundation",
        "--require-approval",
        "never",
        folder=told.folder,
        stage=STAGE,
        environment=os.environ,
    )
    ChurnTable(rows=2000).write(folder=told.folder / "data")
    _put_models(told)
    told.deploy()
    told.note("baseline", "baseline", "data/validation/validation.csv", "--rows", "200", "--json")
    words = ("--rate", "50", "--duration", "2", "--data", "data/validation/validation.csv")
    told.note("nothing told", "quality", "--now")
    told.note("traffic", "traffic", *words, "--feedback", "--json")
    told.aws.connection.flush()
    told.note("now", "quality", "--now", "--json")
    told.note("newest", "quality")
    told.note("not calibrated", "quality", "--estimate")
    _calibrate(told)
    told.said["estimated", "ours"] = told.yard("quality", "ours", "--estimate", "--output", "estimate.html", "--json")
    long_ago = ("--since", "2026-01-05T00:00", "--until", "2026-01-05T02:00")
    told.said["long ago", "ours"] = told.yard("quality", "ours", "--estimate", *long_ago)
    told.said["in words", "ours"] = told.yard("quality", "ours", "--estimate")
    told.said["beside", "ours"] = told.yard("quality", "ours", "--now", "--json")
    return told


def _calibrate(told: Told) -> None:
    """Make the baseline that is deployed one of 600 records: those that were sent, three times over."""
    made = notes(told, "baseline", "ours").document["baseline"]
    answers = told.read(f"{made}-data/answers.csv").decode().splitlines()
    (told.folder / "answers.csv").write_text("\n".join([answers[0], *answers[1:] * 3]))
    task = Task(problem=ProblemType.BINARY, probability="probability", ground_truth="label")
    output = told.folder / "calibrated"
    run_quality(job=QualityJob(task=task, source=told.folder / "answers.csv", format=Format.CSV, output=output))
    for name in ("calibration.json", "statistics.json"):
        key = f"ours/baseline/run/model-quality/{name}"
        told.aws.client("s3").put_object(Bucket=told.bucket, Key=key, Body=(output / name).read_bytes())


def _put_models(told: Told) -> None:
    table = np.loadtxt(told.folder / "data/train/train.csv", delimiter=",")
    matrix = xgboost.DMatrix(table[:, 1:], label=table[:, 0])
    booster = xgboost.train({"objective": "binary:logistic"}, matrix, num_boost_round=10)
    body = packed("model.json", bytes(booster.save_raw(raw_format="json")))
    s3 = told.aws.client("s3")
    for model in ENGINES:
        s3.put_object(Bucket=told.bucket, Key=f"{model}/{KEY}", Body=body)
        baseline = f"{model}/baseline/run/model-quality/constraints.json"
        s3.put_object(Bucket=told.bucket, Key=baseline, Body=json.dumps(PERFECT))


def notes(told: Told, word: str, model: str) -> Ran:
    return told.said[word, model]


@EACH
def test_before_anything_was_told_nothing_is_measured(told: Told, model: str) -> None:
    said = notes(told, "nothing told", model)

    assert said.code == 3
    assert said.out.strip() == f"There is no ground truth yet; first: yard feedback {model}"


@EACH
def test_the_labels_of_traffic_are_told_in_one_object_of_the_hour(told: Told, model: str) -> None:
    document = notes(told, "traffic", model).document

    assert document["errors"] == {}
    assert f"/{model}/ground-truth/told-{model}/20" in document["feedback"]
    body = told.object(document["feedback"])
    records = [json.loads(line) for line in body.splitlines()]
    assert len(records) == document["requests"] == 100
    assert set(records[0]) == {"groundTruthData", "eventMetadata", "eventVersion"}
    assert {one["groundTruthData"]["data"] for one in records} == {"0", "1"}


@EACH
def test_both_engines_measure_the_answers_and_say_what_is_worse(told: Told, model: str) -> None:
    said = notes(told, "now", model)

    assert said.code == 2
    broken = {one["feature"] for one in said.document["violations"]}
    assert {"accuracy", "auc", "recall"} <= broken
    assert f"/told-{model}-model-quality/" in said.document["folder"]


@EACH
def test_what_is_worse_is_shown_in_plain_words_with_what_is_worth_knowing_beside_it(told: Told, model: str) -> None:
    said = notes(told, "newest", model)

    assert "Area under the ROC curve" in said.out
    assert "the baseline asks for 1 or more." in said.out
    assert "Only 100 records have a label: metrics of so few vary much by chance" in said.err


def test_without_a_calibration_an_estimate_is_refused_with_the_next_command(told: Told) -> None:
    ours, theirs = (notes(told, "not calibrated", model) for model in ("ours", "theirs"))

    assert (ours.code, theirs.code) == (1, 1)
    assert "make one of 500 or more records, 50 of each class: yard baseline ours" in ours.err
    assert '50 of each class, with engine = "drift" in [monitoring]: yard baseline theirs' in theirs.err


def test_quality_is_estimated_before_anything_was_told(told: Told) -> None:
    said = notes(told, "estimated", "ours")

    assert said.code == 0
    estimate = said.document["estimate"]
    assert (estimate["records"], estimate["labelled"], estimate["not_estimated"]) == (300, 0, None)
    assert "concept drift" in estimate["assumption"]
    accuracy = next(one for one in estimate["metrics"] if one["metric"] == "accuracy")
    assert 0.5 < accuracy["low"] < accuracy["estimated"] < accuracy["high"] <= 1
    assert accuracy["measured"] is None
    assert "No labels yet; estimated accuracy 0." in (told.folder / "estimate.html").read_text()


def test_an_estimate_and_a_check_are_not_made_at_once(told: Told) -> None:
    said = told.yard("quality", "ours", "--estimate", "--now")

    assert said.code == 1
    assert said.err.startswith("--estimate and --now must not be given together: an estimate makes no check")


def test_where_nothing_was_captured_nothing_is_estimated(told: Told) -> None:
    said = notes(told, "long ago", "ours")

    assert said.code == 3
    assert said.out.strip() == "No answer was captured in that window"


def test_before_anything_was_told_an_estimate_is_the_next_command_where_it_can_be_made(told: Told) -> None:
    assert "next: yard quality ours --estimate" in notes(told, "nothing told", "ours").err
    assert "--estimate" not in notes(told, "nothing told", "theirs").err


def test_an_estimate_is_said_in_words_with_what_it_rests_on(told: Told) -> None:
    said = notes(told, "in words", "ours").out

    assert "Estimated without labels, for 300 answers: accuracy 0." in said
    assert "The estimate rests on one assumption" in said


def test_a_check_shows_the_estimate_beside_what_is_measured(told: Told) -> None:
    estimate = notes(told, "beside", "ours").document["estimate"]

    assert (estimate["records"], estimate["labelled"]) == (300, 100)
    assert all(0 <= one["measured"] <= 1 for one in estimate["metrics"])


def test_a_check_without_an_estimate_says_so_in_its_document(told: Told) -> None:
    assert notes(told, "now", "ours").document["estimate"] is None


def test_both_engines_find_the_same(told: Told) -> None:
    measured = {model: told.measured(notes(told, "now", model).document["folder"]) for model in ENGINES}

    assert measured["ours"] == measured["theirs"]


def test_what_our_engine_merged_is_kept(told: Told) -> None:
    merged = told.lines_below("ours/merged/told-ours/told-ours-model-quality/")

    # two checks have merged them, into one file or, where an hour ended between them, into two
    assert len({line["eventMetadata"]["eventId"] for line in merged}) == 100
    assert set(merged[0]) == {"captureData", "groundTruthData", "eventMetadata", "eventVersion"}


@EACH
def test_the_baseline_is_written_into_the_manifest(told: Told, model: str) -> None:
    made = notes(told, "baseline", model).document["baseline"]

    declared = read_model(told.folder / "models" / f"{model}.toml").monitoring
    assert declared is not None
    assert declared.quality is not None
    assert declared.quality.baseline == made
    assert made.startswith(f"{model}/baseline/")
    assert made.endswith("/model-quality")
    assert (
        f"next: cdk diff -c stage=told, then cdk deploy told-{model}-monitoring" in notes(told, "baseline", model).err
    )


@EACH
def test_limits_that_chance_does_not_break_are_suggested_with_the_baseline(told: Told, model: str) -> None:
    said = notes(told, "baseline", model)

    assert set(said.document["suggested_limits"]) == {"auc", "recall", "precision"}
    assert "    [monitoring.quality.limits]\n    auc = 0." in said.err
    assert f"and run: yard limits {model}" in said.err


@EACH
def test_the_baseline_is_what_the_endpoint_answers_to_labelled_data(told: Told, model: str) -> None:
    made = notes(told, "baseline", model).document["baseline"]

    statistics = json.loads(told.read(f"{made}/statistics.json"))
    table = told.read(f"{made}-data/answers.csv").decode().splitlines()
    assert statistics["dataset"]["item_count"] == 200
    assert table[0] == "label,probability"
    assert len(table) == 201


@EACH
def test_the_same_told_again_is_not_written_twice(told: Told, model: str) -> None:
    (told.folder / "labels.csv").write_text("id,label\nfirst,1\nsecond,0\n")

    first = told.yard("feedback", model, "labels.csv", "--json").document
    again = told.yard("feedback", model, "labels.csv", "--json").document

    assert (first["records"], first["again"], again["again"]) == (2, False, True)
    assert first["key"] == again["key"]


def test_an_id_that_no_capture_has_is_found_when_asked_for(told: Told) -> None:
    (told.folder / "unknown.csv").write_text("nobody-has-this,1\n")

    said = told.yard("feedback", "ours", "unknown.csv", "--check")

    assert said.code == 1
    assert said.out.strip() == "1 of 1 id are of no captured request, such as nobody-has-this; nothing was uploaded"


def test_labels_of_a_third_class_are_refused(told: Told) -> None:
    (told.folder / "third.csv").write_text("a,0\nb,1\nc,maybe\n")

    said = told.yard("feedback", "ours", "third.csv")

    assert said.code == 1
    assert "A label of third.csv must be one of two classes (0, 1), got maybe" in said.err


def test_labels_can_be_written_down_to_be_told_later(told: Told) -> None:
    words = ("--data", "data/validation/validation.csv", "--rate", "20", "--duration", "0.5", "--labels", "later.csv")
    sent = told.yard("traffic", "ours", *words, "--json").document

    told.aws.connection.flush()
    later = told.yard("feedback", "ours", "later.csv", "--check", "--json").document
    assert sent["labels"] == "later.csv"
    assert "feedback" not in sent
    assert later["records"] == sent["requests"] == 10


def test_unlabelled_data_make_no_baseline(told: Told) -> None:
    said = told.yard("baseline", "ours", "data/traffic/traffic.csv")

    assert said.code == 1
    assert "A label of data/traffic/traffic.csv (its first column) must be one of two classes" in said.err


def test_a_model_without_validation_data_needs_a_file_for_its_baseline(told: Told) -> None:
    said = told.yard("baseline", "ours")

    assert said.code == 1
    assert said.err == (
        "ours has no channel validation of CSV in the data bucket; "
        "name a file with the label first: yard baseline ours FILE\n"
    )


def test_the_status_shows_both_checks(told: Told) -> None:
    document = told.yard("status", "theirs", "--json").document

    assert document["last_quality_check"]["schedule"] == "Scheduled"
    assert document["last_quality_check"]["status"] == "CompletedWithViolations"


@EACH
def test_both_schedules_are_paused_and_resumed(told: Told, model: str) -> None:
    paused = told.yard("pause", model, "--json").document["schedules"]
    resumed = told.yard("resume", model, "--json").document["schedules"]

    assert [one["schedule"] for one in paused] == [f"told-{model}-data-quality", f"told-{model}-model-quality"]
    off, on = ("DISABLED", "ENABLED") if model == "ours" else ("Stopped", "Scheduled")
    assert {one["state"] for one in paused} == {off}
    assert {one["state"] for one in resumed} == {on}


def test_a_teardown_pauses_both_schedules_first(told: Told) -> None:
    said = told.yard("teardown", "theirs")

    lines = said.out.splitlines()
    assert next(line for line in lines if "pause" in line).endswith("pause told-theirs-data-quality")
    assert any(line.endswith("pause told-theirs-model-quality") for line in lines)


def test_the_cost_has_both_jobs_of_aws_s_measurement(told: Told) -> None:
    costs = {one["what"]: one for one in told.yard("cost", "theirs", "--json").document["items"]}

    assert costs["checks of quality"]["most"] == pytest.approx(2 * costs["checks"]["most"], abs=0.02)
