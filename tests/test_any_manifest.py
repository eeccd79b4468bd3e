"""Whatever a manifest says, it synthesizes to clean templates or is refused in sentences.

The number of manifests is that of the profile: `--hypothesis-profile=many` tries two thousand.
"""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modelyard.manifest import Refused, Stage, read_models, read_stage
from modelyard.template_checks.rules import check_templates
from modelyard.template_checks.template import Template
from support.linting import findings
from support.synth import ROOT, synthesize

SENTENCE = re.compile(r"\S.* must be .+, got .+; \S.*", re.DOTALL)
ARTIFACT = "m/training/run/job/output/model.tar.gz"
OWN = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/mine:1"

PREPROCESSING: dict[str, Any] = {
    "container": "sklearn:1.9-0",
    "script": "mnist_torch/preprocess.py",
    "instance": "ml.m5.large",
    "inputs": {"raw": "datasets/raw"},
}
WHOLE: dict[str, Any] = {
    "name": "m",
    "training": {
        "container": "xgboost:3.2-0",
        "script": "churn_xgboost/train.py",
        "instance": "ml.m5.large",
        "objective": {"metric": "auc", "goal": "maximize"},
        "channels": {"train": "datasets/train"},
        "baseline_dataset": "datasets/baseline",
        "metrics": {"auc": "auc:(.*)"},
    },
    "batch": {"instance": "ml.m5.large"},
    "serving": {
        "instance": "ml.m5.large",
        "capture": {"sampling_percentage": 100},
        "variants": [{"name": "primary", "model": ARTIFACT}],
    },
    "monitoring": {"engine": "drift", "baseline": "m/baseline/run"},
}

# For each key the values that users try: good ones, ones at the edge, ones beyond it, and of another kind.
TRIED: dict[tuple[str, ...], list[Any]] = {
    ("name",): ["m", "n", "M", "", 3],
    ("preprocessing",): [PREPROCESSING, {**PREPROCESSING, "transformer": True}, {}, 3],
    ("preprocessing", "container"): ["pytorch:2.6", "tensorflow:2.19", OWN, "sklearn"],
    ("preprocessing", "parameters"): [{"a": 1, "b": True, "c": "{% $x %}"}, {"a b": 1}, {"a": [1]}],
    ("training",): [None, {}, 3],
    ("training", "container"): ["sklearn:1.9-0", "pytorch:2.6", "pytorch:2.10", "tensorflow:2.21", OWN, "xgboost", ""],
    ("training", "script"): [None, "mnist_torch/train.py", "train.py", "../app.py", "nowhere/train.py"],
    ("training", "instance"): ["ml.g5.xlarge", "ml.p3.2xlarge", "ml.t3.medium", "m5.large", None],
    ("training", "instance_count"): [1, 2, 0, 1000, "1", True],
    ("training", "max_runtime_minutes"): [1, 7200, 7201, 0, 1.5],
    ("training", "max_parallel"): [1, 40, 41],
    ("training", "objective"): [{"metric": "auc", "goal": "minimize"}, {"metric": "loss", "goal": "maximize"}, {}],
    ("training", "channels"): [
        {},
        {"a": {"path": "x.csv", "content_type": "text/csv"}},
        {"a": {"path": "s3://mine/c", "key": "arn:aws:kms:eu-west-1:123456789012:key/1"}},
        {"a": "s3://mine/c.csv"},
        {"train": "preprocessing/train", "held": "preprocessing/all/held.csv"},
        {"train": "preprocessing/transformer"},
        {"a": "s3://b/c"},
        [],
    ],
    ("training", "baseline_dataset"): [None, "preprocessing/raw", "a/b", "/a", "..", ""],
    ("training", "metrics"): [{}, {"auc": "("}, {"auc": "no group"}, {"auc": "(a)", "loss": "(b)"}],
    ("training", "hyperparameters"): [{"a": 0, "b": 0.5, "c": True, "d": "x'y"}, {"a": [1]}, {"a": 10**30}],
    ("training", "trials"): [[{"name": "a"}, {"name": "b"}], [{"name": "a"}, {"name": "a"}], [{"name": "a_b"}], []],
    ("training", "tuning"): [
        {"ranges": {"x": {"min": 1, "max": 8}, "y": ["a", "b"]}},
        {"ranges": {"x": {"min": 0.0, "max": 8.0, "scaling": "Logarithmic"}}},
        {"ranges": {"y": ["a"]}, "strategy": "Grid"},
        {"ranges": {}},
    ],
    ("training", "spot"): [
        {"max_wait_minutes": 60},
        {"max_wait_minutes": 59},
        {"max_wait_minutes": 90, "checkpoints": False},
    ],
    ("batch",): [None, {}],
    ("batch", "strategy"): ["SingleRecord", "multi"],
    ("batch", "split_type"): ["None", "TFRecord", "Lines"],
    ("batch", "max_payload_mb"): [0, 100, 101],
    ("batch", "max_concurrent_transforms"): [1, 16, 17, 100],
    ("batch", "input_filter"): ["$", "$[1:]", "$.a['b','c'][-1]", "$..a", "a"],
    ("batch", "join"): ["Input", "Output"],
    ("batch", "schedule"): ["rate(1 day)", "cron(0 3 * * ? *)", "daily", ""],
    ("batch", "capture"): [True, 1],
    ("batch", "model"): [ARTIFACT, "s3://other/model.tar.gz", "model.zip"],
    ("serving",): [None, {}],
    ("serving", "instance"): ["ml.t2.medium", "ml.g5.xlarge", "ml.inf1.xlarge", None],
    ("serving", "instance_count"): [1, 2, 0],
    ("serving", "container"): ["xgboost:1.7-1", OWN, "pytorch:2.10"],
    ("serving", "serverless"): [
        {"memory_mb": 2048, "max_concurrency": 5},
        {"memory_mb": 2000, "max_concurrency": 5},
        {"memory_mb": 1024, "max_concurrency": 5, "provisioned_concurrency": 6},
    ],
    ("serving", "capture"): [
        None,
        {"sampling_percentage": 0},
        {"mode": ["Output"]},
        {"csv": [], "json": []},
        {"csv": ["text/csv; charset=utf-8"]},
    ],
    ("serving", "scaling"): [
        {"min": 1, "max": 4, "invocations_per_instance": 100},
        {"min": 2, "max": 2, "concurrent_requests_per_model": 0.5, "disable_scale_in": True},
        {"min": 0, "max": 4, "invocations_per_instance": 100},
        {"min": 1, "max": 4},
        {"min": 1, "max": 4, "invocations_per_instance": 1, "concurrent_requests_per_model": 1},
        {
            "min": 1,
            "max": 4,
            "invocations_per_instance": 100,
            "schedule": [
                {"name": "day", "expression": "cron(0 7 ? * MON-FRI *)", "timezone": "Europe/Berlin", "min": 3},
                {"name": "night", "expression": "cron(0 19 ? * MON-FRI *)", "timezone": "Europe/Berlin", "min": 1},
                {"name": "often", "expression": "rate(1 day)", "max": 5},
                {"name": "once", "expression": "at(2027-01-01T00:00:00)", "min": 4, "max": 9},
            ],
        },
        {"min": 1, "max": 4, "invocations_per_instance": 100, "schedule": [{"name": "a", "expression": "rate(1 day)"}]},
        {
            "min": 1,
            "max": 4,
            "tracking": [
                {"name": "cpu", "metric": "cpu", "target": 60},
                {"name": "slow", "metric": {"preset": "latency", "statistic": "Maximum"}, "target": 200},
                {"name": "own", "metric": {"namespace": "A", "name": "b", "dimensions": {"c": "d"}}, "target": 0.5},
            ],
            "steps": [
                {"name": "busy", "metric": "gpu", "threshold": 80, "changes": [{"change": 1}]},
                {
                    "name": "idle",
                    "metric": "memory",
                    "threshold": 20.5,
                    "breach": "below",
                    "adjustment": "PercentChangeInCapacity",
                    "changes": [{"change": -10}, {"distance": 10, "change": -50}],
                },
            ],
        },
        {"min": 1, "max": 4, "tracking": [{"name": "a", "metric": {"name": "b"}, "target": 0}]},
        {"min": 1, "max": 4, "steps": [{"name": "a", "metric": "cpu", "threshold": 1, "changes": [{"change": -1}]}]},
        {"min": 1, "max": 4, "invocations_per_instance": 100, "schedule": [{"name": "a", "expression": "x", "min": 9}]},
    ],
    ("serving", "rollout"): [
        {"strategy": "canary", "percent": 5},
        {"strategy": "linear", "percent": 50, "bake_minutes": 60},
        {"strategy": "rolling", "percent": 25, "timeout_minutes": 10},
        {"strategy": "canary"},
        {"strategy": "linear", "percent": 5},
        {"bake_minutes": 0},
        {"bake_minutes": 61},
    ],
    ("serving", "variants"): [
        [],
        [{"name": "a", "model": ARTIFACT, "weight": 0}],
        [{"name": "a", "model": ARTIFACT, "weight": 0.5}, {"name": "b", "model": ARTIFACT, "weight": 2}],
        [{"name": "a", "model": ARTIFACT}] * 2,
        [{"name": f"v{number}", "model": ARTIFACT} for number in range(6)],
        [{"name": "a"}],
        [{"name": "a", "model": ARTIFACT, "transformer": "m/preprocessing/d/r/transformer/model.tar.gz"}],
    ],
    ("serving", "shadow"): [{"name": "s", "model": ARTIFACT, "weight": 0.1}, {"name": "primary", "model": ARTIFACT}],
    ("serving", "alarms"): [{"error_percent": 0.5, "latency_ms": 1}, {"no_invocations_minutes": 60}, {"latency_ms": 0}],
    ("monitoring",): [None, {}],
    ("monitoring", "engine"): ["model-monitor", "evidently"],
    ("monitoring", "schedule"): ["daily", "cron(0 0/2 ? * * *)", "cron(0 5 ? * * *)", "cron(*/5 * * * ? *)"],
    ("monitoring", "instance"): ["ml.m5.4xlarge", "ml.g4dn.xlarge", "ml.t2.medium"],
    ("monitoring", "max_runtime_minutes"): [60, 61, 0],
    ("monitoring", "image"): [OWN, "drift:latest"],
    ("monitoring", "baseline"): [None, "m/baseline/other", "s3://x/y"],
    ("monitoring", "alarm_violations"): [5, 0],
    ("monitoring", "alarm_on"): ["verdict", "psi"],
    ("monitoring", "false_alarms_per_year"): [1, 0.1, 0],
    ("monitoring", "earlier_windows"): [True, 1],
    ("monitoring", "instances"): [2, 100, 0, 101],
    ("monitoring", "sketches"): [False, 0],
    ("monitoring", "limits"): [
        {},
        {"completeness": 0.8, "ignore": ["a"], "columns": {"b c": {"inferred_type": "Fractional"}}},
        {"measures": {"psi": 0.2, "new_categories": True}},
        {"measures": {"psi": -1}},
        {"completeness": 80, "ignore": "a"},
        {"columns": {"b": {"categorical_comparison_threshold": 2}}},
    ],
    ("monitoring", "quality"): [
        {"problem_type": "BinaryClassification", "probability": "0", "baseline": "m/baseline/run/model-quality"},
        {"problem_type": "Regression", "inference": "a.b", "label_delay_hours": 744, "baseline": "m/baseline/q"},
        {"problem_type": "MulticlassClassification", "inference": "0", "positive_label": "1"},
        {"problem_type": "BinaryClassification", "inference": "0"},
        {"problem_type": "Regression", "inference": "0", "label_delay_hours": 5},
        {"problem_type": "Ranking"},
        {},
    ],
    ("extra",): [1],
    ("serving", "extra"): ["x"],
}
STAGES = [
    "[dev]\n",
    '[dev]\nregion = "eu-west-1"\n',
    '[dev]\nregion = "ap-southeast-7"\n',
    '[dev]\nvpc = { subnets = { subnet-0aaaaaaa = "a", subnet-0bbbbbbb = "b" }, security_groups = ["sg-0ccccccc"] }\n',
    "[dev]\ncapture_days = 0\n",
]

# A synth and a linting for each: a few at every run, many when asked.
SYNTHESIZED = 2000 if settings.get_current_profile_name() == "many" else 30

changes = st.lists(
    st.sampled_from(sorted(TRIED)).flatmap(lambda key: st.tuples(st.just(key), st.sampled_from(TRIED[key]))),
    max_size=4,
    unique_by=lambda change: change[0],
)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**12), 10**12) | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(min_size=1, max_size=8), inner, max_size=3),
    max_leaves=8,
)


def changed(table: dict[str, Any], *, key: tuple[str, ...], value: Any) -> dict[str, Any]:
    """The manifest with one value put in or, for None, taken out; a key below what is no table changes nothing."""
    first, *rest = key
    if rest:
        inner = table.get(first)
        return {**table, first: changed(inner, key=tuple(rest), value=value)} if isinstance(inner, dict) else table
    kept = {name: one for name, one in table.items() if name != first}
    return kept if value is None else {**kept, first: value}


def toml(value: Any) -> str:
    """A value as TOML writes it in a line; what TOML cannot say (null) is a text."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(name)} = {toml(one)}" for name, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(toml(one) for one in value) + "]"
    return json.dumps(value) if value is not None else '"null"'


def write(folder: Path, *, manifest: dict[str, Any], stage: str) -> None:
    """A folder of declarations that holds one model."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "models").mkdir(parents=True)
    text = "".join(f"{json.dumps(name)} = {toml(one)}\n" for name, one in manifest.items())
    (folder / "models" / "m.toml").write_text(text, encoding="utf-8")
    (folder / "stages.toml").write_text(stage, encoding="utf-8")


def complaints(folder: Path) -> list[str]:
    """What linter and rules say of the templates of a folder's manifest."""
    made = synthesize(folder / "out", models=folder / "models", stages=folder / "stages.toml", preview=True)
    found = [finding for body in made.templates.values() for finding in findings(body)]
    templates = [Template(name=name, body=body) for name, body in made.templates.items()]
    return found + [problem.sentence for problem in check_templates(templates)]


def readable(folder: Path, *, stage: Stage) -> list[str]:
    """Nothing, of a folder whose manifest can be read."""
    read_models(folder / "models", stage=stage, scripts=ROOT / "training_scripts")
    return []


def unworthy(attempt: Callable[[], list[str]]) -> list[str]:
    """What an attempt complains of, or what it was refused with that is no sentence."""
    try:
        return attempt()
    except Refused as refused:
        sentences = [problem.sentence for problem in refused.problems]
        return [one for one in sentences if not SENTENCE.fullmatch(one)] if sentences else ["refused without a word"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that each manifest has to itself in its turn."""
    return tmp_path_factory.mktemp("any")


@given(tried=changes, stage=st.sampled_from(STAGES))
@settings(deadline=None, max_examples=SYNTHESIZED, suppress_health_check=list(HealthCheck))
def test_any_manifest_synthesizes_cleanly_or_is_refused_in_sentences(
    folder: Path, tried: list[tuple[tuple[str, ...], Any]], stage: str
) -> None:
    manifest = WHOLE
    for key, value in tried:
        manifest = changed(manifest, key=key, value=value)
    write(folder, manifest=manifest, stage=stage)

    assert unworthy(lambda: complaints(folder)) == []


@given(
    key=st.sampled_from(sorted(TRIED)),
    value=values,
    junk=st.dictionaries(st.text(min_size=1, max_size=8), values, max_size=2),
)
@settings(deadline=None, max_examples=300, suppress_health_check=list(HealthCheck))
def test_any_value_of_any_kind_is_taken_or_refused_in_sentences(
    folder: Path, key: tuple[str, ...], value: Any, junk: dict[str, Any]
) -> None:
    write(folder, manifest={**changed(WHOLE, key=key, value=value), **junk}, stage="[dev]\n")
    stage = read_stage(folder / "stages.toml", name="dev")

    assert unworthy(lambda: readable(folder, stage=stage)) == []


@given(content=st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "ignore")))
@settings(deadline=None, max_examples=300, suppress_health_check=list(HealthCheck))
def test_any_bytes_are_taken_or_refused_in_sentences(folder: Path, content: bytes) -> None:
    write(folder, manifest=WHOLE, stage="[dev]\n")
    (folder / "models" / "m.toml").write_bytes(content)
    stage = read_stage(folder / "stages.toml", name="dev")

    assert unworthy(lambda: readable(folder, stage=stage)) == []
