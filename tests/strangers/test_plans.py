"""Somebody whose table has texts, which a script encodes before training, before an endpoint and in batch."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support.strangers import Deployed, Shifts, arrived, deployed

SHIFTS: Shifts = {"minutes": 60.0}
ROWS = "pay as you go,Ulm,260.0,3\nfamily,Bern,120.0,1\n"


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    folder = tmp_path_factory.mktemp("life")
    with deployed(arrived("plans", folder=folder), log=folder / "commands.log") as made:
        yield made


def test_rows_as_clients_have_them_are_answered(life: Deployed) -> None:
    likely, unlikely = [float(line) for line in life.ask(ROWS).split()]

    assert unlikely < 0.3 < 0.6 < likely < 1


def test_batch_and_endpoint_transform_alike(life: Deployed) -> None:
    (life.stranger.project / "rows.csv").write_text(ROWS, encoding="utf-8")
    shown = life.yard("transform", "plans", "rows.csv", "--output", "scored")["preview"]

    assert [one["score"] for one in shown] == life.ask(ROWS).split()


def test_what_is_captured_is_what_clients_sent(life: Deployed) -> None:
    life.ask(ROWS)
    life.connection.flush()

    bucket, keys = objects(life, below="plans/capture/dev-plans/")
    s3 = life.connection.client("s3")
    bodies = [s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode() for key in keys]
    records = [json.loads(line)["captureData"] for body in bodies for line in body.splitlines()]
    assert ROWS in [record["endpointInput"]["data"] for record in records]


def test_a_second_run_says_that_it_found_what_the_first_prepared(life: Deployed) -> None:
    sagemaker = life.connection.client("sagemaker")
    prepared = jobs(sagemaker)

    output = life.commands.yard("train", "plans", "--wait", "--again")

    (job,) = prepared
    run = job.removeprefix("dev-plans--prep-")
    assert f"Preprocessing: the same code and data as in run {run}, whose outputs were used again" in output.errors
    assert jobs(sagemaker) == prepared
    board = life.yard("leaderboard", "plans")
    assert (board["preprocessing"]["reused"], board["preprocessing"]["run"]) == (True, run)


def test_every_trial_carries_the_parameters_and_the_inputs(life: Deployed) -> None:
    sagemaker = life.connection.client("sagemaker")
    trials = sagemaker.list_trials(ExperimentName="dev-plans")["TrialSummaries"]

    for trial in trials:
        components = sagemaker.list_trial_components(TrialName=trial["TrialName"])["TrialComponentSummaries"]
        (name,) = [one["TrialComponentName"] for one in components if one["DisplayName"] == "Preprocessing"]
        component = sagemaker.describe_trial_component(TrialComponentName=name)
        assert component["Parameters"] == {"rarest": {"NumberValue": 5.0}}
        assert set(component["InputArtifacts"]) == {"train", "validation"}


def test_the_registered_model_has_both_containers(life: Deployed) -> None:
    sagemaker = life.connection.client("sagemaker")
    (first, *_) = sagemaker.list_model_packages(ModelPackageGroupName="dev-plans")["ModelPackageSummaryList"]
    package = sagemaker.describe_model_package(ModelPackageName=first["ModelPackageArn"])

    containers = package["InferenceSpecification"]["Containers"]
    assert [one["ModelDataUrl"].rpartition("/")[0].rpartition("/")[2] for one in containers] == [
        "transformer",
        "output",
    ]
    assert containers[0]["Environment"]["SAGEMAKER_PROGRAM"] == "preprocess.py"


def test_a_model_without_its_transformer_is_not_synthesized(life: Deployed) -> None:
    manifest = life.stranger.manifest
    text = manifest.read_text(encoding="utf-8")
    line = next(line for line in text.split("\n") if line.startswith('transformer = "'))
    manifest.write_text(text.replace(f"{line}\n", ""), encoding="utf-8")
    try:
        ended = life.stranger.run("cdk", "synth", "--quiet")
    finally:
        manifest.write_text(text, encoding="utf-8")

    assert ended.returncode != 0
    assert (
        "serving.variants.primary.transformer must be given beside a model that was trained behind one, got nothing"
        in ended.stderr
    )


@pytest.mark.week
def test_quiet_hours_ring_nothing_and_the_first_check_after_a_drift_does(life: Deployed, quiet_hours: int) -> None:
    life.watch(SHIFTS, hours=quiet_hours)


@pytest.mark.week
def test_the_whole_life_is_rehearsed(tmp_path: Path) -> None:
    arrived("plans", folder=tmp_path).play()


def jobs(sagemaker: Any) -> list[str]:
    """The names of the jobs that prepared data."""
    found = sagemaker.list_processing_jobs(NameContains="--prep-")["ProcessingJobSummaries"]
    return [one["ProcessingJobName"] for one in found]


def objects(life: Deployed, *, below: str) -> tuple[str, list[str]]:
    """The data bucket, and the keys below a prefix."""
    s3 = life.connection.client("s3")
    (bucket,) = (one["Name"] for one in s3.list_buckets()["Buckets"] if "databucket" in one["Name"].lower())
    return bucket, [one["Key"] for one in s3.list_objects_v2(Bucket=bucket, Prefix=below).get("Contents", ())]
