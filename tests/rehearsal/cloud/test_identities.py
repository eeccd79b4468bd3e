"""Roles that services act as: only those that trust them, and only for as long as they are what they were."""

import json
from typing import Any

import botocore.exceptions
import pytest

from support.jobs import JobRequests
from support.local_aws import ANYTHING, SharedLocalAws, allow


@pytest.fixture(scope="module")
def job_requests(local_aws: SharedLocalAws) -> JobRequests:
    return JobRequests(local_aws=local_aws, bucket=local_aws.bucket())


def trust(aws: SharedLocalAws, arn: str, **statement: Any) -> None:
    """Give a role a trust policy of one statement for SageMaker."""
    allowed = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "sagemaker.amazonaws.com"}}
    document = json.dumps({"Version": "2012-10-17", "Statement": [allowed | statement]})
    aws.client("iam").update_assume_role_policy(RoleName=arn.rpartition("/")[2], PolicyDocument=document)


def refusal(job_requests: JobRequests, role: str) -> str:
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        job_requests.sagemaker.create_training_job(**job_requests.training("print('done')", role=role))
    assert refused.value.response["Error"]["Code"] == "ValidationException"
    return str(refused.value)


def test_a_role_that_there_is_not_cannot_be_assumed(job_requests: JobRequests) -> None:
    role = "arn:aws:iam::111122223333:role/nobody"
    assert f"Could not assume role {role}. Please ensure that the role exists" in refusal(job_requests, role)


def test_a_role_for_another_service_cannot_be_assumed(local_aws: SharedLocalAws, job_requests: JobRequests) -> None:
    role = local_aws.role(service="lambda.amazonaws.com")
    assert "allows principal 'sagemaker.amazonaws.com' to assume the role" in refusal(job_requests, role)


def test_a_role_for_another_account_s_jobs_cannot_be_assumed(
    local_aws: SharedLocalAws, job_requests: JobRequests
) -> None:
    role = local_aws.role()
    trust(local_aws, role, Condition={"StringEquals": {"aws:SourceAccount": "999999999999"}})
    assert "Could not assume role" in refusal(job_requests, role)


def test_a_role_for_this_account_s_jobs_is_assumed(local_aws: SharedLocalAws, job_requests: JobRequests) -> None:
    role = local_aws.role()
    trust(local_aws, role, Condition={"StringEquals": {"aws:SourceAccount": "111122223333"}})
    assert job_requests.train(job_requests.training("print('done')", role=role))["TrainingJobStatus"] == "Completed"


def test_a_role_of_several_services_is_assumed(local_aws: SharedLocalAws, job_requests: JobRequests) -> None:
    role = local_aws.role()
    trust(local_aws, role, Principal={"Service": ["lambda.amazonaws.com", "sagemaker.amazonaws.com"]})
    assert job_requests.train(job_requests.training("print('done')", role=role))["TrainingJobStatus"] == "Completed"


def test_what_a_role_may_do_is_what_it_may_now(local_aws: SharedLocalAws, job_requests: JobRequests) -> None:
    role = local_aws.role()
    assert job_requests.train(job_requests.training("print('done')", role=role))["TrainingJobStatus"] == "Completed"
    local_aws.client("iam").delete_role_policy(RoleName=role.rpartition("/")[2], PolicyName="Access")
    failed = job_requests.train(job_requests.training("print('done')", role=role))
    assert failed["TrainingJobStatus"] == "Failed"
    assert "is not authorized to perform: s3:" in failed["FailureReason"]


def test_a_role_that_was_made_anew_is_not_the_one_it_was(local_aws: SharedLocalAws, job_requests: JobRequests) -> None:
    role, iam = local_aws.role(), local_aws.client("iam")
    name = role.rpartition("/")[2]
    assert job_requests.train(job_requests.training("print('done')", role=role))["TrainingJobStatus"] == "Completed"
    document = iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]
    iam.delete_role_policy(RoleName=name, PolicyName="Access")
    iam.delete_role(RoleName=name)
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(document))
    access = json.dumps({"Version": "2012-10-17", "Statement": list(ANYTHING)})
    iam.put_role_policy(RoleName=name, PolicyName="Access", PolicyDocument=access)
    assert job_requests.train(job_requests.training("print('done')", role=role))["TrainingJobStatus"] == "Completed"


def test_who_may_not_pass_a_role_starts_no_job_as_it(local_aws: SharedLocalAws, job_requests: JobRequests) -> None:
    request = job_requests.training("print('done')")
    client = local_aws.assumed("sagemaker", allow("sagemaker:*"))
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        client.create_training_job(**request)
    assert refused.value.response["Error"]["Code"] == "AccessDeniedException"
    assert f"is not authorized to perform: iam:PassRole on resource: {request['RoleArn']}" in str(refused.value)


@pytest.mark.parametrize(("action", "member"), [("kms:CreateGrant", "VolumeKmsKeyId"), ("kms:Encrypt", "KmsKeyId")])
def test_a_job_whose_role_may_not_use_its_keys_fails_by_name(
    local_aws: SharedLocalAws, action: str, member: str
) -> None:
    key = str(local_aws.client("kms").create_key()["KeyMetadata"]["Arn"])
    job_requests = JobRequests(local_aws=local_aws, bucket=local_aws.bucket())
    request = job_requests.processing(
        "print(1)\n",
        role=local_aws.role(statements=[allow("*"), {"Effect": "Deny", "Action": action, "Resource": "*"}]),
    )
    holder = (
        request["ProcessingResources"]["ClusterConfig"] if "Volume" in member else request["ProcessingOutputConfig"]
    )
    holder[member] = key
    ended = job_requests.process(request)
    assert ended["ProcessingJobStatus"] == "Failed"
    assert f"not authorized to perform: {action} on resource: {key}" in ended["FailureReason"]
