"""The page's address: who gets the page, who gets what it shows, and who gets S3."""

import json

import pytest

from modelyard.rehearsal.session import Connection
from support.local_aws import SharedLocalAws
from support.raw_requests import ask, signed

BROWSER = [("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")]


def key_of(connection: Connection) -> str:
    return connection.page.rpartition("#")[2]


def test_a_browser_gets_the_page_without_a_signature(local_aws: SharedLocalAws) -> None:
    answer = ask(local_aws.connection, "GET", "/", headers=BROWSER)
    assert (answer.status, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert b"<h1>Local AWS</h1>" in answer.body


def test_the_page_holds_no_secret_and_no_key(local_aws: SharedLocalAws) -> None:
    body = ask(local_aws.connection, "GET", "/", headers=BROWSER).body.decode()
    assert local_aws.connection.secret not in body
    assert key_of(local_aws.connection) not in body


def test_the_page_takes_nothing_from_elsewhere_and_is_in_no_frame(local_aws: SharedLocalAws) -> None:
    policy = ask(local_aws.connection, "GET", "/", headers=BROWSER).headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy


def test_the_page_is_written_without_an_address_of_another_host(local_aws: SharedLocalAws) -> None:
    body = ask(local_aws.connection, "GET", "/", headers=BROWSER).body
    assert b"http:" not in body
    assert b"https:" not in body


def test_a_signed_request_at_the_same_address_lists_the_buckets(local_aws: SharedLocalAws) -> None:
    headers = signed(local_aws.connection, "GET", "/", service="s3", headers=dict(BROWSER))
    answer = ask(local_aws.connection, "GET", "/", headers=headers.items())
    assert (answer.status, b"ListAllMyBucketsResult" in answer.body) == (200, True)


def test_a_presigned_request_at_the_same_address_is_one_to_s3(local_aws: SharedLocalAws) -> None:
    url = local_aws.client("s3").generate_presigned_url("list_buckets")
    target = url.removeprefix(local_aws.connection.endpoint)
    assert b"ListAllMyBucketsResult" in ask(local_aws.connection, "GET", target, headers=BROWSER).body


@pytest.mark.parametrize("accept", ["*/*", "application/json", ""])
def test_a_program_without_a_signature_is_refused_as_before(local_aws: SharedLocalAws, accept: str) -> None:
    assert ask(local_aws.connection, "GET", "/", headers=[("Accept", accept)]).status == 403


def test_a_bucket_s_own_host_is_s3_s_for_a_browser_too(local_aws: SharedLocalAws) -> None:
    port = local_aws.connection.endpoint.rpartition(":")[2]
    headers = [*BROWSER, ("Host", f"{local_aws.bucket()}.localhost:{port}")]
    assert b"<h1>" not in ask(local_aws.connection, "GET", "/", headers=headers).body


def test_what_the_page_shows_needs_its_key(local_aws: SharedLocalAws) -> None:
    for headers in ([], [("X-Rehearsal-Key", "")], [("X-Rehearsal-Key", local_aws.connection.secret)]):
        answer = ask(local_aws.connection, "GET", "/_rehearsal/overview", headers=headers)
        assert answer.status == 403
        assert "open the address that `serve` prints" in json.loads(answer.body)["message"]


def test_what_the_page_shows_is_not_for_a_page_of_another_origin_with_the_key(local_aws: SharedLocalAws) -> None:
    port, key = local_aws.connection.endpoint.rpartition(":")[2], ("X-Rehearsal-Key", key_of(local_aws.connection))
    for name, value, status in (
        ("Origin", "http://evil.example", 403),
        ("Sec-Fetch-Site", "cross-site", 403),
        ("Host", f"evil.example:{port}", 421),
    ):
        assert ask(local_aws.connection, "GET", "/_rehearsal/overview", headers=[key, (name, value)]).status == status


def test_the_page_of_another_host_is_refused(local_aws: SharedLocalAws) -> None:
    port = local_aws.connection.endpoint.rpartition(":")[2]
    assert ask(local_aws.connection, "GET", "/", headers=[*BROWSER, ("Host", f"evil.example:{port}")]).status == 421


def test_the_key_of_the_page_changes_nothing(local_aws: SharedLocalAws) -> None:
    key = [("X-Rehearsal-Key", key_of(local_aws.connection))]
    for method, path in (("POST", "/_rehearsal/advance"), ("POST", "/_rehearsal/overview"), ("GET", "/_rehearsal/now")):
        assert ask(local_aws.connection, method, path, headers=key, body=b"{}").status in (403, 405)


def test_whoever_waits_is_told_that_it_answers(local_aws: SharedLocalAws) -> None:
    answer = ask(local_aws.connection, "GET", "/_rehearsal/health")
    health = json.loads(answer.body)
    assert (answer.status, health["ready"]) == (200, True)
    assert (health["account"], health["region"]) == (local_aws.connection.account, "us-east-1")
    assert health["clock"][:13] == local_aws.now().isoformat()[:13]
    assert set(health) == {"ready", "version", "account", "region", "clock"}


def test_the_health_path_is_only_read(local_aws: SharedLocalAws) -> None:
    assert ask(local_aws.connection, "POST", "/_rehearsal/health", body=b"{}").status == 403
