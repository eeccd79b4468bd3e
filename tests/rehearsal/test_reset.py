"""An account that is reset: nothing is in it, nothing of what was runs, and everything works as before."""

import json
from collections.abc import Iterator
from datetime import timedelta

import botocore.exceptions
import pytest

from modelyard.rehearsal.faults import Fault
from modelyard.rehearsal.session import Rehearsal
from support.cloudformation import Stacks
from support.endpoints import Endpoints, variant
from support.jobs import JobRequests
from support.local_aws import SharedLocalAws, allow
from support.processes import naming

WAITING = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 3600, "End": True}}}
ENDING = {"StartAt": "End", "States": {"End": {"Type": "Pass", "End": True}}}


@pytest.fixture(scope="module")
def rehearsal() -> Iterator[Rehearsal]:
    """A local AWS that no other module's tests fill."""
    with Rehearsal() as rehearsal:
        yield rehearsal


@pytest.fixture
def aws(rehearsal: Rehearsal) -> SharedLocalAws:
    return SharedLocalAws(connection=rehearsal.connection)


def hosting(aws: SharedLocalAws) -> Endpoints:
    return Endpoints(aws=aws, bucket=aws.bucket(), role=aws.role())


def counts(aws: SharedLocalAws) -> dict[str, int]:
    overview = aws.connection.overview()
    return {name: table["count"] for name, table in overview.items() if isinstance(table, dict)}


def test_nothing_is_in_an_account_that_was_reset(aws: SharedLocalAws) -> None:
    jobs, host = JobRequests(local_aws=aws, bucket=aws.bucket()), hosting(aws)
    endpoint = host.served()
    jobs.train(jobs.training("print('hello')"))
    aws.client("ssm").put_parameter(Name="/any", Value="value", Type="String")
    Stacks(aws=aws).create({"Topic": {"Type": "AWS::SNS::Topic"}})
    before = counts(aws)
    aws.connection.reset()
    assert (before["endpoints"], before["jobs"]) == (1, 1)
    assert set(counts(aws).values()) == {0}
    assert aws.client("iam").list_roles()["Roles"] == []
    assert aws.client("sagemaker").list_models()["Models"] == []
    assert aws.client("ssm").describe_parameters()["Parameters"] == []
    assert aws.client("logs").describe_log_groups()["logGroups"] == []
    assert aws.client("cloudformation").list_stacks()["StackSummaries"] == []
    with pytest.raises(botocore.exceptions.ClientError, match="not found"):
        host.invoke(endpoint)


def test_what_runs_ends_with_the_reset(aws: SharedLocalAws, rehearsal: Rehearsal) -> None:
    def running(words: str) -> list[str]:
        return [command for command in naming(rehearsal.folder) if words in command]

    jobs, host = JobRequests(local_aws=aws, bucket=aws.bucket()), hosting(aws)
    host.served()
    jobs.sagemaker.create_training_job(**jobs.training("import time; time.sleep(600)"))
    jobs.await_(lambda: running("-m train"))
    before = running("rehearsal.containers.serving")
    aws.connection.reset()
    assert (running("-m train"), running("rehearsal.containers.serving"), before != []) == ([], [], True)


def test_an_execution_that_waits_does_nothing_in_the_account_after_it(aws: SharedLocalAws) -> None:
    role, states = aws.role(service="states.amazonaws.com"), aws.client("stepfunctions")
    machine = states.create_state_machine(name="waits", definition=json.dumps(WAITING), roleArn=role)["stateMachineArn"]
    states.start_execution(stateMachineArn=machine)
    aws.connection.reset()
    aws.advance(seconds=7200)
    assert counts(aws)["executions"] == 0


def test_a_stack_that_is_being_made_is_gone_with_all_that_it_would_have_made(aws: SharedLocalAws) -> None:
    host = hosting(aws)
    config = host.config(variant(host.model("slow")))
    endpoint = {"Type": "AWS::SageMaker::Endpoint", "Properties": {"EndpointConfigName": config}}
    Stacks(aws=aws).begin({"Endpoint": endpoint})
    aws.connection.reset()
    assert set(counts(aws).values()) == {0}


def test_the_same_names_can_be_used_again(aws: SharedLocalAws) -> None:
    for _ in range(2):
        aws.client("s3").create_bucket(Bucket="same-bucket")
        jobs = JobRequests(local_aws=SharedLocalAws(connection=aws.connection), bucket="same-bucket")
        host = Endpoints(aws=jobs.local_aws, bucket="same-bucket", role=jobs.role())
        job = jobs.train(jobs.training("print('hello')"))
        assert (job["TrainingJobStatus"], host.invoke(host.served(), "2")) == ("Completed", "6.0")
        assert jobs.log("TrainingJobs", job["TrainingJobName"])[0] == "hello"
        aws.connection.reset()


def test_a_role_of_before_may_do_nothing_any_more(aws: SharedLocalAws) -> None:
    client = aws.assumed("s3", allow("s3:*"))
    client.list_buckets()
    aws.connection.reset()
    with pytest.raises(botocore.exceptions.ClientError, match=r"Invalid(AccessKeyId|Token|ClientTokenId)"):
        client.list_buckets()


def test_aws_s_own_policies_are_there_after_a_reset(aws: SharedLocalAws) -> None:
    arn, iam = "arn:aws:iam::aws:policy/AmazonSageMakerFullAccess", aws.client("iam")
    before = iam.get_policy(PolicyArn=arn)["Policy"]
    aws.connection.reset()
    assert iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"] == before["DefaultVersionId"]


def test_faults_quotas_and_access_are_those_of_the_start(aws: SharedLocalAws) -> None:
    named = aws.client("service-quotas").get_paginator("list_service_quotas").paginate(ServiceCode="sagemaker")
    quota = next(one for page in named for one in page["Quotas"])
    aws.connection.grant(service="sagemaker", name=quota["QuotaName"], value=7.0)
    aws.connection.inject(Fault(service="s3", error="SlowDown"))
    aws.connection.close_model_monitor()
    aws.connection.reset()
    found = aws.client("service-quotas").get_service_quota(ServiceCode="sagemaker", QuotaCode=quota["QuotaCode"])
    assert found["Quota"]["Value"] == quota["Value"]
    assert aws.connection.faults() == []
    assert aws.client("s3").list_buckets()["Buckets"] == []
    with pytest.raises(botocore.exceptions.ClientError, match=r"Job Definition .* does not exist"):
        aws.client("sagemaker").create_monitoring_schedule(
            MonitoringScheduleName="any",
            MonitoringScheduleConfig={"MonitoringJobDefinitionName": "any", "MonitoringType": "DataQuality"},
        )


def test_the_clock_stays_where_it_is(aws: SharedLocalAws) -> None:
    moved = aws.advance(seconds=86_400)
    aws.connection.reset()
    assert timedelta() <= aws.now() - moved < timedelta(minutes=1)


def test_a_schedule_of_the_same_name_is_due_again(aws: SharedLocalAws) -> None:
    for _ in range(2):
        role, states = aws.role(service="states.amazonaws.com"), aws.client("stepfunctions")
        made = states.create_state_machine(name="same", definition=json.dumps(ENDING), roleArn=role)
        starting = aws.role(service="scheduler.amazonaws.com")
        aws.client("scheduler").create_schedule(
            Name="same",
            ScheduleExpression="rate(1 hour)",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={"Arn": made["stateMachineArn"], "RoleArn": starting},
        )
        aws.advance(seconds=3700)
        assert counts(aws)["executions"] >= 1
        aws.connection.reset()


def test_an_alarm_sees_what_was_measured_in_the_minute_before_also_after_a_reset(aws: SharedLocalAws) -> None:
    aws.connection.reset()
    host = hosting(aws)
    endpoint = host.served()
    aws.client("cloudwatch").put_metric_alarm(
        AlarmName="called",
        Namespace="AWS/SageMaker",
        MetricName="Invocations",
        Dimensions=[{"Name": "EndpointName", "Value": endpoint}, {"Name": "VariantName", "Value": "primary"}],
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
    )
    host.invoke(endpoint)
    aws.advance(seconds=60)
    (alarm,) = aws.client("cloudwatch").describe_alarms(AlarmNames=["called"])["MetricAlarms"]
    assert alarm["StateValue"] == "ALARM"
