"""What is kept of the requests that were refused."""

import asyncio
import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import botocore.exceptions
import pytest

from modelyard.rehearsal.cloud.refusals import MOST_KEPT, RefusalLog, Refused, read_error
from modelyard.rehearsal.cloud.requests import Request
from support.jobs import JobRequests
from support.local_aws import SharedLocalAws, allow
from support.raw_requests import ask


def refusals(aws: SharedLocalAws) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = aws.connection.overview()["refusals"]["rows"]
    return rows


def refused(operation: str = "s3:GetObject", message: str = "no") -> Refused:
    return Refused(operation=operation, code="AccessDenied", message=message)


def log() -> RefusalLog:
    minutes = itertools.count()
    return RefusalLog(now=lambda: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=next(minutes)))


def test_a_refusal_that_comes_again_is_counted_and_dated_anew() -> None:
    kept = log()
    for one in (refused(), refused(message="other"), refused()):
        kept.add(one)
    last = kept.documents()[-1]
    assert (last["message"], last["count"], last["time"]) == ("no", 2, "2026-01-01T00:02:00+00:00")


def test_no_more_are_kept_than_there_is_room_for() -> None:
    kept = log()
    for number in range(MOST_KEPT + 3):
        kept.add(refused(message=str(number)))
    assert [one["message"] for one in kept.documents()] == [str(number) for number in range(3, MOST_KEPT + 3)]


@pytest.mark.parametrize(
    ("content", "code", "message"),
    [
        (b'{"__type": "com.amazon#ValidationException", "message": "bad"}', "ValidationException", "bad"),
        (b'{"__type": "Denied", "Message": "no"}', "Denied", "no"),
        (b"<Error><Code>NoSuchKey</Code><Message>a &lt; b</Message></Error>", "NoSuchKey", "a < b"),
        (b"<R><Error><Code>X</Code><Message>y</Message></Error></R>", "X", "y"),
    ],
)
def test_an_error_is_read_in_each_protocol(content: bytes, code: str, message: str) -> None:
    assert read_error(content) == {"code": code, "message": message}


@pytest.mark.parametrize("content", [b"", b"[1]", b"\xff\x00", b"[" * 100_000])
def test_an_answer_in_no_protocol_has_neither_code_nor_message(content: bytes) -> None:
    assert not read_error(content)


@pytest.mark.parametrize(
    ("status", "code"), [(418, "418 I'm a Teapot"), (599, "599"), (500, "500 Internal Server Error")]
)
def test_an_answer_of_any_number_is_kept_and_sent_on_as_it_is(status: int, code: str) -> None:
    kept, sent = log(), []

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "PUT", "path": "/bucket/key", "query_string": b"", "headers": []}
    watched = kept.watch(send, request=Request.read(scope), body=b"")
    messages = [
        {"type": "http.response.start", "status": status, "headers": []},
        {"type": "http.response.body", "body": b"x" * 100_000, "more_body": True},
        {"type": "http.response.body", "body": b""},
    ]

    async def answer() -> None:
        for message in messages:
            await watched(message)

    asyncio.run(answer())
    assert sent == messages
    assert [(one["operation"], one["code"]) for one in kept.documents()] == [("s3:PutObject", code)]


def test_a_call_without_permission_is_kept_with_its_sentence(local_aws: SharedLocalAws) -> None:
    client = local_aws.assumed("s3", allow("s3:ListAllMyBuckets"))
    with pytest.raises(botocore.exceptions.ClientError):
        client.put_object(Bucket=local_aws.bucket(), Key="key", Body=b"")
    last = refusals(local_aws)[0]
    assert (last["operation"], last["code"]) == ("s3:PutObject", "AccessDenied")
    assert "no identity-based policy allows the s3:PutObject action" in last["message"]


def test_a_request_that_cannot_be_carried_out_is_kept_with_its_operation(local_aws: SharedLocalAws) -> None:
    name = local_aws.name("absent")
    for _ in range(2):
        with pytest.raises(botocore.exceptions.ClientError):
            local_aws.client("sagemaker").describe_model(ModelName=name)
    last = refusals(local_aws)[0]
    assert (last["operation"], last["code"]) == ("sagemaker:DescribeModel", "ValidationException")
    assert (name in last["message"], last["count"]) == (True, 2)


def test_what_the_gate_refuses_is_kept(local_aws: SharedLocalAws) -> None:
    ask(local_aws.connection, "POST", "/_rehearsal/advance", body=b"{}")
    last = refusals(local_aws)[0]
    assert (last["operation"], last["code"]) == ("rehearsal:advance", "AccessDenied")
    assert "must be signed" in last["message"]


def test_an_answer_without_an_error_is_not_kept(local_aws: SharedLocalAws) -> None:
    local_aws.client("s3").list_buckets()
    before = refusals(local_aws)
    local_aws.client("s3").list_buckets()
    assert refusals(local_aws) == before


def test_who_asks_whether_an_object_is_there_is_answered_and_not_refused(local_aws: SharedLocalAws) -> None:
    bucket, before = local_aws.bucket(), refusals(local_aws)
    with pytest.raises(botocore.exceptions.ClientError, match="404"):
        local_aws.client("s3").head_object(Bucket=bucket, Key="absent")
    assert refusals(local_aws) == before


def test_who_may_not_ask_whether_an_object_is_there_is_refused(local_aws: SharedLocalAws) -> None:
    client = local_aws.assumed("s3", allow("s3:ListAllMyBuckets"))
    with pytest.raises(botocore.exceptions.ClientError, match="403"):
        client.head_object(Bucket=local_aws.bucket(), Key="key")
    assert refusals(local_aws)[0]["code"] == "403 Forbidden"


def test_what_a_service_finds_missing_and_creates_is_no_refusal(local_aws: SharedLocalAws) -> None:
    jobs = JobRequests(local_aws=local_aws, bucket=local_aws.bucket())
    before = refusals(local_aws)
    jobs.train(jobs.training("print('hello')"))
    assert [one for one in refusals(local_aws) if one["operation"].startswith("logs:") and one not in before] == []


def test_what_a_job_s_role_may_not_do_is_a_refusal(local_aws: SharedLocalAws) -> None:
    jobs = JobRequests(local_aws=local_aws, bucket=local_aws.bucket())
    jobs.train(jobs.training("print('hello')", role=jobs.role(allow("logs:*"))))
    denied = [one for one in refusals(local_aws) if one["operation"].startswith("s3:")]
    assert "no identity-based policy allows the s3:" in denied[0]["message"]
