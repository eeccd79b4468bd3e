"""The stack that makes models."""

import json
from pathlib import Path

import aws_cdk as cdk
import pytest

from modelyard.constructs.workflows.analysis import Analyzer, baseline_job
from modelyard.constructs.workflows.preparation import Preparation
from modelyard.constructs.workflows.requests import JobContext, Script
from modelyard.constructs.workflows.states import RUN, text
from modelyard.constructs.workflows.training_run import TrainingRun
from modelyard.manifest import Model, read_models, read_stage
from modelyard.manifest.folder_digest import digest
from modelyard.shared.container_families import FAMILIES
from modelyard.stacks.assembly import Declarations, build_app, check_assembly
from support import permissions as may
from support.manifests import WHOLE, synthesize_text
from support.synth import FLAGS, ROOT, Synthesized

ASSETS = "<cdk-hnb659fds-assets-${AWS::AccountId}-${AWS::Region}>"
SUBMITTED = ("churn", "churn_forest")
MODELS = ("churn", "churn_forest", "mnist_tf", "mnist_torch")


def stack(model: str) -> str:
    """The name of a model's training stack."""
    return f"dev-{model.replace('_', '-')}-training"


def declared(name: str) -> Model:
    """An example's manifest."""
    stage = read_stage(ROOT / "stages.toml", name="dev")
    (model,) = read_models(ROOT / "models", stage=stage, scripts=ROOT / "training_scripts", only=name)
    return model


def code(script: str) -> str:
    """Where a script's archive is published."""
    return f"{ASSETS}/{digest(folder=(ROOT / 'training_scripts' / script).parent)}.gz"


def serving_environment(name: str, script: str) -> dict[str, str] | None:
    """What a registered model's container is told: TensorFlow's reads nothing."""
    if name == "mnist_tf":
        return None
    submitted = {"SAGEMAKER_SUBMIT_DIRECTORY": f"s3://{code(script)}"} if name in SUBMITTED else {}
    return {
        "SAGEMAKER_PROGRAM": "train.py",
        **submitted,
        "SAGEMAKER_CONTAINER_LOG_LEVEL": "20",
        "SAGEMAKER_REGION": "<Region>",
        **({"PIP_NO_BUILD_ISOLATION": "0"} if name in SUBMITTED else {}),
    }


def code_of_the_analyzer(app: Synthesized) -> str:
    """Where the analyzer's archive is published."""
    (entry,) = [
        statement["Resource"][0]
        for statement in app.statements(stack("churn"), "BaselineRole")
        if statement["Action"] == ["s3:GetObject"] and ASSETS in statement["Resource"][0]
    ]
    return str(entry).removeprefix("arn:<Partition>:s3:::")


@pytest.mark.parametrize("model", MODELS)
def test_each_model_has_an_experiment_of_its_own(app: Synthesized, model: str) -> None:
    experiment = app.one(stack(model), "SageMaker::Experiment")

    assert experiment["ExperimentName"] == f"dev-{model.replace('_', '-')}"
    assert experiment["Description"] == f"All runs of {model}"


@pytest.mark.parametrize("model", MODELS)
def test_each_model_has_a_package_group_without_a_description_that_could_never_change(
    app: Synthesized, model: str
) -> None:
    group = app.one(stack(model), "SageMaker::ModelPackageGroup")

    assert group["ModelPackageGroupName"] == f"dev-{model.replace('_', '-')}"
    assert "ModelPackageGroupDescription" not in group


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("kind", ["SageMaker::Experiment", "SageMaker::ModelPackageGroup"])
def test_what_cannot_be_deleted_with_content_is_retained(app: Synthesized, model: str, kind: str) -> None:
    (resource,) = app.resources(stack(model), kind).values()

    assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("Retain", "Retain")


@pytest.mark.parametrize(
    ("model", "repository", "channels"),
    [
        ("churn", "sagemaker-xgboost", ["churn/datasets/train/", "churn/datasets/validation/"]),
        (
            "churn_forest",
            "sagemaker-scikit-learn",
            ["churn_forest/datasets/train/", "churn_forest/datasets/validation/"],
        ),
        ("mnist_torch", "pytorch-training", ["mnist_torch/preprocessing/"]),
    ],
)
def test_training_jobs_may_do_just_what_they_need(
    app: Synthesized, model: str, repository: str, channels: list[str]
) -> None:
    training = declared(model).training
    assert training is not None
    assert training.script is not None

    assert app.statements(stack(model), "TrainingRole") == [
        *may.pull(accounts="ImageAccounts", repository=repository),
        *may.read(*channels),
        may.objects(f"arn:<Partition>:s3:::{code(training.script)}"),
        may.write(f"{model}/training"),
        *may.KEY,
        may.logs("TrainingJobs"),
        may.METRICS,
    ]


def test_jobs_on_spare_capacity_may_read_and_write_checkpoints(tmp_path: Path) -> None:
    app = synthesize_text(tmp_path, WHOLE.replace("[training]\n", "[training]\nspot = { max_wait_minutes = 90 }\n"))
    statements = app.statements("dev-whole-training", "TrainingRole")

    write = next(one for one in statements if "s3:PutObject" in one["Action"])
    read = next(one for one in statements if one["Action"] == ["s3:GetObject"])
    assert "<bucket-arn>/whole/checkpoints/*" in write["Resource"]
    assert "<bucket-arn>/whole/checkpoints/*" in read["Resource"]


def test_jobs_of_a_search_share_no_checkpoints(app: Synthesized) -> None:
    assert "checkpoint" not in str(app.templates[stack("mnist_tf")]["Resources"]).lower()


def test_the_role_of_a_search_s_jobs_is_that_of_any_training(app: Synthesized) -> None:
    assert app.statements(stack("mnist_tf"), "TrainingRole") == [
        *may.pull(accounts="ImageAccounts", repository="tensorflow-training"),
        *may.read("mnist_tf/datasets/train/", "mnist_tf/datasets/test/"),
        may.objects(f"arn:<Partition>:s3:::{code('mnist_tf/train.py')}"),
        may.write("mnist_tf/training"),
        *may.KEY,
        may.logs("TrainingJobs"),
        may.METRICS,
    ]


KEY = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"


@pytest.mark.parametrize(
    ("stack_name", "role"),
    [
        ("dev-whole-training", "TrainingRole"),
        ("dev-whole-training", "BaselineRole"),
        ("dev-whole-batch", "ModelRole"),
        ("dev-whole-serving", "ModelRole"),
        ("dev-whole-monitoring", "CheckRole"),
    ],
)
def test_whoever_fetches_what_the_cli_published_decrypts_it_with_the_key_of_the_bootstrap(
    tmp_path: Path, stack_name: str, role: str
) -> None:
    app = synthesize_text(tmp_path, WHOLE, stages=f'[dev]\nbootstrap_key = "{KEY}"\n')
    assert {"Effect": "Allow", "Action": ["kms:Decrypt"], "Resource": [KEY]} in app.statements(stack_name, role)


ELSEWHERE = """channels = {{ train = {{ path = "s3://mine/a,b:ü=1/train/"{key} }}, test = "s3://mine/test.csv" }}"""


def with_channels(channels: str) -> str:
    """The whole manifest with other channels."""
    return WHOLE.replace('channels = { train = "datasets/train" }', channels)


def places(app: Synthesized) -> list[may.Statement]:
    """What the training role may do in buckets of S3, but for what the CLI published, and with keys."""
    statements = app.statements("dev-whole-training", "TrainingRole")
    held = [one for one in statements if one["Action"][0] in ("s3:ListBucket", "s3:GetObject", "kms:Decrypt")]
    return [one for one in held if ASSETS not in str(one) and one not in may.KEY]


def test_a_role_reads_of_another_bucket_the_places_of_its_channels_alone(tmp_path: Path) -> None:
    assert places(synthesize_text(tmp_path, with_channels(ELSEWHERE.format(key="")))) == [
        may.listed("a,b:ü=1/train/", bucket="arn:<Partition>:s3:::mine"),
        may.objects("arn:<Partition>:s3:::mine/a,b:ü=1/train/*"),
        {
            "Effect": "Allow",
            "Action": ["s3:ListBucket"],
            "Resource": ["arn:<Partition>:s3:::mine"],
            "Condition": {"StringEquals": {"s3:prefix": ["test.csv"]}},
        },
        may.objects("arn:<Partition>:s3:::mine/test.csv"),
    ]


def test_a_role_decrypts_with_the_key_of_another_bucket_through_s3_alone(tmp_path: Path) -> None:
    app = synthesize_text(tmp_path, with_channels(ELSEWHERE.format(key=f', key = "{KEY}"')))
    assert [one for one in places(app) if "kms:Decrypt" in one["Action"]] == [
        {
            "Effect": "Allow",
            "Action": ["kms:Decrypt"],
            "Resource": [KEY],
            "Condition": {"StringEquals": {"kms:ViaService": "s3.eu-west-1.<URLSuffix>"}},
        }
    ]


def test_the_jobs_of_a_search_read_the_place_too(tmp_path: Path) -> None:
    search = """[training.tuning]
ranges = { eta = { min = 0.1, max = 0.5 } }
"""
    text = with_channels(ELSEWHERE.format(key="")).replace("[training.metrics]", f"{search}[training.metrics]")
    app = synthesize_text(tmp_path, text)
    assert "createHyperParameterTuningJob" in str(app.definition("dev-whole-training", "Run"))
    assert "s3://mine/a,b:ü=1/train/'" in str(app.definition("dev-whole-training", "Run"))


def test_a_role_that_reads_other_buckets_passes_all_checks(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "whole.toml").write_text(with_channels(ELSEWHERE.format(key=f', key = "{KEY}"')))
    (tmp_path / "stages.toml").write_text("[dev]\n")
    app = cdk.App(outdir=str(tmp_path / "out"), context=FLAGS, builtin_cloud_formation_validation=False)
    declarations = Declarations(
        models=tmp_path / "models",
        stages=tmp_path / "stages.toml",
        scripts=ROOT / "training_scripts",
        stage="dev",
        preview=False,
    )
    build_app(app, declarations=declarations, validate=True)
    check_assembly(app.synth(), region=None)
    report = json.loads((tmp_path / "out" / "validation-report.json").read_text(encoding="utf-8"))
    assert report["pluginReports"] == []


def registry(model: str) -> list[may.Statement]:
    """What a run may write when its trials are done."""
    name = f"dev-{model.replace('_', '-')}"
    return [
        {
            "Effect": "Allow",
            "Action": ["s3:PutObject"],
            "Resource": [f"<bucket-arn>/{model}/training/*/leaderboard.json"],
        },
        {
            "Effect": "Allow",
            "Action": ["sagemaker:CreateModelPackage"],
            "Resource": [
                "<PackageGroup.ModelPackageGroupArn>",
                f"arn:<Partition>:sagemaker:<Region>:<AccountId>:model-package/{name}/*",
            ],
        },
        may.objects(f"<bucket-arn>/{model}/training/*"),
        may.WRITE_WITH_KEY,
        may.PUBLISH,
    ]


def trials(name: str) -> list[may.Statement]:
    """What a run may start."""
    return [
        {
            "Effect": "Allow",
            "Action": ["sagemaker:CreateTrial"],
            "Resource": [
                "<Experiment.Arn>",
                f"arn:<Partition>:sagemaker:<Region>:<AccountId>:experiment-trial/{name}--*",
            ],
        },
        *may.jobs("TrainingJob", word="training-job", prefix=f"{name}--", rule="Training"),
        may.hand_over("TrainingRole"),
    ]


def baseline(name: str) -> list[may.Statement]:
    """What a run may start to make the baseline; it may list tags already."""
    started = may.jobs("ProcessingJob", word="processing-job", prefix=f"{name}--base-", rule="Processing")
    return [*(one for one in started if one != may.TAGS), may.hand_over("BaselineRole")]


@pytest.mark.parametrize("model", ["churn", "churn_forest"])
def test_the_state_machine_may_run_trials_and_the_baseline(app: Synthesized, model: str) -> None:
    name = f"dev-{model.replace('_', '-')}"

    assert app.statements(stack(model), "RunRole") == [*trials(name), *registry(model), *baseline(name), *may.MACHINE]


def test_the_state_machine_of_prepared_data_starts_their_job_and_the_baseline_s(app: Synthesized) -> None:
    statements = app.statements(stack("mnist_torch"), "RunRole")

    started = [one["Resource"] for one in statements if "sagemaker:CreateProcessingJob" in one["Action"]]
    arn = "arn:<Partition>:sagemaker:<Region>:<AccountId>:processing-job/dev-mnist-torch--"
    assert started == [[f"{arn}prep-*"], [f"{arn}base-*"]]


def test_the_state_machine_of_a_search_starts_no_trials(app: Synthesized) -> None:
    word = "hyper-parameter-tuning-job"
    listing = {
        "Effect": "Allow",
        "Action": ["sagemaker:ListTrainingJobsForHyperParameterTuningJob"],
        "Resource": [f"arn:<Partition>:sagemaker:<Region>:<AccountId>:{word}/dev-mnist-tf--*"],
    }

    assert app.statements(stack("mnist_tf"), "RunRole") == [
        *may.jobs("HyperParameterTuningJob", word=word, prefix="dev-mnist-tf--", rule="Tuning"),
        listing,
        may.hand_over("TrainingRole"),
        *registry("mnist_tf"),
        *baseline("dev-mnist-tf"),
        *may.MACHINE,
    ]


def test_the_baseline_of_model_monitor_is_made_by_aws_s_analyzer(app: Synthesized) -> None:
    assert app.statements(stack("churn_forest"), "BaselineRole") == [
        *may.pull(accounts="AnalyzerImageAccounts", repository="sagemaker-model-monitor-analyzer"),
        *may.read("churn_forest/datasets/baseline/"),
        may.write("churn_forest/baseline"),
        *may.KEY,
        may.logs("ProcessingJobs"),
        may.METRICS,
    ]


def test_the_baseline_of_drift_is_made_by_our_analyzer_in_aws_s_scikit_learn_container(app: Synthesized) -> None:
    assert app.statements(stack("churn"), "BaselineRole") == [
        *may.pull(accounts="AnalyzerImageAccounts", repository="sagemaker-scikit-learn"),
        *may.read("churn/datasets/baseline/"),
        *may.published(code_of_the_analyzer(app)),
        may.write("churn/baseline"),
        *may.KEY,
        may.logs("ProcessingJobs"),
        may.OWN_METRICS,
    ]


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(
    ("role", "service"), [("TrainingRole", "sagemaker.amazonaws.com"), ("RunRole", "states.amazonaws.com")]
)
def test_each_role_is_one_service_s(app: Synthesized, model: str, role: str, service: str) -> None:
    properties = app.one(stack(model), "IAM::Role", role)

    assert properties["AssumeRolePolicyDocument"] == may.trust(service)
    assert "ManagedPolicyArns" not in properties


@pytest.mark.parametrize("model", ["churn", "churn_forest"])
def test_the_baseline_s_role_is_sagemaker_s(app: Synthesized, model: str) -> None:
    properties = app.one(stack(model), "IAM::Role", "BaselineRole")

    assert properties["AssumeRolePolicyDocument"] == may.trust("sagemaker.amazonaws.com")


IMAGES = {
    "churn": ("sagemaker-xgboost:3.2-0", "sagemaker-xgboost:3.2-0"),
    "churn_forest": ("sagemaker-scikit-learn:1.9-0-cpu-py3", "sagemaker-scikit-learn:1.9-0-cpu-py3"),
    "mnist_tf": ("tensorflow-training:2.19.0-cpu-py312-sagemaker", "tensorflow-inference:2.19.0-cpu-py312-sagemaker"),
    "mnist_torch": ("pytorch-training:2.6.0-cpu-py312", "pytorch-inference:2.6.0-cpu-py312"),
}


def image(*, accounts: str, image: str) -> str:
    """The URI of one of AWS's images where the region is not known."""
    return f"<{accounts} of <Region>>.dkr.ecr.<Region>.<URLSuffix>/{image}"


def expected_baseline(app: Synthesized, model: Model) -> dict[str, object] | None:
    """The request of the baseline's job, wired to this stack."""
    if model.monitoring is None:
        return None
    managed = model.monitoring.engine == "model-monitor"
    repository = "sagemaker-model-monitor-analyzer" if managed else "sagemaker-scikit-learn:1.9-0-cpu-py3"
    return baseline_job(
        monitoring=model.monitoring,
        analyzer=Analyzer(
            image=image(accounts="AnalyzerImageAccounts", image=repository),
            code=None if managed else f"s3://{code_of_the_analyzer(app)}",
        ),
        job_context=JobContext(bucket="<bucket>", key_arn="<key-arn>", role_arn="<BaselineRole.Arn>"),
        dataset=f"s3://<bucket>/{model.name}/datasets/baseline/",
        output=text(f"s3://<bucket>/{model.name}/baseline/{RUN}"),
    )


def expected_preparation(app: Synthesized, model: Model) -> Preparation | None:
    """The states that prepare the data, wired to this stack."""
    if model.preprocessing is None or model.training is None:
        return None
    first = app.definition(stack(model.name), "Run")["States"]["Name the run"]["Assign"]
    return Preparation(
        preprocessing=model.preprocessing,
        layout=model.layout,
        prefix=f"dev-{model.slug}",
        job_context=JobContext(bucket="<bucket>", key_arn="<key-arn>", role_arn="<PreprocessingRole.Arn>"),
        image=image(accounts="PreprocessingImageAccounts", image="sagemaker-scikit-learn:1.9-0-cpu-py3"),
        archive=f"s3://{code(model.preprocessing.script)}",
        fingerprint=first["digest"],
        outputs=tuple(model.training.outputs.values()),
        partition="<Partition>",
    )


@pytest.mark.parametrize("name", MODELS)
def test_the_state_machine_runs_the_workflow_of_its_manifest(app: Synthesized, name: str) -> None:
    model = declared(name)
    training = model.training
    assert training is not None
    assert training.script is not None
    trained, served = IMAGES[name]
    prefix = f"dev-{model.slug}"
    states = app.definition(stack(name), "Run")["States"]
    preparation = expected_preparation(app, model)
    fitted = states["Register the best"]["Arguments"]["InferenceSpecification"]["Containers"][0]
    transformer = {key: value for key, value in fitted.items() if key != "ModelDataUrl"}
    workflow = TrainingRun(
        model=model,
        training=training,
        stage="dev",
        job_context=JobContext(bucket="<bucket>", key_arn="<key-arn>", role_arn="<TrainingRole.Arn>"),
        image=image(accounts="ImageAccounts", image=trained),
        serving_image=image(accounts="ServingImageAccounts", image=served),
        serving_environment=serving_environment(name, training.script),
        script=Script(
            archive=f"s3://{code(training.script)}",
            program=Path(training.script).name,
            family=FAMILIES[training.family],
        ),
        experiment=prefix,
        package_group=prefix,
        topic_arn="<topic-arn>",
        partition="<Partition>",
        baseline_job=expected_baseline(app, model),
        preparation=preparation,
        transformer_container=transformer if model.has_transformer else None,
    )

    assert app.definition(stack(name), "Run") == workflow.definition


@pytest.mark.parametrize("model", MODELS)
def test_the_state_machine_is_named_logged_and_traced(app: Synthesized, model: str) -> None:
    machine = app.one(stack(model), "StepFunctions::StateMachine")
    log = app.one(stack(model), "Logs::LogGroup")

    name = stack(model)
    assert machine["StateMachineName"] == name
    assert machine["RoleArn"] == "<RunRole.Arn>"
    assert machine["TracingConfiguration"] == {"Enabled": True}
    assert machine["LoggingConfiguration"] == {
        "Level": "ALL",
        "IncludeExecutionData": True,
        "Destinations": [{"CloudWatchLogsLogGroup": {"LogGroupArn": "<RunLog.Arn>"}}],
    }
    assert (log["LogGroupName"], log["RetentionInDays"]) == (f"/aws/vendedlogs/states/{name}", 90)


def test_three_widths_of_the_network_are_tried(app: Synthesized) -> None:
    declared_trials = app.definition(stack("mnist_torch"), "Run")["States"]["Name the run"]["Assign"]["declared"]

    assert [(one["name"], one["hyperparameters"]["hidden_channels"]) for one in declared_trials] == [
        ("hidden-2", "2"),
        ("hidden-5", "5"),
        ("hidden-10", "10"),
    ]


@pytest.mark.parametrize("model", MODELS)
def test_outputs_name_what_the_operator_needs(app: Synthesized, model: str) -> None:
    name = f"dev-{model.replace('_', '-')}"

    assert app.outputs(stack(model)) == {
        "TrainingStateMachineArn": "<Run>",
        "ExperimentName": name,
        "ModelPackageGroupName": name,
    }


@pytest.mark.parametrize(
    ("instance", "image"),
    [
        ("ml.c5.xlarge", "pytorch-inference:2.6.0-cpu-py312"),
        ("ml.g5.xlarge", "pytorch-inference:2.6.0-gpu-py312"),
        ("ml.c7g.xlarge", "pytorch-inference-arm64:2.6.0-cpu-py312-ubuntu22.04-sagemaker"),
    ],
)
def test_a_registered_model_names_the_image_for_the_instance_that_serves_it(
    tmp_path: Path, instance: str, image: str
) -> None:
    text = WHOLE.replace("xgboost:3.2-0", "pytorch:2.6").replace('"ml.m5.large"', '"ml.g4dn.xlarge"', 1)
    serving = f'[serving]\ninstance = "{instance}"'

    app = synthesize_text(tmp_path, text.replace('[serving]\ninstance = "ml.m5.large"', serving))

    states = app.definition("dev-whole-training", "Run")["States"]
    assert f"/{image}" in json.dumps(states)
    assert "/pytorch-training:2.6.0-gpu-py312" in json.dumps(states)
