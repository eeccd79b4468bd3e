"""A model's life by clients that we did not write: sagemaker-core, and boto3's waiters and paginators."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import boto3
import pytest
from sagemaker.core import resources, shapes
from sagemaker.core.analytics import ExperimentAnalytics
from sagemaker.core.experiments.run import Run, list_runs
from sagemaker.core.helper.session_helper import Session
from sagemaker.core.model_monitor import CronExpressionGenerator, DefaultModelMonitor
from sagemaker.core.model_monitor.dataset_format import DatasetFormat
from sagemaker.core.utils.utils import SageMakerClient

from support.local_aws import SharedLocalAws

XGBOOST = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.2-0"
COLUMNS = ("label", "age", "calls", "spend")


@dataclass(kw_only=True)
class Notebook:
    """Who works with sagemaker-core against the rehearsal as against AWS."""

    aws: SharedLocalAws
    boto: Any
    bucket: str
    role: str

    @cached_property
    def session(self) -> Session:
        return Session(boto_session=self.boto, default_bucket=self.bucket)

    @cached_property
    def sagemaker(self) -> Any:
        return self.boto.client("sagemaker")

    def uri(self, key: str) -> str:
        return f"s3://{self.bucket}/{key}"

    def put(self, key: str, text: str) -> str:
        self.boto.client("s3").put_object(Bucket=self.bucket, Key=key, Body=text.encode())
        return self.uri(key)


def rows(*, count: int, seed: int, shift: float = 0) -> list[str]:
    """Return customers of whom those who call often leave; `shift` makes them spend otherwise."""
    chance = random.Random(seed)  # noqa: S311 - data, not secrets
    made = []
    for _ in range(count):
        calls = chance.randint(0, 9)
        label = int(calls > 5)
        made.append(f"{label},{chance.randint(20, 70)},{calls},{chance.uniform(0, 100) + shift:.2f}")
    return made


@pytest.fixture(scope="module")
def notebook(local_aws: SharedLocalAws) -> Iterator[Notebook]:
    """A process whose environment leads to the rehearsal, which is all that sagemaker-core is told."""
    with pytest.MonkeyPatch.context() as patched:
        for name, value in local_aws.connection.variables().items():
            patched.setenv(name, value)
        SageMakerClient.reset()
        boto = boto3.session.Session(region_name=local_aws.connection.region)
        yield Notebook(aws=local_aws, boto=boto, bucket=local_aws.bucket(), role=local_aws.role())
        SageMakerClient.reset()


@pytest.fixture(scope="module")
def experiment(notebook: Notebook) -> str:
    name = notebook.aws.name("experiment")
    notebook.sagemaker.create_experiment(ExperimentName=name)
    notebook.sagemaker.create_trial(TrialName=f"{name}-shallow", ExperimentName=name)
    return name


@pytest.fixture(scope="module")
def trained(notebook: Notebook, experiment: str) -> resources.TrainingJob:
    """A training job of XGBoost's own algorithm, in a trial, at its end."""
    data = notebook.put("train/train.csv", "\n".join(rows(count=300, seed=1)))
    job = resources.TrainingJob.create(
        training_job_name=notebook.aws.name("core-train"),
        role_arn=notebook.role,
        algorithm_specification=shapes.AlgorithmSpecification(training_image=XGBOOST, training_input_mode="File"),
        hyper_parameters={"num_round": "3", "objective": "binary:logistic", "eval_metric": "auc", "max_depth": "3"},
        input_data_config=[channel(name=name, uri=data) for name in ("train", "validation")],
        output_data_config=shapes.OutputDataConfig(s3_output_path=notebook.uri("models")),
        resource_config=shapes.ResourceConfig(instance_type="ml.m5.large", instance_count=1, volume_size_in_gb=5),
        stopping_condition=shapes.StoppingCondition(max_runtime_in_seconds=600),
        experiment_config=shapes.ExperimentConfig(experiment_name=experiment, trial_name=f"{experiment}-shallow"),
        session=notebook.boto,
        region=notebook.aws.connection.region,
    )
    job.wait(poll=1)
    return job


def channel(*, name: str, uri: str) -> shapes.Channel:
    source = shapes.S3DataSource(s3_data_type="S3Prefix", s3_uri=uri, s3_data_distribution_type="FullyReplicated")
    return shapes.Channel(
        channel_name=name, content_type="text/csv", data_source=shapes.DataSource(s3_data_source=source)
    )


@pytest.fixture(scope="module")
def endpoint(notebook: Notebook, trained: resources.TrainingJob) -> Iterator[resources.Endpoint]:
    """An endpoint of the trained model, which captures all of its traffic."""
    name = notebook.aws.name("core-live")
    container = shapes.ContainerDefinition(image=XGBOOST, model_data_url=trained.model_artifacts.s3_model_artifacts)
    resources.Model.create(
        model_name=name, primary_container=container, execution_role_arn=notebook.role, session=notebook.boto
    )
    variant = shapes.ProductionVariant(
        variant_name="primary", model_name=name, instance_type="ml.m5.large", initial_instance_count=1
    )
    resources.EndpointConfig.create(
        endpoint_config_name=name,
        production_variants=[variant],
        data_capture_config=capture(notebook.uri("capture")),
        session=notebook.boto,
    )
    made = resources.Endpoint.create(endpoint_name=name, endpoint_config_name=name, session=notebook.boto)
    made.wait_for_status("InService", poll=1)
    yield made
    made.delete()


def capture(uri: str) -> shapes.DataCaptureConfig:
    return shapes.DataCaptureConfig(
        enable_capture=True,
        initial_sampling_percentage=100,
        destination_s3_uri=uri,
        capture_options=[shapes.CaptureOption(capture_mode="Input"), shapes.CaptureOption(capture_mode="Output")],
        capture_content_type_header=shapes.CaptureContentTypeHeader(csv_content_types=["text/csv"]),
    )


@pytest.fixture(scope="module")
def monitor(notebook: Notebook) -> DefaultModelMonitor:
    """A monitor whose baseline is suggested from the training data."""
    monitor = DefaultModelMonitor(role=notebook.role, instance_type="ml.m5.large", sagemaker_session=notebook.session)
    data = notebook.put("baseline/data.csv", "\n".join([",".join(COLUMNS), *rows(count=300, seed=1)]))
    monitor.suggest_baseline(
        baseline_dataset=data,
        dataset_format=DatasetFormat.csv(header=True),
        output_s3_uri=notebook.uri("baseline-results"),
        wait=True,
        logs=False,
    )
    return monitor


@pytest.fixture(scope="module")
def watched(
    notebook: Notebook, monitor: DefaultModelMonitor, endpoint: resources.Endpoint
) -> Iterator[DefaultModelMonitor]:
    """The monitor, after an hour in which customers spent otherwise."""
    monitor.create_monitoring_schedule(
        monitor_schedule_name=notebook.aws.name("core-hourly"),
        endpoint_input=endpoint.endpoint_name,
        output_s3_uri=notebook.uri("reports"),
        statistics=monitor.baseline_statistics(),
        constraints=monitor.suggested_constraints(),
        schedule_cron_expression=CronExpressionGenerator.hourly(),
    )
    for row in rows(count=60, seed=2, shift=500):
        endpoint.invoke(body=row.partition(",")[2], content_type="text/csv")
    notebook.aws.advance(seconds=3600)
    yield monitor
    monitor.delete_monitoring_schedule()


def test_a_job_is_trained(trained: resources.TrainingJob) -> None:
    assert trained.training_job_status == "Completed"
    assert trained.model_artifacts.s3_model_artifacts.endswith("/output/model.tar.gz")
    assert {metric.metric_name for metric in trained.final_metric_data_list} >= {"validation:auc"}


def test_an_endpoint_answers(endpoint: resources.Endpoint) -> None:
    leaving, staying = (
        float(endpoint.invoke(body=body, content_type="text/csv").body.read()) for body in ("40,9,50.0", "40,0,50.0")
    )
    assert staying < 0.5 < leaving


def test_a_baseline_is_suggested(monitor: DefaultModelMonitor) -> None:
    features = monitor.baseline_statistics().body_dict["features"]
    assert [feature["name"] for feature in features] == list(COLUMNS)
    assert monitor.suggested_constraints().body_dict["features"][1]["completeness"] == 1.0


def test_a_schedule_runs_and_finds_violations(watched: DefaultModelMonitor) -> None:
    (execution,) = watched.list_executions()
    assert execution.describe()["ProcessingJobStatus"] == "Completed"
    violations = watched.latest_monitoring_constraint_violations().body_dict["violations"]
    assert ("spend", "baseline_drift_check") in {
        (violation["feature_name"], violation["constraint_check_type"]) for violation in violations
    }


def test_a_run_leaves_statistics(watched: DefaultModelMonitor) -> None:
    features = watched.latest_monitoring_statistics().body_dict["features"]
    (spend,) = [feature for feature in features if feature["name"] == "spend"]
    assert spend["numerical_statistics"]["max"] > 500


def test_a_schedule_tells_of_its_last_run(watched: DefaultModelMonitor) -> None:
    last = watched.describe_schedule()["LastMonitoringExecutionSummary"]
    assert last["MonitoringExecutionStatus"] == "CompletedWithViolations"


def test_another_monitor_attaches_to_the_schedule(notebook: Notebook, watched: DefaultModelMonitor) -> None:
    other = DefaultModelMonitor.attach(watched.monitoring_schedule_name, sagemaker_session=notebook.session)
    assert len(other.list_executions()) == 1


def test_an_experiments_jobs_are_a_table(notebook: Notebook, experiment: str, trained: resources.TrainingJob) -> None:
    table = ExperimentAnalytics(experiment_name=experiment, sagemaker_session=notebook.session).dataframe()
    (row,) = table.to_dict("records")
    assert row["TrialComponentName"] == f"{trained.training_job_name}-aws-training-job"
    assert row["max_depth"] == 3.0
    assert 0.5 < row["validation:auc - Max"] <= 1.0
    assert row["Trials"] == [f"{experiment}-shallow"]


def test_a_run_of_an_experiment_is_logged_and_listed(notebook: Notebook) -> None:
    name = notebook.aws.name("logged")
    with Run(experiment_name=name, run_name="first", sagemaker_session=notebook.session) as run:
        run.log_parameter("max_depth", 5)
        for step, value in enumerate((0.5, 0.9, 0.7)):
            run.log_metric("auc", value, step=step)
    (listed,) = list_runs(experiment_name=name, sagemaker_session=notebook.session)
    table = ExperimentAnalytics(experiment_name=name, sagemaker_session=notebook.session).dataframe()
    assert listed.run_name == "first"
    assert (table["max_depth"][0], table["auc - Max"][0], table["auc - Last"][0]) == (5.0, 0.9, 0.7)


def test_waiters_see_that_things_are_done(
    notebook: Notebook, trained: resources.TrainingJob, endpoint: resources.Endpoint
) -> None:
    at_once = {"Delay": 0, "MaxAttempts": 1}
    waiter = notebook.sagemaker.get_waiter
    waiter("training_job_completed_or_stopped").wait(TrainingJobName=trained.training_job_name, WaiterConfig=at_once)
    waiter("endpoint_in_service").wait(EndpointName=endpoint.endpoint_name, WaiterConfig=at_once)


def test_paginators_find_all_pages(notebook: Notebook) -> None:
    experiment = notebook.aws.name("paged")
    notebook.sagemaker.create_experiment(ExperimentName=experiment)
    names = [f"{experiment}-{number:02d}" for number in range(23)]
    for name in names:
        notebook.sagemaker.create_trial(TrialName=name, ExperimentName=experiment)
    asked = {"ExperimentName": experiment, "SortBy": "Name", "SortOrder": "Ascending"}
    pages = notebook.sagemaker.get_paginator("list_trials").paginate(**asked)
    assert [trial["TrialName"] for page in pages for trial in page["TrialSummaries"]] == names


def test_a_search_is_paged_too(notebook: Notebook) -> None:
    experiment = notebook.aws.name("searched")
    notebook.sagemaker.create_experiment(ExperimentName=experiment)
    for number in range(12):
        notebook.sagemaker.create_trial(TrialName=f"{experiment}-{number:02d}", ExperimentName=experiment)
    expression = {"Filters": [{"Name": "ExperimentName", "Operator": "Equals", "Value": experiment}]}
    pages = notebook.sagemaker.get_paginator("search").paginate(
        Resource="ExperimentTrial", SearchExpression=expression, PaginationConfig={"PageSize": 5}
    )
    assert [len(page["Results"]) for page in pages] == [5, 5, 2]
