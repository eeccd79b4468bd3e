"""The JSON Schemas by which editors check manifests: they refuse nothing that the reader takes.

The other direction cannot hold: what values must be to one another, what a region offers and what is a regular
expression of Python's is known to the reader alone.
"""

import copy
import datetime
import json
import math
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.fleet_manifests import manifest as generated
from maintenance.write_schema import DRAFT, files, of_rule
from modelyard.manifest import Model, Refused, Stage, read_stage
from modelyard.manifest.structuring import structured
from support.synth import ROOT

SCHEMAS = {file.name: json.loads(text) for file, text in files().items()}
MANIFEST = jsonschema.Draft7Validator(SCHEMAS["manifest.schema.json"])
STAGES = jsonschema.Draft7Validator(SCHEMAS["stage.schema.json"])

# Two manifests that the reader takes, with every table and every kind of key between them.
EVERYTHING: dict[str, Any] = {
    "name": "churn",
    "training": {
        "container": "xgboost:3.2-0",
        "instance": "ml.m5.large",
        "objective": {"metric": "auc", "goal": "maximize"},
        "channels": {"train": "datasets/train", "test": {"path": "a/b", "content_type": "text/csv"}},
        "script": "churn/train.py",
        "volume_gb": 30,
        "baseline_dataset": "datasets/baseline",
        "metrics": {"auc": "auc:(.*)"},
        "hyperparameters": {"a": 1, "b": 0.5, "c": True, "d": "x"},
        "trials": [{"name": "a", "hyperparameters": {"a": 1}}],
        "spot": {"max_wait_minutes": 90, "checkpoints": True},
    },
    "batch": {
        "instance": "ml.m5.large",
        "model": "churn/a/model.tar.gz",
        "input": "datasets/batch",
        "max_payload_mb": 6,
        "input_filter": "$[1:]",
        "join": "Input",
        "schedule": "rate(1 day)",
        "capture": True,
    },
    "serving": {
        "instance": "ml.m5.large",
        "instance_count": 2,
        "container": "xgboost:3.2-0",
        "capture": {"sampling_percentage": 100, "mode": ["Input", "Output"], "csv": ["text/csv"]},
        "scaling": {"min": 1, "max": 4, "invocations_per_instance": 100.0, "disable_scale_in": True},
        "rollout": {"strategy": "canary", "percent": 25, "bake_minutes": 5},
        "alarms": {"error_percent": 5.0, "latency_ms": 1000},
        "variants": [{"name": "primary", "model": "churn/a/model.tar.gz", "weight": 1.0, "instance": "ml.m5.large"}],
    },
    "monitoring": {
        "engine": "drift",
        "baseline": "churn/baseline/run",
        "minute": 12,
        "quality": {"problem_type": "BinaryClassification", "probability": "0", "threshold": 0.5},
    },
    "api": {
        "features": [{"names": ["age"], "type": "integer", "minimum": 0, "default": "0"}],
        "auth": "jwt",
        "scopes": ["churn/predict"],
        "rate": 50.0,
        "waf": True,
    },
}
SEARCHED: dict[str, Any] = {
    "name": "searched",
    "training": {
        "container": "tensorflow:2.19",
        "script": "searched/train.py",
        "metrics": {"loss": r"loss: (\S+)"},
        "instance": "ml.c5.xlarge",
        "objective": {"metric": "loss", "goal": "minimize"},
        "channels": {"train": "datasets/train"},
        "tuning": {
            "ranges": {"x": {"min": 1, "max": 8.5, "scaling": "Linear"}, "y": ["a", "b"]},
            "strategy": "Random",
            "early_stopping": True,
        },
    },
    "serving": {
        "serverless": {"memory_mb": 2048, "max_concurrency": 5, "provisioned_concurrency": 1},
        "variants": [{"name": "primary"}],
    },
}
STAGE: dict[str, Any] = {
    "account": "123456789012",
    "region": "eu-west-1",
    "removal": "destroy",
    "termination_protection": False,
    "alert_email": "ml@example.com",
    "log_days": 90,
    "user_pool": "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_a",
    "vpc": {"subnets": {"subnet-0aaaaaaa": "a", "subnet-0bbbbbbb": "b"}, "security_groups": ["sg-0ccccccc"]},
    "delivery": {"provider": "github", "repository": "owner/name", "environment": "prod"},
    "tracking": {"maintenance": "Sun:03:30"},
    "tags": {"team": "ml"},
}
VALUES: list[Any] = [
    *(0, 1, -1, 2, 4, 41, 100, 1024, 10**6, 10**30, True, False),
    *(0.0, 0.5, 1.0, -0.5, 99.5, 1e39, math.inf, math.nan),
    *("", "x", "X", "0", "a b", "a/b", "größe/ü", "\N{ARABIC-INDIC DIGIT ONE}" * 12, "\U0001f600", "x" * 300, "../a"),
    *("ml.m5.large", "ml.t2.medium", "m5.large", "xgboost:3.2-0", "xgboost", "pytorch:2.6", "pytorch:2.6.0"),
    *("s3://b/c.tar.gz", "123456789012.dkr.ecr.eu-west-1.amazonaws.com/mine:1", "text/csv; a=b", "$.a[0]", "None"),
    *([], ["x"], ["text/csv", 1], [{}], [{"name": "a"}] * 11, {}, {"x": 1}, {"a b": "x"}, {"path": "a"}),
    datetime.date(2026, 11, 26),
]


def errors(validator: Any, table: Any) -> list[str]:
    """What a schema has against a table."""
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(table)]


def is_read(table: Any, kind: type) -> bool:
    """Whether the reader takes a table by itself."""
    try:
        structured(table, kind, file="m.toml")
    except Refused:
        return False
    return True


def with_one_value_changed(table: Any) -> Iterator[Any]:
    """The table with each of its keys and elements taken out, and with every value in the place of each."""
    for path in places(table):
        for value in VALUES:
            yield replaced(table, path=path, value=value)
        without = copy.deepcopy(table)
        del parent(without, path=path)[path[-1]]
        yield without


def replaced(table: Any, *, path: tuple[str | int, ...], value: Any) -> Any:
    """The table with another value at the end of a way."""
    made = copy.deepcopy(table)
    parent(made, path=path)[path[-1]] = value
    return made


def parent(table: Any, *, path: tuple[str | int, ...]) -> Any:
    """The table or list in which a way ends."""
    for step in path[:-1]:
        table = table[step]
    return table


def places(value: Any) -> Iterator[tuple[str | int, ...]]:
    """The way to each key and element."""
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, inner in steps:
        yield (step,)
        yield from ((step, *rest) for rest in places(inner))


def test_the_schemas_are_those_that_the_code_writes() -> None:
    for file, text in files().items():
        assert file.read_text(encoding="utf-8") == text, "run make reference"


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_a_schema_is_one_of_its_draft(name: str) -> None:
    assert SCHEMAS[name]["$schema"] == DRAFT
    jsonschema.Draft7Validator.check_schema(SCHEMAS[name])


def test_the_documentation_has_the_same_files() -> None:
    assert {file.name: file.read_text(encoding="utf-8") for file in (ROOT / "docs" / "schemas").iterdir()} == {
        file.name: text for file, text in files().items()
    }


@pytest.mark.parametrize("file", sorted((ROOT / "models").glob("*.toml")), ids=lambda path: path.stem)
def test_an_example_is_valid_and_names_its_schema(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    named = re.match(r"#:schema (\S+)\n", text)

    assert named is not None
    assert (file.parent / named[1]).resolve() == ROOT / "manifest" / "schemas" / "manifest.schema.json"
    assert errors(MANIFEST, tomllib.loads(text)) == []


def test_the_stages_are_valid_and_name_their_schema() -> None:
    text = (ROOT / "stages.toml").read_text(encoding="utf-8")

    assert text.startswith("#:schema manifest/schemas/stage.schema.json\n")
    assert errors(STAGES, tomllib.loads(text)) == []


def test_the_manifests_of_a_fleet_are_valid() -> None:
    assert [found for number in range(100) for found in errors(MANIFEST, tomllib.loads(generated(number)))] == []


@pytest.mark.parametrize("table", [EVERYTHING, SEARCHED], ids=lambda table: table["name"])
def test_a_manifest_with_every_table_is_valid(table: dict[str, Any]) -> None:
    assert errors(MANIFEST, table) == []
    assert is_read(table, Model)


def test_a_stage_with_every_table_is_valid() -> None:
    assert errors(STAGES, {"dev": STAGE}) == []
    assert is_read({"name": "dev", **STAGE}, Stage)


@pytest.mark.parametrize("table", [EVERYTHING, SEARCHED], ids=lambda table: table["name"])
def test_whatever_the_schema_of_manifests_refuses_the_reader_refuses(table: dict[str, Any]) -> None:
    refused = [made for made in with_one_value_changed(table) if errors(MANIFEST, made)]

    assert len(refused) > 500
    assert [made for made in refused if is_read(made, Model)] == []


def test_whatever_the_schema_of_stages_refuses_the_reader_refuses() -> None:
    refused = [made for made in with_one_value_changed(STAGE) if errors(STAGES, {"dev": made})]

    assert len(refused) > 300
    assert [made for made in refused if is_read({"name": "dev", **made}, Stage)] == []


@given(path=st.sampled_from([path for path in places(EVERYTHING) if path[0] != "api"]), text=st.text(max_size=40))
def test_whatever_text_the_schema_refuses_the_reader_refuses(path: tuple[str | int, ...], text: str) -> None:
    made = replaced(EVERYTHING, path=path, value=text)

    assert not errors(MANIFEST, made) or not is_read(made, Model)


@pytest.mark.parametrize("name", ["Dev", "a-stage", "elevenchars", "\N{ARABIC-INDIC DIGIT ONE}"])
def test_a_stage_s_name_is_refused_by_both(tmp_path: Path, name: str) -> None:
    (tmp_path / "stages.toml").write_text(f'["{name}"]\n', encoding="utf-8")

    assert errors(STAGES, {name: {}}) != []
    with pytest.raises(Refused):
        read_stage(tmp_path / "stages.toml", name=name)


@pytest.mark.parametrize("path", [("account",), ("region",), ("user_pool",), ("delivery", "repository")])
def test_digits_of_another_script_are_no_digits(path: tuple[str, ...]) -> None:
    other = str.maketrans("0123456789", "".join(chr(0x0660 + digit) for digit in range(10)))
    text = f"{parent(STAGE, path=path)[path[-1]]}@1" if path[-1] == "repository" else STAGE[path[0]]
    stage = replaced(STAGE, path=path, value=text.translate(other))

    assert errors(STAGES, {"dev": stage}) != []
    assert not is_read({"name": "dev", **stage}, Stage)


def test_a_name_inside_a_stage_is_refused_by_both(tmp_path: Path) -> None:
    (tmp_path / "stages.toml").write_text('[dev]\nname = "dev"\n', encoding="utf-8")

    assert errors(STAGES, {"dev": {"name": "dev"}}) != []
    with pytest.raises(Refused):
        read_stage(tmp_path / "stages.toml", name="dev")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("trianing",), {}),
        (("training", "volume_gb"), "30"),
        (("training", "volume_gb"), 0),
        (("training", "instance"), "m5.large"),
        (("training", "container"), "xgboost:9"),
        (("training", "channels"), {}),
        (("training", "channels", "train"), "/bucket/train"),
        (("training", "hyperparameters", "a"), [1]),
        (("training", "trials", 0, "name"), "a_b"),
        (("batch", "schedule"), "daily"),
        (("batch", "input_filter"), "a"),
        (("serving", "variants"), []),
        (("serving", "variants", 0, "model"), "model.zip"),
        (("serving", "variants", 0, "modell"), "x"),
        (("serving", "rollout", "strategy"), "slow"),
        (("monitoring", "engine"), "evidently"),
        (("api", "features", 0, "names"), ["a b"]),
    ],
    ids=lambda value: ".".join(map(str, value)) if isinstance(value, tuple) else None,
)
def test_an_editor_marks_what_is_wrong_by_itself(path: tuple[str | int, ...], value: Any) -> None:
    assert errors(MANIFEST, replaced(EVERYTHING, path=path, value=value)) != []


def test_a_rule_that_has_no_schema_is_not_passed_over() -> None:
    with pytest.raises(TypeError, match=r"register one in maintenance/write_schema.py"):
        of_rule(object())


def test_an_editor_s_own_engine_reads_every_pattern() -> None:
    patterns = sorted({found for schema in SCHEMAS.values() for found in patterns_in(schema)})
    program = "for (const one of JSON.parse(process.argv[1])) new RegExp(one, 'u')"

    assert len(patterns) > 20
    subprocess.run(["node", "-e", program, json.dumps(patterns)], check=True)  # noqa: S607


def patterns_in(schema: Any) -> Iterator[str]:
    """Every pattern of a schema."""
    if isinstance(schema, dict):
        if isinstance(schema.get("pattern"), str):
            yield schema["pattern"]
        for inner in schema.values():
            yield from patterns_in(inner)
    elif isinstance(schema, list):
        for inner in schema:
            yield from patterns_in(inner)
