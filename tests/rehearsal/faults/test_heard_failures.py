"""What fails by itself is heard: each alarm and report is made to tell of the failure that it watches."""

import json
from typing import Any

import pytest
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns

from modelyard.constructs.state_machine import StateMachine
from modelyard.constructs.violations_watch import ViolationsWatch
from modelyard.constructs.workflows.watch_run import WatchRun
from modelyard.manifest.data_layout import DataLayout
from support.cloudformation import Stacks
from support.jobs import JobRequests
from support.local_aws import SharedLocalAws
from support.small_stack import SmallStack
from support.task_machines import run

FAILS = {"StartAt": "Fail", "States": {"Fail": {"Type": "Fail", "Error": "Broken", "Cause": "by the test"}}}
ENDS = {"StartAt": "End", "States": {"End": {"Type": "Succeed"}}}


class Heard:
    """A stack with a topic, and what has been published to it."""

    def __init__(self, *, aws: SharedLocalAws, stacks: Stacks) -> None:
        self._aws = aws
        self._stacks = stacks
        self.small = SmallStack()
        self.topic = sns.CfnTopic(self.small.stack, "Topic").ref
        self.key = kms.CfnKey(self.small.stack, "Key", key_policy={"Version": "2012-10-17", "Statement": []}).attr_arn

    def deploy(self) -> None:
        """Make the stack, and subscribe a queue to its topic."""
        self._name = self._stacks.create(self.small.synthesize().templates["Small"]["Resources"])
        sqs, queue = self._aws.client("sqs"), self._aws.name("heard")
        self._queue = sqs.create_queue(QueueName=queue)["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=self._queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        statement = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": arn, "Principal": {"AWS": "*"}}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        sqs.set_queue_attributes(QueueUrl=self._queue, Attributes={"Policy": policy})
        topic = self._stacks.physical(self._name, "Topic")
        self._aws.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)

    def start(self) -> None:
        """Start the state machine, and let the alarms be evaluated once more."""
        (machine,) = [arn for arn in self._stacks.identities(self._name).values() if ":stateMachine:" in arn]
        self._aws.client("stepfunctions").start_execution(stateMachineArn=machine, input="{}")
        self._aws.advance(seconds=120)

    def messages(self) -> list[str]:
        """Everything that the topic has been told since the last time."""
        sqs, told = self._aws.client("sqs"), []
        while found := sqs.receive_message(QueueUrl=self._queue, MaxNumberOfMessages=10, WaitTimeSeconds=1).get(
            "Messages"
        ):
            for message in found:
                sqs.delete_message(QueueUrl=self._queue, ReceiptHandle=message["ReceiptHandle"])
                told.append(str(json.loads(message["Body"])["Message"]))
        return told

    def rung(self) -> list[tuple[str, str]]:
        """Each alarm that has told the topic of its state, with that state."""
        told = [json.loads(message) for message in self.messages()]
        return [(one["AlarmDescription"], one["NewStateValue"]) for one in told]


@pytest.fixture
def heard(local_aws: SharedLocalAws, stacks: Stacks) -> Heard:
    return Heard(aws=local_aws, stacks=stacks)


def a_machine(heard: Heard, name: str, definition: dict[str, Any]) -> StateMachine:
    return StateMachine(
        heard.small.stack,
        "Run",
        name=name,
        definition=definition,
        statements=[],
        topic_arn=heard.topic,
        key_arn=heard.key,
        log_days=1,
    )


def test_a_state_machine_that_fails_rings(heard: Heard, local_aws: SharedLocalAws) -> None:
    name = local_aws.name("fails")
    a_machine(heard, name, FAILS)
    heard.deploy()
    heard.start()

    assert (f"An execution of {name} failed", "ALARM") in heard.rung()


def test_one_that_succeeds_does_not(heard: Heard, local_aws: SharedLocalAws) -> None:
    a_machine(heard, local_aws.name("ends"), ENDS)
    heard.deploy()
    heard.start()

    assert [state for _, state in heard.rung() if state == "ALARM"] == []


@pytest.mark.parametrize("hours", [2, 25])
def test_one_that_nothing_starts_any_more_rings_until_something_does(
    heard: Heard, local_aws: SharedLocalAws, hours: int
) -> None:
    name = local_aws.name("silent")
    a_machine(heard, name, ENDS).alarm_on_silence(hours=hours)
    heard.deploy()
    heard.start()
    heard.messages()

    # CloudWatch looks further back than it must, for data to take the place of what is missing.
    local_aws.advance(seconds=(hours + 4) * 3600)
    assert heard.rung() == [(f"Nothing has started {name} for {hours} hours", "ALARM")]
    heard.start()
    assert heard.rung() == [(f"Nothing has started {name} for {hours} hours", "OK")]


def test_a_managed_check_that_fails_is_reported(
    heard: Heard, local_aws: SharedLocalAws, job_requests: JobRequests
) -> None:
    request = job_requests.processing("raise SystemExit(1)\n")
    schedule = local_aws.name("schedule")
    ViolationsWatch(
        heard.small.stack,
        "Watch",
        watch=WatchRun(
            bucket=job_requests.bucket, endpoint="dev-churn", schedule=schedule, topic_arn=heard.topic, partition="aws"
        ),
        layout=DataLayout(model="churn"),
        bucket_arn=f"arn:aws:s3:::{job_requests.bucket}",
        key_arn=heard.key,
        topic_arn=heard.topic,
        threshold=1,
        alarm_description="drifted",
        log_days=1,
        managed_role_arn=request["RoleArn"],
    )
    heard.deploy()
    job_requests.process(request)
    local_aws.advance(seconds=60)

    (report,) = [message for message in heard.messages() if message.startswith("CheckFailed")]
    assert report.startswith(f"CheckFailed: {request['ProcessingJobName']} ended as Failed: ")


@pytest.mark.parametrize(
    ("service", "operation", "error"),
    [
        ("s3", "GetObject", "SlowDown"),
        ("s3", "GetObject", "InternalError"),
        ("cloudwatch", "PutMetricData", "ThrottlingException"),
        ("cloudwatch", "PutMetricData", "InternalServiceError"),
    ],
)
def test_the_count_of_violations_waits_a_failing_service_out(
    local_aws: SharedLocalAws, job_requests: JobRequests, inject: Any, service: str, operation: str, error: str
) -> None:
    name = local_aws.name("counted")
    job_requests.put(f"{name}/constraint_violations.json", '{"violations": [{"constraint_check_type": "x"}]}')
    watch = WatchRun(bucket=job_requests.bucket, endpoint=name, schedule=name, topic_arn="arn:topic", partition="aws")
    definition = watch.definition
    # More often than the SDK itself tries again.
    inject(service=service, operation=operation, contains=name, error=error, times=5)

    event = {"detail": {"object": {"key": f"{name}/constraint_violations.json"}}}
    found = run(local_aws, definition, given=event)

    assert (found["status"], json.loads(found["output"])) == ("SUCCEEDED", {"violations": 1})
    assert [rule["hits"] for rule in local_aws.connection.faults()] == [5]
