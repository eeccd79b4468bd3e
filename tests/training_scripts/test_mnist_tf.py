import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from modelyard.rehearsal.containers.filtered_tarfile import tarfile
from modelyard.rehearsal.containers.servers import ModelServer, ServedModel, ServerError
from modelyard.rehearsal.containers.training import TrainingSpec, run_training
from modelyard.rehearsal.containers.training_results import TrainingResult, TrainingStatus
from modelyard.shared.container_families import TENSORFLOW
from support.digit_refusals import Refusals, failure_reasons

pytestmark = pytest.mark.usefixtures("tensorflow_is_there")
# Guessing one digit of ten is right in 0.1; these small settings must be right in 0.6 more.
TRIVIAL, MARGIN = 0.1, 0.6
Train = Callable[..., TrainingResult]
Invoke = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def channels(digits: Path) -> dict[str, Path]:
    return {name: digits / name for name in ("train", "test")}


@pytest.fixture(scope="module")
def result(train: Train, channels: dict[str, Path]) -> TrainingResult:
    given = {"epochs": 2, "_tuning_objective_metric": "val:accuracy"}
    return train("mnist_tf", channels=channels, hyperparameters=given, host_count=2)


def test_training_completes(result: TrainingResult) -> None:
    assert (result.status, result.failure_reason) == (TrainingStatus.COMPLETED, None)


@pytest.mark.parametrize("name", ["train:loss", "val:loss", "val:accuracy"])
def test_a_metric_is_scraped_once_an_epoch_however_many_hosts_there_are(result: TrainingResult, name: str) -> None:
    assert [metric.name for metric in result.metrics].count(name) == 2


def test_the_network_beats_guessing_by_far(result: TrainingResult) -> None:
    assert result.final_metrics["val:accuracy"] > TRIVIAL + MARGIN


def test_a_saved_model_is_packed_under_its_version(result: TrainingResult) -> None:
    assert result.model_archive is not None
    with tarfile.open(result.model_archive) as tar:
        assert "1/saved_model.pb" in tar.getnames()


def test_only_the_first_of_two_hosts_saves(result: TrainingResult) -> None:
    assert result.model_archive is not None
    folder = result.model_archive.parent

    saved = [[path.name for path in (folder / host / "model").iterdir()] for host in ("algo-1", "algo-2")]
    assert saved == [["1"], []]


TWO_IMAGES = np.zeros((2, 28, 28), dtype=np.uint8)
REFUSALS: Refusals = {
    "a missing file": ({}, {}, "images.npy is missing; the channel must hold images.npy and labels.npy"),
    "an empty file": ({"images": b""}, {}, "images.npy must be an .npy file of numbers, got what is none"),
    "images of another size": (
        {"images": np.zeros((3, 8, 8))},
        {},
        "channel train must hold images of 28 x 28 pixels, got the shape (3, 8, 8)",
    ),
    "labels that are no digits": (
        {"images": TWO_IMAGES, "labels": np.array([3, -1])},
        {},
        "channel train must have a label of 0 to 9 for each of its 2 images",
    ),
    "a missing channel": (
        {"images": TWO_IMAGES, "labels": np.array([3, 1])},
        {},
        "AlgorithmError: channel test is missing, got no folder; add it to the training job, exit code: 1",
    ),
    "a wrong hyperparameter": (
        {},
        {"epochs": "few"},
        "argument --epochs: must be a whole number between 1 and 10000, got 'few'",
    ),
}


@pytest.fixture(scope="module")
def reasons(train: Train, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str | None]:
    folder = tmp_path_factory.mktemp("refusals")
    return failure_reasons(refusals=REFUSALS, workload="mnist_tf", train=train, folder=folder)


@pytest.mark.parametrize("case", list(REFUSALS))
def test_bad_input_ends_with_one_sentence(reasons: dict[str, str | None], case: str) -> None:
    reason = reasons[case]

    assert reason is not None
    assert REFUSALS[case][2] in reason


@pytest.fixture(scope="module")
def server(result: TrainingResult, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModelServer]:
    assert result.model_archive is not None
    model = ServedModel(archive=result.model_archive, family=TENSORFLOW)
    with ModelServer(model=model, folder=tmp_path_factory.mktemp("server")) as started:
        yield started


def test_the_saved_model_is_served_without_a_script_and_beats_guessing_by_far(
    server: ModelServer, invoke: Invoke, digits: Path
) -> None:
    images, labels = (np.load(digits / f"test/{name}.npy") for name in ("images", "labels"))
    document = json.dumps({"instances": images.reshape(len(images), -1).tolist()})

    _, _, body = invoke(server, document, content_type="application/json", accept="application/json")

    predictions = np.array(json.loads(body)["predictions"])
    assert (predictions.argmax(axis=1) == labels).mean() > TRIVIAL + MARGIN


@pytest.mark.parametrize(
    ("body", "content_type", "accept", "status"),
    [
        ("{", "application/json", "*/*", 400),
        ('{"rows": [1]}', "application/json", "*/*", 400),
        ('{"instances": []}', "application/json", "*/*", 400),
        ('{"instances": [[1, 2]]}', "application/json", "*/*", 400),
        ('{"instances": [["a"]]}', "application/json", "*/*", 400),
        ("1,2", "text/csv", "*/*", 400),
        ("a,b", "text/csv", "*/*", 400),
        ("1,2", "text/csv; charset=utf-8", "*/*", 415),
        ("1,2", "image/png", "*/*", 415),
        ("1,2", "", "*/*", 415),
    ],
)
def test_a_bad_request_is_answered_with_a_status_of_the_400s(
    server: ModelServer, invoke: Invoke, body: str, content_type: str, accept: str, status: int
) -> None:
    assert invoke(server, body, content_type=content_type, accept=accept)[0] == status


IMAGE = [0] * 784


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (json.dumps({"instances": [IMAGE, IMAGE]}), "application/json"),
        (json.dumps([IMAGE, IMAGE]), "application/json"),
        (f"{json.dumps(IMAGE)}\n{json.dumps(IMAGE)}\n", "application/jsonlines"),
        ("\n".join([",".join(map(str, IMAGE))] * 2), "text/csv"),
    ],
)
def test_instances_come_in_four_forms_and_are_answered_in_json_whatever_is_accepted(
    server: ModelServer, invoke: Invoke, body: str, content_type: str
) -> None:
    status, kind, answer = invoke(server, body, content_type=content_type, accept="text/csv")

    assert (status, kind, len(json.loads(answer)["predictions"])) == (200, "application/json", 2)


def test_handlers_of_ones_own_are_refused_as_not_rehearsed(result: TrainingResult, tmp_path: Path) -> None:
    assert result.model_archive is not None
    with tarfile.open(result.model_archive) as tar:
        tar.extractall(tmp_path / "model", filter="data")
    (tmp_path / "model/code").mkdir()
    (tmp_path / "model/code/inference.py").write_text("")

    with pytest.raises(ServerError, match=r"code/inference\.py is not rehearsed"):
        ModelServer(model=ServedModel(archive=tmp_path / "model", family=TENSORFLOW), folder=tmp_path / "tree")


MAKE_UNSERVABLE_MODELS = """
import os
import tensorflow as tf

class Network(tf.Module):
    @tf.function(input_signature=[tf.TensorSpec([None], tf.float32), tf.TensorSpec([None], tf.float32)])
    def add(self, one, other):
        return {"sum": one + other}

network = Network()
folder = os.environ["SM_MODEL_DIR"]
tf.saved_model.save(tf.Module(), folder + "/unsigned/1")
tf.saved_model.save(network, folder + "/two-inputs/1", signatures=network.add)
"""


@pytest.fixture(scope="module")
def unservable(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("unservable")
    (folder / "source").mkdir()
    (folder / "source/train.py").write_text(MAKE_UNSERVABLE_MODELS)
    job = TrainingSpec(name="job", source=folder / "source", program="train.py", channels={})
    run_training(job=job, folder=folder / "run")
    return folder / "run/algo-1/model"


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("unsigned", r"must have the signature serving_default, found \[\]"),
        ("two-inputs", r"must have one input to be served here, found \['one', 'other'\]"),
    ],
)
def test_a_saved_model_that_cannot_be_served_is_refused(
    unservable: Path, tmp_path: Path, name: str, sentence: str
) -> None:
    with pytest.raises(ServerError, match=sentence):
        ModelServer(model=ServedModel(archive=unservable / name), folder=tmp_path / "tree")
