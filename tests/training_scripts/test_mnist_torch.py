import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from modelyard.rehearsal.containers.servers import ModelServer
from modelyard.rehearsal.containers.training_results import TrainingResult, TrainingStatus
from support.digit_refusals import Refusals, failure_reasons, write_channel

pytestmark = pytest.mark.usefixtures("torch_is_there")
# Guessing one digit of ten is right in 10 of 100; these small settings must be right in 50 more.
TRIVIAL, MARGIN = 10, 50
TRIALS = (2, 5, 10)
Train = Callable[..., TrainingResult]
Serve = Callable[..., ModelServer]
Invoke = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def channels(digits: Path) -> dict[str, Path]:
    return {name: digits / name for name in ("train", "test")}


@pytest.fixture(scope="module")
def trials(train: Train, channels: dict[str, Path]) -> dict[int, TrainingResult]:
    given = {"epochs": 2, "dropout": 0.1, "optimizer": "adam", "backend": "gloo"}
    return {
        size: train("mnist_torch", channels=channels, hyperparameters=given | {"hidden_channels": size})
        for size in TRIALS
    }


@pytest.fixture(scope="module")
def two_hosts(train: Train, channels: dict[str, Path]) -> TrainingResult:
    given = {"epochs": 2, "dropout": 0.1, "hidden_channels": 10, "backend": "gloo"}
    return train("mnist_torch", channels=channels, hyperparameters=given, host_count=2)


@pytest.fixture(scope="module")
def server(serve: Serve, trials: dict[int, TrainingResult]) -> ModelServer:
    return serve("mnist_torch", trials[10])


@pytest.fixture(scope="module")
def held_out(digits: Path) -> tuple[np.ndarray, np.ndarray]:
    return np.load(digits / "test/images.npy"), np.load(digits / "test/labels.npy")


def test_the_three_trials_complete(trials: dict[int, TrainingResult]) -> None:
    assert [trial.status for trial in trials.values()] == [TrainingStatus.COMPLETED] * 3


def test_the_three_trials_rank_by_their_test_loss(trials: dict[int, TrainingResult]) -> None:
    ranked = sorted(trials, key=lambda size: trials[size].final_metrics["test:loss"])

    assert ranked == [10, 5, 2]


@pytest.mark.parametrize("name", ["train:loss", "test:loss", "test:accuracy"])
def test_a_metric_is_scraped_once_an_epoch(trials: dict[int, TrainingResult], name: str) -> None:
    assert [metric.name for metric in trials[10].metrics].count(name) == 2


def test_the_best_trial_beats_guessing_by_far(trials: dict[int, TrainingResult]) -> None:
    assert trials[10].final_metrics["test:accuracy"] > TRIVIAL + MARGIN


def test_two_hosts_train_one_network_over_gloo(two_hosts: TrainingResult) -> None:
    assert (two_hosts.status, two_hosts.failure_reason) == (TrainingStatus.COMPLETED, None)


def test_two_hosts_report_each_metric_once(two_hosts: TrainingResult) -> None:
    assert [metric.name for metric in two_hosts.metrics].count("test:accuracy") == 2


def test_two_hosts_beat_guessing_by_far(two_hosts: TrainingResult) -> None:
    assert two_hosts.final_metrics["test:accuracy"] > TRIVIAL + MARGIN


def test_only_the_first_of_two_hosts_saves(two_hosts: TrainingResult) -> None:
    assert two_hosts.model_archive is not None
    folder = two_hosts.model_archive.parent

    saved = [[path.name for path in (folder / host / "model").iterdir()] for host in ("algo-1", "algo-2")]
    assert [sorted(names) for names in saved] == [["code", "model.pth"], []]


def test_the_model_brings_along_the_code_that_serves_it(trials: dict[int, TrainingResult]) -> None:
    archive = trials[10].model_archive
    assert archive is not None

    with tarfile.open(archive) as tar:
        assert "code/train.py" in tar.getnames()


def test_served_digits_beat_guessing_by_far(
    server: ModelServer, invoke: Invoke, held_out: tuple[np.ndarray, np.ndarray]
) -> None:
    images, labels = held_out
    document = json.dumps({"instances": images.tolist()})

    _, _, body = invoke(server, document, content_type="application/json")

    assert 100 * (np.array(body.split(), dtype=int) == labels).mean() > TRIVIAL + MARGIN


def test_csv_npy_and_json_get_the_same_digits(
    server: ModelServer, invoke: Invoke, held_out: tuple[np.ndarray, np.ndarray]
) -> None:
    images = held_out[0][:5]
    buffer = io.BytesIO()
    np.save(buffer, images)
    flat = images.reshape(5, -1).tolist()
    bodies = {
        "text/csv": "\n".join(",".join(map(str, row)) for row in flat),
        "application/x-npy": buffer.getvalue(),
        "application/json": json.dumps(flat),
    }

    answers = {invoke(server, body, content_type=kind)[2] for kind, body in bodies.items()}

    assert len(answers) == 1


def test_json_answers_have_the_digit_and_the_probability_of_each(
    server: ModelServer, invoke: Invoke, held_out: tuple[np.ndarray, np.ndarray]
) -> None:
    document = json.dumps(held_out[0][:1].tolist())

    _, _, body = invoke(server, document, content_type="application/json", accept="application/json")

    (answer,) = json.loads(body)["predictions"]
    assert set(answer) == {"digit", "probabilities"}
    assert sum(answer["probabilities"]) == pytest.approx(1, abs=1e-4)
    assert answer["probabilities"][answer["digit"]] == max(answer["probabilities"])


@pytest.mark.parametrize(
    ("body", "content_type", "accept"),
    [
        ("1,2,3", "text/csv", "text/csv"),
        ("a" + ",0" * 783, "text/csv", "text/csv"),
        ("300" + ",0" * 783, "text/csv", "text/csv"),
        ("", "text/csv", "text/csv"),
        ("{}", "application/json", "text/csv"),
        (b"no array", "application/x-npy", "text/csv"),
        ("x", "image/png", "text/csv"),
        ("0" + ",0" * 783, "text/csv", "image/png"),
    ],
)
def test_a_bad_request_is_answered_as_awss_container_does(
    server: ModelServer, invoke: Invoke, body: str | bytes, content_type: str, accept: str
) -> None:
    assert invoke(server, body, content_type=content_type, accept=accept)[0] == 500


GOOD: dict[str, object] = {"images": np.zeros((2, 28, 28), dtype=np.uint8), "labels": np.array([3, 1])}
REFUSALS: Refusals = {
    "a missing file": ({}, {}, "images.npy is missing; the channel must hold images.npy and labels.npy"),
    "an empty file": (
        GOOD | {"labels": b""},
        {},
        "labels.npy must be an .npy file of numbers, got what is none",
    ),
    "images of another size": (
        {"images": np.zeros((3, 8, 8))},
        {},
        "channel train, images.npy must hold images of 28 x 28 pixels, got an array of shape (3, 8, 8)",
    ),
    "pixels out of range": (
        GOOD | {"images": np.full((2, 28, 28), 256)},
        {},
        "channel train, images.npy must hold pixels between 0 and 255, got others",
    ),
    "labels that are no digits": (
        GOOD | {"labels": np.array([3, 11])},
        {},
        "channel train must have a label of 0 to 9 for each of its 2 images",
    ),
    "a missing channel": (
        GOOD,
        {},
        "AlgorithmError: channel test is missing, got no folder; add it to the training job, exit code: 1",
    ),
    "no epochs": (
        {},
        {"epochs": "0"},
        "argument --epochs: must be a whole number between 1 and 10000, got '0'",
    ),
    "all dropped": ({}, {"dropout": "1"}, "argument --dropout: must be a number between 0 and 0.95, got '1'"),
    "an unknown optimizer": ({}, {"optimizer": "lion"}, "argument --optimizer: invalid choice: 'lion'"),
}


@pytest.fixture(scope="module")
def reasons(train: Train, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str | None]:
    folder = tmp_path_factory.mktemp("refusals")
    return failure_reasons(refusals=REFUSALS, workload="mnist_torch", train=train, folder=folder)


@pytest.mark.parametrize("case", list(REFUSALS))
def test_bad_input_ends_with_one_sentence(reasons: dict[str, str | None], case: str) -> None:
    reason = reasons[case]

    assert reason is not None
    assert REFUSALS[case][2] in reason


def test_more_hosts_than_images_end_with_one_sentence(train: Train, channels: dict[str, Path], tmp_path: Path) -> None:
    one = write_channel(tmp_path / "one", images=np.zeros((1, 28, 28)), labels=np.array([3]))

    reason = train("mnist_torch", channels=channels | {"train": one}, host_count=2).failure_reason

    assert reason is not None
    assert "channel train must hold an image a host, got 1; take fewer hosts" in reason


def test_a_backend_that_the_machine_lacks_ends_with_one_sentence(train: Train, channels: dict[str, Path]) -> None:
    reason = train("mnist_torch", channels=channels, hyperparameters={"backend": "nccl"}).failure_reason

    assert reason is not None
    assert "backend nccl needs a GPU, and this instance has none; set backend to gloo" in reason
