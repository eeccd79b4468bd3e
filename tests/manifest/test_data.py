"""The `[data]` table, and what the other tables must say alike."""

import tomllib
from dataclasses import replace
from typing import Any

import pytest

from modelyard.manifest import Model
from modelyard.manifest.api_schema import feedback_schema, row_schema
from modelyard.manifest.problems import Refused
from modelyard.manifest.structuring import structured

DATA = """
[data]
label = "price"
columns = [
    { name = "rooms", kind = "integer" },
    { name = "price", kind = "number" },
    { name = "town", kind = "text", missing = true },
]
"""
TRAINING = """
[training]
container = "sklearn:1.9-0"
script = "mine/train.py"
instance = "ml.m5.large"
objective = { metric = "rmse", goal = "minimize" }
metrics = { rmse = 'rmse:(.*)' }
channels = { train = { path = "datasets/train", header = true } }
"""
SERVING = """
[serving]
container = "sklearn:1.9-0"
script = "mine/train.py"
instance = "ml.m5.large"
[[serving.variants]]
name = "primary"
"""
CAPTURED = SERVING.replace("[[", 'capture = { json = ["JSON"] }\n[[')
MONITORING = '[monitoring]\nengine = "drift"\nbaseline = "mine/baseline/1"\n'


def read(*tables: str) -> Model:
    table: dict[str, Any] = tomllib.loads("\n".join(['name = "mine"', *tables]))
    return structured(table, Model, file="mine.toml")


def problems(*tables: str) -> list[str]:
    with pytest.raises(Refused) as refused:
        read(*tables)
    return [problem.sentence for problem in refused.value.problems]


def test_the_label_stands_among_the_columns_and_first_in_the_baseline() -> None:
    data = read(DATA).data
    assert data is not None
    assert [column.name for column in data.columns] == ["rooms", "price", "town"]
    assert [column.name for column in data.features] == ["rooms", "town"]
    assert [column.name for column in data.label_first] == ["price", "rooms", "town"]


def test_data_need_no_label() -> None:
    data = read(DATA.replace('label = "price"\n', "")).data
    assert data is not None
    assert data.features == data.columns == data.label_first


@pytest.mark.parametrize(
    ("written", "instead", "sentence"),
    [
        ('label = "price"', 'label = "cost"', "data.label must be one of the columns (rooms, price, town), got"),
        ('"town"', '"rooms"', 'data.columns.name must be different, got ["rooms"] in'),
        ('"town"', '" town"', "data.columns. town.name must be a name of at most 255 characters, without spaces"),
        ('"text"', '"date"', 'data.columns.town.kind must be one of number, integer, text, got "date"'),
    ],
)
def test_columns_that_cannot_be_are_refused(written: str, instead: str, sentence: str) -> None:
    (found,) = problems(DATA.replace(written, instead))
    assert sentence.replace("data.columns. town.", 'data.columns." town".') in found


def test_a_label_alone_is_no_data() -> None:
    (found,) = problems('[data]\nlabel = "a"\ncolumns = [{ name = "a", kind = "text" }]\n')
    assert found == (
        'data.columns must be more than the label alone, got ["a"] in mine.toml; list the columns that are sent'
    )


def test_an_api_without_features_takes_the_columns_but_for_the_label() -> None:
    api = read(DATA, TRAINING, SERVING, "[api]").rest_api
    assert api is not None
    schema = row_schema(api)
    assert {name: kind["type"] for name, kind in schema["properties"].items()} == {"rooms": "integer", "town": "string"}
    assert schema["required"] == ["rooms"]


def test_an_api_takes_labels_of_the_kind_of_the_data_s_label() -> None:
    api = read(DATA, TRAINING, SERVING, "[api]").rest_api
    assert api is not None
    assert feedback_schema(api)["properties"]["label"]["type"] == "number"
    assert problems(DATA, TRAINING, SERVING, '[api]\nlabel = "text"') == [
        'api.label must be left out, or the kind of the label of [data] (number), got "text" in mine.toml; '
        "correct one of the two"
    ]


def test_an_api_with_features_that_agree_with_the_columns_keeps_its_own() -> None:
    rooms, town = '{ names = ["rooms"], type = "integer", minimum = 1 }', '{ names = ["town"], type = "text" }'
    own = f"[api]\nfeatures = [{rooms}, {town}]"
    model = read(DATA, TRAINING, SERVING, own)
    assert model.api is not None
    assert model.rest_api == replace(model.api, label="number")


@pytest.mark.parametrize(
    ("features", "expected", "found"),
    [
        ('{ names = ["rooms"] }, { names = ["town"], type = "text" }', "column 1 is rooms integer", "rooms number"),
        ('{ names = ["rooms"], type = "integer" }', "column 2 is town text", "no column"),
        (
            '{ names = ["rooms"], type = "integer" }, { names = ["town", "x"], type = "text" }',
            "column 3 is no column",
            "x text",
        ),
    ],
)
def test_features_that_differ_from_the_columns_are_refused(features: str, expected: str, found: str) -> None:
    assert problems(DATA, TRAINING, SERVING, f"[api]\nfeatures = [{features}]") == [
        f"api.features must be the columns of [data] without the label, of which {expected}, got {found} in mine.toml; "
        "correct one of the two, or leave features out"
    ]


def test_an_api_without_features_and_data_is_refused() -> None:
    assert problems(TRAINING, SERVING, "[api]") == [
        "api.features must be given where no [data] says what the columns are, got nothing in mine.toml; "
        "write [data] from a file, yard data describe FILE, or list the features of a row"
    ]


def test_a_column_that_no_caller_can_write_is_refused_for_an_api() -> None:
    (found,) = problems(DATA.replace('"town"', '"home town"'), TRAINING, SERVING, "[api]")
    assert found.startswith('data.columns."home town".name must be names of letters, digits, _, - and .')


def test_an_api_asks_no_endpoint_that_takes_json() -> None:
    data = DATA.replace("label", 'format = "jsonl"\nlabel')
    assert problems(data, TRAINING.replace(", header = true", ""), SERVING, "[api]") == [
        "api must be left out where the data are JSON lines, for the API asks the endpoint in CSV, got "
        "format jsonl in mine.toml; call the endpoint itself: yard invoke"
    ]


def test_a_header_is_for_csv_alone() -> None:
    (found,) = problems(DATA.replace("label", 'format = "parquet"\nlabel'), TRAINING)
    assert found.startswith("training.channels.train.header must be left out where the data are parquet, which names")


def test_xgboost_s_own_algorithm_takes_no_header() -> None:
    own = TRAINING.replace("sklearn:1.9-0", "xgboost:3.2-0").replace('script = "mine/train.py"\n', "")
    own = own.replace("metrics = { rmse = 'rmse:(.*)' }\n", "hyperparameters = { num_round = 10 }\n")
    own = own.replace("rmse", "train:rmse").replace("header = true", 'content_type = "text/csv", header = true')
    (found,) = problems(own)
    assert found.startswith("training.channels.train.header must be false for XGBoost's own algorithm, which reads CSV")


@pytest.mark.parametrize(
    ("form", "captured", "sent"),
    [
        ("csv", '"application/json"', "text/csv"),
        ("parquet", '"application/json"', "text/csv"),
        ("jsonl", '"application/json"', "application/json"),
        ("jsonl", '"application/json", "application/jsonlines"', "application/jsonlines"),
    ],
)
def test_a_record_is_sent_as_the_data_and_the_captures_are(form: str, captured: str, sent: str) -> None:
    data = DATA.replace("label", f'format = "{form}"\nlabel')
    model = read(data, CAPTURED.replace('"JSON"', captured), MONITORING)
    assert model.request_type == sent
    assert model.default_accept == sent
