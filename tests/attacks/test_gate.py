"""What reaches the local AWS from a browser's page, under other names, in other sizes: nothing changes by it."""

import http.client
import http.server
import itertools
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from modelyard.rehearsal.faults import Fault
from support.attempts import Attempts
from support.browsers import FLAGS, Browser, browser_driver
from support.called_apis import GOOD, CalledApis, credentials_of
from support.cloudformation import Stacks
from support.endpoints import Endpoints, variant
from support.local_aws import SharedLocalAws
from support.raw_requests import ask, signed

MIB = 1024**2
ORIGINS = [
    "null",
    "http://evil.example",
    "https://127.0.0.1",
    "http://127.0.0.1",
    "http://127.0.0.1:1",
    "http://localhost:{port}",
    "https://127.0.0.1:{port}",
    "http://127.0.0.1:{port}.evil.example",
    "http://127.0.0.1:{port}/",
    "file://",
    "",
    "chrome-extension://x",
]
HOSTS = [
    "evil.example",
    "evil.example:{port}",
    "127.0.0.1",
    "127.0.0.1:1",
    "127.0.0.1:{port}.evil.example",
    "127.0.0.1.evil.example:{port}",
    "localhost.evil.example:{port}",
    "evil.localhost.example:{port}",
    "127.0.0.1:{port}@evil.example:{port}",
    "128.0.0.1:{port}",
    "0.0.0.0:{port}",
    "10.0.0.1:{port}",
    "[::]:{port}",
    "[::2]:{port}",
    "s3.amazonaws.com:{port}",
    "s3.us-east-1.amazonaws.com",
    "x.execute-api.us-east-1.amazonaws.com:{port}",
    "abc.lambda-url.us-east-1.localhost:{port}",
    "x.appsync-api.us-east-1.localhost:{port}",
    "x.y.localhost:{port}",
    ".localhost:{port}",
    "localhost.:{port}",
    "localhost:{port}:{port}",
    "localhost: {port}",
    ":{port}",
    "{port}",
    "x",
]
OWN_HOSTS = ["127.0.0.1:{port}", "127.1.2.3:{port}", "localhost:{port}", "LOCALHOST:{port}", "[::1]:{port}"]


@pytest.fixture
def port(local_aws: SharedLocalAws) -> str:
    return local_aws.connection.endpoint.rpartition(":")[2]


def signed_list(aws: SharedLocalAws, host: str) -> dict[str, str]:
    return signed(aws.connection, "GET", "/", service="s3", headers={"Host": host})


@pytest.mark.parametrize("host", OWN_HOSTS)
def test_every_name_of_the_loopback_is_answered(local_aws: SharedLocalAws, port: str, host: str) -> None:
    headers = signed_list(local_aws, host.format(port=port))
    assert ask(local_aws.connection, "GET", "/", headers=headers.items()).status == 200


@pytest.mark.parametrize("host", HOSTS)
def test_a_host_that_is_not_the_loopbacks_is_refused_to_everybody(
    local_aws: SharedLocalAws, attempts: Attempts, port: str, host: str
) -> None:
    named = host.format(port=port)
    for path, method in itertools.product(("/", "/_rehearsal/now", "/bucket/key"), ("GET", "POST")):
        for headers in ({"Host": named}, signed_list(local_aws, named)):
            assert ask(local_aws.connection, method, path, headers=headers.items(), body=b"{}").status in (400, 421)
            attempts.add()


def test_two_hosts_or_none_are_refused(local_aws: SharedLocalAws, attempts: Attempts, port: str) -> None:
    good = f"127.0.0.1:{port}"
    for lines in ("", f"Host: {good}\r\nHost: evil\r\n", f"Host: evil\r\nHost: {good}\r\n", f"Host: {good},{good}\r\n"):
        for version in ("1.1", "1.0"):
            assert sent(port, f"GET / HTTP/{version}\r\n{lines}\r\n").startswith((b"HTTP/1.1 400", b"HTTP/1.1 421"))
            attempts.add()


def sent(port: str, text: str) -> bytes:
    with socket.create_connection(("127.0.0.1", int(port)), timeout=60) as connection:
        connection.sendall(text.encode("latin-1"))
        return connection.recv(65536)


@pytest.mark.parametrize(
    "target", ["http://evil.example/", "evil.example:80", "*", "http://127.0.0.1/_rehearsal/now", "_rehearsal/now"]
)
def test_a_target_that_is_not_a_path_is_refused(
    local_aws: SharedLocalAws, attempts: Attempts, port: str, target: str
) -> None:
    for method in ("GET", "POST", "CONNECT", "OPTIONS"):
        head = f"Host: 127.0.0.1:{port}\r\nContent-Length: 0\r\n"
        answer = sent(port, f"{method} {target} HTTP/1.1\r\n{head}\r\n")
        assert answer.split(b" ")[1][:1] == b"4"
        attempts.add()


def test_a_websocket_is_refused_on_every_path(local_aws: SharedLocalAws, attempts: Attempts, port: str) -> None:
    upgrade = "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    for path in ("/", "/_rehearsal/now", "/_aws/execute-api/x/y", "/_ministack/reset"):
        answer = sent(port, f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n{upgrade}\r\n")
        assert answer.startswith(b"HTTP/1.1 403")
        attempts.add()


@pytest.mark.parametrize("origin", ORIGINS)
def test_a_page_of_another_origin_is_refused_even_where_it_signs(
    local_aws: SharedLocalAws, attempts: Attempts, port: str, origin: str
) -> None:
    named = ("Origin", origin.format(port=port))
    for path, method in itertools.product(("/", "/_rehearsal/clear-faults", "/bucket/key"), ("GET", "POST", "OPTIONS")):
        for headers in ({}, signed_list(local_aws, f"127.0.0.1:{port}")):
            answer = ask(local_aws.connection, method, path, headers=[*headers.items(), named], body=b"{}")
            assert answer.status == 403
            assert not granted(answer.headers)
            attempts.add()


def granted(headers: Any) -> list[str]:
    return [name for name in headers if name.startswith("access-control-")]


@pytest.mark.parametrize(
    "path", ["/", "/_rehearsal/advance", "/_ministack/reset", "/bucket/key", "/_aws/execute-api/x/v1"]
)
def test_every_preflight_is_refused(local_aws: SharedLocalAws, attempts: Attempts, port: str, path: str) -> None:
    own = f"http://127.0.0.1:{port}"
    for origin, extra in itertools.product(
        (None, own, "http://evil.example"),
        (
            [],
            [("Access-Control-Request-Headers", "authorization")],
            [("Access-Control-Request-Private-Network", "true")],
        ),
    ):
        headers = [("Access-Control-Request-Method", "POST"), *extra]
        headers += [] if origin is None else [("Origin", origin)]
        answer = ask(local_aws.connection, "OPTIONS", path, headers=headers)
        assert (answer.status, granted(answer.headers)) == (403, [])
        attempts.add()


def test_a_request_that_a_browser_marks_as_another_sites_is_refused(
    local_aws: SharedLocalAws, attempts: Attempts
) -> None:
    for site, mode in itertools.product(("cross-site", "same-site", "x"), ("no-cors", "cors", "navigate", "websocket")):
        headers = [("Sec-Fetch-Site", site), ("Sec-Fetch-Mode", mode)]
        assert ask(local_aws.connection, "POST", "/", headers=headers, body=b"{}").status == 403
        attempts.add()


def test_no_answer_lets_a_page_read_it(local_aws: SharedLocalAws, attempts: Attempts) -> None:
    bucket, s3 = local_aws.bucket(), local_aws.client("s3")
    rule = {"AllowedOrigins": ["*"], "AllowedMethods": ["GET", "PUT"], "AllowedHeaders": ["*"]}
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [rule]})
    answers = [
        s3.list_buckets(),
        s3.put_object(Bucket=bucket, Key="key", Body=b""),
        s3.get_object(Bucket=bucket, Key="key"),
        local_aws.client("sagemaker").list_models(),
        local_aws.client("iam").list_roles(),
        local_aws.client("sts").get_caller_identity(),
        local_aws.client("cloudformation").list_stacks(),
    ]
    for answer in answers:
        assert granted(answer["ResponseMetadata"]["HTTPHeaders"]) == []
        attempts.add()


def test_a_large_body_of_nobodys_is_refused_before_it_is_read(
    local_aws: SharedLocalAws, attempts: Attempts, port: str
) -> None:
    for size in (MIB + 1, 2**30, 10**18):
        head = f"PUT /bucket/key HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: {size}\r\n"
        answer = started(port, head + "Expect: 100-continue\r\n\r\n")
        assert answer.startswith((b"HTTP/1.1 413", b"HTTP/1.1 100"))
        assert b" 413 " in answer
        attempts.add()


def started(port: str, head: str) -> bytes:
    """Send headers and a mebibyte of what they announce, and return all that is answered."""
    with socket.create_connection(("127.0.0.1", int(port)), timeout=60) as connection:
        connection.sendall(head.encode())
        connection.sendall(b"x" * (MIB + 64 * 1024))
        answer = b""
        while b"</Message>" not in answer:
            answer += connection.recv(65536)
        return answer


def test_a_body_in_chunks_that_never_ends_is_cut_off(local_aws: SharedLocalAws, attempts: Attempts, port: str) -> None:
    chunk = "10000\r\n" + "x" * 0x10000 + "\r\n"
    head = f"PUT /bucket/key HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nTransfer-Encoding: chunked\r\n\r\n"
    with socket.create_connection(("127.0.0.1", int(port)), timeout=60) as connection:
        connection.sendall(head.encode())
        for _ in range(64):
            connection.sendall(chunk.encode())
        answer = connection.recv(65536)
    assert b" 413 " in answer
    attempts.add()


def test_an_upload_that_is_cut_off_stores_nothing(local_aws: SharedLocalAws, attempts: Attempts, port: str) -> None:
    bucket = local_aws.bucket()
    whole = b"whole" * 1000
    headers = signed(local_aws.connection, "PUT", f"/{bucket}/key", service="s3", body=whole)
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items() if name != "Content-Length")
    head = f"PUT /{bucket}/key HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: {len(whole)}\r\n{lines}\r\n"
    for length in (0, 1, len(whole) - 1):
        with socket.create_connection(("127.0.0.1", int(port)), timeout=60) as connection:
            connection.sendall(head.encode() + whole[:length])
            connection.shutdown(socket.SHUT_WR)
            assert b" 200 " not in connection.recv(65536)
        attempts.add()
    assert "Contents" not in local_aws.client("s3").list_objects_v2(Bucket=bucket)


@pytest.mark.parametrize(("service", "limit"), [("sagemaker", 16 * MIB), ("rehearsal", 64 * 1024)])
def test_a_body_above_its_services_limit_is_refused_and_one_of_the_limit_is_read(
    local_aws: SharedLocalAws, attempts: Attempts, service: str, limit: int
) -> None:
    path = "/_rehearsal/now" if service == "rehearsal" else "/"
    headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "SageMaker.ListModels"}
    statuses = []
    for size in (limit, limit + 1):
        body = b"{}" + b" " * (size - 2)
        made = signed(local_aws.connection, "POST", path, service=service, body=body, headers=headers)
        statuses.append(ask(local_aws.connection, "POST", path, headers=made.items(), body=body).status)
        attempts.add()
    assert statuses == [200, 413]


def test_an_object_of_many_chunks_is_stored_whole_while_a_rule_is_set(local_aws: SharedLocalAws) -> None:
    bucket, s3 = local_aws.bucket(), local_aws.client("s3")
    local_aws.connection.inject(Fault(service="no-service", error="SlowDown"))
    text = bytes(range(256)) * (48 * MIB // 256)
    s3.put_object(Bucket=bucket, Key="key", Body=text)
    local_aws.connection.clear_faults()
    assert s3.get_object(Bucket=bucket, Key="key")["Body"].read() == text


# Waits until a file is there, and says that it waits by another.
WAITING = """
    import pathlib, time, uuid

    def model_fn(model_dir):
        return None

    def transform_fn(model, body, content_type, accept):
        folder = pathlib.Path(body)
        (folder / uuid.uuid4().hex).write_text("")
        while not (folder / "go").exists():
            time.sleep(0.05)
        return "1", "text/csv"
"""


@pytest.fixture
def host(local_aws: SharedLocalAws) -> Iterator[Endpoints]:
    made = Endpoints(aws=local_aws, bucket=local_aws.bucket(), role=local_aws.role())
    yield made
    made.end()


def test_more_slow_calls_than_there_are_threads_keep_nothing_else_waiting(
    local_aws: SharedLocalAws, host: Endpoints, tmp_path: Path
) -> None:
    slow, quick = host.endpoint(host.config(variant(host.model(program=WAITING)))), host.served("3")
    body, path = str(tmp_path).encode(), f"/endpoints/{slow}/invocations"
    headers = signed(
        local_aws.connection, "POST", path, service="sagemaker", body=body, headers={"Content-Type": "text/csv"}
    )
    count = 80
    with ThreadPoolExecutor(max_workers=count) as callers:
        calls = [
            callers.submit(ask, local_aws.connection, "POST", path, headers=list(headers.items()), body=body)
            for _ in range(count)
        ]
        try:
            while not any(tmp_path.iterdir()):
                assert not any(call.done() for call in calls)
                time.sleep(0.05)
            assert host.invoke(quick, "2") == "6.0"
            assert host.describe(slow)["EndpointStatus"] == "InService"
            assert local_aws.client("s3").list_buckets()["Buckets"]
            assert local_aws.now()
            assert not any(call.done() for call in calls)
        finally:
            (tmp_path / "go").write_text("")
        assert {call.result().status for call in calls} == {200}


def test_apis_in_front_of_a_slow_endpoint_keep_nothing_else_waiting(
    local_aws: SharedLocalAws, host: Endpoints, tmp_path: Path
) -> None:
    stacks = Stacks(aws=local_aws)
    apis = CalledApis(host=host, stacks=stacks, folder=tmp_path / "app")
    try:
        api = apis.deploy("rate = 1000\nburst = 1000")
        api.signed_by = credentials_of(local_aws.client("sts"))
        with ThreadPoolExecutor(max_workers=80) as callers:
            # Row 29 takes three seconds.
            calls = [callers.submit(api.post, "predict", {"features": {"mins": 29, "calls": 1}}) for _ in range(80)]
            assert local_aws.client("sagemaker").list_models()["Models"]
            assert local_aws.now()
            assert not all(call.done() for call in calls)
            assert {call.result().status for call in calls} <= {200, 504}
        answer = api.post("predict", GOOD)
        assert (answer.status, granted(answer.headers)) == (200, [])
    finally:
        stacks.end()


class Page(http.server.BaseHTTPRequestHandler):
    """A page of another origin, which a browser on this machine has opened."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<title>another origin</title>")

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the base class's name
        return


@pytest.fixture
def page() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


ATTACKS = """
const [base, done] = [arguments[0], arguments[arguments.length - 1]];
const scope = "111122223333/20261126/us-east-1/iam/aws4_request";
const aws = `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0`;
const form = "Action=CreateRole&Version=2010-05-08&RoleName=browsed&AssumeRolePolicyDocument={}";
const simple = {"Content-Type": "application/x-www-form-urlencoded"};
const tries = [];
for (const path of ["/", "/_rehearsal/advance", "/_rehearsal/clear-faults", "/_rehearsal/fault", "/_ministack/reset",
                    "/_ministack/config", "/browsed-bucket", "/%5Frehearsal/advance", "//_rehearsal/advance"]) {
  for (const mode of ["no-cors", "cors"]) {
    for (const [method, headers] of [["POST", simple], ["POST", {"Content-Type": "text/plain"}], ["GET", {}],
                                     ["POST", {...simple, "Authorization": "Bearer x"}],
                                     ["POST", {...simple, "Authorization": aws}], ["PUT", {}], ["DELETE", {}],
                                     ["POST", {"X-Amz-Target": "SageMaker.ListModels"}]]) {
      const body = method === "POST" ? (path === "/" ? form : '{"seconds": 86400}') : undefined;
      tries.push(fetch(base + path, {method, mode, headers, body, credentials: "include"})
        .then(async answer => answer.type === "opaque" ? "opaque" : "read: " + await answer.text(), () => "failed"));
    }
  }
  navigator.sendBeacon(base + path, new Blob([form], {type: "text/plain"}));
  tries.push(new Promise(resolve => {
    const image = new Image();
    image.onload = image.onerror = () => resolve("opaque");
    image.src = base + path;
  }));
}
tries.push(new Promise(resolve => {
  const socket = new WebSocket(base.replace("http", "ws") + "/_aws/execute-api/x/y");
  socket.onopen = () => resolve("read: a websocket");
  socket.onerror = () => resolve("failed");
}));
Promise.all(tries).then(done);
"""
FORM = """
const form = document.createElement("form");
form.method = "POST";
form.action = arguments[0];
form.innerHTML = '<input name="Action" value="CreateRole"><input name="RoleName" value="browsed">';
document.body.append(form);
form.submit();
"""


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    # A name of another's that leads here, as that of a page that rebinds its name does.
    rebound = "--host-resolver-rules=MAP rebound.example 127.0.0.1"
    with browser_driver() as driver:
        opened = Browser(port=driver, flags=[*FLAGS, f"--user-data-dir={tmp_path}", rebound], options={})
        yield opened
        opened.close()


def tried(browser: Browser, base: str) -> list[str]:
    outcomes = browser.run_to_its_end(ATTACKS, base)
    assert isinstance(outcomes, list)
    return outcomes


def test_a_page_of_another_origin_changes_and_reads_nothing(
    local_aws: SharedLocalAws, attempts: Attempts, browser: Browser, page: str, port: str
) -> None:
    bucket, before = local_aws.bucket(), local_aws.now()
    for base in (local_aws.connection.endpoint, f"http://localhost:{port}", f"http://rebound.example:{port}"):
        browser.visit(page)
        outcomes = tried(browser, base)
        assert set(outcomes) <= {"opaque", "failed"}
        attempts.add(len(outcomes))
        for path in ("/", "/_rehearsal/advance", "/_ministack/reset"):
            browser.visit(page)
            browser.run(FORM, base + path)
            attempts.add()
    # What a rebound name shows is read by its own page.
    browser.visit(f"http://rebound.example:{port}/")
    assert "InvalidHost" in str(browser.source())
    outcomes = tried(browser, f"http://rebound.example:{port}")
    assert all(one in ("opaque", "failed") or "InvalidHost" in one for one in outcomes)
    attempts.add(len(outcomes))
    assert (local_aws.now() - before).total_seconds() < 3600
    assert local_aws.client("s3").head_bucket(Bucket=bucket)
    assert "browsed-bucket" not in [one["Name"] for one in local_aws.client("s3").list_buckets()["Buckets"]]
    assert "browsed" not in [one["RoleName"] for one in local_aws.client("iam").list_roles(MaxItems=1000)["Roles"]]
    assert local_aws.connection.faults() == []
