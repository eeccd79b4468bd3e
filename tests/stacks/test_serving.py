"""The stack that answers."""

from pathlib import Path
from typing import Any

import pytest

from modelyard.manifest.folder_digest import digest
from support import permissions as may
from support.manifests import SERVED, served, synthesize_text
from support.synth import ROOT, Synthesized

CHURN = "dev-churn-serving"
FOREST = "dev-churn-forest-serving"
ASSETS = "<cdk-hnb659fds-assets-${AWS::AccountId}-${AWS::Region}>"
INSTANCE = 'instance = "ml.m5.large"\n'


def code(folder: str) -> str:
    """Where the archive of a script's folder is published."""
    return f"{ASSETS}/{digest(folder=ROOT / 'training_scripts' / folder)}.gz"


EXAMPLES = [
    (CHURN, "churn", "primaryModel", "sagemaker-xgboost:3.2-0", "churn_xgboost"),
    (FOREST, "churn_forest", "championModel", "sagemaker-scikit-learn:1.9-0-cpu-py3", "churn_forest"),
    (FOREST, "churn_forest", "challengerModel", "sagemaker-scikit-learn:1.9-0-cpu-py3", "churn_forest"),
]


@pytest.mark.parametrize(("stack", "model", "resource", "image", "folder"), EXAMPLES)
def test_each_variant_has_a_model_without_a_name_that_would_forbid_its_replacement(
    app: Synthesized, stack: str, model: str, resource: str, image: str, folder: str
) -> None:
    properties = app.one(stack, "SageMaker::Model", resource)

    assert properties["PrimaryContainer"] == {
        "Image": f"<ImageAccounts of <Region>>.dkr.ecr.<Region>.<URLSuffix>/{image}",
        "ModelDataUrl": f"s3://<bucket>/{model}/training/<NotPromotedYet>/model.tar.gz",
        "Environment": {
            "SAGEMAKER_PROGRAM": "train.py",
            "SAGEMAKER_SUBMIT_DIRECTORY": f"s3://{code(folder)}",
            "SAGEMAKER_CONTAINER_LOG_LEVEL": "20",
            "SAGEMAKER_REGION": "<Region>",
            "SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT": "text/csv",
            "PIP_NO_BUILD_ISOLATION": "0",
        },
    }
    assert properties["ExecutionRoleArn"] == "<ModelRole.Arn>"
    assert properties["EnableNetworkIsolation"] is False
    assert "ModelName" not in properties


@pytest.mark.parametrize(
    ("stack", "model", "repository", "folder", "variants"),
    [
        (CHURN, "churn", "sagemaker-xgboost", "churn_xgboost", ["primary"]),
        (FOREST, "churn_forest", "sagemaker-scikit-learn", "churn_forest", ["champion", "challenger"]),
    ],
)
def test_an_endpoint_may_do_just_what_it_needs(
    app: Synthesized, stack: str, model: str, repository: str, folder: str, variants: list[str]
) -> None:
    artifact = f"arn:<Partition>:s3:::<bucket>/{model}/training/<NotPromotedYet>/model.tar.gz"
    alarms = [f"<Alarms{variant}{kind}.Arn>" for variant in variants for kind in ("Errors", "Latency")]

    assert app.statements(stack, "ModelRole") == [
        *may.pull(accounts="ImageAccounts", repository=repository),
        may.objects(*([artifact] * len(variants)), f"arn:<Partition>:s3:::{code(folder)}"),
        *may.KEY,
        may.logs("Endpoints"),
        may.METRICS,
        may.write(f"{model}/capture"),
        {"Effect": "Allow", "Action": ["cloudwatch:DescribeAlarms"], "Resource": alarms},
    ]
    assert app.one(stack, "IAM::Role")["AssumeRolePolicyDocument"] == may.trust("sagemaker.amazonaws.com")


@pytest.mark.parametrize(("stack", "name"), [(CHURN, "dev-churn"), (FOREST, "dev-churn-forest")])
def test_an_endpoint_s_name_is_fixed(app: Synthesized, stack: str, name: str) -> None:
    endpoint = app.one(stack, "SageMaker::Endpoint")

    assert endpoint["EndpointName"] == name
    assert endpoint["EndpointConfigName"] == "<EndpointConfig.EndpointConfigName>"


@pytest.mark.parametrize("stack", [CHURN, FOREST])
def test_an_endpoint_configuration_has_no_name_that_would_forbid_its_replacement(app: Synthesized, stack: str) -> None:
    assert "EndpointConfigName" not in app.one(stack, "SageMaker::EndpointConfig")


def test_one_variant_takes_all_traffic(app: Synthesized) -> None:
    assert app.one(CHURN, "SageMaker::EndpointConfig")["ProductionVariants"] == [
        {
            "VariantName": "primary",
            "ModelName": "<primaryModel.ModelName>",
            "InitialVariantWeight": 1,
            "InitialInstanceCount": 2,
            "InstanceType": "ml.m5.large",
            "ContainerStartupHealthCheckTimeoutInSeconds": 600,
            "ModelDataDownloadTimeoutInSeconds": 600,
        }
    ]


def test_two_variants_share_the_traffic_by_weight(app: Synthesized) -> None:
    common = {
        "InitialInstanceCount": 1,
        "InstanceType": "ml.m5.large",
        "ContainerStartupHealthCheckTimeoutInSeconds": 600,
        "ModelDataDownloadTimeoutInSeconds": 600,
    }

    assert app.one(FOREST, "SageMaker::EndpointConfig")["ProductionVariants"] == [
        {**common, "VariantName": "champion", "ModelName": "<championModel.ModelName>", "InitialVariantWeight": 3},
        {**common, "VariantName": "challenger", "ModelName": "<challengerModel.ModelName>", "InitialVariantWeight": 1},
    ]


@pytest.mark.parametrize(("stack", "model", "percent"), [(CHURN, "churn", 100), (FOREST, "churn_forest", 50)])
def test_traffic_is_captured_as_text_under_the_key(app: Synthesized, stack: str, model: str, percent: int) -> None:
    assert app.one(stack, "SageMaker::EndpointConfig")["DataCaptureConfig"] == {
        "EnableCapture": True,
        "InitialSamplingPercentage": percent,
        "DestinationS3Uri": f"s3://<bucket>/{model}/capture",
        "KmsKeyId": "<key-arn>",
        "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
        "CaptureContentTypeHeader": {"CsvContentTypes": ["text/csv"], "JsonContentTypes": ["application/json"]},
    }


@pytest.mark.parametrize("stack", [CHURN, FOREST])
def test_instances_volumes_are_encrypted_with_the_key(app: Synthesized, stack: str) -> None:
    assert app.one(stack, "SageMaker::EndpointConfig")["KmsKeyId"] == "<key-arn>"


def test_instances_that_encrypt_their_own_disks_are_given_no_key(tmp_path: Path) -> None:
    app = served(tmp_path, 'instance = "ml.g5.xlarge"')

    assert "KmsKeyId" not in app.one("dev-served-serving", "SageMaker::EndpointConfig")


def test_a_shadow_that_encrypts_its_own_disks_leaves_the_endpoint_without_a_key(tmp_path: Path) -> None:
    shadow = 'shadow = { name = "next", model = "served/training/a/b/model.tar.gz", instance = "ml.g5.xlarge" }'

    app = served(tmp_path, INSTANCE + shadow)

    assert "KmsKeyId" not in app.one("dev-served-serving", "SageMaker::EndpointConfig")


@pytest.mark.parametrize("second", ["variants", "shadow"])
@pytest.mark.parametrize(
    ("instance", "image"),
    [
        ("ml.m5.xlarge", "pytorch-inference:2.6.0-cpu-py312"),
        ("ml.g5.xlarge", "pytorch-inference:2.6.0-gpu-py312"),
        ("ml.c7g.xlarge", "pytorch-inference-arm64:2.6.0-cpu-py312-ubuntu22.04-sagemaker"),
    ],
)
def test_each_variant_and_a_shadow_have_the_image_of_their_own_instance(
    tmp_path: Path, second: str, instance: str, image: str
) -> None:
    values = f'name = "other", instance = "{instance}", model = "served/training/a/b/model.tar.gz"'
    more = f"shadow = {{ {values} }}" if second == "shadow" else "[[serving.variants]]\n" + values.replace(", ", "\n")
    stages = '[dev]\naccount = "123456789012"\nregion = "eu-west-1"\n'
    text = SERVED.format(serving=INSTANCE + more).replace("xgboost:3.2-0", "pytorch:2.6")

    app = synthesize_text(tmp_path, text, stages=stages)

    registry = "763104351884.dkr.ecr.eu-west-1.<URLSuffix>"
    images = {
        name: app.one("dev-served-serving", "SageMaker::Model", f"{name}Model")["PrimaryContainer"]["Image"]
        for name in ("primary", "other")
    }
    assert images == {"primary": f"{registry}/pytorch-inference:2.6.0-cpu-py312", "other": f"{registry}/{image}"}
    pulled = app.statements("dev-served-serving", "ModelRole")[1]["Resource"]
    repositories = {"pytorch-inference", image.partition(":")[0]}
    assert sorted(pulled) == [
        f"arn:<Partition>:ecr:eu-west-1:763104351884:repository/{name}" for name in sorted(repositories)
    ]


def test_a_canary_moves_first_and_bakes(app: Synthesized) -> None:
    deployment = app.one(CHURN, "SageMaker::Endpoint")["DeploymentConfig"]

    assert deployment["BlueGreenUpdatePolicy"] == {
        "TrafficRoutingConfiguration": {
            "Type": "CANARY",
            "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": 25},
            "WaitIntervalInSeconds": 300,
        },
        "TerminationWaitInSeconds": 300,
        "MaximumExecutionTimeoutInSeconds": 2400,
    }
    assert "RollingUpdatePolicy" not in deployment


def test_without_a_rollout_all_traffic_moves_at_once_and_is_watched(app: Synthesized) -> None:
    assert app.one(FOREST, "SageMaker::Endpoint")["DeploymentConfig"]["BlueGreenUpdatePolicy"] == {
        "TrafficRoutingConfiguration": {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 300},
        "TerminationWaitInSeconds": 300,
        "MaximumExecutionTimeoutInSeconds": 2100,
    }


def test_a_linear_rollout_moves_step_by_step(tmp_path: Path) -> None:
    app = served(tmp_path, INSTANCE + 'rollout = { strategy = "linear", percent = 20, bake_minutes = 2 }')

    assert app.one("dev-served-serving", "SageMaker::Endpoint")["DeploymentConfig"]["BlueGreenUpdatePolicy"] == {
        "TrafficRoutingConfiguration": {
            "Type": "LINEAR",
            "LinearStepSize": {"Type": "CAPACITY_PERCENT", "Value": 20},
            "WaitIntervalInSeconds": 120,
        },
        "TerminationWaitInSeconds": 120,
        "MaximumExecutionTimeoutInSeconds": 2400,
    }


def test_a_rolling_rollout_moves_in_batches(tmp_path: Path) -> None:
    app = served(
        tmp_path, INSTANCE + 'rollout = { strategy = "rolling", percent = 50, bake_minutes = 1, timeout_minutes = 30 }'
    )

    deployment = app.one("dev-served-serving", "SageMaker::Endpoint")["DeploymentConfig"]
    assert deployment["RollingUpdatePolicy"] == {
        "MaximumBatchSize": {"Type": "CAPACITY_PERCENT", "Value": 50},
        "WaitIntervalInSeconds": 60,
        "MaximumExecutionTimeoutInSeconds": 1800,
    }
    assert "BlueGreenUpdatePolicy" not in deployment


def test_a_rollout_needs_two_instances_to_start_with(tmp_path: Path) -> None:
    app = served(tmp_path, INSTANCE + 'rollout = { strategy = "canary", percent = 25 }')

    (variant,) = app.one("dev-served-serving", "SageMaker::EndpointConfig")["ProductionVariants"]
    assert variant["InitialInstanceCount"] == 2


@pytest.mark.parametrize(("stack", "variants"), [(CHURN, ["primary"]), (FOREST, ["champion", "challenger"])])
def test_errors_and_slowness_of_any_variant_roll_a_deployment_back(
    app: Synthesized, stack: str, variants: list[str]
) -> None:
    deployment = app.one(stack, "SageMaker::Endpoint")["DeploymentConfig"]

    names = [f"<Alarms{variant}{kind}>" for variant in variants for kind in ("Errors", "Latency")]
    assert set(deployment) == {"AutoRollbackConfiguration", "BlueGreenUpdatePolicy"}
    assert deployment["AutoRollbackConfiguration"] == {"Alarms": [{"AlarmName": name} for name in names]}


ALARM: dict[str, Any] = {
    "Namespace": "AWS/SageMaker",
    "Period": 60,
    "EvaluationPeriods": 3,
    "ComparisonOperator": "GreaterThanOrEqualToThreshold",
    "TreatMissingData": "notBreaching",
    "AlarmActions": ["<topic-arn>"],
    "OKActions": ["<topic-arn>"],
}


def untagged(properties: dict[str, Any]) -> dict[str, Any]:
    """Properties without the tags, which other tests are about."""
    return {key: value for key, value in properties.items() if key != "Tags"}


VARIANTS = [(CHURN, "dev-churn", "primary"), (FOREST, "dev-churn-forest", "champion")]


@pytest.mark.parametrize(("stack", "endpoint", "variant"), VARIANTS)
def test_a_share_of_server_errors_raises_an_alarm(app: Synthesized, stack: str, endpoint: str, variant: str) -> None:
    assert untagged(app.one(stack, "CloudWatch::Alarm", f"Alarms{variant}Errors")) == {
        **ALARM,
        "AlarmDescription": f"5 % of the invocations of {variant} or more are answered with 5xx",
        "MetricName": "Invocation5XXErrors",
        "Statistic": "Average",
        "Threshold": 0.05,
        "Dimensions": [{"Name": "EndpointName", "Value": endpoint}, {"Name": "VariantName", "Value": variant}],
    }


@pytest.mark.parametrize(("stack", "endpoint", "variant"), VARIANTS)
def test_a_slow_model_raises_an_alarm(app: Synthesized, stack: str, endpoint: str, variant: str) -> None:
    assert untagged(app.one(stack, "CloudWatch::Alarm", f"Alarms{variant}Latency")) == {
        **ALARM,
        "AlarmDescription": f"One of a hundred invocations of {variant} takes 1000 ms or more in the model",
        "MetricName": "ModelLatency",
        "ExtendedStatistic": "p99",
        "Threshold": 1_000_000,
        "Dimensions": [{"Name": "EndpointName", "Value": endpoint}, {"Name": "VariantName", "Value": variant}],
    }


def test_silence_raises_an_alarm_only_when_asked(app: Synthesized, tmp_path: Path) -> None:
    asked = served(tmp_path, INSTANCE + "alarms = { no_invocations_minutes = 15 }")

    silence = asked.one("dev-served-serving", "CloudWatch::Alarm", "AlarmsprimarySilence")
    assert "AlarmsprimarySilence" not in app.resources(CHURN, "CloudWatch::Alarm")
    assert (silence["MetricName"], silence["Statistic"], silence["Threshold"]) == ("Invocations", "Sum", 1)
    assert (silence["ComparisonOperator"], silence["TreatMissingData"]) == ("LessThanThreshold", "breaching")
    assert silence["EvaluationPeriods"] == 15


def test_silence_never_rolls_a_deployment_back(tmp_path: Path) -> None:
    app = served(tmp_path, INSTANCE + "alarms = { no_invocations_minutes = 15 }")

    endpoint = app.one("dev-served-serving", "SageMaker::Endpoint")
    alarms = endpoint["DeploymentConfig"]["AutoRollbackConfiguration"]["Alarms"]
    assert "<AlarmsprimarySilence>" not in [one["AlarmName"] for one in alarms]


def test_a_scaled_endpoint_keeps_its_count_and_takes_the_declared_weights(app: Synthesized) -> None:
    endpoint = app.one(CHURN, "SageMaker::Endpoint")

    assert endpoint["RetainAllVariantProperties"] is True
    assert endpoint["ExcludeRetainedVariantProperties"] == [{"VariantPropertyType": "DesiredWeight"}]


def test_an_endpoint_that_is_not_scaled_retains_nothing(app: Synthesized) -> None:
    endpoint = app.one(FOREST, "SageMaker::Endpoint")

    assert "RetainAllVariantProperties" not in endpoint
    assert "ExcludeRetainedVariantProperties" not in endpoint


def test_a_variant_is_scaled_between_its_bounds_by_the_service_s_own_role(app: Synthesized) -> None:
    target = app.one(CHURN, "ApplicationAutoScaling::ScalableTarget")

    assert untagged(target) == {
        "ServiceNamespace": "sagemaker",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
        "ResourceId": "endpoint/<Endpoint.EndpointName>/variant/primary",
        "MinCapacity": 2,
        "MaxCapacity": 4,
    }


def test_scaling_tracks_invocations_with_both_cooldowns(app: Synthesized) -> None:
    assert app.one(CHURN, "ApplicationAutoScaling::ScalingPolicy") == {
        "PolicyName": "SageMakerEndpointInvocationScalingPolicy",
        "PolicyType": "TargetTrackingScaling",
        "ScalingTargetId": "<primaryScalingTarget>",
        "TargetTrackingScalingPolicyConfiguration": {
            "PredefinedMetricSpecification": {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"},
            "TargetValue": 750,
            "ScaleInCooldown": 300,
            "ScaleOutCooldown": 60,
            "DisableScaleIn": False,
        },
    }


def test_scaling_can_track_concurrency_at_high_resolution(tmp_path: Path) -> None:
    app = served(
        tmp_path,
        INSTANCE + "scaling = { min = 1, max = 3, concurrent_requests_per_model = 5, disable_scale_in = true, "
        "scale_in_cooldown = 0 }",
    )

    policy = app.one("dev-served-serving", "ApplicationAutoScaling::ScalingPolicy")
    tracking = policy["TargetTrackingScalingPolicyConfiguration"]
    assert tracking["PredefinedMetricSpecification"] == {
        "PredefinedMetricType": "SageMakerVariantConcurrentRequestsPerModelHighResolution"
    }
    assert (tracking["TargetValue"], tracking["DisableScaleIn"], tracking["ScaleInCooldown"]) == (5, True, 0)


def test_each_of_several_variants_is_scaled(tmp_path: Path) -> None:
    second = '[[serving.variants]]\nname = "other"\nmodel = "served/training/run/job/output/other.tar.gz"\n'
    serving = INSTANCE + "scaling = { min = 1, max = 3, invocations_per_instance = 5 }\n" + second

    app = served(tmp_path, serving)

    targets = app.resources("dev-served-serving", "ApplicationAutoScaling::ScalableTarget")
    assert sorted(targets) == ["otherScalingTarget", "primaryScalingTarget"]


def test_a_shadow_gets_copies_of_the_requests(tmp_path: Path) -> None:
    shadow = 'shadow = { name = "next", model = "served/training/run/next/output/model.tar.gz", weight = 0.5 }'

    app = served(tmp_path, INSTANCE + shadow)

    config = app.one("dev-served-serving", "SageMaker::EndpointConfig")
    (variant,) = config["ShadowProductionVariants"]
    assert (variant["VariantName"], variant["ModelName"]) == ("next", "<nextModel.ModelName>")
    assert (variant["InitialVariantWeight"], variant["InstanceType"]) == (0.5, "ml.m5.large")
    assert [one["VariantName"] for one in config["ProductionVariants"]] == ["primary"]


def test_a_serverless_endpoint_has_no_instances(tmp_path: Path) -> None:
    app = served(tmp_path, "serverless = { memory_mb = 2048, max_concurrency = 20, provisioned_concurrency = 5 }")

    config = app.one("dev-served-serving", "SageMaker::EndpointConfig")
    assert config["ProductionVariants"] == [
        {
            "VariantName": "primary",
            "ModelName": "<primaryModel.ModelName>",
            "InitialVariantWeight": 1,
            "ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 20, "ProvisionedConcurrency": 5},
        }
    ]
    assert "DataCaptureConfig" not in config
    assert app.one("dev-served-serving", "SageMaker::Model")["EnableNetworkIsolation"] is False


def test_without_capture_nothing_is_captured_and_nothing_may_be_written(tmp_path: Path) -> None:
    app = served(tmp_path, INSTANCE)

    actions = [action for one in app.statements("dev-served-serving", "ModelRole") for action in one["Action"]]
    assert "DataCaptureConfig" not in app.one("dev-served-serving", "SageMaker::EndpointConfig")
    assert "s3:PutObject" not in actions
    assert "CapturePrefix" not in app.outputs("dev-served-serving")


def test_a_capture_may_be_of_requests_alone(tmp_path: Path) -> None:
    app = served(tmp_path, INSTANCE + 'capture = { sampling_percentage = 1, mode = ["Input"] }')

    capture = app.one("dev-served-serving", "SageMaker::EndpointConfig")["DataCaptureConfig"]
    assert capture["CaptureOptions"] == [{"CaptureMode": "Input"}]
    assert capture["InitialSamplingPercentage"] == 1


def test_a_container_that_needs_no_script_is_isolated_from_the_network(tmp_path: Path) -> None:
    model = served(tmp_path, INSTANCE).one("dev-served-serving", "SageMaker::Model")

    assert model["EnableNetworkIsolation"] is True
    assert "Environment" not in model["PrimaryContainer"]


@pytest.mark.parametrize(
    ("container", "instance", "image"),
    [
        (
            "huggingface:4.49",
            "ml.m5.large",
            "huggingface-pytorch-inference:2.6.0-transformers4.49.0-cpu-py312-ubuntu22.04",
        ),
        ("djl:0.36", "ml.g5.xlarge", "djl-inference:0.36.0-lmi27.0.0-cu130"),
    ],
)
@pytest.mark.parametrize(("model", "isolated"), [("/opt/ml/model", True), ("org/model", False)])
def test_a_server_that_loads_a_model_of_the_hub_reaches_the_network(
    tmp_path: Path, container: str, instance: str, image: str, model: str, *, isolated: bool
) -> None:
    lines = f'instance = "{instance}"\nenvironment = {{ HF_MODEL_ID = "{model}" }}\n[batch]\ninstance = "{instance}"'

    app = synthesize_text(tmp_path, SERVED.format(serving=lines).replace("xgboost:3.2-0", container))

    for stack in ("dev-served-serving", "dev-served-batch"):
        properties = app.one(stack, "SageMaker::Model")
        assert properties["EnableNetworkIsolation"] is isolated
        assert properties["PrimaryContainer"]["Image"].endswith(f".dkr.ecr.<Region>.<URLSuffix>/{image}")
        assert properties["PrimaryContainer"]["Environment"] == {"HF_MODEL_ID": model}


def test_a_container_is_told_of_the_code_in_its_model_s_archive(tmp_path: Path) -> None:
    app = served(tmp_path, INSTANCE + 'program = "serve.py"')

    model = app.one("dev-served-serving", "SageMaker::Model")
    environment = model["PrimaryContainer"]["Environment"]
    assert (environment["SAGEMAKER_PROGRAM"], environment["SAGEMAKER_SUBMIT_DIRECTORY"]) == (
        "serve.py",
        "/opt/ml/model/code",
    )
    # What that code requires is fetched from PyPI.
    assert model["EnableNetworkIsolation"] is False


def test_the_manifest_s_variables_reach_the_endpoint_and_batch_transform(tmp_path: Path) -> None:
    lines = INSTANCE + 'environment = { TOKENIZER = "fast" }\n[batch]\ninstance = "ml.m5.large"'

    app = served(tmp_path, lines)

    environments = [
        app.one(f"dev-served-{stack}", "SageMaker::Model")["PrimaryContainer"]["Environment"]
        for stack in ("serving", "batch")
    ]
    assert environments == [{"TOKENIZER": "fast"}, {"TOKENIZER": "fast"}]


def test_an_artifact_may_lie_in_another_bucket(tmp_path: Path) -> None:
    text = SERVED_ELSEWHERE

    app = synthesize_text(tmp_path, text)

    artifact = app.one("dev-served-serving", "SageMaker::Model")["PrimaryContainer"]["ModelDataUrl"]
    assert artifact == "s3://elsewhere/a/model.tar.gz"
    assert may.objects("arn:<Partition>:s3:::elsewhere/a/model.tar.gz") in app.statements(
        "dev-served-serving", "ModelRole"
    )


SERVED_ELSEWHERE = """
name = "served"
[serving]
container = "xgboost:3.2-0"
instance = "ml.m5.large"
variants = [{ name = "primary", model = "s3://elsewhere/a/model.tar.gz", from_model = "served" }]
"""


def test_a_stage_s_network_reaches_the_model_and_its_role(tmp_path: Path) -> None:
    stages = (
        '[dev]\nvpc = { subnets = { subnet-0aaaaaaa = "a", subnet-0bbbbbbb = "b" }, '
        'security_groups = ["sg-0ccccccc"] }\n'
    )

    app = synthesize_text(tmp_path, SERVED_ELSEWHERE, stages=stages)

    actions = [action for one in app.statements("dev-served-serving", "ModelRole") for action in one["Action"]]
    assert app.one("dev-served-serving", "SageMaker::Model")["VpcConfig"] == {
        "SecurityGroupIds": ["sg-0ccccccc"],
        "Subnets": ["subnet-0aaaaaaa", "subnet-0bbbbbbb"],
    }
    assert "ec2:CreateNetworkInterface" in actions


def test_in_a_known_region_the_image_s_account_is_a_literal(tmp_path: Path) -> None:
    stages = '[dev]\naccount = "123456789012"\nregion = "eu-west-1"\n'

    app = synthesize_text(tmp_path, SERVED_ELSEWHERE, stages=stages)

    image = app.one("dev-served-serving", "SageMaker::Model")["PrimaryContainer"]["Image"]
    assert image == "141502667606.dkr.ecr.eu-west-1.<URLSuffix>/sagemaker-xgboost:3.2-0"
    assert "Mappings" not in app.templates["dev-served-serving"]


def test_an_image_of_the_user_s_own_is_taken_as_it_is(tmp_path: Path) -> None:
    own = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/mine:7"

    app = synthesize_text(tmp_path, SERVED_ELSEWHERE.replace("xgboost:3.2-0", own))

    assert app.one("dev-served-serving", "SageMaker::Model")["PrimaryContainer"]["Image"] == own
    pulled = app.statements("dev-served-serving", "ModelRole")[1]["Resource"]
    assert pulled == ["arn:<Partition>:ecr:eu-west-1:123456789012:repository/mine"]


@pytest.mark.parametrize(("stack", "model"), [(CHURN, "churn"), (FOREST, "churn_forest")])
def test_outputs_name_what_the_operator_needs(app: Synthesized, stack: str, model: str) -> None:
    name = f"dev-{model.replace('_', '-')}"

    assert app.outputs(stack) == {
        "EndpointName": name,
        "EndpointConfigName": "<EndpointConfig.EndpointConfigName>",
        "CapturePrefix": f"{model}/capture/{name}",
    }
