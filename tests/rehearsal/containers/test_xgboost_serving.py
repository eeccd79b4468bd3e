import json
import pickle
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pytest
import xgboost

from modelyard.rehearsal.containers.servers import ModelServer, ServedModel
from modelyard.rehearsal.containers.xgboost_serving import load_algorithm
from modelyard.shared.container_families import XGBOOST
from support.model_servers import send

CSV = "text/csv"
JSON = "application/json"
ROWS = np.array([[0, 1, 5], [1, 2, 6], [2, 3, 7], [3, 4, 8]] * 10)
LABELS = ROWS[:, 0] > 1


def booster(parameters: Mapping[str, object] = {"objective": "binary:logistic"}, *, rounds: int = 3) -> xgboost.Booster:
    return xgboost.train(dict(parameters), xgboost.DMatrix(ROWS, label=LABELS), num_boost_round=rounds)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "model").mkdir()
    booster().save_model(tmp_path / "model/any-name.ubj")
    return tmp_path / "model"


def answer(
    folder: Path,
    body: str,
    *,
    content_type: str = CSV,
    accept: str = "*/*",
    environment: Mapping[str, str] | None = None,
) -> str:
    """What a loaded model answers."""
    loaded = load_algorithm(model=folder, environment=environment or {})
    return loaded.answer(body=body.encode(), content_type=content_type, accept=accept).body.decode()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModelServer]:
    tree = tmp_path_factory.mktemp("serving")
    (tree / "model").mkdir()
    booster().save_model(tree / "model/xgboost-model.ubj")
    model = ServedModel(archive=tree / "model", family=XGBOOST, environment={"MAX_CONTENT_LENGTH": str(2 * 1024**2)})
    with ModelServer(model=model, folder=tree / "tree") as started:
        yield started


def test_predictions_are_given_one_a_line(folder: Path) -> None:
    text = answer(folder, "0,1,5\n3,4,8\n")

    low, high = map(float, text.splitlines())
    assert (text.endswith("\n"), low < 0.5 < high) == (True, True)


def test_json_is_answered_with_a_score_a_row(folder: Path) -> None:
    assert len(json.loads(answer(folder, "0,1,5\n3,4,8\n", accept=JSON))["predictions"]) == 2


@pytest.mark.parametrize("batch", ["true", "1", "no"])
def test_a_batch_is_answered_line_by_line_whatever_is_accepted(folder: Path, batch: str) -> None:
    text = answer(folder, "0,1,5\n3,4,8\n", accept=JSON, environment={"SAGEMAKER_BATCH": batch})

    assert len([float(line) for line in text.splitlines()]) == 2


@pytest.mark.parametrize(("batch", "start"), [({}, "0"), ({"SAGEMAKER_BATCH": "true"}, "[")])
def test_several_classes_are_a_line_of_probabilities_each(tmp_path: Path, batch: dict[str, str], start: str) -> None:
    booster({"objective": "multi:softprob", "num_class": 3}).save_model(tmp_path / "model.ubj")

    line = answer(tmp_path, "0,1,5\n", environment=batch).strip()

    assert line.startswith(start)
    assert sum(map(float, line.strip("[]").split(","))) == pytest.approx(1, abs=1e-5)


def test_an_empty_body_is_answered_with_204(server: ModelServer) -> None:
    assert send(server, "")[0] == 204


@pytest.mark.parametrize(
    ("body", "content_type", "accept", "status"),
    [
        ("a,b", CSV, "*/*", 415),
        ("1,2\n1", CSV, "*/*", 415),
        ("{}", JSON, "*/*", 415),
        ("1,2,3,4", CSV, "*/*", 400),
        ("1,2", CSV, "image/png", 406),
        ("1,2", CSV, "application/jsonlines", 500),
        ("1,2", "", "*/*", 415),
        ("0:1 2:7", "", "*/*", 200),
        ("1 0:1 2:7", "text/x-libsvm", "*/*", 200),
        ("1,2", CSV, "*/*", 200),
        ("1;2;3", "text/csv; charset=utf-8", "*/*", 200),
        ("1\t2\t3", CSV, "*/*", 200),
    ],
)
def test_a_request_is_answered_as_awss_container_does(
    server: ModelServer, body: str, content_type: str, accept: str, status: int
) -> None:
    assert send(server, body, headers={"Content-Type": content_type, "Accept": accept})[0] == status


def test_a_row_that_is_too_wide_is_refused_in_the_containers_words(server: ModelServer) -> None:
    assert send(server, "1,2,3,4")[2].startswith("Unable to evaluate payload provided: ")


def test_who_sends_csv_without_a_type_is_told_what_it_was_taken_for(server: ModelServer) -> None:
    assert "without Content-Type it is text/libsvm: send text/csv" in send(server, "1,2", headers={})[2]


def test_the_type_of_an_answer_that_nobody_asked_for_is_the_models(folder: Path) -> None:
    text = answer(folder, "0,1,5\n", environment={"SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT": JSON})

    assert len(json.loads(text)["predictions"]) == 1


def test_a_longer_body_than_the_model_takes_is_answered_with_413(server: ModelServer) -> None:
    assert send(server, "1" * (2 * 1024**2 + 1))[0] == 413


def test_the_algorithm_tells_how_it_likes_batches(server: ModelServer) -> None:
    status, _, body = send(server, b"", method="GET", path="/execution-parameters", headers={})

    assert (status, json.loads(body)["MaxPayloadInMB"]) == (200, 2)


def test_several_models_are_averaged(folder: Path) -> None:
    alone = float(answer(folder, "3,4,8\n"))
    booster(rounds=30).save_model(folder / "other.ubj")
    (folder / ".hidden").write_text("no model")

    together = float(answer(folder, "3,4,8\n"))
    first = float(answer(folder, "3,4,8\n", environment={"SAGEMAKER_INFERENCE_ENSEMBLE": "false"}))

    assert alone < together
    assert first == alone


def test_several_models_of_classes_vote(tmp_path: Path) -> None:
    for name, eta in (("a", 0.5), ("b", 0.5), ("c", 0.0)):
        booster({"objective": "multi:softmax", "num_class": 2, "eta": eta}).save_model(tmp_path / f"{name}.ubj")

    assert answer(tmp_path, "3,4,8\n") == "1.0\n"


def test_a_pickled_model_is_loaded(tmp_path: Path) -> None:
    (tmp_path / "model.pkl").write_bytes(pickle.dumps(booster()))

    assert float(answer(tmp_path, "3,4,8\n")) > 0.5


@pytest.mark.parametrize("content", [b"no model", pickle.dumps({"a": 1})])
def test_what_is_no_model_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "model").write_bytes(content)

    with pytest.raises(ValueError, match=r"Unable to load model: model must be a model of XGBoost's, or a pickled one"):
        load_algorithm(model=tmp_path, environment={})


def test_a_model_without_a_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="must hold a version folder with a SavedModel or a model of XGBoost"):
        load_algorithm(model=tmp_path, environment={})


def test_selected_outputs_are_refused(folder: Path) -> None:
    with pytest.raises(ValueError, match="SAGEMAKER_INFERENCE_OUTPUT must be left out here, got 'probability'"):
        load_algorithm(model=folder, environment={"SAGEMAKER_INFERENCE_OUTPUT": "probability"})
