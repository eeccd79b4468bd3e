"""The app as a whole: what is synthesized, when, and that nothing but the declarations decides it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from cdk_nag import AwsSolutionsChecks

from benchmarks.fleet_manifests import write_fleet
from modelyard.manifest import Refused
from modelyard.stacks.assembly import Declarations, build_app
from modelyard.template_checks.rules import check_templates
from modelyard.template_checks.template import Template
from support.linting import findings
from support.manifests import WHOLE, synthesize_text
from support.synth import FLAGS, ROOT, Synthesized, plain, read_templates, synthesize

STACKS = [
    "dev-churn-api",
    "dev-churn-batch",
    "dev-churn-forest-monitoring",
    "dev-churn-forest-serving",
    "dev-churn-forest-training",
    "dev-churn-monitoring",
    "dev-churn-serving",
    "dev-churn-training",
    "dev-fleet",
    "dev-foundation",
    "dev-mnist-tf-batch",
    "dev-mnist-tf-monitoring",
    "dev-mnist-tf-serving",
    "dev-mnist-tf-training",
    "dev-mnist-torch-batch",
    "dev-mnist-torch-monitoring",
    "dev-mnist-torch-serving",
    "dev-mnist-torch-training",
]
FIRST_DEPLOY = [
    "dev-churn-forest-training",
    "dev-churn-training",
    "dev-foundation",
    "dev-mnist-tf-training",
    "dev-mnist-torch-training",
]


@pytest.fixture(scope="session")
def promoted(tmp_path_factory: pytest.TempPathFactory) -> Synthesized:
    """A model of which everything is there, all tables and both promoted lines."""
    return synthesize_text(tmp_path_factory.mktemp("promoted"), WHOLE)


def test_a_preview_shows_every_stack_of_every_example(app: Synthesized) -> None:
    assert sorted(app.templates) == STACKS


def test_a_first_deploy_leaves_out_what_nobody_has_promoted(tmp_path: Path) -> None:
    first = synthesize(tmp_path, preview=False)

    assert sorted(first.templates) == FIRST_DEPLOY


def test_a_first_deploy_says_what_is_left_out_and_which_command_comes_next(tmp_path: Path) -> None:
    first = synthesize(tmp_path, preview=False)

    assert "\n".join(first.notices["dev-churn-training"]).startswith(
        "batch, serving, monitoring, api of churn: left out until a model is promoted; "
        "next: yard train churn, then yard promote churn"
    )
    assert "\n".join(first.notices["dev-mnist-torch-training"]).startswith(
        "batch, serving, monitoring of mnist_torch: left out"
    )


def test_a_preview_leaves_out_nothing(app: Synthesized) -> None:
    assert not any("left out" in notice for notices in app.notices.values() for notice in notices)


@pytest.mark.parametrize(
    ("stack", "sentences"),
    [
        (
            "dev-churn-training",
            [
                "churn: the image xgboost:3.2-0 for training gets patches from AWS until 2027-05-13",
                "churn: the image xgboost:3.2-0 for inference gets patches from AWS until 2027-05-13",
            ],
        ),
        (
            "dev-mnist-torch-training",
            [
                "mnist_torch: the image sklearn:1.9-0 for training gets patches from AWS until 2027-07-16",
                "mnist_torch: the image pytorch:2.6 for training gets patches no more, since 2026-01-29",
                "mnist_torch: the image pytorch:2.6 for inference gets patches no more, since 2026-06-30",
                "mnist_torch: the image sklearn:1.9-0 for inference gets patches from AWS until 2027-07-16",
            ],
        ),
        ("dev-churn-serving", []),
    ],
)
def test_a_synth_says_once_until_when_aws_patches_a_model_s_images(
    app: Synthesized, stack: str, sentences: list[str]
) -> None:
    said = [notice.partition(" [")[0] for notice in app.notices[stack]]

    assert said == sentences


IN_A_NETWORK = (
    '[dev]\nvpc = { subnets = { subnet-0aaaaaaa = "eu-west-1a", subnet-0bbbbbbb = "eu-west-1b" }, '
    'security_groups = ["sg-0ccccccc"] }\n'
)


@pytest.mark.parametrize(
    ("stages", "requirements", "warned"),
    [(IN_A_NETWORK, "shap\n", True), (IN_A_NETWORK, None, False), ("[dev]\n", "shap\n", False)],
)
def test_a_synth_warns_of_packages_that_a_network_may_have_no_way_to(
    tmp_path: Path,
    stages: str,
    requirements: str | None,
    warned: bool,  # noqa: FBT001
) -> None:
    scripts = tmp_path / "scripts/churn_xgboost"
    scripts.mkdir(parents=True)
    (scripts / "train.py").write_text("")
    if requirements is not None:
        (scripts / "requirements.txt").write_text(requirements)
    (tmp_path / "models").mkdir()
    (tmp_path / "models/whole.toml").write_text(WHOLE)
    (tmp_path / "stages.toml").write_text(stages)

    app = synthesize(
        tmp_path / "out", models=tmp_path / "models", stages=tmp_path / "stages.toml", scripts=scripts.parent
    )

    sentence = "whole: pip installs churn_xgboost/requirements.txt at each start, from the subnets of the vpc"
    assert any(sentence in notice for notice in app.notices["dev-whole-training"]) == warned


def test_a_synth_says_that_no_end_of_patches_is_known_of_an_image(tmp_path: Path) -> None:
    app = synthesize_text(tmp_path, WHOLE.replace("xgboost:3.2-0", "xgboost:1.7-1"))

    (notice, _) = app.notices["dev-whole-training"]
    assert notice.startswith(
        "whole: the image xgboost:1.7-1 for training has no end of patches in AWS's list of 2026-08-21: "
        "whether it gets patches is unknown"
    )


@pytest.mark.parametrize("stack", ["dev-churn-serving", "dev-churn-batch", "dev-churn-monitoring"])
def test_cloudformation_refuses_a_preview_for_a_parameter_has_no_value(app: Synthesized, stack: str) -> None:
    parameter = app.templates[stack]["Parameters"]["NotPromotedYet"]

    assert parameter == {
        "Type": "String",
        "MinLength": 1,
        "Description": "A preview: deploy it after yard train churn and yard promote churn, which name the run",
    }


def test_a_promoted_model_has_all_its_stacks_and_no_stand_in(promoted: Synthesized) -> None:
    assert sorted(promoted.templates) == [
        "dev-fleet",
        "dev-foundation",
        "dev-whole-batch",
        "dev-whole-monitoring",
        "dev-whole-serving",
        "dev-whole-training",
    ]
    for template in promoted.templates.values():
        assert "NotPromotedYet" not in template.get("Parameters", {})


def test_a_promoted_model_is_what_its_manifest_names(promoted: Synthesized) -> None:
    container = promoted.one("dev-whole-serving", "SageMaker::Model")["PrimaryContainer"]

    artifact = "whole/training/20261122-101500/dev-whole--single-20261122-101500/output/model.tar.gz"
    assert container["ModelDataUrl"] == f"s3://<bucket>/{artifact}"
    assert promoted.outputs("dev-whole-monitoring")["BaselinePrefix"] == "whole/baseline/20261122-101500"


def test_monitoring_waits_for_the_endpoint_it_watches(tmp_path: Path) -> None:
    synthesize(tmp_path)

    manifest = json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))
    assert "dev-churn-serving" in manifest["artifacts"]["dev-churn-monitoring"]["dependencies"]
    assert "dev-foundation" in manifest["artifacts"]["dev-churn-training"]["dependencies"]


def test_one_model_can_be_synthesized_alone_without_changing_what_all_share(app: Synthesized, tmp_path: Path) -> None:
    alone = synthesize(tmp_path, model="mnist_torch")

    assert sorted(alone.templates) == [
        "dev-foundation",
        "dev-mnist-torch-batch",
        "dev-mnist-torch-monitoring",
        "dev-mnist-torch-serving",
        "dev-mnist-torch-training",
    ]
    for name, template in alone.templates.items():
        assert template == app.templates[name]


def test_a_model_may_be_asked_for_with_hyphens(tmp_path: Path) -> None:
    assert "dev-mnist-torch-training" in synthesize(tmp_path, model="mnist-torch").templates


def test_every_stack_says_what_it_is(app: Synthesized) -> None:
    for name, template in app.templates.items():
        assert len(template["Description"]) > 20, name


def test_every_output_says_what_it_is_for(app: Synthesized) -> None:
    for template in app.templates.values():
        for output in template.get("Outputs", {}).values():
            assert "Export" in output or output["Description"]


CREATE_ONLY_TAGS = ["AWS::SageMaker::DataQualityJobDefinition", "AWS::SageMaker::ModelQualityJobDefinition"]
UNTAGGED = [
    *CREATE_ONLY_TAGS,
    "AWS::ApiGateway::Account",
    "AWS::ApiGateway::Deployment",
    "AWS::ApiGateway::GatewayResponse",
    "AWS::ApiGateway::Method",
    "AWS::ApiGateway::Model",
    "AWS::ApiGateway::RequestValidator",
    "AWS::ApiGateway::Resource",
    "AWS::ApplicationAutoScaling::ScalingPolicy",
    "AWS::CDK::Metadata",
    "AWS::S3::BucketPolicy",
    "AWS::SNS::TopicPolicy",
    "AWS::Scheduler::Schedule",
]


def test_resources_carry_the_model_and_the_stage(app: Synthesized) -> None:
    for name, template in app.templates.items():
        for logical_id, body in template["Resources"].items():
            if body["Type"] not in UNTAGGED:
                tags = {tag["Key"]: tag["Value"] for tag in body["Properties"]["Tags"]}
                assert tags["stage"] == "dev", logical_id
                assert ("model" in tags) == (name not in ("dev-fleet", "dev-foundation")), logical_id


def test_a_stage_s_own_tags_are_carried_too(tmp_path: Path) -> None:
    tagged = synthesize_text(tmp_path, WHOLE, stages='[dev]\ntags = { team = "ml" }\n')

    tags = tagged.one("dev-whole-serving", "SageMaker::Endpoint")["Tags"]
    assert {"Key": "team", "Value": "ml"} in tags


def test_a_stage_protects_its_stacks_from_deletion(tmp_path: Path) -> None:
    synthesize(tmp_path, stage="prod", model="mnist_torch")

    manifest = json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["artifacts"]["prod-foundation"]["properties"]["terminationProtection"] is True


def test_two_synths_are_the_same_to_the_byte(tmp_path: Path) -> None:
    for name in ("one", "two"):
        synthesize(tmp_path / name)

    first = {file.name: file.read_bytes() for file in (tmp_path / "one").iterdir() if file.suffix != ".md"}
    second = {file.name: file.read_bytes() for file in (tmp_path / "two").iterdir() if file.suffix != ".md"}
    assert first == second


@pytest.mark.parametrize(
    ("before", "after", "changed"),
    [
        ("[training.metrics]", "[training.hyperparameters]\nrounds = 7\n[training.metrics]", ["training"]),
        ('instance = "ml.m5.large"\nobjective', 'instance = "ml.m5.xlarge"\nobjective', ["training"]),
        ("sampling_percentage = 100", "sampling_percentage = 50", ["serving"]),
        ("[batch]", '[batch]\njoin = "Input"', ["batch"]),
        ('engine = "drift"', 'engine = "drift"\nalarm_violations = 2', ["monitoring"]),
        ("baseline/20261122-101500", "baseline/20261123-101500", ["monitoring"]),
        ("20261122-101500/output", "20261123-101500/output", ["batch", "serving"]),
        ("[serving]", "[serving]\nrollout = { bake_minutes = 1 }", ["serving"]),
        ('engine = "drift"', 'engine = "model-monitor"', ["monitoring", "training"]),
    ],
)
def test_a_changed_line_changes_the_templates_that_it_should_and_no_other(
    promoted: Synthesized, tmp_path: Path, before: str, after: str, changed: list[str]
) -> None:
    assert before in WHOLE

    other = synthesize_text(tmp_path, WHOLE.replace(before, after))

    differing = [name for name in other.templates if other.templates[name] != promoted.templates[name]]
    assert differing == [f"dev-whole-{table}" for table in changed]


def test_a_changed_script_changes_what_runs_it_and_nothing_else(promoted: Synthesized, tmp_path: Path) -> None:
    scripts = tmp_path / "training_scripts"
    (scripts / "churn_xgboost").mkdir(parents=True)
    (scripts / "churn_xgboost" / "train.py").write_text("print('changed')\n", encoding="utf-8")
    models = tmp_path / "models"
    models.mkdir()
    (models / "whole.toml").write_text(WHOLE, encoding="utf-8")
    (tmp_path / "stages.toml").write_text("[dev]\n", encoding="utf-8")

    other = synthesize(tmp_path / "out", models=models, stages=tmp_path / "stages.toml", scripts=scripts, preview=False)

    differing = [name for name in other.templates if other.templates[name] != promoted.templates[name]]
    assert differing == ["dev-whole-batch", "dev-whole-serving", "dev-whole-training"]


def test_no_linter_finds_anything(app: Synthesized, promoted: Synthesized) -> None:
    for name, template in {**app.templates, **promoted.templates}.items():
        assert findings(template) == [], name


DATA = 'name = "whole"\n[data]\nformat = "jsonl"\ncolumns = [{ name = "text", kind = "text" }]'
TRANSFORMERS = WHOLE.replace('name = "whole"', DATA, 1)
DJL = """
name = "language"
[serving]
container = "djl:0.36"
instance = "ml.g5.xlarge"
environment = { HF_MODEL_ID = "org/model", OPTION_ROLLING_BATCH = "vllm" }
[[serving.variants]]
name = "primary"
model = "language/training/run/job/output/model.tar.gz"
"""


def test_no_linter_finds_anything_of_the_families_without_an_example(tmp_path: Path) -> None:
    models = tmp_path / "models"
    models.mkdir()
    trained = TRANSFORMERS.replace("xgboost:3.2-0", "huggingface:4.49").replace("ml.m5.large", "ml.g5.xlarge", 1)
    (models / "whole.toml").write_text(trained, encoding="utf-8")
    (models / "language.toml").write_text(DJL, encoding="utf-8")

    ran = run_app(tmp_path, {"models": str(models)}, environment={"CDK_VALIDATION": "true"})

    report = json.loads((tmp_path / "out" / "validation-report.json").read_text(encoding="utf-8"))
    assert (ran.returncode, ran.stderr, report["pluginReports"]) == (0, "", [])
    templates = read_templates(tmp_path / "out")
    assert {"dev-whole-training", "dev-whole-batch", "dev-whole-serving", "dev-language-serving"} <= set(templates)
    assert [finding for template in templates.values() for finding in findings(template)] == []


@pytest.mark.parametrize("region", [None, "eu-west-1", "us-east-1"])
def test_no_rule_of_ours_finds_anything(app: Synthesized, promoted: Synthesized, region: str | None) -> None:
    found = {**app.templates, **promoted.templates}
    templates = [Template(name=name, body=body, region=region) for name, body in found.items()]

    assert [problem.sentence for problem in check_templates(templates)] == []


def run_app(tmp_path: Path, context: dict[str, str], *, environment: dict[str, str] | None = None) -> Any:
    """`python app.py` as the command line runs it."""
    told = {
        **os.environ,
        "CDK_VALIDATION": "false",
        "CDK_OUTDIR": str(tmp_path / "out"),
        "CDK_CONTEXT_JSON": json.dumps({**FLAGS, **context}),
        **(environment or {}),
    }
    return subprocess.run(
        [sys.executable, str(ROOT / "app.py")], env=told, cwd=tmp_path, capture_output=True, text=True, check=False
    )


def test_every_finding_of_the_policy_rules_is_explained(tmp_path: Path) -> None:
    ran = run_app(tmp_path, {"preview": "true"}, environment={"CDK_VALIDATION": "true"})

    report = json.loads((tmp_path / "out" / "validation-report.json").read_text(encoding="utf-8"))
    assert (ran.returncode, ran.stderr) == (0, "")
    assert report["pluginReports"] == []


def test_the_policy_rules_find_what_nothing_explains(tmp_path: Path) -> None:
    app = cdk.App(outdir=str(tmp_path), context=FLAGS, builtin_cloud_formation_validation=False)
    declarations = Declarations(
        models=ROOT / "models", stages=ROOT / "stages.toml", scripts=ROOT / "training_scripts", preview=True
    )
    build_app(app, declarations=declarations, validate=False)

    found = AwsSolutionsChecks(app).validate_scope(app)

    assert {violation.rule_name.partition("[")[0] for violation in found.violations} == {
        "AwsSolutions-IAM5",
        "AwsSolutions-COG4",
        "AwsSolutions-APIG3",
    }


def test_the_app_runs_from_any_folder(tmp_path: Path) -> None:
    ran = run_app(tmp_path, {"model": "mnist_torch"})

    assert (ran.returncode, ran.stdout) == (0, "")
    assert (tmp_path / "out" / "dev-mnist-torch-training.template.json").exists()


def test_the_models_of_another_folder_are_synthesized_with_the_repository_s_scripts(tmp_path: Path) -> None:
    write_fleet(tmp_path / "fleet", models=2)

    ran = run_app(tmp_path, {"models": "fleet", "model": "model0001"})

    made = {file.name for file in (tmp_path / "out").glob("*.template.json")}
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "dev-model0001-serving.template.json" in made
    assert not any("model0000" in name or "churn" in name for name in made)


def test_nothing_of_the_environment_reaches_a_template(app: Synthesized, tmp_path: Path) -> None:
    elsewhere = {
        "AWS_REGION": "ap-south-1",
        "AWS_DEFAULT_REGION": "ap-south-1",
        "CDK_DEFAULT_REGION": "ap-south-1",
        "CDK_DEFAULT_ACCOUNT": "999999999999",
        "AWS_PROFILE": "other",
        "USER": "somebody",
        "TZ": "Asia/Tokyo",
    }

    run_app(tmp_path, {"model": "mnist_torch"}, environment=elsewhere)

    made = (tmp_path / "out" / "dev-mnist-torch-training.template.json").read_text(encoding="utf-8")
    assert json.loads(made) == app.templates["dev-mnist-torch-training"]


@pytest.mark.parametrize(
    ("context", "said"),
    [
        ({"stage": "prd"}, 'stage must be one of dev, prod, got "prd"'),
        ({"model": "chrun"}, 'model must be one of churn, churn_forest, mnist_tf, mnist_torch, got "chrun"'),
        ({"models": "gone"}, 'the folder of models must be one that is there, got "gone"'),
        ({"destroy_data": "prod"}, "the option -c destroy_data must be the stage that is synthesized (dev)"),
    ],
)
def test_a_careless_option_ends_with_one_sentence(tmp_path: Path, context: dict[str, str], said: str) -> None:
    ran = run_app(tmp_path, context)

    (sentence,) = ran.stderr.strip().splitlines()
    assert ran.returncode == 1
    assert sentence.startswith(said)


def test_a_refused_manifest_leaves_no_templates_behind(tmp_path: Path) -> None:
    with pytest.raises(Refused):
        synthesize_text(tmp_path, WHOLE.replace("sampling_percentage = 100", "sampling_percentage = 101"))

    assert list((tmp_path / "out").glob("*.template.json")) == []


def test_stateful_resources_keep_their_logical_ids(app: Synthesized) -> None:
    pinned = {
        "dev-churn-training": {
            "Experiment": "AWS::SageMaker::Experiment",
            "PackageGroup": "AWS::SageMaker::ModelPackageGroup",
        },
        "dev-churn-serving": {
            "EndpointEEF1FD8F": "AWS::SageMaker::Endpoint",
            "primaryScalingTargetCFEA7F35": "AWS::ApplicationAutoScaling::ScalableTarget",
        },
        "dev-churn-forest-monitoring": {
            "MonitorSchedule66B888D7": "AWS::SageMaker::MonitoringSchedule",
            "QualityMonitorScheduleCF57A618": "AWS::SageMaker::MonitoringSchedule",
        },
    }
    for stack, ids in pinned.items():
        kinds = set(ids.values())
        found = app.templates[stack]["Resources"]
        assert {name: body["Type"] for name, body in found.items() if body["Type"] in kinds} == ids


def test_analyzer_code_is_made_by_a_command_when_it_is_published(tmp_path: Path) -> None:
    synthesize(tmp_path)

    assets = json.loads((tmp_path / "dev-churn-monitoring.assets.json").read_text(encoding="utf-8"))
    commands = [one["source"]["executable"] for one in assets["files"].values() if "executable" in one["source"]]
    assert commands == [["python3", "-m", "modelyard.drift.container.build"]]


def test_references_are_read_as_what_they_mean() -> None:
    joined = {"Fn::Join": ["", ["s3://", {"Fn::ImportValue": "dev-foundation:ExportsOutputRefDataBucket80AF"}, "/x"]]}

    assert plain(joined) == "s3://<bucket>/x"
