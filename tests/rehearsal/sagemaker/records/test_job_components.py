from datetime import UTC, datetime

import pytest

from modelyard.rehearsal.sagemaker.errors import ServiceError
from modelyard.rehearsal.sagemaker.platform import Platform
from modelyard.rehearsal.sagemaker.records.experiments import Experiments, Trials
from modelyard.rehearsal.sagemaker.records.job_components import JobRecords
from modelyard.rehearsal.sagemaker.records.trial_components import TrialComponents
from modelyard.rehearsal.sagemaker.store import Document

MOMENT = datetime(2026, 11, 22, 10, 30, tzinfo=UTC)
ARN = "arn:aws:sagemaker:eu-west-1:123456789012:training-job/fit"
TRAINING: Document = {
    "TrainingJobName": "fit",
    "TrainingJobArn": ARN,
    "TrainingJobStatus": "InProgress",
    "SecondaryStatus": "Training",
    "HyperParameters": {"max_depth": "3", "eta": "0.5", "program": '"train.py"', "odd": "nan"},
    "AlgorithmSpecification": {"TrainingImage": "image"},
    "InputDataConfig": [
        {"ChannelName": "train", "ContentType": "text/csv", "DataSource": {"S3DataSource": {"S3Uri": "s3://bucket/t"}}},
    ],
    "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 30},
}
DONE: Document = {
    **TRAINING,
    "TrainingJobStatus": "Completed",
    "SecondaryStatus": "Completed",
    "ModelArtifacts": {"S3ModelArtifacts": "s3://bucket/fit/model.tar.gz"},
    "TrainingStartTime": MOMENT,
    "TrainingEndTime": MOMENT,
    "FinalMetricDataList": [{"MetricName": "auc", "Value": 0.75, "Timestamp": MOMENT}],
}
PROCESSING: Document = {
    "ProcessingJobName": "check",
    "ProcessingJobArn": "arn:check",
    "ProcessingJobStatus": "Failed",
    "FailureReason": "no data",
    "AppSpecification": {"ImageUri": "image"},
    "Environment": {"rows": "10"},
    "ProcessingResources": {"ClusterConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 2, "VolumeSizeInGB": 5}},
    "ProcessingInputs": [{"InputName": "data", "S3Input": {"S3Uri": "s3://bucket/in"}}],
    "ProcessingOutputConfig": {"Outputs": [{"OutputName": "result", "S3Output": {"S3Uri": "s3://bucket/out"}}]},
}
TRANSFORM: Document = {
    "TransformJobName": "score",
    "TransformJobArn": "arn:score",
    "TransformJobStatus": "Stopped",
    "ModelName": "churn",
    "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
    "TransformInput": {"ContentType": "text/csv", "DataSource": {"S3DataSource": {"S3Uri": "s3://bucket/in"}}},
    "TransformOutput": {"S3OutputPath": "s3://bucket/out", "Accept": "text/csv"},
}


@pytest.fixture
def records(platform: Platform) -> JobRecords:
    Experiments(platform=platform).create_experiment({"ExperimentName": "churn"})
    Trials(platform=platform).create_trial({"TrialName": "shallow", "ExperimentName": "churn"})
    return JobRecords(platform=platform)


@pytest.fixture
def components(platform: Platform) -> TrialComponents:
    return TrialComponents(platform=platform)


def component(components: TrialComponents, name: str) -> Document:
    return components.describe_trial_component({"TrialComponentName": name})


def test_a_training_job_leaves_a_component_of_its_name(records: JobRecords, components: TrialComponents) -> None:
    records.record_job(TRAINING, "TrainingJob")
    made = component(components, "fit-aws-training-job")
    assert made["Source"] == {"SourceArn": ARN, "SourceType": "SageMakerTrainingJob"}
    assert made["DisplayName"] == "fit-aws-training-job"
    assert made["InputArtifacts"] == {"train": {"MediaType": "text/csv", "Value": "s3://bucket/t"}}


def test_hyperparameters_that_are_finite_numbers_become_numbers(
    records: JobRecords, components: TrialComponents
) -> None:
    records.record_job(TRAINING, "TrainingJob")
    parameters = component(components, "fit-aws-training-job")["Parameters"]
    assert parameters["max_depth"] == {"NumberValue": 3.0}
    assert parameters["program"] == {"StringValue": '"train.py"'}
    assert parameters["odd"] == {"StringValue": "nan"}


def test_a_components_parameters_tell_on_what_the_job_ran(records: JobRecords, components: TrialComponents) -> None:
    records.record_job(TRAINING, "TrainingJob")
    parameters = component(components, "fit-aws-training-job")["Parameters"]
    assert parameters["SageMaker.ImageUri"] == {"StringValue": "image"}
    assert parameters["SageMaker.InstanceType"] == {"StringValue": "ml.m5.large"}
    assert parameters["SageMaker.InstanceCount"] == {"NumberValue": 1.0}


def test_the_end_of_a_job_is_added_to_its_component(records: JobRecords, components: TrialComponents) -> None:
    records.record_job(TRAINING, "TrainingJob")
    assert component(components, "fit-aws-training-job")["Status"]["PrimaryStatus"] == "InProgress"
    records.record_job(DONE, "TrainingJob")
    made = component(components, "fit-aws-training-job")
    assert made["Status"]["PrimaryStatus"] == "Completed"
    assert made["Status"]["Message"] == "Status: Completed, secondary status: Completed, failure reason: ."
    assert made["OutputArtifacts"] == {"SageMaker.ModelArtifact": {"Value": "s3://bucket/fit/model.tar.gz"}}
    assert (made["StartTime"], made["EndTime"]) == (MOMENT, MOMENT)


def test_final_metrics_are_a_components_metrics(records: JobRecords, components: TrialComponents) -> None:
    records.record_job(DONE, "TrainingJob")
    (metric,) = component(components, "fit-aws-training-job")["Metrics"]
    assert (metric["MetricName"], metric["Max"], metric["Count"], metric["SourceArn"]) == ("auc", 0.75, 1, ARN)


def test_all_values_of_a_metric_are_summed_up(records: JobRecords, components: TrialComponents) -> None:
    values = [{"MetricName": "auc", "Value": value, "Timestamp": MOMENT} for value in (0.5, 0.9, 0.75)]
    records.record_job({**DONE, "MetricSeries": values[:1]}, "TrainingJob")
    records.record_job({**DONE, "MetricSeries": values}, "TrainingJob")
    (metric,) = component(components, "fit-aws-training-job")["Metrics"]
    assert (metric["Min"], metric["Max"], metric["Last"], metric["Count"]) == (0.5, 0.9, 0.75, 3)


def test_a_processing_jobs_image_is_an_input(records: JobRecords, components: TrialComponents) -> None:
    records.record_job(PROCESSING, "ProcessingJob")
    made = component(components, "check-aws-processing-job")
    assert made["InputArtifacts"] == {"SageMaker.ImageUri": {"Value": "image"}, "data": {"Value": "s3://bucket/in"}}
    assert made["OutputArtifacts"] == {"result": {"Value": "s3://bucket/out"}}
    assert made["Parameters"]["rows"] == {"NumberValue": 10.0}
    assert made["Status"]["Message"] == "Status: Failed, failure reason: no data."


def test_a_transform_job_leaves_a_component_too(records: JobRecords, components: TrialComponents) -> None:
    records.record_job(TRANSFORM, "TransformJob")
    made = component(components, "score-aws-transform-job")
    assert made["InputArtifacts"]["SageMaker.TransformInput"] == {"MediaType": "text/csv", "Value": "s3://bucket/in"}
    assert made["OutputArtifacts"]["SageMaker.TransformOutput"] == {"MediaType": "text/csv", "Value": "s3://bucket/out"}
    assert made["Parameters"]["SageMaker.ModelName"] == {"StringValue": "churn"}


def test_a_job_is_put_into_the_trial_that_it_names(records: JobRecords, components: TrialComponents) -> None:
    config = {"ExperimentName": "churn", "TrialName": "shallow", "TrialComponentDisplayName": "Shallow", "RunName": "r"}
    records.record_job({**TRAINING, "ExperimentConfig": config}, "TrainingJob")
    (listed,) = components.list_trial_components({"TrialName": "shallow"})["TrialComponentSummaries"]
    assert listed["DisplayName"] == "Shallow"
    assert listed["TrialComponentSource"]["SourceArn"] == ARN


def test_a_job_that_names_an_experiment_alone_gets_a_trial_of_its_own(records: JobRecords, platform: Platform) -> None:
    job = {**TRAINING, "ExperimentConfig": {"ExperimentName": "churn"}}
    records.record_job(job, "TrainingJob")
    records.record_job(job, "TrainingJob")
    listed = Trials(platform=platform).list_trials({"TrialComponentName": "fit-aws-training-job"})["TrialSummaries"]
    assert [trial["TrialName"] for trial in listed] == ["fit-aws-trial"]


def test_components_are_found_by_the_job_that_they_are_of(records: JobRecords, components: TrialComponents) -> None:
    records.record_job(TRAINING, "TrainingJob")
    records.record_job(PROCESSING, "ProcessingJob")
    listed = components.list_trial_components({"SourceArn": ARN})["TrialComponentSummaries"]
    assert [one["TrialComponentName"] for one in listed] == ["fit-aws-training-job"]


def test_a_job_of_another_kind_is_refused(records: JobRecords) -> None:
    with pytest.raises(ValueError, match=r"kind must be one of .*, got 'TuningJob'"):
        records.record_job({}, "TuningJob")


@pytest.mark.parametrize("config", [None, {}, {"ExperimentName": "churn", "TrialName": "shallow"}])
def test_a_job_may_name_no_experiment_or_one_that_is_there(records: JobRecords, config: dict[str, str] | None) -> None:
    records.check_experiment_config(config)


@pytest.mark.parametrize("config", [{"ExperimentName": "other"}, {"ExperimentName": "churn", "TrialName": "other"}])
def test_a_job_of_an_experiment_or_trial_that_is_not_there_is_refused(
    records: JobRecords, config: dict[str, str]
) -> None:
    with pytest.raises(ServiceError, match="other' does not exist") as error:
        records.check_experiment_config(config)
    assert error.value.code == "ValidationException"


def test_a_job_of_a_trial_of_another_experiment_is_refused(records: JobRecords, platform: Platform) -> None:
    Experiments(platform=platform).create_experiment({"ExperimentName": "digits"})
    with pytest.raises(ServiceError, match="Trial 'shallow' belongs to Experiment 'churn', got 'digits'"):
        records.check_experiment_config({"ExperimentName": "digits", "TrialName": "shallow"})
