"""Requests that claim to be somebody's: only whoever knows the secret of a key is its owner."""

import gzip
import itertools
import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import botocore.config
import botocore.exceptions
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support.attempts import Attempts
from support.local_aws import SharedLocalAws, allow
from support.raw_requests import ask, signed

SCOPE = "20261126/us-east-1/iam/aws4_request"
CREDENTIAL = f"Credential=111122223333/{SCOPE}"
WHOLE = f"{CREDENTIAL}, SignedHeaders=host;x-amz-date, Signature={'0' * 64}"
FORM = ("Content-Type", "application/x-www-form-urlencoded")
TRUST = json.dumps(
    {"Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
)
FOREIGN = [
    "Bearer x",
    f"Bearer {CREDENTIAL}",
    f"Bearer {WHOLE}",
    "Basic cm9vdDpyb290",
    "x",
    "Digest username=111122223333",
    f"aws4-hmac-sha256 {WHOLE}",
    f"Aws4-Hmac-Sha256 {WHOLE}",
    f"AWS4-HMAC-SHA512 {WHOLE}",
    f"AWS4-HMAC-SHA256{WHOLE}",
    f"AWS4-HMAC-SHA256\t{WHOLE}",
    f"AWS4-HMAC-SHA256 {WHOLE}",
    f"AWS4-HMAC-SHA256 {CREDENTIAL}",
    "AWS4-HMAC-SHA256 ",
    "AWS4-HMAC-SHA256 Credential=/, SignedHeaders=, Signature=",
    f"AWS4-ECDSA-P256-SHA256 {WHOLE}",
    f"AWS4-HMACx {WHOLE}",
    "AWS 111122223333:AAAA",
    "AWS :",
    "aws 111122223333:AAAA",
    f"NotAws AWS4-HMAC-SHA256 {WHOLE}",
]


@pytest.fixture
def role(local_aws: SharedLocalAws) -> Iterator[str]:
    """A name that no role has, before and after an attack."""
    name = local_aws.name("attacked")
    yield name
    names = [one["RoleName"] for one in local_aws.client("iam").list_roles(MaxItems=1000)["Roles"]]
    assert name not in names


def form(role: str) -> bytes:
    return f"Action=CreateRole&Version=2010-05-08&RoleName={role}&AssumeRolePolicyDocument={TRUST}".encode()


@pytest.mark.parametrize("name", ["Authorization", "authorization", "AUTHORIZATION"])
def test_an_authorization_that_is_not_a_signature_of_aws_is_nobodys(
    local_aws: SharedLocalAws, attempts: Attempts, role: str, name: str
) -> None:
    for scheme in FOREIGN:
        headers = [FORM, (name, scheme), ("X-Amz-Date", "20261126T000000Z")]
        assert 400 <= ask(local_aws.connection, "POST", "/", headers=headers, body=form(role)).status < 500, scheme
        attempts.add()


def test_a_second_authorization_beside_a_good_one_refuses_both(
    local_aws: SharedLocalAws, attempts: Attempts, role: str
) -> None:
    good = signed(local_aws.connection, "POST", "/", service="iam", body=form(role), headers=dict([FORM]))
    for other, first in itertools.product(FOREIGN, (True, False)):
        pair = [("Authorization", other), ("Authorization", good["Authorization"])]
        rest = [(name, value) for name, value in good.items() if name != "Authorization"]
        headers = [*(pair if first else reversed(pair)), *rest]
        assert ask(local_aws.connection, "POST", "/", headers=headers, body=form(role)).status == 400
        attempts.add()


@pytest.mark.parametrize(
    ("target", "body"),
    [
        ("SageMaker.ListModels", b"{}"),
        ("SageMaker.CreateTrainingJob", b"{}"),
        ("AWSStepFunctions.ListStateMachines", b"{}"),
        ("AWSCognitoIdentityProviderService.ListUserPools", b'{"MaxResults": 1}'),
        ("AWSCognitoIdentityProviderService.X.InitiateAuth", b"{}"),
        ("TrentService.ListKeys", b"{}"),
        ("secretsmanager.ListSecrets", b"{}"),
        ("Logs_20140328.DescribeLogGroups", b"{}"),
        ("AWSSecurityTokenServiceV20110615.AssumeRoleWithWebIdentity", b'{"Action": "AssumeRole"}'),
        ("Unknown.Operation", b"{}"),
    ],
)
def test_an_operation_in_json_is_refused_without_a_signature(
    local_aws: SharedLocalAws, attempts: Attempts, target: str, body: bytes
) -> None:
    for kind in ("application/x-amz-json-1.1", "application/x-amz-json-1.0", "text/plain", FORM[1]):
        headers = [("X-Amz-Target", target), ("Content-Type", kind)]
        assert 400 <= ask(local_aws.connection, "POST", "/", headers=headers, body=body).status < 500
        attempts.add()


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "/a-new-bucket"),
        ("GET", "/"),
        ("POST", "/a-new-bucket"),
        ("PUT", "/login"),
        ("POST", "/logout"),
        ("GET", "/health"),
        ("PUT", "/latest/api/token"),
        ("GET", "/latest/meta-data/iam/security-credentials/ministack-instance-role"),
        ("GET", "/v2/credentials/x"),
        ("POST", "/v1/chat/completions"),
        ("GET", "/v2/_catalog"),
        ("GET", "/v20180820/jobs"),
        ("GET", "/iceberg/v1/config"),
        ("POST", "/Execute"),
        ("GET", "/v2/email/identities"),
        ("POST", "/2015-03-31/functions"),
        ("GET", "/2015-03-31/functions"),
        ("POST", "/endpoints/live/invocations"),
        ("POST", "/BatchPutMetrics"),
        ("POST", "/WriteGetObjectResponse"),
        ("GET", "/restapis"),
        ("GET", "/restapis/x/y/_user_request_/"),
        ("GET", "/_aws/execute-api/x/y"),
        ("GET", "/x.y/.well-known/jwks.json"),
        ("OPTIONS", "/"),
        ("TRACE", "/"),
    ],
)
@pytest.mark.parametrize("body", [b"", b"{}", b"Action=ListRoles&Version=2010-05-08"])
def test_a_path_of_a_service_is_refused_without_a_signature(
    local_aws: SharedLocalAws, attempts: Attempts, method: str, path: str, body: bytes
) -> None:
    for headers in ([], [FORM], [("X-Amz-Request-Route", "x")], [("Authorization", "Bearer x")]):
        assert 400 <= ask(local_aws.connection, method, path, headers=headers, body=body).status < 500
        attempts.add()
    assert "a-new-bucket" not in [one["Name"] for one in local_aws.client("s3").list_buckets()["Buckets"]]


def test_a_form_that_names_its_operation_twice_does_not_borrow_the_freedom_of_another(
    local_aws: SharedLocalAws, attempts: Attempts
) -> None:
    role = local_aws.role()
    asked = f"Version=2011-06-15&RoleArn={role}&RoleSessionName=x&WebIdentityToken=x"
    free, wanted = "Action=AssumeRoleWithWebIdentity", "Action=AssumeRole"
    for target, body in [
        (f"/?{free}", f"{wanted}&{asked}"),
        (f"/?{wanted}", f"{free}&{asked}"),
        ("/", f"{free}&{wanted}&{asked}"),
        ("/", f"{wanted}&{free}&{asked}"),
        (f"/?{wanted}&{asked}", ""),
        (f"/?{free}&{asked}", wanted),
    ]:
        answer = ask(local_aws.connection, "POST", target, headers=[FORM], body=body.encode())
        assert 400 <= answer.status < 500
        assert b"AccessKeyId" not in answer.body
        attempts.add()


CHANGES: dict[str, Callable[[dict[str, str]], object]] = {
    "the signature's last digit": lambda h: h.update(Authorization=h["Authorization"][:-1] + "g"),
    "no signature": lambda h: h.update(Authorization=h["Authorization"].partition(", Signature=")[0]),
    "an empty signature": lambda h: h.update(
        Authorization=h["Authorization"].partition("Signature=")[0] + "Signature="
    ),
    "another key": lambda h: h.update(Authorization=h["Authorization"].replace("111122223333", "444455556666")),
    "MiniStack's key": lambda h: h.update(Authorization=h["Authorization"].replace("111122223333", "test")),
    "no key": lambda h: h.update(Authorization=h["Authorization"].replace("111122223333", "")),
    "another region": lambda h: h.update(Authorization=h["Authorization"].replace("us-east-1", "eu-west-1")),
    "another service": lambda h: h.update(Authorization=h["Authorization"].replace("/iam/", "/sts/")),
    "another terminator": lambda h: h.update(Authorization=h["Authorization"].replace("aws4_request", "aws4_")),
    "another date": lambda h: h.update({"X-Amz-Date": "20200101T000000Z"}),
    "no date": lambda h: h.pop("X-Amz-Date"),
    "a date that is none": lambda h: h.update({"X-Amz-Date": "yesterday"}),
    "an unsigned host": lambda h: h.update(Authorization=h["Authorization"].replace("host;", "")),
    "an unsigned target": lambda h: h.update({"X-Amz-Target": "SageMaker.ListModels"}),
    "an unsigned payload": lambda h: h.update({"X-Amz-Content-Sha256": "UNSIGNED-PAYLOAD"}),
    "a streamed payload": lambda h: h.update({"X-Amz-Content-Sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER"}),
    "a token": lambda h: h.update({"X-Amz-Security-Token": "x"}),
    "the scheme in lower case": lambda h: h.update(Authorization=h["Authorization"].replace("AWS4-HMAC", "aws4-hmac")),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_a_signed_request_that_was_changed_is_refused(
    local_aws: SharedLocalAws, attempts: Attempts, role: str, change: Callable[[dict[str, str]], object]
) -> None:
    headers = signed(local_aws.connection, "POST", "/", service="iam", body=form(role), headers=dict([FORM]))
    change(headers)
    assert 400 <= ask(local_aws.connection, "POST", "/", headers=headers.items(), body=form(role)).status < 500
    attempts.add()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_flipped_character_of_a_signed_request_refuses_it(
    local_aws: SharedLocalAws, attempts: Attempts, role: str, data: st.DataObject
) -> None:
    body = form(role)
    headers = signed(local_aws.connection, "POST", "/", service="iam", body=body, headers=dict([FORM]))
    where = data.draw(st.sampled_from(["Authorization", "X-Amz-Date", "body"]))
    text = body.decode() if where == "body" else headers[where]
    at = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.sampled_from([one for one in "aZ0/=;,% " if one != text[at]]))
    changed = text[:at] + other + text[at + 1 :]
    if changed.strip() != text.strip() and not (text[at] == " " or other == " "):
        if where == "body":
            body = changed.encode()
        else:
            headers[where] = changed
        assert 400 <= ask(local_aws.connection, "POST", "/", headers=headers.items(), body=body).status < 500
        attempts.add()


@pytest.mark.parametrize("secret", ["", "x", "wrong" * 8])
@pytest.mark.parametrize("key", ["111122223333", "test", "444455556666", "AKIAIOSFODNN7EXAMPLE", "ASIAX"])
@pytest.mark.parametrize("service", ["iam", "s3", "sagemaker", "rehearsal", "execute-api"])
def test_a_signature_with_another_secret_is_refused(
    local_aws: SharedLocalAws, attempts: Attempts, key: str, service: str, secret: str
) -> None:
    headers = signed(local_aws.connection, "GET", "/", service=service, key=key, secret=secret)
    assert 400 <= ask(local_aws.connection, "GET", "/", headers=headers.items()).status < 500
    attempts.add()


@pytest.mark.parametrize(
    "kind", [FORM[1], "text/plain", None, "application/json", "multipart/form-data", FORM[1].upper()]
)
def test_a_role_does_no_other_operation_than_the_one_that_its_policies_were_asked_for(
    local_aws: SharedLocalAws, attempts: Attempts, role: str, kind: str | None
) -> None:
    key, secret, token = local_aws.credentials(allow("iam:ListRoles", "sts:GetCallerIdentity")).values()
    wanted, free = form(role), b"Action=ListRoles&Version=2010-05-08"
    rest = wanted.removeprefix(b"Action=CreateRole")
    for target, body in [
        ("/", wanted),
        ("/x", wanted),
        ("/?Action=ListRoles&Version=2010-05-08", wanted),
        ("/?Action=ListRoles&Version=2010-05-08", b"%41ction=CreateRole" + rest),
        ("/?Action=ListRoles&Version=2010-05-08", gzip.compress(wanted)),
        ("/?%41ction=ListRoles", wanted),
        ("/", free + b"&" + wanted),
        ("/", wanted + b"&" + free),
        ("/?Action=CreateRole", rest.lstrip(b"&")),
    ]:
        for name in (None, "SageMaker.ListModels", "AWSSecurityTokenServiceV20110615.GetCallerIdentity"):
            given_ = {"Content-Type": kind, "X-Amz-Target": name}
            if body[:2] == b"\x1f\x8b":
                given_["Content-Encoding"] = "gzip"
            kept = {one: value for one, value in given_.items() if value is not None}
            service = "iam" if name is None or "Token" not in name else "sts"
            headers = signed(
                local_aws.connection,
                "POST",
                target,
                service=service,
                body=body,
                headers=kept,
                key=key,
                secret=secret,
                token=token,
            )
            assert 400 <= ask(local_aws.connection, "POST", target, headers=headers.items(), body=body).status < 500
            attempts.add()


OWNERS = [
    lambda line: line.replace("Credential=", f"{CREDENTIAL}, Credential="),
    lambda line: line.replace("Credential=", f"{CREDENTIAL} Credential="),
    lambda line: line.replace("Credential=", "Credential=111122223333/ Credential="),
    lambda line: line.replace("Credential=", f"x{CREDENTIAL}, Credential="),
    lambda line: line.replace(", SignedHeaders", f", {CREDENTIAL}, SignedHeaders"),
    lambda line: line.replace("SignedHeaders=", f"SignedHeaders={CREDENTIAL};"),
    lambda line: f"{line}, {CREDENTIAL}",
    lambda line: f"{line} {CREDENTIAL}",
    lambda line: line.replace(" ", f" {CREDENTIAL},", 1),
    lambda line: line.replace(" ", f" x={CREDENTIAL}, ", 1),
    lambda line: line.replace(" ", f" {CREDENTIAL}\t", 1),
]


@pytest.mark.parametrize("name_owner", OWNERS)
def test_a_role_that_names_the_owner_beside_itself_is_not_the_owner(
    local_aws: SharedLocalAws, attempts: Attempts, role: str, name_owner: Callable[[str], str]
) -> None:
    key, secret, token = local_aws.credentials(allow("sts:GetCallerIdentity")).values()
    body = form(role)
    headers = signed(
        local_aws.connection,
        "POST",
        "/",
        service="iam",
        body=body,
        headers=dict([FORM]),
        key=key,
        secret=secret,
        token=token,
    )
    headers["Authorization"] = name_owner(headers["Authorization"])
    assert 400 <= ask(local_aws.connection, "POST", "/", headers=headers.items(), body=body).status < 500
    attempts.add()


def test_a_session_is_worth_nothing_without_its_token(local_aws: SharedLocalAws, attempts: Attempts) -> None:
    given_ = local_aws.credentials(allow("*"))
    key, secret, token = given_.values()
    for other in (None, "", token[:-1], token + "x"):
        headers = signed(local_aws.connection, "GET", "/", service="s3", key=key, secret=secret, token=other)
        assert ask(local_aws.connection, "GET", "/", headers=headers.items()).status in (400, 403)
        attempts.add()
    headers = signed(local_aws.connection, "GET", "/", service="s3", key=key, secret=secret, token=token)
    assert ask(local_aws.connection, "GET", "/", headers=headers.items()).status == 200


def test_a_body_that_is_not_the_one_that_was_signed_is_refused(local_aws: SharedLocalAws, attempts: Attempts) -> None:
    bucket = local_aws.bucket()
    headers = signed(local_aws.connection, "PUT", f"/{bucket}/key", service="s3", body=b"mine")
    answer = ask(local_aws.connection, "PUT", f"/{bucket}/key", headers=headers.items(), body=b"evil")
    assert (answer.status, b"XAmzContentSHA256Mismatch" in answer.body) == (400, True)
    assert "Contents" not in local_aws.client("s3").list_objects_v2(Bucket=bucket)
    attempts.add()


def presigned(aws: SharedLocalAws, version: str, operation: str, **members: Any) -> str:
    """Return the target of a URL that holds for a minute."""
    session = boto3.session.Session(aws.connection.account, aws.connection.secret, region_name=aws.connection.region)
    config = botocore.config.Config(signature_version=version)
    made = session.client("s3", endpoint_url=aws.connection.endpoint, config=config)
    url = made.generate_presigned_url(operation, Params=members, ExpiresIn=60)
    return str(url).removeprefix(aws.connection.endpoint)


VERSIONS = ["s3v4", "s3"]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_presigned_url_gives_its_object_and_nothing_else(
    local_aws: SharedLocalAws, attempts: Attempts, role: str, version: str
) -> None:
    bucket = local_aws.bucket()
    local_aws.client("s3").put_object(Bucket=bucket, Key="key", Body=b"text")
    target = presigned(local_aws, version, "get_object", Bucket=bucket, Key="key")
    assert ask(local_aws.connection, "GET", target).body == b"text"
    attacks: list[tuple[str, str, list[tuple[str, str]], bytes | None]] = [
        ("PUT", target, [], b"evil"),
        ("DELETE", target, [], None),
        ("GET", target.replace("/key", "/other"), [], None),
        ("GET", target.replace("/key", "/"), [], None),
        ("GET", target[:-1] + ("0" if target[-1] != "0" else "1"), [], None),
        ("GET", target, [("X-Amz-Target", "SageMaker.ListModels")], None),
        ("GET", target, [FORM], form(role)),
        ("GET", target, [("Authorization", "Bearer x")], None),
        ("GET", target, [("X-Amz-Copy-Source", f"/{bucket}/key")], None),
        ("GET", target.replace("60", "99999999999999999999"), [], None),
        ("GET", target + "&X-Amz-Credential=111122223333/x", [], None),
        ("GET", target + "&AWSAccessKeyId=111122223333", [], None),
    ]
    for method, wanted, headers, body in attacks:
        if wanted == target and method == "GET" and not headers:
            continue
        answer = ask(local_aws.connection, method, wanted, headers=headers, body=body)
        assert 400 <= answer.status < 500, (method, wanted, headers)
        attempts.add()
    assert local_aws.client("s3").get_object(Bucket=bucket, Key="key")["Body"].read() == b"text"


@pytest.mark.parametrize("version", VERSIONS)
def test_a_presigned_url_uploads_its_object_and_chooses_no_other_service(
    local_aws: SharedLocalAws, attempts: Attempts, role: str, version: str
) -> None:
    bucket = local_aws.bucket()
    target = presigned(local_aws, version, "put_object", Bucket=bucket, Key="key")
    assert ask(local_aws.connection, "PUT", target, body=b"text").status == 200
    for headers in ([FORM], [FORM, ("X-Amz-Target", "SageMaker.ListModels")]):
        ask(local_aws.connection, "PUT", target, headers=headers, body=form(role))
        attempts.add()


@pytest.mark.parametrize("version", VERSIONS)
def test_a_presigned_url_outlives_a_moved_clock_and_not_its_time(
    local_aws: SharedLocalAws, attempts: Attempts, version: str
) -> None:
    bucket = local_aws.bucket()
    local_aws.client("s3").put_object(Bucket=bucket, Key="key", Body=b"text")
    target = presigned(local_aws, version, "get_object", Bucket=bucket, Key="key")
    local_aws.advance(seconds=3600)
    assert ask(local_aws.connection, "GET", target).body == b"text"
    expired = target.replace("X-Amz-Expires=60", "X-Amz-Expires=0")
    name, _, _ = target.partition("Expires=")
    if version == "s3":
        expired = f"{name}Expires=1000000000"
    assert ask(local_aws.connection, "GET", expired).status in (400, 403)
    attempts.add()


QUERIES = [
    "X-Amz-Credential=111122223333/20261126/us-east-1/iam/aws4_request",
    "x-amz-credential=111122223333/x",
    "X-AMZ-CREDENTIAL=111122223333/x",
    "X-Amz-Credential=AKIAIOSFODNN7EXAMPLE/x&x-amz-credential=111122223333/x",
    "X-Amz-Algorithm=AWS4-HMAC-SHA256",
    "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=111122223333/20261126/us-east-1/iam/aws4_request",
    "X-Amz-Algorithm=AWS4-ECDSA-P256-SHA256&X-Amz-Credential=111122223333/20261126/s3/aws4_request&X-Amz-Signature=00",
    "X-Amz-Algorithm=x&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=test/20261126/us-east-1/iam/aws4_request",
    "X-Amz-Signature=00",
    "AWSAccessKeyId=111122223333",
    "AWSAccessKeyId=111122223333&Signature=x&Expires=99999999999",
    "AWSAccessKeyId=111122223333&Signature=x&Expires=9999999999999999999999999",
    "AWSAccessKeyId=111122223333&Signature=x&Expires=%C2%B2",
    "AWSAccessKeyId=111122223333&Signature=x&SignatureVersion=2",
    "Signature=x",
    "awsaccesskeyid=111122223333",
]


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("path", ["/", "/a-bucket", "/a-bucket/key", "/endpoints/live/invocations"])
@pytest.mark.parametrize("method", ["GET", "PUT", "POST"])
def test_credentials_in_a_query_are_verified_or_refused(
    local_aws: SharedLocalAws, attempts: Attempts, role: str, method: str, path: str, query: str
) -> None:
    for extra in ("", "&Action=CreateRole"):
        answer = ask(local_aws.connection, method, f"{path}?{query}{extra}", headers=[FORM], body=form(role))
        assert 400 <= answer.status < 500
        attempts.add()


def test_nobody_reads_or_writes_a_bucket_whose_policy_says_nothing(
    local_aws: SharedLocalAws, attempts: Attempts
) -> None:
    bucket = local_aws.bucket()
    local_aws.client("s3").put_object(Bucket=bucket, Key="key", Body=b"text")
    for method, path in itertools.product(
        ("GET", "HEAD", "PUT", "DELETE", "POST"),
        ("", "?policy", "?acl", "/key", "/new", "/key?acl", "?delete", "?cors"),
    ):
        assert ask(local_aws.connection, method, f"/{bucket}{path}", body=b"<x/>").status in (400, 403, 404, 405)
        attempts.add()
    assert local_aws.client("s3").get_object(Bucket=bucket, Key="key")["Body"].read() == b"text"


def test_everybody_may_what_a_bucket_policy_allows_everybody_and_no_more(
    local_aws: SharedLocalAws, attempts: Attempts
) -> None:
    bucket, s3 = local_aws.bucket(), local_aws.client("s3")
    s3.put_object(Bucket=bucket, Key="key", Body=b"text")
    s3.delete_public_access_block(Bucket=bucket)
    statement = allow("s3:GetObject", on=f"arn:aws:s3:::{bucket}/*") | {"Principal": "*"}
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    assert ask(local_aws.connection, "GET", f"/{bucket}/key").body == b"text"
    port = local_aws.connection.endpoint.rpartition(":")[2]
    by_host = ask(local_aws.connection, "GET", "/key", headers=[("Host", f"{bucket}.localhost:{port}")])
    assert by_host.body == b"text"
    for method, path in itertools.product(("PUT", "DELETE", "POST"), ("", "?policy", "/key", "/new")):
        assert ask(local_aws.connection, method, f"/{bucket}{path}", body=b"{}").status in (400, 403, 405)
        attempts.add()


def test_a_role_is_given_to_a_token_that_its_trust_names_and_signs_nothing(local_aws: SharedLocalAws) -> None:
    unsigned = botocore.config.Config(signature_version=botocore.UNSIGNED)
    session = boto3.session.Session(region_name=local_aws.connection.region)
    sts = session.client("sts", endpoint_url=local_aws.connection.endpoint, config=unsigned)
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        sts.assume_role_with_web_identity(
            RoleArn=local_aws.role(), RoleSessionName="somebody", WebIdentityToken="x" * 8
        )
    # It was read, and held against the trust policy.
    assert refused.value.response["Error"]["Code"] not in ("MissingAuthenticationToken", "IncompleteSignature")


def test_a_user_signs_in_to_a_pool_without_signing(local_aws: SharedLocalAws) -> None:
    cognito = local_aws.client("cognito-idp")
    pool = cognito.create_user_pool(PoolName="gate")["UserPool"]["Id"]
    client = cognito.create_user_pool_client(
        UserPoolId=pool, ClientName="app", ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
    )["UserPoolClient"]["ClientId"]
    cognito.admin_create_user(UserPoolId=pool, Username="ann", MessageAction="SUPPRESS")
    cognito.admin_set_user_password(UserPoolId=pool, Username="ann", Password="Correct-horse1", Permanent=True)
    asked = {
        "AuthFlow": "USER_PASSWORD_AUTH",
        "ClientId": client,
        "AuthParameters": {"USERNAME": "ann", "PASSWORD": "Correct-horse1"},
    }
    headers = [
        ("X-Amz-Target", "AWSCognitoIdentityProviderService.InitiateAuth"),
        ("Content-Type", "application/x-amz-json-1.1"),
    ]
    answer = ask(local_aws.connection, "POST", "/", headers=headers, body=json.dumps(asked).encode())
    assert "IdToken" in json.loads(answer.body)["AuthenticationResult"]
    assert ask(local_aws.connection, "GET", f"/{pool}/.well-known/jwks.json").status == 200
