"""The administrative paths: they obey whoever knows the secret, within bounds, and nobody else."""

import http.server
import itertools
import json
import math
import threading
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modelyard.rehearsal.faults import Fault, FaultError
from modelyard.rehearsal.session import Connection, RehearsalError
from support.attempts import Attempts
from support.local_aws import SharedLocalAws, allow
from support.raw_requests import Answer, ask, signed

ACTIONS = (
    "now",
    "advance",
    "flush",
    "ignored",
    "grant",
    "fault",
    "faults",
    "clear-faults",
    "decisions",
    "overview",
    "unknown",
    "",
)
SPELLINGS = [
    "/_rehearsal/{}",
    "//_rehearsal/{}",
    "/%5Frehearsal/{}",
    "/%5frehearsal%2f{}",
    "/_Rehearsal/{}",
    "/./_rehearsal/{}",
    "/x/../_rehearsal/{}",
    "/_rehearsal//{}",
    "/_rehearsal/%2e/{}",
    "/_rehearsal/{}?x=1",
    "/_rehearsal/{}%00",
    "/_rehearsal/{};x",
]
MINISTACK = [
    ("POST", "/_ministack/reset"),
    ("POST", "/_ministack/reset?init=1"),
    ("POST", "/_ministack/config"),
    ("GET", "/_ministack/health"),
    ("GET", "/_ministack/ready"),
    ("GET", "/_localstack/health"),
    ("GET", "/_localstack/init"),
    ("GET", "/health"),
    ("POST", "/_ministack/rds/iam-auth"),
    ("POST", "/_ministack/eks-auth/x"),
    ("PUT", "/_ministack/cfn-response/x"),
    ("PUT", "/_ministack/cfn-signal/x"),
    ("GET", "/_ministack/lambda-code/x"),
    ("GET", "/_ministack/iot/ca.pem"),
    ("GET", "/_ministack/transfer/sftp-ports"),
    ("GET", "/_aws/ses/messages"),
    ("GET", "/_aws/sqs/messages"),
    ("GET", "/_aws/sns/sms-messages"),
    ("POST", "/_alb/x"),
]


def asked(aws: SharedLocalAws, action: str, body: bytes) -> Answer:
    path = f"/_rehearsal/{action}"
    headers = signed(aws.connection, "POST", path, service="rehearsal", body=body)
    return ask(aws.connection, "POST", path, headers=headers.items(), body=body)


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("method", ["POST", "GET", "PUT", "OPTIONS", "HEAD"])
def test_nobody_without_the_secret_is_obeyed(
    local_aws: SharedLocalAws, attempts: Attempts, method: str, spelling: str
) -> None:
    before = local_aws.now()
    for action, authorization in itertools.product(
        ACTIONS, (None, "Bearer x", f"Bearer {local_aws.connection.account}", "Basic eDp4", "Bearer ")
    ):
        headers = [] if authorization is None else [("Authorization", authorization)]
        answer = ask(local_aws.connection, method, spelling.format(action), headers=headers, body=b'{"seconds": 86400}')
        assert 400 <= answer.status < 500
        attempts.add()
    assert (local_aws.now() - before).total_seconds() < 3600


def test_a_secret_that_is_not_the_rehearsals_is_refused_in_a_sentence(
    local_aws: SharedLocalAws, attempts: Attempts
) -> None:
    for secret in (
        "x",
        local_aws.connection.secret[:-1],
        local_aws.connection.secret.upper(),
        local_aws.connection.secret + "0",
    ):
        other = Connection(endpoint=local_aws.connection.endpoint, secret=secret, region="us-east-1")
        with pytest.raises(RehearsalError, match="the rehearsal refuses advance: The request signature"):
            other.advance(seconds=60)
        attempts.add()


def test_a_role_that_may_do_everything_does_not_command_the_rehearsal(
    local_aws: SharedLocalAws, attempts: Attempts
) -> None:
    key, secret, token = local_aws.credentials(allow("*")).values()
    for action in ACTIONS:
        path = f"/_rehearsal/{action}"
        headers = signed(local_aws.connection, "POST", path, service="rehearsal", key=key, secret=secret, token=token)
        answer = ask(local_aws.connection, "POST", path, headers=headers.items())
        assert (answer.status, b"must be signed with the account's own key" in answer.body) == (403, True)
        attempts.add()


def test_a_presigned_url_does_not_command_the_rehearsal(local_aws: SharedLocalAws, attempts: Attempts) -> None:
    for action in ACTIONS:
        target = f"/_rehearsal/{action}?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=111122223333/x"
        assert 400 <= ask(local_aws.connection, "POST", target, body=b"{}").status < 500
        attempts.add()


def test_another_server_at_the_address_is_told_by_what_it_says() -> None:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        connection = Connection(endpoint=f"http://127.0.0.1:{server.server_port}", secret="x", region="us-east-1")
        with pytest.raises(RehearsalError, match="the rehearsal refuses now: <!DOCTYPE"):
            connection.now()
        server.shutdown()


def test_a_command_is_given_by_post(local_aws: SharedLocalAws) -> None:
    headers = signed(local_aws.connection, "GET", "/_rehearsal/now", service="rehearsal")
    assert ask(local_aws.connection, "GET", "/_rehearsal/now", headers=headers.items()).status == 405


@pytest.mark.parametrize(("method", "path"), MINISTACK)
def test_the_paths_of_ministack_are_closed_to_everybody(
    local_aws: SharedLocalAws, attempts: Attempts, method: str, path: str
) -> None:
    bucket = local_aws.bucket()
    port = local_aws.connection.endpoint.rpartition(":")[2]
    for spelled in (path, "/" + path, path.replace("_", "%5F", 1), path.upper()):
        headers = signed(local_aws.connection, method, spelled, service="s3", body=b"{}")
        by_host = {"Host": f"{bucket}.localhost:{port}"}
        for given_ in ({}, headers, by_host):
            answer = ask(local_aws.connection, method, spelled, headers=given_.items(), body=b"{}")
            assert 400 <= answer.status < 500, (spelled, given_)
            attempts.add()
    assert local_aws.client("s3").head_bucket(Bucket=bucket)


VALUES: list[Any] = [1e18, 1e308, -1, -0.001, float("nan"), float("inf"), -math.inf, "x", "60", "", None, True, [], {}]


@pytest.mark.parametrize("value", [*VALUES, 0, 31_622_401, 10**400], ids=str)
def test_a_distance_that_cannot_be_is_a_sentence(local_aws: SharedLocalAws, attempts: Attempts, value: object) -> None:
    before = local_aws.now()
    answer = asked(local_aws, "advance", json.dumps({"seconds": value}).encode())
    assert answer.status == 400
    assert json.loads(answer.body)["message"]
    assert (local_aws.now() - before).total_seconds() < 3600
    attempts.add()


@pytest.mark.parametrize("value", VALUES, ids=str)
@pytest.mark.parametrize("name", ["service", "name", "value"])
def test_a_quota_that_cannot_be_is_a_sentence(
    local_aws: SharedLocalAws, attempts: Attempts, name: str, value: object
) -> None:
    quota = {"service": "iam", "name": "Roles per account", "value": 1000, name: value}
    assert asked(local_aws, "grant", json.dumps(quota).encode()).status == 400
    attempts.add()


@pytest.mark.parametrize(
    "change",
    [
        *({"delay": value} for value in VALUES),
        *({"seconds": value} for value in VALUES if value is not None),
        *({"times": value} for value in VALUES if value is not None),
        *({name: 1} for name in ("service", "operation", "caller", "contains", "error", "drop")),
        *({name: []} for name in ("service", "operation", "caller", "contains", "error", "drop")),
        *({"error": value} for value in ("", "Slow\r\nDown", "Slow Down", "ü", "x" * 101)),
        {"hits": 1},
        {"service": ""},
    ],
    ids=str,
)
def test_a_fault_that_cannot_be_is_a_sentence(
    local_aws: SharedLocalAws, attempts: Attempts, change: dict[str, object]
) -> None:
    document = {"service": "no-service", "error": "SlowDown", **change}
    assert asked(local_aws, "fault", json.dumps(document).encode()).status == 400
    attempts.add()
    with pytest.raises(FaultError):
        Fault.read(document)


BODIES = [
    b"",
    b"[]",
    b"null",
    b"1",
    b'"advance"',
    b"{",
    b"\xff",
    b"\x00",
    b"[" * 50_000,
    b'{"seconds":' * 5000,
    b'{"seconds": ' + b"9" * 5000 + b"}",
    b'{"seconds": NaN}',
    b'{"seconds": 1e999}',
    b"x" * (64 * 1024 + 1),
    b'{"seconds": 60}' + b" " * 64 * 1024,
]


@pytest.mark.parametrize("action", ["advance", "grant", "fault"])
def test_a_body_that_says_nothing_is_a_sentence_and_never_a_fault_of_the_server(
    local_aws: SharedLocalAws, attempts: Attempts, action: str
) -> None:
    for body in BODIES:
        answer = asked(local_aws, action, body)
        assert answer.status in (400, 413)
        assert json.loads(answer.body)["message"]
        attempts.add()


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    document=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["service", "name", "value", "delay"]), inner),
    )
)
def test_no_document_at_all_makes_a_command_fail_without_a_sentence(
    local_aws: SharedLocalAws, attempts: Attempts, document: object
) -> None:
    for action in ("grant", "fault", "advance"):
        answer = asked(local_aws, action, json.dumps(document).encode())
        assert answer.status == 400
        assert json.loads(answer.body)["message"]
        attempts.add()


@pytest.mark.parametrize("body", [b"[]", b"[" * 50_000, b"{", b"\xff", b"NaN", b'{"NameContains": NaN}', b"1"])
def test_a_body_that_is_no_object_is_a_serialization_error_of_the_services_too(
    local_aws: SharedLocalAws, attempts: Attempts, body: bytes
) -> None:
    target = {"X-Amz-Target": "SageMaker.ListModels", "Content-Type": "application/x-amz-json-1.1"}
    headers = signed(local_aws.connection, "POST", "/", service="sagemaker", body=body, headers=target)
    answer = ask(local_aws.connection, "POST", "/", headers=headers.items(), body=body)
    assert (answer.status, json.loads(answer.body)["__type"]) == (400, "SerializationException")
    attempts.add()
