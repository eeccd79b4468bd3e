"""What `[preprocessing]` takes by itself, and beside the tables that read what it writes."""

from dataclasses import replace
from typing import Any

import pytest

from modelyard.manifest import Model
from modelyard.manifest.batch import Batch
from modelyard.manifest.channel import Channel
from modelyard.manifest.preprocessing import Preprocessing
from modelyard.manifest.problems import Invalid
from modelyard.manifest.retraining import Retrain
from modelyard.manifest.serving import Serverless, Serving, Variant
from modelyard.manifest.training import Objective, Training

RUN = "churn/preprocessing/d1/r1"
TRANSFORMER = f"{RUN}/transformer/model.tar.gz"
ARTIFACT = "churn/training/r1/job/output/model.tar.gz"
OWN = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/own:1"


def preprocessing(**changes: Any) -> Preprocessing:
    needed: dict[str, Any] = {
        "container": "sklearn:1.9-0",
        "script": "churn/preprocess.py",
        "instance": "ml.m5.large",
        "inputs": {"raw": "datasets/raw"},
    }
    return Preprocessing(**{**needed, **changes})


def training(*paths: str, baseline: str | None = None) -> Training:
    return Training(
        container="sklearn:1.9-0",
        script="churn/train.py",
        instance="ml.m5.large",
        objective=Objective(metric="auc", goal="maximize"),
        metrics={"auc": r"auc:(\S+)"},
        channels={f"channel-{place}": Channel(path=path) for place, path in enumerate(paths)},
        baseline_dataset=baseline,
    )


def model(**tables: Any) -> Model:
    return Model(name="churn", **{"training": training("preprocessing/train"), **tables})


def serving(**variant: Any) -> Serving:
    return Serving(instance="ml.m5.large", variants=(Variant(name="primary", **variant),))


def sentence(make: Any) -> str:
    with pytest.raises(Invalid) as error:
        make()
    return str(error.value)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"inputs": {}}, "inputs must be a list of 1 to 9, got 0"),
        (
            {"inputs": {"code": "datasets/raw"}},
            "inputs must be names of at most 64 letters, digits, dots, _ and -, others",
        ),
        ({"inputs": {"raw": "s3://b/raw"}}, 'inputs."raw" must be a path such as datasets/train'),
        ({"parameters": {"a b": 1}}, "parameters must be names of at most 64 letters, digits, dots, _ and -"),
        ({"parameters": {"text": "x" * 257}}, 'parameters."text" must be at most 256 characters, got 257'),
        ({"instance": "ml.m5.tiny"}, "instance must be an instance type for processing"),
        ({"script": f"churn/{'p' * 62}.py"}, "script must be a file whose name has at most 64 characters"),
        ({"max_runtime_minutes": 12_961}, "max_runtime_minutes must be between 1 and 12960"),
        (
            {"container": "tensorflow:2.19", "transformer": True},
            "transformer must be false for tensorflow, whose server runs no function before it",
        ),
        ({"container": "djl:0.36", "transformer": True}, "container must be family:version of"),
    ],
)
def test_a_value_that_cannot_be_taken_is_refused(changes: dict[str, Any], said: str) -> None:
    assert said in sentence(lambda: preprocessing(**changes))


def test_parameters_become_arguments() -> None:
    found = preprocessing(parameters={"mean": 0.1307, "scaled": True, "word": "a b"})

    assert found.arguments == ("--mean", "0.1307", "--scaled", "true", "--word", "a b")


def test_an_image_of_one_s_own_may_prepare_and_transform() -> None:
    assert preprocessing(container=OWN, transformer=True).transformer


def test_an_output_needs_a_table_that_writes_it() -> None:
    assert sentence(model) == (
        "training.channels.channel-0 must be a dataset that you put into the data bucket, where there is no "
        '[preprocessing], got "preprocessing/train"; add [preprocessing], or name the dataset otherwise, such as '
        "datasets/train"
    )


def test_a_baseline_may_be_prepared_too() -> None:
    assert "training.baseline_dataset must be a dataset" in sentence(
        lambda: model(training=training("datasets/train", baseline="preprocessing/baseline"))
    )
    both = training("preprocessing/train", baseline="preprocessing/baseline")
    assert model(training=both, preprocessing=preprocessing()).datasets == ("datasets/raw",)


def test_what_is_prepared_is_trained_on() -> None:
    said = sentence(lambda: model(training=training("datasets/train"), preprocessing=preprocessing()))
    assert "training.channels must be channels of which one at least reads what [preprocessing] writes" in said


def test_data_that_are_prepared_are_not_trained_on_again_by_themselves() -> None:
    again = replace(
        training("preprocessing/train"), retrain=Retrain(held_out="datasets/held-out", schedule="rate(7 days)")
    )
    assert "training.retrain must be left out beside [preprocessing], for nothing prepares the captures" in sentence(
        lambda: model(training=again, preprocessing=preprocessing())
    )


def test_preparing_needs_training() -> None:
    assert "preprocessing must be left out without [training]" in sentence(
        lambda: Model(name="churn", preprocessing=preprocessing())
    )


def test_the_transformer_is_no_dataset() -> None:
    said = sentence(
        lambda: model(training=training("preprocessing/transformer"), preprocessing=preprocessing(transformer=True))
    )
    assert "must be preprocessing/ and the name of an output other than transformer" in said


def test_a_job_has_ten_outputs_at_most() -> None:
    many = training(*(f"preprocessing/part-{number}" for number in range(10)))

    assert model(training=many, preprocessing=preprocessing()).preprocessing is not None
    said = sentence(lambda: model(training=many, preprocessing=preprocessing(transformer=True)))
    assert "training.channels must be at most 9 different outputs of [preprocessing], got 10" in said


def test_a_promoted_model_has_its_transformer() -> None:
    fitted = preprocessing(transformer=True)

    assert sentence(lambda: model(preprocessing=fitted, serving=serving(model=ARTIFACT))) == (
        "serving.variants.primary.transformer must be given beside a model that was trained behind one, got nothing; "
        "let `yard promote` write both lines, or set preprocessing.transformer to false"
    )
    assert model(preprocessing=fitted, serving=serving(model=ARTIFACT, transformer=TRANSFORMER)).has_transformer


@pytest.mark.parametrize(
    ("tables", "said"),
    [
        (
            {"serving": serving(model=ARTIFACT, transformer=TRANSFORMER), "preprocessing": preprocessing()},
            "serving.variants.primary.transformer must be left out unless preprocessing.transformer is true",
        ),
        (
            {"serving": serving(transformer=TRANSFORMER), "preprocessing": preprocessing(transformer=True)},
            "serving.variants.primary.transformer must be left out until there is a model behind it",
        ),
        (
            {
                "serving": serving(model=ARTIFACT, transformer=TRANSFORMER.replace("churn/", "other/", 1)),
                "preprocessing": preprocessing(transformer=True),
            },
            "serving.variants.primary.transformer must be an artifact of churn",
        ),
        (
            {
                "batch": Batch(instance="ml.m5.large", model=ARTIFACT),
                "preprocessing": preprocessing(transformer=True),
            },
            "batch.transformer must be given beside a model that was trained behind one",
        ),
        (
            {
                "serving": Serving(
                    serverless=Serverless(memory_mb=1024, max_concurrency=1), variants=(Variant(name="primary"),)
                ),
                "preprocessing": preprocessing(transformer=True),
            },
            "serving.serverless must be left out when preprocessing.transformer is true: no serverless endpoint",
        ),
    ],
)
def test_a_transformer_stands_where_it_can_and_belongs(tables: dict[str, Any], said: str) -> None:
    assert said in sentence(lambda: model(**tables))


def test_another_model_s_artifact_may_have_been_trained_behind_none() -> None:
    other = serving(model=ARTIFACT.replace("churn/", "other/", 1), from_model="other")

    assert model(preprocessing=preprocessing(transformer=True), serving=other).batch_transformer is None


def test_batch_scores_behind_its_own_transformer_or_the_first_variant_s() -> None:
    served = serving(model=ARTIFACT, transformer=TRANSFORMER)
    own = Batch(instance="ml.m5.large", model=ARTIFACT, transformer=TRANSFORMER.replace("r1", "r2"))
    fitted = preprocessing(transformer=True)

    followed = model(preprocessing=fitted, serving=served, batch=Batch(instance="ml.m5.large"))
    assert followed.batch_transformer == TRANSFORMER
    assert model(preprocessing=fitted, serving=served, batch=own).batch_transformer == own.transformer


def test_the_transformer_s_container_runs_on_whatever_serves() -> None:
    fitted = preprocessing(transformer=True)
    on_arm = Serving(instance="ml.c7g.large", container="pytorch:2.6", variants=(Variant(name="primary"),))

    assert "serving.instance must be of a family that sklearn:1.9-0 has an image for" in sentence(
        lambda: model(preprocessing=fitted, serving=on_arm)
    )
