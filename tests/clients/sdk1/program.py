"""A model's life as notebooks told it in 2020: SageMaker's SDK 1.72 with smexperiments.

The folder that it is given has the data. It prints a line as each step is done, and `waiting for N minutes` where
somebody who does this on AWS would wait.
"""

import json
import sys
import time
from pathlib import Path

import boto3
import sagemaker
from sagemaker.amazon.amazon_estimator import get_image_uri
from sagemaker.analytics import ExperimentAnalytics
from sagemaker.estimator import Estimator
from sagemaker.model_monitor import CronExpressionGenerator, DataCaptureConfig, DefaultModelMonitor
from sagemaker.model_monitor.dataset_format import DatasetFormat
from sagemaker.predictor import csv_serializer
from sagemaker.s3 import S3Uploader
from smexperiments.experiment import Experiment
from smexperiments.trial import Trial

NAME = "sdk1-churn"

data = Path(sys.argv[1])
session = sagemaker.Session()
bucket = session.default_bucket()
iam = boto3.client("iam")
trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "sagemaker.amazonaws.com"}}
role = iam.create_role(
    RoleName=f"{NAME}-role", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]})
)["Role"]["Arn"]
iam.attach_role_policy(RoleName=f"{NAME}-role", PolicyArn="arn:aws:iam::aws:policy/AmazonSageMakerFullAccess")
train, validation, baseline, to_score = (
    S3Uploader.upload(str(data / f"{name}.csv"), f"s3://{bucket}/{NAME}/{name}")
    for name in ("train", "validation", "baseline", "batch")
)

experiment = Experiment.create(experiment_name=NAME)
estimators = {}
for depth in (1, 4):
    trial = Trial.create(trial_name=f"{NAME}-depth-{depth}", experiment_name=NAME)
    estimator = Estimator(
        get_image_uri(session.boto_region_name, "xgboost", "1.0-1"),
        role,
        train_instance_count=1,
        train_instance_type="ml.m5.large",
        output_path=f"s3://{bucket}/{NAME}/models",
        sagemaker_session=session,
        hyperparameters={"num_round": 5, "max_depth": depth, "objective": "binary:logistic", "eval_metric": "auc"},
    )
    channels = {
        name: sagemaker.s3_input(address, content_type="text/csv")
        for name, address in (("train", train), ("validation", validation))
    }
    estimator.fit(
        channels, experiment_config={"TrialName": trial.trial_name, "TrialComponentDisplayName": "Training"}, logs=False
    )
    estimators[estimator.latest_training_job.job_name] = estimator
print("experiment: two trials trained", flush=True)

table = ExperimentAnalytics(
    experiment_name=NAME, sort_by="metrics.validation:auc.max", sort_order="Descending", sagemaker_session=session
).dataframe()
best = estimators[table["TrialComponentName"][0].replace("-aws-training-job", "")]
print(f"best trial: depth {best.hyperparameters()['max_depth']} of {len(table)}", flush=True)

transformer = best.transformer(1, "ml.m5.large", output_path=f"s3://{bucket}/{NAME}/scored", strategy="MultiRecord")
transformer.transform(to_score, content_type="text/csv", split_type="Line")
transformer.wait()
scored = session.read_s3_file(bucket, f"{NAME}/scored/batch.csv.out").split()
print(f"batch: {len(scored)} rows scored", flush=True)

capture = DataCaptureConfig(True, sampling_percentage=100, destination_s3_uri=f"s3://{bucket}/{NAME}/capture")
predictor = best.deploy(1, "ml.m5.large", endpoint_name=NAME, data_capture_config=capture)
predictor.content_type = "text/csv"
predictor.serializer = csv_serializer
leaving, staying = (float(predictor.predict(row)) for row in ("40,9,50.0", "40,0,50.0"))
print(f"endpoint: answers differ by {leaving - staying > 0.2}", flush=True)

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
describe = session.sagemaker_client.describe_endpoint
while describe(EndpointName=NAME)["ProductionVariants"][0]["CurrentInstanceCount"] < 2:
    for row in (data / "moved.csv").read_text().split():
        predictor.predict(row)
    print("waiting for 1 minutes", flush=True)
    time.sleep(2)
print("scaling: two instances", flush=True)

monitor = DefaultModelMonitor(role, instance_type="ml.m5.large", sagemaker_session=session)
monitor.suggest_baseline(
    baseline, DatasetFormat.csv(header=True), output_s3_uri=f"s3://{bucket}/{NAME}/baseline-results", logs=False
)
features = monitor.baseline_statistics().body_dict["features"]
print(f"baseline: statistics of {len(features)} columns", flush=True)

monitor.create_monitoring_schedule(
    monitor_schedule_name=NAME,
    endpoint_input=predictor.endpoint,
    output_s3_uri=f"s3://{bucket}/{NAME}/reports",
    statistics=monitor.baseline_statistics(),
    constraints=monitor.suggested_constraints(),
    schedule_cron_expression=CronExpressionGenerator.hourly(),
)
print("schedule: hourly", flush=True)

for row in (data / "moved.csv").read_text().split():
    predictor.predict(row)
print("waiting for 60 minutes", flush=True)
while not (runs := [run for run in monitor.list_executions() if run.describe()["ProcessingJobStatus"] == "Completed"]):
    time.sleep(1)
violations = runs[0].constraint_violations().body_dict["violations"]
drifted = [one["feature_name"] for one in violations if one["constraint_check_type"] == "baseline_drift_check"]
print(f"violations: drift of {', '.join(drifted)}", flush=True)

monitor.delete_monitoring_schedule()
scaling.deregister_scalable_target(**target)
# An endpoint that changes its size cannot be deleted.
session.sagemaker_client.get_waiter("endpoint_in_service").wait(EndpointName=NAME)
predictor.delete_endpoint()
predictor.delete_model()
experiment.delete_all(action="--force")
iam.detach_role_policy(RoleName=f"{NAME}-role", PolicyArn="arn:aws:iam::aws:policy/AmazonSageMakerFullAccess")
iam.delete_role(RoleName=f"{NAME}-role")
print(
    f"deletion: {len(session.sagemaker_client.list_endpoints(NameContains=NAME)['Endpoints'])} endpoints are left",
    flush=True,
)
