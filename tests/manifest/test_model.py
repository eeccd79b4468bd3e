from dataclasses import replace
from typing import Any, Literal

import pytest

from modelyard.manifest.batch import Batch
from modelyard.manifest.channel import Channel
from modelyard.manifest.data import Column, Data
from modelyard.manifest.model import Model
from modelyard.manifest.monitoring import Monitoring
from modelyard.manifest.problems import Invalid
from modelyard.manifest.serving import Capture, Serverless, Serving, Variant
from modelyard.manifest.stack_kinds import stack_kind
from modelyard.manifest.training import Objective, Training, Trial

PROMOTED = "churn/training/run/job/output/model.tar.gz"
OTHER = "churn/training/other/job/output/model.tar.gz"
BASELINE = "churn/baseline/20261122-101500"
BATCH = Batch(instance="ml.m5.large")
CAPTURED = Serving(variants=(Variant(name="primary"),), instance="ml.m5.large", capture=Capture())
UNCAPTURED = Serving(variants=(Variant(name="primary"),), instance="ml.m5.large")
DRIFT = Monitoring(engine="drift")
OWN_IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/own:1"
NAME = (
    "name must be at most 24 lower-case letters and digits in words joined by _ or -, got {}; "
    "it becomes part of every name in AWS"
)

SCRIPT: dict[str, Any] = {"script": "churn/train.py", "metrics": {"train:auc": r"auc:(\S+)"}}


def training(**given: Any) -> Training:
    needed: dict[str, Any] = {
        "container": "xgboost:3.2-0",
        "instance": "ml.m5.large",
        "objective": Objective(metric="train:auc", goal="maximize"),
        "hyperparameters": {"num_round": 10},
        "channels": {"train": Channel(path="datasets/train", content_type="text/csv")},
        "baseline_dataset": "datasets/baseline",
    }
    return Training(**{**needed, **given})


def variants(*names: str) -> Serving:
    return Serving(variants=tuple(Variant(name=name) for name in names), instance="ml.m5.large", capture=Capture())


@pytest.mark.parametrize(
    "name", ["", "Churn", "1churn", "churn model", "churn__forest", "churn_", "-churn", "churn.v2", "x" * 25, "churn\n"]
)
def test_a_model_refuses_a_name_that_aws_could_not_carry(name: str) -> None:
    with pytest.raises(Invalid) as refused:
        Model(name=name)

    assert str(refused.value) == NAME.format('"churn\\n"' if name == "churn\n" else f'"{name}"')


@pytest.mark.parametrize("name", ["x", "churn", "churn_forest-2", "x" * 24])
def test_a_model_takes_a_name_that_aws_can_carry(name: str) -> None:
    model = Model(name=name)

    assert model.name == name


def test_a_model_is_written_with_hyphens_in_aws() -> None:
    model = Model(name="churn_forest_2")

    assert model.slug == "churn-forest-2"


def test_a_trial_is_refused_when_its_jobs_name_would_be_too_long() -> None:
    name = "x" * 24
    trials = (Trial(name="sixsix"), Trial(name="fives"))

    with pytest.raises(Invalid) as refused:
        Model(name=name, training=training(trials=trials))

    assert str(refused.value) == (
        'training.trials.sixsix.name must be at most 5 characters beside the model\'s 24, got "sixsix"; '
        "stage, model, trial and run make a job's name of at most 63"
    )


@pytest.mark.parametrize(("name", "trial"), [("x" * 24, "x" * 5), ("x" * 5, "x" * 24)])
def test_a_trial_is_taken_when_its_jobs_name_just_fits(name: str, trial: str) -> None:
    trials = (Trial(name=trial),)

    model = Model(name=name, training=training(trials=trials))

    assert model.training is not None


@pytest.mark.parametrize("tables", [{"serving": CAPTURED}, {"batch": Batch(instance="ml.m5.large", model=PROMOTED)}])
def test_what_is_served_without_a_training_needs_a_container(tables: dict[str, Any]) -> None:
    with pytest.raises(Invalid) as refused:
        Model(name="churn", **tables)

    assert str(refused.value) == (
        "serving.container must be given when there is no [training] to take it from, and no package, got nothing; "
        'write for instance container = "xgboost:3.2-0"'
    )


def test_a_training_container_that_cannot_serve_is_refused_where_it_is_served(
    container_that_only_trains: str,
) -> None:
    with pytest.raises(Invalid, match=r"^serving\.container must be .* for inference .*, got ") as refused:
        Model(name="churn", training=training(container=container_that_only_trains, **SCRIPT), serving=CAPTURED)

    assert container_that_only_trains in str(refused.value)


def test_a_training_container_that_cannot_serve_is_taken_where_nothing_is_served(
    container_that_only_trains: str,
) -> None:
    own = training(container=container_that_only_trains, instance="ml.g5.xlarge", **SCRIPT)
    model = Model(name="churn", training=own)

    assert model.serving is None


def test_a_batch_alone_needs_a_model_to_score_with() -> None:
    with pytest.raises(Invalid) as refused:
        Model(name="churn", batch=BATCH)

    assert refused.value.problems[-1].sentence == (
        "batch.model must be given when there is neither [serving] nor [training], got nothing; "
        "name the artifact to score with"
    )


@pytest.mark.parametrize("csv", ["text/csv", "application/csv"])
def test_monitored_answers_are_encoded_as_their_requests(csv: str) -> None:
    serving = replace(CAPTURED, capture=Capture(csv=(csv,)))
    model = Model(name="churn", training=training(), serving=serving, monitoring=DRIFT)

    assert model.default_accept == csv


def test_answers_that_nobody_monitors_are_encoded_as_the_container_likes() -> None:
    assert Model(name="churn", training=training(), serving=CAPTURED).default_accept is None


def test_monitoring_is_refused_of_a_serverless_endpoint() -> None:
    serverless = Serving(variants=(Variant(name="primary"),), serverless=Serverless(memory_mb=1024, max_concurrency=1))

    with pytest.raises(Invalid) as refused:
        Model(name="churn", training=training(), serving=serverless, monitoring=DRIFT)

    assert [problem.sentence for problem in refused.value.problems] == [
        'monitoring must be left out when [serving] is serverless, which captures nothing, got "engine drift"; '
        "serve from instances to monitor"
    ]


@pytest.mark.parametrize(("serving", "made"), [(None, None), (UNCAPTURED, None)])
def test_monitoring_is_refused_where_nothing_is_captured(serving: Serving | None, made: None) -> None:
    with pytest.raises(Invalid) as refused:
        Model(name="churn", training=training(), serving=serving, monitoring=DRIFT, batch=made)

    assert str(refused.value) == (
        'monitoring must be left out when [serving] captures nothing, got "engine drift"; '
        "add capture to [serving]: the check reads what was captured"
    )


@pytest.mark.parametrize("mode", ["Input", "Output"])
def test_monitoring_is_refused_where_only_inputs_or_outputs_are_captured(mode: Literal["Input", "Output"]) -> None:
    serving = Serving(variants=(Variant(name="primary"),), instance="ml.m5.large", capture=Capture(mode=(mode,)))

    with pytest.raises(Invalid) as refused:
        Model(name="churn", training=training(), serving=serving, monitoring=DRIFT)

    assert str(refused.value) == (
        f'serving.capture.mode must be Input and Output when traffic is monitored, got ["{mode}"]; '
        "the check compares both with the baseline, whose first column is the label"
    )


def test_monitoring_is_refused_without_a_baseline_and_data_to_make_it_of() -> None:
    with pytest.raises(Invalid) as refused:
        Model(name="churn", training=training(baseline_dataset=None), serving=CAPTURED, monitoring=DRIFT)

    assert str(refused.value) == (
        "training.baseline_dataset must be given when traffic is monitored against no baseline yet, got nothing; "
        "name the training data with a header, or give monitoring.baseline"
    )


def test_monitoring_takes_a_baseline_in_place_of_data_to_make_it_of() -> None:
    monitoring = Monitoring(engine="drift", baseline=BASELINE)

    model = Model(name="churn", training=training(baseline_dataset=None), serving=CAPTURED, monitoring=monitoring)

    assert model.monitoring == monitoring


@pytest.mark.parametrize(
    ("schedule", "serving", "hours", "count"),
    [
        ("cron(0 0/9 ? * * *)", variants("one"), 8, 1),
        ("cron(0 7 ? * * *)", variants("one"), 8, 1),
        ("cron(0 0/5 ? * * *)", variants("one", "two"), 4, 2),
        ("cron(0 0/3 ? * * *)", variants("one", "two", "three"), 2, 3),
    ],
)
def test_a_check_of_our_own_is_refused_more_folders_than_a_job_takes(
    schedule: str, serving: Serving, hours: int, count: int
) -> None:
    monitoring = Monitoring(engine="drift", schedule=schedule)

    with pytest.raises(Invalid) as refused:
        Model(name="churn", training=training(), serving=serving, monitoring=monitoring)

    assert str(refused.value) == (
        f"monitoring.schedule must be daily, or at most every {hours} hours, with drift and {count} variants, "
        f'got "{schedule}"; a check reads eight folders of captures at most'
    )


def test_beside_earlier_windows_it_is_refused_more_than_six() -> None:
    monitoring = Monitoring(engine="drift", schedule="cron(0 0/8 ? * * *)", earlier_windows=True)

    with pytest.raises(Invalid) as refused:
        Model(name="churn", training=training(), serving=variants("one"), monitoring=monitoring)

    assert str(refused.value) == (
        "monitoring.schedule must be daily, or at most every 6 hours, with drift and 1 variants, "
        'got "cron(0 0/8 ? * * *)"; a check reads six folders of captures at most, beside earlier windows'
    )


@pytest.mark.parametrize(
    ("monitoring", "serving"),
    [
        (Monitoring(engine="drift", schedule="cron(0 0/8 ? * * *)"), variants("one")),
        (Monitoring(engine="drift", schedule="cron(0 0/4 ? * * *)"), variants("one", "two")),
        (Monitoring(engine="drift", schedule="daily"), variants("a", "b", "c", "d", "e")),
        (Monitoring(engine="model-monitor", schedule="cron(0 7 ? * * *)"), variants("one")),
    ],
)
def test_a_check_takes_as_many_folders_as_a_job_does(monitoring: Monitoring, serving: Serving) -> None:
    model = Model(name="churn", training=training(), serving=serving, monitoring=monitoring)

    assert model.monitoring == monitoring


@pytest.mark.parametrize(
    ("batch", "artifact"), [(BATCH, PROMOTED), (Batch(instance="ml.m5.large", model=OTHER), OTHER), (None, PROMOTED)]
)
def test_a_batch_scores_with_its_own_model_or_the_first_variants(batch: Batch | None, artifact: str) -> None:
    serving = Serving(variants=(Variant(name="primary", model=PROMOTED),), instance="ml.m5.large")

    model = Model(name="churn", training=training(), serving=serving, batch=batch)

    assert model.batch_model == artifact


def test_what_serves_is_by_default_what_trained() -> None:
    trained = training(script="a/train.py", metrics={"train:auc": "(x)"})

    model = Model(name="churn", training=trained, serving=UNCAPTURED)

    assert (model.serving_container, model.serving_script) == ("xgboost:3.2-0", "a/train.py")


def test_what_serves_is_what_serving_names() -> None:
    serving = Serving(
        variants=(Variant(name="primary"),), instance="ml.m5.large", container="xgboost:1.7-1", script="a/serve.py"
    )

    model = Model(name="churn", training=training(), serving=serving)

    assert (model.serving_container, model.serving_script) == ("xgboost:1.7-1", "a/serve.py")


def answering(container: str, *, trained: Training | None = None, **given: Any) -> Model:
    """A model whose endpoint answers with the code of its own archive, as far as its container lets it."""
    serving = Serving(variants=(Variant(name="primary"),), instance="ml.g5.xlarge", container=container, **given)
    return Model(name="churn", training=trained, serving=serving)


@pytest.mark.parametrize(
    ("container", "program", "packed"),
    [
        ("sklearn:1.9-0", None, "inference.py"),
        ("sklearn:1.9-0", "serve.py", "serve.py"),
        ("xgboost:3.2-0", None, None),
        ("xgboost:3.2-0", "serve.py", "serve.py"),
        ("pytorch:2.6", None, None),
        ("pytorch:2.6", "serve.py", "serve.py"),
        ("tensorflow:2.19", None, None),
        (OWN_IMAGE, None, None),
        (OWN_IMAGE, "serve.py", "serve.py"),
    ],
)
def test_a_container_is_told_of_the_archive_s_code_where_it_would_not_look_by_itself(
    container: str, program: str | None, packed: str | None
) -> None:
    assert answering(container, program=program).packed_program == packed


def test_a_program_of_the_archive_outranks_the_script_that_trained() -> None:
    trained = training(script="a/train.py", metrics={"train:auc": "(x)"})

    model = answering("xgboost:3.2-0", program="serve.py", trained=trained)

    assert (model.serving_script, model.packed_program) == (None, "serve.py")


def test_a_script_that_trained_answers_and_no_program_of_the_archive() -> None:
    trained = training(container="sklearn:1.9-0", script="a/train.py", metrics={"train:auc": "(x)"})

    model = answering("sklearn:1.9-0", trained=trained)

    assert (model.serving_script, model.packed_program) == ("a/train.py", None)


@pytest.mark.parametrize("key", ["script", "program"])
def test_djl_reads_no_script(key: str) -> None:
    given: dict[str, Any] = {key: "serve.py"}
    with pytest.raises(Invalid) as refused:
        answering("djl:0.36", **given)

    assert str(refused.value) == (
        f'serving.{key} must be left out for djl, whose server reads no script, got "serve.py"; '
        "remove it; serving.properties of the model, or serving.environment, says how it answers"
    )


def test_djl_serves_what_another_family_trained_without_its_script() -> None:
    trained = training(container="pytorch:2.6", script="a/train.py", metrics={"train:auc": "(x)"})

    model = answering("djl:0.36", trained=trained)

    assert (model.serving_script, model.packed_program) == (None, None)


@pytest.mark.parametrize(
    ("container", "environment", "loads"),
    [
        ("huggingface:4.49", {"HF_MODEL_ID": "org/model"}, True),
        ("djl:0.36", {"HF_MODEL_ID": "org/model"}, True),
        ("djl:0.36", {"HF_MODEL_ID": "/opt/ml/model"}, False),
        ("djl:0.36", {"OPTION_ROLLING_BATCH": "vllm"}, False),
        ("pytorch:2.6", {"HF_MODEL_ID": "org/model"}, False),
        (OWN_IMAGE, {"HF_MODEL_ID": "org/model"}, False),
    ],
)
def test_a_model_is_loaded_from_the_hub_where_a_server_that_can_is_told_its_name(
    container: str,
    environment: dict[str, str],
    loads: bool,  # noqa: FBT001
) -> None:
    assert answering(container, environment=environment).loads_from_hub is loads


@pytest.mark.parametrize("container", ["huggingface:4.49", "djl:0.36"])
def test_a_server_that_answers_in_json_by_itself_is_not_monitored_in_csv(container: str) -> None:
    serving = replace(CAPTURED, container=container, instance="ml.g5.xlarge")

    with pytest.raises(Invalid) as refused:
        Model(name="churn", serving=serving, monitoring=replace(DRIFT, baseline=BASELINE))

    assert str(refused.value) == (
        f"monitoring must be left out where {container} is asked in CSV: it answers in JSON by itself, "
        'got "engine drift"; say format = "jsonl" under [data] and send JSON: '
        "no monitor reads an answer otherwise encoded"
    )


def test_a_server_that_answers_in_json_by_itself_is_monitored_in_json() -> None:
    serving = replace(CAPTURED, container="huggingface:4.49")

    model = Model(
        name="churn",
        data=Data(label="y", format="jsonl", columns=(Column(name="y", kind="number"), Column(name="x", kind="text"))),
        serving=serving,
        monitoring=replace(DRIFT, baseline=BASELINE),
    )

    assert model.monitoring is not None


def test_a_program_is_refused_where_the_server_loads_one_file_alone() -> None:
    with pytest.raises(Invalid) as refused:
        answering("tensorflow:2.19", program="serve.py")

    assert str(refused.value) == (
        "serving.program must be left out for tensorflow, whose server loads code/inference.py of the model alone, "
        'got "serve.py"; let the training script save it there, or the network take what callers send'
    )


ANSWERS_JSON = Serving(
    variants=(Variant(name="primary"),),
    instance="ml.m5.large",
    capture=Capture(),
    environment={"SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT": "application/json"},
)


def test_an_endpoint_that_is_not_monitored_answers_by_default_as_the_manifest_says() -> None:
    model = Model(name="churn", training=training(), serving=ANSWERS_JSON)

    assert model.serving_environment == {"SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT": "application/json"}


def test_a_monitored_endpoint_answers_as_its_monitor_reads() -> None:
    with pytest.raises(Invalid) as refused:
        Model(name="churn", training=training(), serving=ANSWERS_JSON, monitoring=DRIFT)

    assert str(refused.value) == (
        "serving.environment.SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT must be left out, as the template sets it, got "
        '"application/json"; name the type first in serving.capture.csv'
    )


@pytest.mark.parametrize("table", ["batch", "serving", "monitoring"])
def test_a_table_awaits_promotion_until_it_has_a_model(table: Any) -> None:
    model = Model(name="churn", training=training(), serving=CAPTURED, batch=BATCH, monitoring=DRIFT)

    assert stack_kind(table).awaits_promotion(model)


@pytest.mark.parametrize("table", ["training", "batch", "serving", "monitoring"])
def test_a_promoted_table_awaits_nothing(table: Any) -> None:
    serving = Serving(variants=(Variant(name="primary", model=PROMOTED),), instance="ml.m5.large", capture=Capture())
    monitoring = Monitoring(engine="drift", baseline=BASELINE)

    model = Model(name="churn", training=training(), serving=serving, batch=BATCH, monitoring=monitoring)

    assert not stack_kind(table).awaits_promotion(model)


def test_monitoring_awaits_the_endpoint_that_it_watches() -> None:
    monitoring = Monitoring(engine="drift", baseline=BASELINE)

    model = Model(name="churn", training=training(), serving=CAPTURED, monitoring=monitoring)

    assert stack_kind("monitoring").awaits_promotion(model)


@pytest.mark.parametrize("table", ["training", "batch", "serving", "monitoring"])
def test_a_table_that_is_left_out_awaits_nothing(table: Any) -> None:
    model = Model(name="churn")

    assert not stack_kind(table).awaits_promotion(model)


def test_the_longest_names_of_a_model_fit_sagemaker() -> None:
    model = Model(name="x" * 24)

    assert max(len(model.endpoint(stage="s" * 10)), len(model.schedule(stage="s" * 10))) <= 63


def served_from(artifact: str, *, origin: str | None = None, baseline: str | None = None) -> dict[str, Any]:
    """The tables of a model whose endpoint serves an artifact."""
    variant = Variant(name="primary", model=artifact, from_model=origin)
    monitoring = {} if baseline is None else {"monitoring": Monitoring(engine="drift", baseline=baseline)}
    return {"serving": replace(CAPTURED, container="xgboost:3.2-0", variants=(variant,)), **monitoring}


ELSEWHERE = "s3://elsewhere/a/model.tar.gz"
FOREIGN = "other/training/run/job/output/model.tar.gz"
OWN_OF_PREFIX = "churn-forest/training/run/job/output/model.tar.gz"


@pytest.mark.parametrize(
    ("tables", "sentence"),
    [
        (
            served_from(FOREIGN),
            f'serving.variants.primary.model must be an artifact of churn, got "{FOREIGN}"; '
            'write from_model = "other" beside it if another model\'s is meant',
        ),
        (served_from(OWN_OF_PREFIX), "serving.variants.primary.model must be an artifact of churn, got "),
        (served_from(FOREIGN, origin="third"), "serving.variants.primary.model must be an artifact of third, got "),
        (served_from(PROMOTED, origin="other"), "serving.variants.primary.model must be an artifact of other, got "),
        (
            served_from(ELSEWHERE),
            "serving.variants.primary.from_model must be given beside a model in a bucket that is named, got nothing; "
            'write from_model = "churn", or which model made it',
        ),
        (
            {"batch": Batch(instance="ml.m5.large", model=FOREIGN)} | served_from(PROMOTED),
            "batch.model must be an artifact of churn, got ",
        ),
        (
            {"batch": Batch(instance="ml.m5.large", from_model="other")} | served_from(PROMOTED),
            "batch.from_model must be left out until there is a model to say it of, got ",
        ),
        (
            served_from(PROMOTED, baseline="other/baseline/run"),
            'monitoring.baseline must be a baseline of churn, got "other/baseline/run"; '
            "let `yard` write it, or say with from_model whose model is served",
        ),
        (
            served_from(FOREIGN, origin="other", baseline="third/baseline/run"),
            "monitoring.baseline must be a baseline of churn or other, got ",
        ),
    ],
)
def test_another_model_s_artifact_or_baseline_is_refused_unless_it_is_said_to_be_one(
    tables: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(Invalid) as invalid:
        Model(name="churn", **tables)
    (problem,) = invalid.value.problems
    assert problem.sentence.startswith(sentence)


@pytest.mark.parametrize(
    "tables",
    [
        served_from(FOREIGN, origin="other", baseline="other/baseline/run"),
        served_from(FOREIGN, origin="other", baseline="churn/baseline/run"),
        served_from(PROMOTED, origin="churn"),
        served_from(ELSEWHERE, origin="churn"),
        served_from(ELSEWHERE, origin="other", baseline="other/baseline/run"),
    ],
)
def test_another_model_s_artifact_is_served_where_the_manifest_says_so(tables: dict[str, Any]) -> None:
    assert Model(name="churn", **tables).serving is not None


def test_a_serving_script_is_refused_for_tensorflow() -> None:
    serving = Serving(
        variants=(Variant(name="primary"),), instance="ml.m5.large", container="tensorflow:2.19", script="a/serve.py"
    )

    with pytest.raises(Invalid, match=r"serving\.script must be left out for tensorflow"):
        Model(name="digits", serving=serving)


@pytest.mark.parametrize(
    ("given", "megabytes", "most"),
    [({}, 7, 6), ({}, 0, 6), ({"container": "pytorch:2.6", "script": "a/train.py"}, 7, 6)],
)
def test_a_batch_is_refused_longer_requests_than_its_server_takes(
    given: dict[str, Any], megabytes: int, most: int
) -> None:
    metrics = {"metrics": {"train:auc": "(x)"}} if "script" in given else {}

    with pytest.raises(
        Invalid, match=rf"batch\.max_payload_mb must be between 1 and {most} for \w+, whose server takes"
    ):
        Model(
            name="churn",
            training=training(**given, **metrics),
            batch=Batch(instance="ml.m5.large", max_payload_mb=megabytes),
        )


def test_a_batch_of_a_server_without_a_limit_takes_any_length() -> None:
    trained = training(script="a/train.py", metrics={"train:auc": "(x)"})

    assert (
        Model(name="churn", training=trained, batch=Batch(instance="ml.m5.large", max_payload_mb=0)).batch is not None
    )
