"""The preprocessing of a training run, run to its end by an interpreter."""

import dataclasses
import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from modelyard.constructs.workflows.preparation import RUN_SCRIPT
from modelyard.constructs.workflows.requests import JobFolders, dataset_uri
from modelyard.manifest.data_layout import DataLayout
from modelyard.manifest.preprocessing import LONGEST_ARGUMENT, LONGEST_PROGRAM
from modelyard.manifest.tuning import Tuning
from support.state_machines import Execution, TaskError
from support.training_runs import PROCESS, PUT, REGISTER, TRAIN, Run
from support.workflows import JOB_CONTEXT, PREPARED, PREPROCESSING, training, tuned

LIST_OBJECTS = "aws-sdk:s3:listObjectsV2"
CREATE_COMPONENT = "aws-sdk:sagemaker:createTrialComponent"
ASSOCIATE = "aws-sdk:sagemaker:associateTrialComponent"
RAW = ("churn/datasets/raw/a.csv", "churn/datasets/raw/b.csv")
STATES = "churn/datasets/states.csv"
Store = dict[str, str]
Prepare = Callable[..., Execution]


def listing(store: Store, *, page: int = 100) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """S3's answer to a listing of objects by their keys and tags, so many a page."""

    def answer(request: dict[str, Any]) -> dict[str, Any]:
        keys = [
            key for key in sorted(store) if key.startswith(request["Prefix"]) and key > request.get("StartAfter", "")
        ]
        most = min(page, request["MaxKeys"])
        found = {"KeyCount": len(keys[:most]), "IsTruncated": len(keys) > most}
        contents = [{"Key": key, "ETag": f'"{store[key]}"', "Size": 10} for key in keys[:most]]
        return {**found, "Contents": contents} if contents else found

    return answer


@pytest.fixture
def store() -> Store:
    """The tags of the objects that there are."""
    return dict.fromkeys((*RAW, STATES), "1")


@pytest.fixture
def prepare(run: Run, store: Store) -> Prepare:
    """Run a training whose data are prepared, in a bucket that keeps what is put there."""

    def prepare(
        *, page: int = 100, transformer: bool = True, answers: dict[str, Any] | None = None, **more: Any
    ) -> Execution:
        def write(request: dict[str, Any]) -> dict[str, Any]:
            store[request["Key"]] = "note"
            return {"ETag": "1"}

        def process(request: dict[str, Any]) -> dict[str, Any]:
            for output in request["ProcessingOutputConfig"]["Outputs"] if transformer else ():
                store[f"{output['S3Output']['S3Uri'].removeprefix('s3://data/')}/model.tar.gz"] = "2"
            return {"ProcessingJobStatus": "Completed"}

        return run(
            training(channels=PREPARED),
            preprocessing=more.pop("preprocessing", PREPROCESSING),
            answers={
                LIST_OBJECTS: listing(store, page=page),
                PUT: write,
                PROCESS: process,
                CREATE_COMPONENT: lambda request: {"TrialComponentArn": "arn:component"},
                ASSOCIATE: lambda request: {"TrialArn": "arn:trial"},
                **(answers if answers is not None else {}),
            },
            **more,
        )

    return prepare


def prepared(execution: Execution) -> Any:
    return execution.output["preprocessing"]


def test_a_first_run_prepares_its_data_by_a_processing_job(prepare: Prepare) -> None:
    execution = prepare()

    (job,) = execution.requests(PROCESS)
    assert execution.status == "SUCCEEDED"
    assert job["ProcessingJobName"] == "dev-churn--prep-20261122-101500"
    assert job["AppSpecification"] == {
        "ImageUri": "image-to-prepare",
        "ContainerEntrypoint": ["bash", "-c", RUN_SCRIPT, "preprocess.py"],
        "ContainerArguments": ["--mean", "0.1307", "--scaled", "true"],
    }
    sources = {one["InputName"]: one["S3Input"]["S3Uri"] for one in job["ProcessingInputs"]}
    assert sources == {
        "raw": "s3://data/churn/datasets/raw/",
        "states": "s3://data/churn/datasets/states.csv",
        "code": "s3://assets/preprocess.gz",
    }


def test_each_output_goes_below_the_digest_and_the_run(prepare: Prepare) -> None:
    execution = prepare()

    (job,) = execution.requests(PROCESS)
    digest = prepared(execution)["digest"]
    outputs = {one["OutputName"]: one["S3Output"] for one in job["ProcessingOutputConfig"]["Outputs"]}
    assert {name: one["S3Uri"] for name, one in outputs.items()} == {
        name: f"s3://data/churn/preprocessing/{digest}/20261122-101500/{name}"
        for name in ("train", "all", "transformer")
    }
    assert outputs["train"]["LocalPath"] == "/opt/ml/processing/output/train"


def test_the_trials_read_what_was_prepared(prepare: Prepare) -> None:
    execution = prepare()

    folder = f"s3://data/churn/preprocessing/{prepared(execution)['digest']}/20261122-101500"
    for job in execution.requests(TRAIN):
        assert {one["ChannelName"]: one["DataSource"]["S3DataSource"]["S3Uri"] for one in job["InputDataConfig"]} == {
            "train": f"{folder}/train/",
            "held": f"{folder}/all/held/",
        }


def test_a_second_run_of_the_same_finds_what_the_first_prepared(prepare: Prepare) -> None:
    first = prepare(name="first")

    second = prepare(name="second")

    assert second.requests(PROCESS) == []
    assert prepared(second) == {**prepared(first), "reused": True}
    (one, *_) = second.requests(TRAIN)
    uri = one["InputDataConfig"][0]["DataSource"]["S3DataSource"]["S3Uri"]
    assert uri.startswith(f"s3://data/churn/preprocessing/{prepared(first)['digest']}/first/")


def test_a_run_that_prepares_says_so(prepare: Prepare) -> None:
    execution = prepare()

    digest = prepared(execution)["digest"]
    assert prepared(execution) == {
        "digest": digest,
        "run": "20261122-101500",
        "reused": False,
        "transformer": f"churn/preprocessing/{digest}/20261122-101500/transformer/model.tar.gz",
    }
    boards = [json.loads(one["Body"]) for one in execution.requests(PUT) if one["Key"].endswith("leaderboard.json")]
    assert [board["preprocessing"] for board in boards] == [prepared(execution)]


@pytest.mark.parametrize(
    "change",
    [{RAW[1]: "2"}, {STATES: "2"}, {"churn/datasets/raw/c.csv": "1"}],
    ids=["another content", "another content of the last input", "one object more"],
)
def test_other_data_are_prepared_again(prepare: Prepare, store: Store, change: Store) -> None:
    first = prepare(name="first")
    store |= change

    second = prepare(name="second")

    assert len(second.requests(PROCESS)) == 1
    assert prepared(second)["digest"] != prepared(first)["digest"]


def test_an_object_of_another_name_is_other_data(prepare: Prepare, store: Store) -> None:
    first = prepare(name="first")
    store["churn/datasets/raw/z.csv"] = store.pop(RAW[1])

    assert prepared(prepare(name="second"))["digest"] != prepared(first)["digest"]


def test_what_lies_beside_an_input_is_none_of_it(prepare: Prepare, store: Store) -> None:
    first = prepare(name="first")
    store |= {"churn/datasets/raw_old/a.csv": "9", "churn/datasets/states": "9"}

    assert prepared(prepare(name="second")) == {**prepared(first), "reused": True}


@pytest.mark.parametrize("page", [1, 2, 3])
def test_the_digest_is_of_all_pages_of_a_listing(prepare: Prepare, store: Store, page: int) -> None:
    store |= {f"churn/datasets/raw/{number}.csv": str(number) for number in range(5)}
    whole = prepare(name="first")
    again = prepare(name="second", page=page)

    assert again.requests(PROCESS) == []
    assert prepared(again)["digest"] == prepared(whole)["digest"]
    store["churn/datasets/raw/4.csv"] = "other"
    assert len(prepare(name="third", page=page).requests(PROCESS)) == 1


def test_two_runs_that_prepare_the_same_at_once_write_nothing_of_each_other_s(prepare: Prepare, store: Store) -> None:
    before = dict(store)
    first = prepare(name="first")
    kept = dict(store)
    # As the second saw the bucket before the first was done.
    store.clear()
    store |= before
    second = prepare(name="second")

    assert len(second.requests(PROCESS)) == 1
    assert not (kept.keys() - before.keys()) & (store.keys() - before.keys())
    assert prepared(first)["digest"] == prepared(second)["digest"]


def test_a_job_that_fails_is_not_found_again(prepare: Prepare) -> None:
    def fail(_: dict[str, Any]) -> Any:
        raise TaskError("States.TaskFailed", json.dumps({"ExitMessage": "no column state"}))

    failed = prepare(name="first", answers={PROCESS: fail})

    assert (failed.status, failed.output["Cause"]) == ("FAILED", "no column state")
    assert len(prepare(name="second").requests(PROCESS)) == 1


def test_a_script_that_leaves_no_transformer_fails_the_run(prepare: Prepare) -> None:
    execution = prepare(transformer=False)

    assert (execution.status, execution.output["Error"]) == ("FAILED", "NoTransformer")
    assert execution.output["Cause"] == (
        "churn/preprocess.py left no transformer/model.tar.gz below the outputs: let it write what it has fitted there"
    )
    assert execution.requests(TRAIN) == []


def test_without_a_transformer_none_is_asked_for(prepare: Prepare) -> None:
    execution = prepare(transformer=False, preprocessing=dataclasses.replace(PREPROCESSING, transformer=False))

    assert execution.status == "SUCCEEDED"
    assert "transformer" not in prepared(execution)


def test_the_trial_component_has_parameters_and_data_whether_they_are_prepared_or_found(prepare: Prepare) -> None:
    for name in ("first", "second"):
        execution = prepare(name=name)

        (component,) = execution.requests(CREATE_COMPONENT)
        assert component["TrialComponentName"] == f"dev-churn--preprocessing-{name}"
        assert component["DisplayName"] == "Preprocessing"
        assert component["Status"] == {"PrimaryStatus": "Completed"}
        assert component["Parameters"] == {"mean": {"NumberValue": 0.1307}, "scaled": {"StringValue": "True"}}
        assert component["InputArtifacts"]["raw"] == {"Value": "s3://data/churn/datasets/raw/"}
        assert component["OutputArtifacts"]["outputs"]["Value"].endswith("/first")


def test_every_trial_carries_the_component(prepare: Prepare) -> None:
    execution = prepare()

    trials = {one["TrialName"] for one in execution.requests(ASSOCIATE)}
    assert trials == {one["TrainingJobName"] for one in execution.requests(TRAIN)}
    assert {one["TrialComponentName"] for one in execution.requests(ASSOCIATE)} == {
        "dev-churn--preprocessing-20261122-101500"
    }


def test_a_registered_model_has_its_transformer_before_it(prepare: Prepare) -> None:
    execution = prepare()

    (package,) = execution.requests(REGISTER)
    first, second = package["InferenceSpecification"]["Containers"]
    assert first == {"Image": "image-to-transform", "ModelDataUrl": f"s3://data/{prepared(execution)['transformer']}"}
    assert second["Image"] == "image-to-serve"


def test_a_search_is_trained_on_what_was_prepared(run: Run, store: Store) -> None:
    search = dataclasses.replace(tuned(), channels=PREPARED)
    seen: list[dict[str, Any]] = []

    def searched(request: dict[str, Any]) -> dict[str, Any]:
        seen.append(request)
        return {}

    run(
        search,
        preprocessing=dataclasses.replace(PREPROCESSING, transformer=False),
        answers={
            LIST_OBJECTS: listing(store),
            CREATE_COMPONENT: lambda request: {},
            "sagemaker:createHyperParameterTuningJob.sync": searched,
            "aws-sdk:sagemaker:listTrainingJobsForHyperParameterTuningJob": lambda request: {
                "TrainingJobSummaries": []
            },
        },
    )

    assert isinstance(search.tuning, Tuning)
    (channel, *_) = seen[0]["TrainingJobDefinition"]["InputDataConfig"]
    assert "/preprocessing/" in channel["DataSource"]["S3DataSource"]["S3Uri"]


def test_a_prepared_dataset_has_no_place_where_nothing_is_prepared() -> None:
    folders = JobFolders(layout=DataLayout(model="churn"), output="s3://data/out")

    with pytest.raises(ValueError, match="preprocessed must be given for preprocessing/train, got none; prepare it"):
        dataset_uri("preprocessing/train", job_context=JOB_CONTEXT, folders=folders)


def test_the_words_of_the_entry_point_are_as_long_as_they_may_be() -> None:
    words: Sequence[str] = ("bash", "-c", RUN_SCRIPT, "p" * LONGEST_PROGRAM)

    assert max(map(len, words)) <= LONGEST_ARGUMENT
