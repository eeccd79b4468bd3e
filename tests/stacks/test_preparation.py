"""What `[preprocessing]` adds to the stacks of a model: the job's role, and the container before the model."""

from pathlib import Path
from typing import Any

import pytest

from modelyard.template_checks.rules import check_templates
from modelyard.template_checks.template import Template
from support import permissions as may
from support.linting import findings
from support.manifests import WHOLE, synthesize_text
from support.synth import Synthesized

PREPROCESSING = """
[preprocessing]
container = "sklearn:1.9-0"
script = "mnist_torch/preprocess.py"
instance = "ml.m5.large"
inputs = { train = "datasets/train" }
transformer = true

[training]
"""
RUN = "whole/preprocessing/d1/20261122-101500"
TRANSFORMER = f'transformer = "{RUN}/transformer/model.tar.gz"\n\n[monitoring]'
TEXT = (
    WHOLE.replace("\n[training]\n", PREPROCESSING, 1)
    .replace('"datasets/train" }\nbaseline', '"preprocessing/train" }\nbaseline')
    .replace("\n[monitoring]", TRANSFORMER)
)
IMAGE = "<{0} of <Region>>.dkr.ecr.<Region>.<URLSuffix>/sagemaker-scikit-learn:1.9-0-cpu-py3"
COMPONENT = "arn:<Partition>:sagemaker:<Region>:<AccountId>:experiment-trial-component/dev-whole--preprocessing-*"


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Synthesized:
    return synthesize_text(tmp_path_factory.mktemp("prepared"), TEXT)


def containers(app: Synthesized, stack: str) -> list[dict[str, Any]]:
    model = app.one(f"dev-whole-{stack}", "SageMaker::Model")
    assert "PrimaryContainer" not in model
    return list(model["Containers"])


def test_linter_and_rules_find_nothing_in_the_templates(prepared: Synthesized) -> None:
    templates = [Template(name=name, body=body) for name, body in prepared.templates.items()]

    assert [finding for one in templates for finding in findings(one.body)] == []
    assert check_templates(templates) == []


def test_the_job_may_read_its_inputs_and_its_script_and_write_below_its_prefix(prepared: Synthesized) -> None:
    statements = prepared.statements("dev-whole-training", "PreprocessingRole")

    script = next(
        one["Resource"][0]
        for one in statements
        if "assets" in str(one["Resource"]) and one["Action"] == ["s3:GetObject"]
    )
    assert statements == [
        *may.pull(accounts="PreprocessingImageAccounts", repository="sagemaker-scikit-learn"),
        *may.read("whole/datasets/train/"),
        *may.published(script.removeprefix("arn:<Partition>:s3:::")),
        may.write("whole/preprocessing"),
        *may.KEY,
        may.logs("ProcessingJobs"),
        may.OWN_METRICS,
    ]


def test_the_trials_may_read_what_is_prepared_and_no_raw_data(prepared: Synthesized) -> None:
    statements = prepared.statements("dev-whole-training", "TrainingRole")

    assert may.listed("whole/preprocessing/") in statements
    assert "datasets" not in str(statements)


def test_the_state_machine_may_look_start_note_and_record(prepared: Synthesized) -> None:
    statements = prepared.statements("dev-whole-training", "RunRole")

    jobs = may.jobs("ProcessingJob", word="processing-job", prefix="dev-whole--prep-", rule="Processing")
    assert [one for one in jobs if one not in statements] == []
    assert may.hand_over("PreprocessingRole") in statements
    assert may.listed("whole/datasets/train/", "whole/preprocessing/") in statements
    by_action = {one["Action"][0]: one["Resource"] for one in statements if len(one["Action"]) == 1}
    assert by_action["sagemaker:CreateTrialComponent"] == [COMPONENT]
    assert by_action["sagemaker:AssociateTrialComponent"] == [
        COMPONENT,
        "arn:<Partition>:sagemaker:<Region>:<AccountId>:experiment-trial/dev-whole--*",
    ]
    notes = {"Effect": "Allow", "Action": ["s3:PutObject"], "Resource": ["<bucket-arn>/whole/preprocessing/complete/*"]}
    assert notes in statements
    assert may.objects("<bucket-arn>/whole/training/*", "<bucket-arn>/whole/preprocessing/*") in statements


@pytest.mark.parametrize("stack", ["serving", "batch"])
def test_the_transformer_stands_before_the_model(prepared: Synthesized, stack: str) -> None:
    first, second = containers(prepared, stack)

    assert first == {
        "ContainerHostname": "transformer",
        "Image": IMAGE.format("TransformerImageAccounts"),
        "ModelDataUrl": f"s3://<bucket>/{RUN}/transformer/model.tar.gz",
        "Environment": {
            "SAGEMAKER_PROGRAM": "preprocess.py",
            "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
            "SAGEMAKER_CONTAINER_LOG_LEVEL": "20",
            "SAGEMAKER_REGION": "<Region>",
            "PIP_NO_BUILD_ISOLATION": "0",
            "SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT": "text/csv",
        },
    }
    assert second["ContainerHostname"] == "model"
    assert second["ModelDataUrl"].startswith("s3://<bucket>/whole/training/")
    assert second["Environment"]["SAGEMAKER_PROGRAM"] == "train.py"


@pytest.mark.parametrize("stack", ["serving", "batch"])
def test_the_model_s_role_may_read_both_artifacts_and_pull_both_images(prepared: Synthesized, stack: str) -> None:
    statements = prepared.statements(f"dev-whole-{stack}", "ModelRole")

    (read,) = [one for one in statements if one["Action"] == ["s3:GetObject"] and "transformer" in str(one)]
    assert (
        f"<bucket-arn>/{RUN}/transformer/model.tar.gz".replace("<bucket-arn>", "arn:<Partition>:s3:::<bucket>")
        in read["Resource"]
    )
    (pull,) = [one for one in statements if "ecr:BatchGetImage" in one["Action"]]
    assert len(pull["Resource"]) == 2


def test_a_registered_model_names_the_transformer_s_container(prepared: Synthesized) -> None:
    states = prepared.definition("dev-whole-training", "Run")["States"]

    first, second = states["Register the best"]["Arguments"]["InferenceSpecification"]["Containers"]
    assert first["Image"] == IMAGE.format("TransformerImageAccounts")
    assert first["Environment"]["SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT"] == "text/csv"
    assert second["Environment"]["SAGEMAKER_PROGRAM"] == "train.py"


def test_a_model_of_an_algorithm_is_isolated_though_a_transformer_stands_before_it(tmp_path: Path) -> None:
    channel = '{ path = "preprocessing/train", content_type = "text/csv" }'
    lines = [
        line
        for line in TEXT.replace('"preprocessing/train" }', f"{channel}, validation = {channel} }}").split("\n")
        if "train.py" not in line and not line.startswith(("[training.metrics]", '"validation:auc"'))
    ]
    trained = "\n".join(lines).replace("\n[batch]", "hyperparameters = { num_round = 2 }\n[batch]")

    app = synthesize_text(tmp_path, trained)

    assert app.one("dev-whole-serving", "SageMaker::Model")["EnableNetworkIsolation"] is True


def test_a_preview_shows_the_transformer_that_nobody_has_promoted(tmp_path: Path) -> None:
    lines = [line for line in TEXT.split("\n") if not line.startswith(("model = ", 'transformer = "', "baseline = "))]

    app = synthesize_text(tmp_path, "\n".join(lines), preview=True)

    first, _ = containers(app, "serving")
    assert first["ModelDataUrl"] == (
        "s3://<bucket>/whole/preprocessing/not-promoted/<NotPromotedYet>/transformer/model.tar.gz"
    )


def test_a_prepared_baseline_is_read_by_its_job(tmp_path: Path) -> None:
    app = synthesize_text(tmp_path, TEXT.replace('"datasets/baseline"', '"preprocessing/raw"'))

    states = app.definition("dev-whole-training", "Run")["States"]
    (source, *_) = states["Make the baseline"]["Arguments"]["ProcessingInputs"]
    assert source["S3Input"]["S3Uri"] == (
        "{% 's3://<bucket>/whole/preprocessing/' & $digest & '/' & $preprocessed_by & '/raw/' %}"
    )
    assert may.listed("whole/preprocessing/") in app.statements("dev-whole-training", "BaselineRole")
