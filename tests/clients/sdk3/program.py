"""A model's life by SageMaker's SDK 3: ModelTrainer with source code, sagemaker-core's resources, and its monitors.

The folder that it is given has the data. It prints a line as each step is done, and `waiting for N minutes` where
somebody who does this on AWS would wait.
"""

import json
import sys
import time
from pathlib import Path

import boto3
from sagemaker.core import image_uris, shapes
from sagemaker.core.analytics import ExperimentAnalytics
from sagemaker.core.experiments.experiment import Experiment
from sagemaker.core.experiments.run import Run, list_runs
from sagemaker.core.helper.session_helper import Session
from sagemaker.core.model_monitor import (
    CronExpressionGenerator,
    DefaultModelMonitor,
)
from sagemaker.core.model_monitor.dataset_format import DatasetFormat
from sagemaker.core.resources import Endpoint, EndpointConfig, Model
from sagemaker.core.s3 import S3Downloader, S3Uploader
from sagemaker.core.training.configs import Compute, InputData, SourceCode
from sagemaker.core.transformer import Transformer
from sagemaker.train import ModelTrainer

NAME = "sdk3-churn"

data = Path(sys.argv[1])
session = Session()
bucket = session.default_bucket()
iam, sagemaker = boto3.client("iam"), boto3.client("sagemaker")
trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "sagemaker.amazonaws.com"}}
role = iam.create_role(
    RoleName=f"{NAME}-role", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]})
)["Role"]["Arn"]
iam.attach_role_policy(RoleName=f"{NAME}-role", PolicyArn="arn:aws:iam::aws:policy/AmazonSageMakerFullAccess")
train, validation, baseline, to_score = (
    S3Uploader.upload(str(data / f"{name}.csv"), f"s3://{bucket}/{NAME}/{name}")
    for name in ("train", "validation", "baseline", "batch")
)

image = image_uris.retrieve("sklearn", session.boto_region_name, version="1.2-1", instance_type="ml.m5.large")
source = SourceCode(source_dir=str(Path(__file__).with_name("source")), entry_script="train.py")
jobs = {}
for depth in (1, 6):
    trainer = ModelTrainer(
        training_image=image,
        source_code=source,
        role=role,
        base_job_name=NAME,
        compute=Compute(instance_type="ml.m5.large", instance_count=1, volume_size_in_gb=5),
        hyperparameters={"max_depth": depth},
        output_data_config=shapes.OutputDataConfig(s3_output_path=f"s3://{bucket}/{NAME}/models"),
        sagemaker_session=session,
    ).with_metric_definitions([shapes.MetricDefinition(name="validation:auc", regex="validation auc=(.*?);")])
    with Run(experiment_name=NAME, run_name=f"depth-{depth}", sagemaker_session=session) as run:
        trainer.train(
            [
                InputData(channel_name="train", data_source=train),
                InputData(channel_name="validation", data_source=validation),
            ],
            logs=False,
        )
        job = trainer._latest_training_job
        job.refresh()
        run.log_parameter("depth", depth)
        run.log_metric("auc", job.final_metric_data_list[0].value)
        jobs[depth] = job
print(f"experiment: {len(list_runs(experiment_name=NAME, sagemaker_session=session))} trials trained", flush=True)

table = ExperimentAnalytics(
    experiment_name=NAME, sort_by="metrics.auc.max", sort_order="Descending", sagemaker_session=session
).dataframe()
best = jobs[int(table["depth"][0])]
print(f"best trial: depth {best.hyper_parameters['max_depth']} of {len(jobs)}", flush=True)

container = shapes.ContainerDefinition(
    image=image,
    model_data_url=best.model_artifacts.s3_model_artifacts,
    environment={"SAGEMAKER_PROGRAM": "train.py", "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code"},
)
model = Model.create(
    model_name=NAME, primary_container=container, execution_role_arn=role, session=session.boto_session
)
transformer = Transformer(
    NAME,
    1,
    "ml.m5.large",
    output_path=f"s3://{bucket}/{NAME}/scored",
    strategy="MultiRecord",
    assemble_with="Line",
    accept="text/csv",
    sagemaker_session=session,
)
transformer.transform(to_score, content_type="text/csv", split_type="Line", wait=True, logs=False)
scored = S3Downloader.read_file(f"s3://{bucket}/{NAME}/scored/batch.csv.out", sagemaker_session=session).split()
print(f"batch: {len(scored)} rows scored", flush=True)

EndpointConfig.create(
    endpoint_config_name=NAME,
    production_variants=[
        shapes.ProductionVariant(
            variant_name="AllTraffic", model_name=NAME, instance_type="ml.m5.large", initial_instance_count=1
        )
    ],
    data_capture_config=shapes.DataCaptureConfig(
        enable_capture=True,
        initial_sampling_percentage=100,
        destination_s3_uri=f"s3://{bucket}/{NAME}/capture",
        capture_options=[shapes.CaptureOption(capture_mode="Input"), shapes.CaptureOption(capture_mode="Output")],
        capture_content_type_header=shapes.CaptureContentTypeHeader(csv_content_types=["text/csv"]),
    ),
    session=session.boto_session,
)
endpoint = Endpoint.create(endpoint_name=NAME, endpoint_config_name=NAME, session=session.boto_session)
endpoint.wait_for_status("InService", poll=1)


def ask(row):
    return float(endpoint.invoke(body=row, content_type="text/csv", accept="text/csv").body.read())


print(f"endpoint: answers differ by {ask('40,9,50.0') - ask('40,0,50.0') > 0.2}", flush=True)

scaling = boto3.client("application-autoscaling")
target = {
    "ServiceNamespace": "sagemaker",
    "ResourceId": f"endpoint/{NAME}/variant/AllTraffic",
    "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
}
scaling.register_scalable_target(MinCapacity=1, MaxCapacity=2, **target)
scaling.put_scaling_policy(
    PolicyName=NAME,
    PolicyType="TargetTrackingScaling",
    TargetTrackingScalingPolicyConfiguration={
        "TargetValue": 5.0,
        "PredefinedMetricSpecification": {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"},
        "ScaleInCooldown": 60,
        "ScaleOutCooldown": 60,
    },
    **target,
)
describe = sagemaker.describe_endpoint
while describe(EndpointName=NAME)["ProductionVariants"][0]["CurrentInstanceCount"] < 2:
    for row in (data / "moved.csv").read_text().split():
        ask(row)
    print("waiting for 1 minutes", flush=True)
    time.sleep(2)
print("scaling: two instances", flush=True)

monitor = DefaultModelMonitor(role=role, instance_type="ml.m5.large", sagemaker_session=session)
monitor.suggest_baseline(
    baseline_dataset=baseline,
    dataset_format=DatasetFormat.csv(header=True),
    output_s3_uri=f"s3://{bucket}/{NAME}/baseline-results",
    logs=False,
)
features = monitor.baseline_statistics().body_dict["features"]
print(f"baseline: statistics of {len(features)} columns", flush=True)

monitor.create_monitoring_schedule(
    monitor_schedule_name=NAME,
    endpoint_input=NAME,
    output_s3_uri=f"s3://{bucket}/{NAME}/reports",
    statistics=monitor.baseline_statistics(),
    constraints=monitor.suggested_constraints(),
    schedule_cron_expression=CronExpressionGenerator.hourly(),
)
print("schedule: hourly", flush=True)

for row in (data / "moved.csv").read_text().split():
    ask(row)
print("waiting for 60 minutes", flush=True)
while not (runs := [run for run in monitor.list_executions() if run.describe()["ProcessingJobStatus"] == "Completed"]):
    time.sleep(1)
violations = runs[0].constraint_violations().body_dict["violations"]
drifted = [one["feature_name"] for one in violations if one["constraint_check_type"] == "baseline_drift_check"]
print(f"violations: drift of {', '.join(drifted)}", flush=True)

monitor.delete_monitoring_schedule()
scaling.deregister_scalable_target(**target)
# An endpoint that changes its size cannot be deleted.
endpoint.wait_for_status("InService", poll=1)
endpoint.delete()
model.delete()
Experiment.load(NAME, sagemaker_session=session)._delete_all(action="--force")
iam.detach_role_policy(RoleName=f"{NAME}-role", PolicyArn="arn:aws:iam::aws:policy/AmazonSageMakerFullAccess")
iam.delete_role(RoleName=f"{NAME}-role")
print(f"deletion: {len(sagemaker.list_endpoints(NameContains=NAME)['Endpoints'])} endpoints are left", flush=True)
