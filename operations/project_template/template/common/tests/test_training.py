"""The training script does, with the project's own data, what the manifest says of it."""

import csv
import json
import re
import tomllib
from pathlib import Path

import pytest
from conftest import PROJECT
from train import input_fn, main, model_fn, output_fn, predict_fn

DATA = PROJECT / "data" / "my_model"
MANIFEST = tomllib.loads((PROJECT / "models" / "my_model.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a small model."""
    folder = tmp_path_factory.mktemp("model")
    assert main(_arguments(folder)) == 0
    return folder


def test_a_training_prints_each_metric_of_the_manifest(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(_arguments(tmp_path)) == 0
    printed = capsys.readouterr().out
    for name, pattern in MANIFEST["training"]["metrics"].items():
        found = re.search(pattern, printed)
        assert found is not None, name
        float(found[1])


def test_the_model_answers_each_row_of_the_validation_data(trained: Path) -> None:
    text = (DATA / "validation" / "validation.csv").read_text(encoding="utf-8")
    rows = [line.partition(",")[2] for line in text.splitlines()]

    answer, content_type = _asked(trained, body="\n".join(rows), content_type="text/csv", accept="text/csv")

    assert content_type == "text/csv"
    assert len(answer.splitlines()) == len(rows)


def test_the_model_answers_json(trained: Path) -> None:
    with (DATA / "validation" / "validation.csv").open(encoding="utf-8", newline="") as lines:
        _, *row = next(csv.reader(lines))

    answer, _ = _asked(
        trained, body=json.dumps({"instances": [row]}), content_type="application/json", accept="application/json"
    )

    assert len(json.loads(answer)["predictions"]) == 1


def test_a_request_without_a_row_is_refused_in_a_sentence(trained: Path) -> None:
    with pytest.raises(ValueError, match="row"):
        _asked(trained, body="", content_type="text/csv", accept="text/csv")


def _arguments(folder: Path) -> list[str]:
    channels = ["--train", str(DATA / "train"), "--validation", str(DATA / "validation")]
    return [*channels, "--model-dir", str(folder), "--n_estimators", "10"]


def _asked(trained: Path, *, body: str, content_type: str, accept: str) -> tuple[str, str]:
    model = model_fn(str(trained))
    return output_fn(predict_fn(input_fn(body, content_type), model), accept)
