"""What rules of EventBridge wait for, caused where they wait: a file, an alarm that rings, a job that fails."""

import json
from collections.abc import Iterator
from functools import partial
from typing import Any

from proofs.permissions.machines import described, ended, executions, next_name
from proofs.permissions.part import Part
from proofs.permissions.world import Failed, World


def event_parts(world: World) -> Iterator[Part]:
    """Each rule's part."""
    for stack, logical_id, name in world.resources("AWS::Events::Rule"):
        yield Part(name=f"{stack} {logical_id[:-8]} event", run=partial(_start, world, name=name))


def _start(world: World, *, name: str) -> None:
    """Cause the event, and see the target started and at the end that the event leads to."""
    events = world.client("events")
    rule = name.rpartition("/")[2]
    detail = json.loads(events.describe_rule(Name=rule)["EventPattern"])["detail"]
    (target,) = events.list_targets_by_rule(Rule=rule)["Targets"]
    before = len(executions(world, target["Arn"]))
    said = _cause(world, detail=detail)
    world.aws.advance(seconds=1)
    if len(executions(world, target["Arn"])) == before:
        raise Failed(f"{said} has not started {target['Arn']}")
    last = max(executions(world, target["Arn"]), key=lambda one: one["startDate"])["executionArn"]
    # What is told of a job that failed says so by its own end.
    expected = "FAILED" if "ProcessingJobStatus" in detail else "SUCCEEDED"
    if ended(world, last)["status"] != expected:
        raise Failed(str(described(world, last).get("cause", f"{last} must be {expected}")))


def _cause(world: World, *, detail: dict[str, Any]) -> str:
    if "alarmName" in detail:
        return _ring(world, alarm=detail["alarmName"][0])
    if "ProcessingJobStatus" in detail:
        return _fail_a_job(world, role_arn=detail["RoleArn"][0])
    return _write(world, bucket=detail["bucket"]["name"][0], wildcard=detail["object"]["key"][0]["wildcard"])


def _write(world: World, *, bucket: str, wildcard: str) -> str:
    key = wildcard.replace("*", next_name())
    body = json.dumps({"violations": [{"constraint_check_type": "baseline_drift_check"}]})
    world.client("s3").put_object(Bucket=bucket, Key=key, Body=body)
    return f"the file {key}"


def _ring(world: World, *, alarm: str) -> str:
    """CloudWatch tells of a change alone: so the alarm is quiet before."""
    for state in ("OK", "ALARM"):
        world.client("cloudwatch").set_alarm_state(AlarmName=alarm, StateValue=state, StateReason="the proof")
    return f"the alarm {alarm}"


def _fail_a_job(world: World, *, role_arn: str) -> str:
    """A job of a role that finds no input, with an image that a check of Model Monitor's has."""
    sagemaker, name = world.client("sagemaker"), next_name()
    definition, *_ = (one[2] for one in world.resources("AWS::SageMaker::DataQualityJobDefinition"))
    like = sagemaker.describe_data_quality_job_definition(JobDefinitionName=definition.rpartition("/")[2])
    nothing = {"S3Uri": f"s3://{world.deployed.bucket}/{name}/", "S3DataType": "S3Prefix", "S3InputMode": "File"}
    sagemaker.create_processing_job(
        ProcessingJobName=name,
        RoleArn=role_arn,
        AppSpecification={"ImageUri": like["DataQualityAppSpecification"]["ImageUri"]},
        ProcessingResources={"ClusterConfig": like["JobResources"]["ClusterConfig"]},
        ProcessingInputs=[
            {"InputName": "nothing", "S3Input": {**nothing, "LocalPath": "/opt/ml/processing/input/nothing"}}
        ],
    )
    world.until(
        lambda: sagemaker.describe_processing_job(ProcessingJobName=name)["ProcessingJobStatus"] == "Failed",
        what=f"the failure of {name}",
    )
    return f"the job {name}"
