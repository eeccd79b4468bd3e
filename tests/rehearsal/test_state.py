"""What is there when a local AWS ends is there in the next one that names the same folder."""

import itertools
import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from modelyard.rehearsal.cloud.state_folder import UNFINISHED
from modelyard.rehearsal.session import Rehearsal, RehearsalError
from support.cloudformation import Stacks
from support.endpoints import Endpoints, variant
from support.jobs import ANALYZER, JobRequests
from support.local_aws import SharedLocalAws
from support.processes import pids

ENDING = {"StartAt": "End", "States": {"End": {"Type": "Pass", "End": True}}}
SEARCH = {"HyperParameterTuningJobName": "search"}
numbers = itertools.count()


@contextmanager
def started(folder: Path, *, region: str = "us-east-1") -> Iterator[SharedLocalAws]:
    with Rehearsal(state=folder, region=region) as rehearsal:
        yield SharedLocalAws(connection=rehearsal.connection, _numbers=numbers)


def hosting(aws: SharedLocalAws) -> Endpoints:
    return Endpoints(aws=aws, bucket=aws.bucket(), role=aws.role())


def search(jobs: JobRequests, script: str) -> dict[str, Any]:
    """Return a request for a search of two jobs."""
    training = jobs.training(script, metrics=[("score", r"score:(\S+)")])
    static = training.pop("HyperParameters")
    del training["TrainingJobName"]
    return SEARCH | {
        "HyperParameterTuningJobConfig": {
            "Strategy": "Grid",
            "HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": "score"},
            "ResourceLimits": {"MaxParallelTrainingJobs": 2},
            "ParameterRanges": {"CategoricalParameterRanges": [{"Name": "depth", "Values": ["1", "3"]}]},
        },
        "TrainingJobDefinition": training | {"StaticHyperParameters": static},
    }


def test_a_scheduled_action_is_due_as_if_nothing_had_ended(tmp_path: Path) -> None:
    members = {"ServiceNamespace": "sagemaker", "ScalableDimension": "sagemaker:variant:DesiredInstanceCount"}
    with started(tmp_path) as aws:
        host = hosting(aws)
        endpoint = host.endpoint(host.config(variant(host.model("3"), name="a")))
        members["ResourceId"] = f"endpoint/{endpoint}/variant/a"
        scaling = aws.client("application-autoscaling")
        scaling.register_scalable_target(**members, MinCapacity=1, MaxCapacity=3)
        scaling.put_scheduled_action(
            **members,
            ScheduledActionName="later",
            Schedule="rate(1 hour)",
            StartTime=aws.now() + timedelta(minutes=5),
            ScalableTargetAction={"MinCapacity": 2},
        )
    with started(tmp_path) as aws:
        host = Endpoints(aws=aws, bucket=host.bucket, role=host.role)
        host.settled(endpoint)
        aws.advance(seconds=6 * 60)

        (target,) = aws.client("application-autoscaling").describe_scalable_targets(ServiceNamespace="sagemaker")[
            "ScalableTargets"
        ]
        assert target["MinCapacity"] == 2
        assert host.settled(endpoint)["ProductionVariants"][0]["CurrentInstanceCount"] == 2


def test_an_endpoint_answers_again_with_the_instances_and_weights_that_it_had(tmp_path: Path) -> None:
    with started(tmp_path) as aws:
        host = hosting(aws)
        config = host.config(variant(host.model("3"), name="a"), variant(host.model("5"), name="b"))
        endpoint = host.endpoint(config)
        changes = [{"VariantName": "a", "DesiredInstanceCount": 2}, {"VariantName": "b", "DesiredWeight": 0.0}]
        host.sagemaker.update_endpoint_weights_and_capacities(
            EndpointName=endpoint, DesiredWeightsAndCapacities=changes
        )
        before = host.settled(endpoint)
    with started(tmp_path) as aws:
        host = Endpoints(aws=aws, bucket=host.bucket, role=host.role)
        after = host.settled(endpoint)
        counts = [
            [
                (one["VariantName"], one["CurrentInstanceCount"], one["CurrentWeight"])
                for one in now["ProductionVariants"]
            ]
            for now in (before, after)
        ]
        assert counts[0] == counts[1] == [("a", 2, 1.0), ("b", 1, 0.0)]
        assert (after["EndpointStatus"], host.invoke(endpoint, "2")) == ("InService", "6.0")
        assert after["CreationTime"] == before["CreationTime"]


def test_what_jobs_made_and_what_is_known_of_them_is_there_again(tmp_path: Path) -> None:
    with started(tmp_path) as aws:
        jobs = JobRequests(local_aws=aws, bucket=aws.bucket())
        job = jobs.train(jobs.training("print('loss: 0.5')", metrics=[("loss", "loss: ([0-9.]+)")]))
        name, log = job["TrainingJobName"], jobs.log("TrainingJobs", job["TrainingJobName"])
        objects = {key: jobs.get(key) for key in jobs.keys("")}
    with started(tmp_path) as aws:
        again = JobRequests(local_aws=aws, bucket=jobs.bucket)
        described = again.sagemaker.describe_training_job(TrainingJobName=name)
        del job["ResponseMetadata"], described["ResponseMetadata"]
        assert described == job
        assert again.log("TrainingJobs", name) == log
        assert {key: again.get(key) for key in again.keys("")} == objects
        assert again.train(again.training("print('again')"))["TrainingJobStatus"] == "Completed"


def test_a_job_that_ran_at_the_end_has_failed_with_a_sentence(tmp_path: Path) -> None:
    with started(tmp_path) as aws:
        jobs = JobRequests(local_aws=aws, bucket=aws.bucket())
        request = jobs.training("import time; time.sleep(600)")
        jobs.sagemaker.create_training_job(**request)
    with started(tmp_path) as aws:
        job = aws.client("sagemaker").describe_training_job(TrainingJobName=request["TrainingJobName"])
        assert (job["TrainingJobStatus"], "TrainingEndTime" in job) == ("Failed", True)
        assert job["FailureReason"] == (
            "InternalServerError: The local AWS was stopped while the job ran; start the job again."
        )


def test_a_search_that_ran_at_the_end_has_failed_with_its_jobs(tmp_path: Path) -> None:
    with started(tmp_path) as aws:
        jobs = JobRequests(local_aws=aws, bucket=aws.bucket())
        jobs.sagemaker.create_hyper_parameter_tuning_job(**search(jobs, "import time; time.sleep(600)"))
        jobs.await_(lambda: jobs.sagemaker.list_training_jobs()["TrainingJobSummaries"])
    with started(tmp_path) as aws:
        described = aws.client("sagemaker").describe_hyper_parameter_tuning_job(**SEARCH)
        listed = aws.client("sagemaker").list_training_jobs_for_hyper_parameter_tuning_job(**SEARCH)
        assert described["HyperParameterTuningJobStatus"] == "Failed"
        assert {one["TrainingJobStatus"] for one in listed["TrainingJobSummaries"]} == {"Failed"}
        assert all("was stopped while the job ran" in one["FailureReason"] for one in listed["TrainingJobSummaries"])


def test_roles_stacks_alarms_schedules_and_the_clock_are_there_again(tmp_path: Path) -> None:
    with started(tmp_path) as aws:
        aws.advance(seconds=30 * 86_400)
        stack = Stacks(aws=aws).create({"Topic": {"Type": "AWS::SNS::Topic"}})
        role = aws.role(service="states.amazonaws.com")
        states = aws.client("stepfunctions")
        machine = states.create_state_machine(name="machine", definition=json.dumps(ENDING), roleArn=role)
        aws.client("scheduler").create_schedule(
            Name="hourly",
            ScheduleExpression="rate(1 hour)",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={
                "Arn": machine["stateMachineArn"],
                "RoleArn": aws.role(service="scheduler.amazonaws.com"),
            },
        )
        aws.client("cloudwatch").put_metric_alarm(
            AlarmName="alarm",
            Namespace="any",
            MetricName="any",
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanThreshold",
        )
        aws.client("ssm").put_parameter(Name="/any", Value="kept", Type="String")
        aws.connection.close_model_monitor()
        moved = aws.advance(seconds=60)
    with started(tmp_path) as aws:
        assert timedelta() <= aws.now() - moved < timedelta(minutes=5)
        assert aws.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"] == (
            "CREATE_COMPLETE"
        )
        assert [one["AlarmName"] for one in aws.client("cloudwatch").describe_alarms()["MetricAlarms"]] == ["alarm"]
        assert aws.client("ssm").get_parameter(Name="/any")["Parameter"]["Value"] == "kept"
        before = aws.connection.overview()["executions"]["count"]
        aws.advance(seconds=2 * 3600)
        assert aws.connection.overview()["executions"]["count"] > before
        assert aws.client("iam").get_role(RoleName=role.rpartition("/")[2])["Role"]["Arn"] == role
        Stacks(aws=aws).client.delete_stack(StackName=stack)
        with pytest.raises(Exception, match="new customers"):
            aws.client("sagemaker").create_monitoring_schedule(
                MonitoringScheduleName="any",
                MonitoringScheduleConfig={"MonitoringJobDefinitionName": "any", "MonitoringType": "DataQuality"},
            )


def test_two_cannot_use_one_folder_at_a_time(tmp_path: Path) -> None:
    with started(tmp_path) as aws:
        aws.client("s3").create_bucket(Bucket="kept-bucket")
        with pytest.raises(RehearsalError, match="must be used by one local AWS at a time"), started(tmp_path):
            pass
    with started(tmp_path) as aws:
        assert [one["Name"] for one in aws.client("s3").list_buckets()["Buckets"]] == ["kept-bucket"]


def test_experiments_with_their_metrics_and_searches_with_their_jobs_are_there_again(tmp_path: Path) -> None:
    def told(aws: SharedLocalAws) -> list[object]:
        client = aws.client("sagemaker")
        arn = client.describe_trial_component(TrialComponentName="mine")["TrialComponentArn"]
        jobs = client.list_training_jobs_for_hyper_parameter_tuning_job(**SEARCH)
        return [
            client.describe_trial_component(TrialComponentName="mine")["Metrics"],
            client.list_tags(ResourceArn=arn)["Tags"],
            jobs["TrainingJobSummaries"],
            client.describe_model_package_group(ModelPackageGroupName="group")["CreationTime"],
        ]

    with started(tmp_path) as aws:
        client, jobs = aws.client("sagemaker"), JobRequests(local_aws=aws, bucket=aws.bucket())
        client.create_trial_component(TrialComponentName="mine", Tags=[{"Key": "team", "Value": "a"}])
        client.create_model_package_group(ModelPackageGroupName="group")
        point = {"MetricName": "loss", "Timestamp": aws.now(), "Value": 0.5, "Step": 1}
        aws.client("sagemaker-metrics").batch_put_metrics(TrialComponentName="mine", MetricData=[point])
        client.create_hyper_parameter_tuning_job(**search(jobs, "print('score:1')"))
        jobs.ended(lambda: client.describe_hyper_parameter_tuning_job(**SEARCH), "HyperParameterTuningJobStatus")
        before = told(aws)
        assert [bool(one) for one in before] == [True] * 4
    for _ in range(2):
        with started(tmp_path) as aws:
            assert told(aws) == before


def test_a_monitoring_schedule_runs_again_and_an_endpoint_captures_again(tmp_path: Path) -> None:
    with started(tmp_path) as aws:
        host = hosting(aws)
        capture = {
            "InitialSamplingPercentage": 100,
            "DestinationS3Uri": f"s3://{host.bucket}/capture",
            "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
        }
        endpoint = host.endpoint(host.config(variant(host.model()), DataCaptureConfig=capture))
        name = {"JobDefinitionName": "check"}
        host.sagemaker.create_data_quality_job_definition(
            **name,
            RoleArn=host.role,
            DataQualityAppSpecification={"ImageUri": ANALYZER},
            DataQualityJobInput={"EndpointInput": {"EndpointName": endpoint, "LocalPath": "/opt/ml/processing/input"}},
            DataQualityJobOutputConfig={
                "MonitoringOutputs": [
                    {"S3Output": {"S3Uri": f"s3://{host.bucket}/checks", "LocalPath": "/opt/ml/processing/output"}}
                ]
            },
            JobResources={"ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 10}},
        )
        host.sagemaker.create_monitoring_schedule(
            MonitoringScheduleName="hourly",
            MonitoringScheduleConfig={
                "MonitoringJobDefinitionName": "check",
                "MonitoringType": "DataQuality",
                "ScheduleConfig": {"ScheduleExpression": "cron(0 * ? * * *)"},
            },
        )
    with started(tmp_path) as aws:
        host = Endpoints(aws=aws, bucket=host.bucket, role=host.role)
        host.settled(endpoint)
        host.invoke(endpoint)
        assert len(host.captured(endpoint)) == 1
        aws.advance(seconds=3700)
        listed = host.sagemaker.list_monitoring_executions(MonitoringScheduleName="hourly")
        assert len(listed["MonitoringExecutionSummaries"]) >= 1


def test_an_endpoint_whose_model_is_gone_has_failed_with_a_reason(tmp_path: Path) -> None:
    with started(tmp_path) as aws:
        host = hosting(aws)
        model = host.model()
        endpoint = host.endpoint(host.config(variant(model)))
        host.sagemaker.delete_model(ModelName=model)
    with started(tmp_path) as aws:
        described = Endpoints(aws=aws, bucket=host.bucket, role=host.role).settled(endpoint)
        assert (described["EndpointStatus"], model in described["FailureReason"]) == ("Failed", True)
        aws.client("sagemaker").delete_endpoint(EndpointName=endpoint)


def test_versions_tags_and_parts_of_objects_are_there_again(tmp_path: Path) -> None:
    with started(tmp_path) as aws:
        bucket, s3 = aws.bucket(), aws.client("s3")
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        old = s3.put_object(Bucket=bucket, Key="key", Body=bytes(range(256)), Metadata={"a": "b"})["VersionId"]
        s3.put_object(Bucket=bucket, Key="key", Body=b"new", Tagging="team=a")
        begun = s3.create_multipart_upload(Bucket=bucket, Key="large")["UploadId"]
        part = {"Bucket": bucket, "Key": "large", "UploadId": begun, "PartNumber": 1}
        etag = s3.upload_part(**part, Body=b"part")["ETag"]
    with started(tmp_path) as aws:
        s3 = aws.client("s3")
        former = s3.get_object(Bucket=bucket, Key="key", VersionId=old)
        assert (former["Body"].read(), former["Metadata"]) == (bytes(range(256)), {"a": "b"})
        assert s3.get_object(Bucket=bucket, Key="key")["Body"].read() == b"new"
        assert s3.get_object_tagging(Bucket=bucket, Key="key")["TagSet"] == [{"Key": "team", "Value": "a"}]
        done = {"Parts": [{"PartNumber": 1, "ETag": etag}]}
        s3.complete_multipart_upload(Bucket=bucket, Key="large", UploadId=begun, MultipartUpload=done)
        assert s3.get_object(Bucket=bucket, Key="large")["Body"].read() == b"part"


def test_a_stack_that_was_being_made_has_failed_and_can_be_deleted(tmp_path: Path) -> None:
    with started(tmp_path) as aws:
        host = hosting(aws)
        config = host.config(variant(host.model("slow")))
        endpoint = {"Type": "AWS::SageMaker::Endpoint", "Properties": {"EndpointConfigName": config}}
        stack = Stacks(aws=aws).begin({"Endpoint": endpoint})
    with started(tmp_path) as aws:
        stacks = Stacks(aws=aws)
        assert stacks.status(stack) == "CREATE_FAILED"
        stacks.client.delete_stack(StackName=stack)


def test_one_that_is_killed_leaves_what_was_kept_before(tmp_path: Path) -> None:
    with started(tmp_path) as aws:
        aws.client("s3").create_bucket(Bucket="first-bucket")
    killed = Rehearsal(state=tmp_path)
    killed.connection.client("s3").create_bucket(Bucket="second-bucket")
    for process in pids("modelyard.rehearsal.cloud", str(tmp_path)):
        os.kill(process, signal.SIGKILL)
    with pytest.raises(RehearsalError, match="what was there is not kept"):
        killed.close()
    with started(tmp_path) as aws:
        assert [one["Name"] for one in aws.client("s3").list_buckets()["Buckets"]] == ["first-bucket"]


def test_a_disk_that_takes_no_state_is_said(tmp_path: Path) -> None:
    with pytest.raises(RehearsalError, match="could not be written"), started(tmp_path):
        (tmp_path / UNFINISHED).mkdir()


def test_a_folder_that_cannot_be_used_is_refused_before_anything_starts(tmp_path: Path) -> None:
    (tmp_path / "mine").touch()
    with pytest.raises(RehearsalError, match="must be an empty folder or one of the local AWS"), started(tmp_path):
        pass
