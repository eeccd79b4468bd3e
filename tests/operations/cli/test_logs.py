"""What fails is told with its reason and its log: a script that ends, a model that does not load, and both mended."""

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent

import pytest

from support.local_aws import SharedLocalAws
from support.projects import cdk, make_project
from support.synth import ROOT
from support.yard import Ran, run_yard

STAGE = "yardlogs"
MANIFEST = """
name = "tiny"

[training]
container = "sklearn:1.9-0"
script = "tiny/train.py"
instance = "ml.m5.large"
objective = { metric = "loss", goal = "minimize" }
channels = { train = "datasets/train" }

[training.metrics]
loss = 'loss=(\\S+)'

[[training.trials]]
name = "good"
hyperparameters = { rows = 2 }

[[training.trials]]
name = "bad"
hyperparameters = { rows = 3 }

[serving]
instance = "ml.m5.large"

[[serving.variants]]
name = "primary"
"""
SCRIPT = """
    import os
    import sys
    from pathlib import Path

    def model_fn(model_dir):
        LOAD
        return Path(model_dir, "weight").read_text()

    def transform_fn(model, body, content_type, accept):
        return model, "text/csv"

    if __name__ == "__main__":
        print("reading the table", flush=True)
        if sys.argv[sys.argv.index("--rows") + 1] == "3":
            sys.exit("the table must have 3 rows, got 2; add one")
        Path(os.environ["SM_MODEL_DIR"], "weight").write_text("7")
        print("loss=0.5")
"""
SENTENCE = "the table must have 3 rows, got 2; add one"


@dataclass(kw_only=True)
class Life:
    """A model of a few lines, what was said of it on the way, and what each deploy said."""

    folder: Path
    aws: SharedLocalAws
    said: dict[str, Ran] = field(default_factory=dict)
    failed_deploy: str = ""

    def yard(self, *arguments: str) -> Ran:
        return run_yard(*arguments, stage=STAGE)

    def note(self, name: str, *arguments: str) -> None:
        self.aws.connection.flush()
        self.said[name] = self.yard(*arguments)

    def write_script(self, *, load: str) -> None:
        text = dedent(SCRIPT).replace("LOAD", load)
        (self.folder / "training_scripts" / "tiny" / "train.py").write_text(text)

    def deploy(self) -> None:
        cdk("deploy", "--all", "--require-approval", "never", folder=self.folder, stage=STAGE, environment=os.environ)


@pytest.fixture(scope="module")
def life(local_aws: SharedLocalAws, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Life]:
    """From a training with a trial that fails, over an endpoint that does not come up, to nothing."""
    folder = make_project(tmp_path_factory.mktemp("logs") / "project", stage=STAGE, manifests={"tiny": MANIFEST})
    (folder / "training_scripts").unlink()
    (folder / "training_scripts" / "tiny").mkdir(parents=True)
    (folder / "data" / "train").mkdir(parents=True)
    (folder / "data" / "train" / "train.csv").write_text("0,1\n1,2\n")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in local_aws.connection.variables().items():
            patch.setenv(name, value)
        patch.setenv("CDK_VALIDATION", "false")
        patch.chdir(folder)
        yield _lived(Life(folder=folder, aws=local_aws))


def _lived(life: Life) -> Life:
    life.write_script(load="pass")
    (life.folder / "rows.csv").write_text("1,2\n")
    cdk("bootstrap", folder=life.folder, stage=STAGE, environment=os.environ)
    life.note("logs before the first deploy", "logs", "tiny")
    life.deploy()
    life.note("logs before a run", "logs", "tiny")
    life.note("trial before a run", "logs", "tiny", "--trial", "good")
    life.note("endpoint before a run", "logs", "tiny", "--endpoint")
    life.note("push", "data", "push", "tiny", "data")
    life.note("train", "train", "tiny", "--wait")
    life.note("leaderboard", "leaderboard", "tiny", "--json")
    life.note("logs", "logs", "tiny")
    life.note("logs as JSON", "logs", "tiny", "--json")
    life.note("logs of a trial", "logs", "tiny", "--trial", "good")
    life.note("logs of no trial", "logs", "tiny", "--trial", "wide")
    life.note("logs followed", "logs", "tiny", "--follow")
    life.note("logs of a run", "logs", "tiny", "--job", life.said["leaderboard"].document["run"])
    life.note("logs of a job", "logs", "tiny", "--job", life.said["leaderboard"].document["trials"][1]["job"])
    life.note("logs of no job", "logs", "tiny", "--job", "20200101-000000")
    life.note("failed train", "train", "tiny", "--trial", "bad", "--wait")
    life.note("failed status", "status", "tiny")
    life.note("failed status as JSON", "status", "tiny", "--json")

    life.note("promote", "promote", "tiny", "--run", life.said["leaderboard"].document["run"])
    life.write_script(load='raise RuntimeError("the weight is torn")')
    with pytest.raises(AssertionError) as failed:
        life.deploy()
    life.failed_deploy = str(failed.value)
    life.note("failed verify", "verify", "tiny", "--data", "rows.csv")
    life.note("failed endpoint", "logs", "tiny", "--endpoint")
    life.note("failed endpoint followed", "logs", "tiny", "--endpoint", "--follow")
    life.write_script(load="pass")
    life.deploy()
    life.note("invoke", "invoke", "tiny", "rows.csv")
    life.note("verify", "verify", "tiny", "--data", "rows.csv")
    return life


def test_before_anything_is_deployed_it_says_what_comes_first(life: Life) -> None:
    said = life.said["logs before the first deploy"]
    assert (said.code, said.err) == (
        1,
        "Nothing of tiny has run yet; first: yard train tiny, or for the log of its endpoint: yard logs tiny "
        "--endpoint\n",
    )


def test_before_a_run_it_says_what_comes_first(life: Life) -> None:
    assert life.said["logs before a run"].err.startswith("Nothing of tiny has run yet; first: yard train tiny")
    assert life.said["trial before a run"].err == "No run of tiny has been started; first: yard train tiny\n"


def test_an_endpoint_that_never_was_has_no_log(life: Life) -> None:
    said = life.said["endpoint before a run"]
    assert (said.code, said.err) == (
        1,
        "There is no endpoint yardlogs-tiny, and none has left a log; first: cdk deploy yardlogs-tiny-serving\n",
    )


def test_the_log_of_a_run_is_that_of_its_trials_each_line_with_its_own(life: Life) -> None:
    lines = life.said["logs"].out.splitlines()
    assert {"good: reading the table", "bad: reading the table", "good: loss=0.5", f"bad: {SENTENCE}"} <= set(lines)
    assert lines.index("good: reading the table") < lines.index("good: loss=0.5")


def test_a_run_is_found_by_its_name_too(life: Life) -> None:
    assert life.said["logs of a run"].out == life.said["logs"].out


def test_the_log_of_one_job_is_without_its_name_in_each_line(life: Life) -> None:
    assert "reading the table" in life.said["logs of a trial"].out.splitlines()
    assert "loss=0.5" in life.said["logs of a trial"].out.splitlines()
    assert SENTENCE in life.said["logs of a job"].out.splitlines()


def test_a_log_as_json_has_the_time_and_the_source_of_each_line(life: Life) -> None:
    lines = life.said["logs as JSON"].document
    assert {line["source"] for line in lines} == {"good", "bad"}
    assert [line["at"] for line in lines] == sorted(line["at"] for line in lines)
    assert SENTENCE in {line["message"] for line in lines}


def test_a_run_that_is_over_is_followed_to_its_end(life: Life) -> None:
    said = life.said["logs followed"]
    assert said.code == 0
    assert sorted(said.out.splitlines()) == sorted(life.said["logs"].out.splitlines())


def test_an_unknown_trial_is_refused_with_those_that_have_begun(life: Life) -> None:
    run = life.said["leaderboard"].document["run"]
    assert life.said["logs of no trial"].err.startswith("--trial must be one of ")
    assert f"that the run {run} has begun, got wide; name one of them" in life.said["logs of no trial"].err


def test_an_unknown_job_is_refused_with_where_the_names_stand(life: Life) -> None:
    said = life.said["logs of no job"]
    assert (said.code, said.err) == (
        1,
        "--job must be a job of tiny or its run, got 20200101-000000, of which SageMaker knows nothing; yard status "
        "tiny names the last run, and yard drift tiny the checks\n",
    )


def test_two_logs_are_not_asked_for_at_once(life: Life) -> None:
    said = life.yard("logs", "tiny", "--trial", "good", "--endpoint")
    assert (said.code, said.err) == (
        1,
        "--trial, --job and --endpoint must not be given together; leave all but one out\n",
    )


@pytest.mark.parametrize("where", ["train", "failed train", "failed status"])
def test_a_failed_trial_ends_with_its_script_s_own_sentence_wherever_it_is_told_of(life: Life, where: str) -> None:
    lines = life.said[where].err.splitlines()
    (head,) = [number for number, line in enumerate(lines) if line.startswith("bad failed: AlgorithmError")]
    assert lines[head + 1] == "  the last lines of its log:"
    assert f"    {SENTENCE}" in lines[head + 2 :]


def test_a_leaderboard_tells_why_a_trial_failed(life: Life) -> None:
    assert f"    {SENTENCE}" in life.yard("leaderboard", "tiny").err.splitlines()


def test_a_run_that_failed_says_so_without_its_jobs_descriptions(life: Life) -> None:
    said = life.said["failed train"]
    run = life.said["failed status as JSON"].document["last_run"]["run"]
    assert said.code == 1
    assert said.err.splitlines()[-1].startswith(
        f"The run {run} ended with FAILED: NoTrialCompleted: No trial of tiny ended with a value of loss: bad Failed: "
    )
    assert "TrainingJobArn" not in said.err
    assert "{" not in said.err.splitlines()[-1]


def test_the_status_of_a_failed_run_has_its_reason_for_a_program(life: Life) -> None:
    run = life.said["failed status as JSON"].document["last_run"]
    assert run["status"] == "FAILED"
    assert run["reason"].startswith("NoTrialCompleted: ")
    assert [failure["label"] for failure in run["failures"]] == ["bad"]
    assert SENTENCE in run["failures"][0]["log"]


def test_a_model_that_does_not_load_fails_the_deploy_with_sagemaker_s_reason(life: Life) -> None:
    assert "did not pass the ping health check" in life.failed_deploy


def test_the_log_of_an_endpoint_outlives_its_rollback(life: Life) -> None:
    said = life.said["failed endpoint"]
    assert said.code == 0
    assert "RuntimeError: the weight is torn" in said.out


def test_an_endpoint_that_is_gone_is_not_followed_for_ever(life: Life) -> None:
    assert life.said["failed endpoint followed"].out == life.said["failed endpoint"].out


def test_the_verification_of_an_endpoint_that_did_not_come_up_says_where_its_log_is(life: Life) -> None:
    said = life.said["failed verify"]
    assert said.code == 1
    assert "The stack yardlogs-tiny-serving is not whole: ROLLBACK_COMPLETE" in said.err
    assert said.err.endswith(
        "; the endpoint's log: yard logs tiny --endpoint; repair it: cdk deploy yardlogs-tiny-serving\n"
    )


def test_the_mended_script_deploys_over_the_endpoint_that_did_not_come_up(life: Life) -> None:
    assert life.said["invoke"].code == 0
    assert life.said["invoke"].out.strip() == "7"
    assert life.said["verify"].code == 0, life.said["verify"].out


def test_an_endpoint_is_followed_until_an_interruption(life: Life) -> None:
    command = [sys.executable, "-m", "modelyard.operations", "logs", "tiny", "--endpoint", "--follow", "--json"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    pipe = subprocess.PIPE
    options = ["--stage", STAGE, "--models", "models"]
    with subprocess.Popen(
        [*command, *options], cwd=life.folder, env=environment, stdout=pipe, stderr=pipe, text=True
    ) as running:
        assert running.stdout is not None
        assert select.select([running.stdout], [], [], 60)[0]
        line = json.loads(running.stdout.readline())
        running.send_signal(signal.SIGINT)
        _, err = running.communicate(timeout=20)
    assert set(line) == {"at", "source", "message"}
    assert (running.returncode, err) == (130, "Interrupted\n")


def test_a_model_that_once_did_not_load_is_torn_down_whole(life: Life) -> None:
    said = life.yard("teardown", "tiny", "--yes", "--json")
    assert said.code == 0, said.err
    assert all(one["kept"] for one in said.document)
