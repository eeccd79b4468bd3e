"""A model's life by `yard`, once, against the local AWS: each test looks at what one command said."""

import json
import os
import select
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from modelyard.manifest.reading import read_model
from modelyard.operations.datasets.churn import ChurnTable
from support.local_aws import SharedLocalAws
from support.projects import cdk, make_project
from support.synth import ROOT
from support.yard import Ran, run_yard

STAGE = "yardlife"
SHORTENED = (("num_round = 100", "num_round = 20"), ("min = 2", "min = 1"), ('strategy = "canary", percent = 25, ', ""))


@dataclass(kw_only=True)
class Life:
    """Where it is lived, and what was said on the way."""

    folder: Path
    aws: SharedLocalAws
    said: dict[str, Ran] = field(default_factory=dict)

    def yard(self, *arguments: str) -> Ran:
        return run_yard(*arguments, stage=STAGE)

    def deploy(self) -> None:
        cdk("deploy", "--all", "--require-approval", "never", folder=self.folder, stage=STAGE, environment=os.environ)

    def write_records(self, name: str, *, count: int) -> None:
        lines = (self.folder / "data/traffic/traffic.csv").read_text().splitlines()[:count]
        (self.folder / name).write_text("".join(f"{line}\n" for line in lines))

    def note(self, name: str, *arguments: str) -> None:
        self.said[name] = self.yard(*arguments)


@pytest.fixture(scope="module")
def life(local_aws: SharedLocalAws, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Life]:
    """From nothing to an endpoint under traffic."""
    text = (ROOT / "models" / "churn.toml").read_text()
    for before, after in SHORTENED:
        assert before in text
        text = text.replace(before, after)
    folder = make_project(tmp_path_factory.mktemp("life") / "project", stage=STAGE, manifests={"churn": text})
    with pytest.MonkeyPatch.context() as patch:
        for name, value in local_aws.connection.variables().items():
            patch.setenv(name, value)
        patch.setenv("CDK_VALIDATION", "false")
        patch.chdir(folder)
        yield _lived(Life(folder=folder, aws=local_aws))


def _lived(life: Life) -> Life:
    cdk("bootstrap", folder=life.folder, stage=STAGE, environment=os.environ)
    life.deploy()
    life.note("promote too early", "promote", "churn")
    life.note("train too early", "train", "churn")
    life.note("invoke too early", "invoke", "churn", "models/churn.toml")
    life.note("push", "data", "push", "churn", "--json")
    life.note("push again", "data", "push", "churn", "--json")
    life.note("train", "train", "churn", "--wait")
    life.note("train again", "train", "churn", "--wait", "--json")
    life.note("promote", "promote", "churn")
    life.deploy()
    ChurnTable().write(folder=life.folder / "data")
    life.note("traffic", "traffic", "churn", "--rate", "20", "--duration", "2", "--json")
    life.aws.connection.flush()
    return life


def started(life: Life, *arguments: str) -> subprocess.Popen[str]:
    """A command as a process of its own, which can be interrupted."""
    command = [sys.executable, "-m", "modelyard.operations", *arguments, "--stage", STAGE, "--models", "models"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=life.folder, env=environment, stdout=pipe, stderr=pipe, text=True)


def test_before_the_data_are_there_training_is_refused_with_the_command_that_comes_first(life: Life) -> None:
    said = life.said["train too early"]
    assert said.code == 1
    assert "There are no data at s3://" in said.err
    assert said.err.endswith("put them there: yard data push churn\n")


def test_before_a_run_promoting_is_refused_with_the_command_that_comes_first(life: Life) -> None:
    said = life.said["promote too early"]
    assert (said.code, said.err) == (1, "No run of churn has completed yet; first: yard train churn --wait\n")


def test_before_a_promotion_the_endpoint_is_missed_with_the_commands_that_come_first(life: Life) -> None:
    assert "; first: yard promote churn, then cdk deploy yardlife-churn-serving\n" in life.said["invoke too early"].err


def test_the_example_s_data_go_to_the_manifest_s_datasets(life: Life) -> None:
    assert [(one["object"], one["state"]) for one in life.said["push"].document] == [
        ("churn/datasets/train/train.csv", "uploaded"),
        ("churn/datasets/validation/validation.csv", "uploaded"),
        ("churn/datasets/baseline/baseline.csv", "uploaded"),
        ("churn/datasets/batch/batch.csv", "uploaded"),
    ]


def test_data_that_lie_there_are_not_sent_again(life: Life) -> None:
    assert {one["state"] for one in life.said["push again"].document} == {"was there"}


def test_data_of_another_shape_are_refused(life: Life) -> None:
    (life.folder / "wrong" / "train").mkdir(parents=True)
    (life.folder / "wrong" / "train" / "train.csv").write_text("1,2\n1\n")
    said = life.yard("data", "push", "churn", "wrong")
    assert said.code == 1
    assert "training.channels.validation needs files at validation/" in said.err


def test_training_ends_with_the_leaderboard(life: Life) -> None:
    said = life.said["train"]
    assert said.code == 0
    assert said.out.count("Completed") == 3
    assert "next: yard promote churn" in said.err


def test_asking_for_the_same_training_again_finds_the_run_that_there_is(life: Life) -> None:
    said = life.said["train again"]
    assert "has succeeded (--again repeats it)" in said.err
    assert f"Run {said.document['run']}:" in life.said["train"].out


def test_other_data_are_another_training(life: Life) -> None:
    before = life.said["train again"].document["run"]
    changed = life.folder / "other"
    ChurnTable(rows=400, seed=1).write(folder=changed)
    life.yard("data", "push", "churn", str(changed))
    started = life.yard("train", "churn", "--trial", "shallow", "--json")
    assert started.document["run"].rpartition("-")[2] != before.rpartition("-")[2]
    assert life.yard("train", "churn", "--trial", "shallow", "--wait").code == 0


def test_a_script_that_was_changed_since_is_said_to_wait_for_a_deploy(life: Life) -> None:
    scripts = life.folder / "training_scripts"
    scripts.unlink()
    shutil.copytree(ROOT / "training_scripts", scripts)
    with (scripts / "churn_xgboost" / "train.py").open("a") as script:
        script.write("# one line more\n")
    said = life.yard("train", "churn")
    assert (
        "churn_xgboost/train.py was changed since it was deployed; this run trains the deployed one: "
        "cdk deploy yardlife-churn-training brings yours\n"
    ) in said.err
    shutil.rmtree(scripts)
    scripts.symlink_to(ROOT / "training_scripts")


def test_a_script_as_it_was_deployed_is_not_mentioned(life: Life) -> None:
    assert "was changed since" not in life.said["train"].err


def test_an_unknown_trial_is_refused_before_anything_starts(life: Life) -> None:
    said = life.yard("train", "churn", "--trial", "wide")
    assert (said.code, said.err) == (
        1,
        "--trial must be one of shallow, deep, sampled, got wide; leave it out to run all of them\n",
    )


def test_the_leaderboard_is_csv_for_a_spreadsheet(life: Life) -> None:
    run = life.said["train again"].document["run"]
    lines = life.yard("leaderboard", "churn", "--csv", "--run", run).out.splitlines()
    assert lines[0] == "rank,trial,status,validation:auc,train:auc,max_depth,eta,subsample"
    assert len(lines) == 4


def test_an_unknown_run_is_refused_with_those_there_are(life: Life) -> None:
    said = life.yard("leaderboard", "churn", "--run", "never")
    assert said.code == 1
    assert life.said["train again"].document["run"] in said.err


def test_promoting_writes_two_lines_and_shows_them(life: Life) -> None:
    said = life.said["promote"]
    added = [line for line in said.out.splitlines() if line.startswith("+") and not line.startswith("+++")]
    assert [line.partition(" = ")[0] for line in added] == ["+model", "+baseline"]
    assert said.err.endswith("next: cdk diff -c stage=yardlife, then cdk deploy --all -c stage=yardlife\n")


def test_a_worse_model_is_refused_without_force(life: Life) -> None:
    run = life.said["train again"].document
    worst = run["trials"][-1]["name"]
    said = life.yard("promote", "churn", "--run", run["run"], "--trial", worst)
    assert said.code == 1
    assert "worse than" in said.err
    assert said.err.endswith("insist with --force\n")


def test_a_worse_model_is_promoted_with_force(life: Life) -> None:
    run, file = life.said["train again"].document, life.folder / "models" / "churn.toml"
    before = file.read_text()
    said = life.yard("promote", "churn", "--run", run["run"], "--trial", run["trials"][-1]["name"], "--force")
    serving = read_model(file).serving
    file.write_text(before)
    assert said.code == 0
    assert serving is not None
    assert run["trials"][-1]["job"] in str(serving.variants[0].model)


def test_traffic_is_measured(life: Life) -> None:
    said = life.said["traffic"]
    assert said.code == 0
    assert said.document["requests"] == 40
    assert said.document["variants"] == {"primary": 40}
    assert set(said.document["latency_ms"]) == {"p50", "p95", "p99"}


def test_a_request_of_a_file_is_answered_as_it_was_sent(life: Life) -> None:
    life.write_records("two.csv", count=2)
    said = life.yard("invoke", "churn", "two.csv", "--json")
    assert said.document["content_type"].startswith("text/csv")
    assert len(said.document["body"].split()) == 2


def test_a_request_that_the_model_refuses_is_told_in_its_words(life: Life) -> None:
    (life.folder / "odd.csv").write_text("1,2\n")
    said = life.yard("invoke", "churn", "odd.csv")
    assert said.code == 1
    # As AWS's container of a script answers it, whatever the script raises.
    assert "InvokeEndpoint was refused: Received server error (500)" in said.err
    assert "a row must have" in said.err


def test_a_file_is_transformed_and_fetched(life: Life) -> None:
    life.write_records("ten.csv", count=10)
    said = life.yard("transform", "churn", "ten.csv", "--output", "scored", "--json")
    assert said.code == 0
    assert said.document["output"] == "scored/ten.csv.out"
    assert len((life.folder / "scored/ten.csv.out").read_text().splitlines()) == 10
    assert 0 <= float(said.document["preview"][0]["score"]) <= 1


def test_a_file_that_the_model_refuses_is_told_of_by_the_end_of_the_data_log(life: Life) -> None:
    (life.folder / "trail.csv").write_text("1,2,\n")
    said = life.yard("transform", "churn", "trail.csv")
    assert said.code == 1
    assert "its data log ends with: " in said.err
    assert "column 3 must be a finite number, got ''; mend what the model refuses in trail.csv" in said.err


def test_the_way_of_a_model_goes_from_its_data_to_the_endpoint(life: Life) -> None:
    run = life.said["train again"].document["run"]
    links = life.yard("lineage", "churn", "--run", run, "--json").document
    assert [link["step"] for link in links] == [
        "dataset train",
        "dataset validation",
        "script",
        "image",
        "training job",
        "artifact",
        "model package",
        "baseline",
        "endpoint",
    ]


def test_a_run_is_drawn_over_its_epochs_and_over_what_was_varied(life: Life) -> None:
    run = life.said["train again"].document["run"]
    said = life.yard("plot", "churn", "--run", run, "--json")
    assert said.document["charts"] == [
        "train:auc over epoch",
        "validation:auc over epoch",
        "validation:auc over max_depth",
        "validation:auc over eta",
        "validation:auc over subsample",
    ]
    assert (life.folder / "plot-churn.html").read_text().count("<polyline") == 6


def test_a_run_is_drawn_as_a_picture_too(life: Life) -> None:
    said = life.yard("plot", "churn", "--output", "run.png", "--json")
    assert said.document["file"] == "run.png"
    assert (life.folder / "run.png").read_bytes().startswith(b"\x89PNG")


def test_a_drawing_of_another_kind_is_refused_before_anything_is_read(life: Life) -> None:
    said = life.yard("plot", "churn", "--output", "run.pdf")
    assert (said.code, said.err) == (1, "--output must end in .html or .png, got run.pdf; name such a file\n")


def test_a_load_test_recommends_a_target_and_writes_it(life: Life) -> None:
    file = life.folder / "models" / "churn.toml"
    before = file.read_text()
    said = life.yard("size", "churn", "--from", "5", "--to", "10", "--seconds", "1", "--write", "--json")
    after = file.read_text()
    file.write_text(before)
    assert said.code == 0
    assert said.document["target"] == 300
    assert after == before.replace("invocations_per_instance = 750", "invocations_per_instance = 300")


def test_the_cost_knows_what_is_stored(life: Life) -> None:
    items = life.yard("cost", "churn", "--json").document["items"]
    assert items[-1]["what"] == "storage"
    assert items[-1]["most"] > 0


def test_the_status_says_which_model_serves_where(life: Life) -> None:
    document = life.yard("status", "churn", "--json").document
    assert set(document["stacks"].values()) == {"CREATE_COMPLETE"}
    assert document["endpoint"]["status"] == "InService"
    (variant,) = document["endpoint"]["variants"]
    serving = read_model(life.folder / "models" / "churn.toml").serving
    assert serving is not None
    assert variant["model"] == serving.variants[0].model
    assert (document["endpoint"]["use"]["days"], document["endpoint"]["use"]["idle"]) == (14, False)
    assert document["endpoint"]["use"]["requests"] >= 0
    assert set(document["alarms"].values()) <= {"OK", "INSUFFICIENT_DATA", "ALARM"}


def test_the_status_of_all_is_a_line_for_each_model(life: Life) -> None:
    assert "6 of 6" in life.yard("status").out


def test_captured_records_are_decoded(life: Life) -> None:
    document = life.yard("captures", "churn", "--last", "100", "--json").document
    assert document["hours"][0]["variant"] == "primary"
    assert len(document["records"][0]["request"].split(",")) == 69
    assert 0 <= float(document["records"][0]["answer"]) <= 1


def test_captured_records_are_followed_until_an_interruption(life: Life) -> None:
    with started(life, "captures", "churn", "--follow", "--json") as running:
        assert running.stdout is not None
        life.write_records("one.csv", count=1)
        while not select.select([running.stdout], [], [], 1)[0]:  # it may not look yet
            life.yard("invoke", "churn", "one.csv")
            life.aws.connection.flush()
        record = json.loads(running.stdout.readline())
        running.send_signal(signal.SIGINT)
        _, said = running.communicate(timeout=20)
    assert record["variant"] == "primary"
    assert (running.returncode, said.splitlines()[-1]) == (130, "Interrupted")


@pytest.mark.parametrize(
    "command",
    ["status", "status churn", "leaderboard churn", "lineage churn", "captures churn", "drift churn", "cost churn"],
)
def test_every_screen_in_a_pipe_is_the_same_at_any_width_and_has_no_colour(
    life: Life, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    narrow = life.yard(*command.split())
    monkeypatch.setenv("COLUMNS", "200")
    wide = life.yard(*command.split())
    assert narrow.out != ""
    assert (narrow.out, narrow.err) == (wide.out, wide.err)
    assert "\x1b" not in narrow.out + narrow.err


def test_usual_traffic_has_not_drifted(life: Life) -> None:
    said = life.yard("drift", "churn", "--now", "--output", "page.html", "--json")
    assert (said.code, said.document["violations"]) == (0, [])
    assert "<title>Drift of churn in yardlife, endpoint yardlife-churn: " in (life.folder / "page.html").read_text()


def test_what_is_deployed_is_proved(life: Life) -> None:
    said = life.yard("verify", "churn", "--json")
    assert {one["what"]: one["holds"] for one in said.document if one["holds"] is not None} == {
        one["what"]: True for one in said.document if one["holds"] is not None
    }
    assert said.code == 0


def test_every_promoted_model_is_proved_when_none_is_named(life: Life) -> None:
    said = life.yard("verify", "--json")
    assert said.code == 0
    assert {one["model"] for one in said.document} == {"churn"}
    assert "the endpoint is in service" in {one["what"] for one in said.document}


def test_a_paused_schedule_is_proved_wrong_and_resumed(life: Life) -> None:
    paused = life.yard("pause", "churn", "--json").document
    verified = life.yard("verify", "churn", "--json")
    resumed = life.yard("resume", "churn", "--json").document
    name = "yardlife-churn-data-quality"
    assert paused["schedules"] == [{"schedule": name, "state": "DISABLED"}]
    assert resumed["schedules"] == [{"schedule": name, "state": "ENABLED"}]
    assert verified.code == 1
    assert [one["said"] for one in verified.document if one["holds"] is False] == ["DISABLED"]


def test_an_interruption_ends_with_130_and_leaves_nothing_behind(life: Life) -> None:
    with started(life, "traffic", "churn", "--rate", "5", "--duration", "120") as running:
        assert running.stderr is not None
        running.stderr.readline()  # the first look: it sends
        running.send_signal(signal.SIGINT)
        _, said = running.communicate(timeout=20)
    assert (running.returncode, said.splitlines()[-1]) == (130, "Interrupted")


def test_a_teardown_is_said_before_it_is_done(life: Life) -> None:
    said = life.yard("teardown", "--json")
    assert said.document["would"] == [
        "delete the stack yardlife-churn-api",
        "pause yardlife-churn-data-quality",
        "stop what runs of yardlife-churn-data-quality",
        "stop what runs of yardlife-churn-quality-baseline",
        "delete the stack yardlife-churn-monitoring",
        "delete the stack yardlife-churn-serving",
        "stop what runs of yardlife-churn-batch",
        "delete the stack yardlife-churn-batch",
        "stop what runs of yardlife-churn-training",
        "delete the stack yardlife-churn-training",
        "delete the stack yardlife-fleet",
        "delete the stack yardlife-foundation",
    ]


def test_data_go_only_when_their_stage_is_named(life: Life) -> None:
    said = life.yard("teardown", "--destroy-data", "dev")
    assert (said.code, said.err[:61]) == (1, "--destroy-data must name the stage (yardlife), whose removal ")


def test_the_data_of_one_model_alone_are_not_destroyed(life: Life) -> None:
    said = life.yard("teardown", "churn", "--destroy-data", STAGE)
    assert (said.code, said.err[:42]) == (1, "--destroy-data is for the whole stage; lea")


def test_what_is_kept_on_purpose_is_listed_with_its_cost_and_is_no_failure(life: Life) -> None:
    said = life.yard("teardown", "churn", "--yes", "--json")
    kept = {one["what"].partition(" ")[0]: one["dollars"] for one in said.document}
    assert said.code == 0
    assert all(one["kept"] for one in said.document)
    assert kept["experiment"] == kept["model"] == 0
    assert kept["key"] == pytest.approx(1 / 730)


def test_at_last_nothing_is_left(life: Life) -> None:
    said = life.yard("teardown", "--yes", "--history", "--destroy-data", STAGE, "--json")
    assert (said.code, said.document) == (0, [])
    stacks = life.aws.client("cloudformation").describe_stacks()["Stacks"]
    assert [one["StackName"] for one in stacks if one["StackName"].startswith(STAGE)] == []


def test_tearing_down_what_is_gone_has_nothing_to_do(life: Life) -> None:
    said = life.yard("teardown")
    assert (said.code, said.out) == (0, "There is nothing to delete\n")
