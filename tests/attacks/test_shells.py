"""A shell that already knows AWS or a proxy: it is no blocker, and nothing goes where it points."""

import ast
import os
import re
import shutil
import signal
import socketserver
import subprocess
import sys
import threading
import urllib.error
import urllib.parse
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modelyard.rehearsal.session import Connection, RehearsalError
from modelyard.shared.loopback import is_loopback, isolate_from_user, isolated, shell_lines
from support.attempts import Attempts
from support.hostile_shell import USED, HostileShell, Recorder
from support.local_aws import SharedLocalAws
from support.synth import ROOT

SHELLS = [shell for shell in ("sh", "bash", "zsh") if shutil.which(shell) is not None]
REACH = Connection(endpoint="http://127.0.0.1:9", secret="secret", region="eu-west-1")
OF_AWS = re.compile(r"(AWS|BOTO)")
# What a shell may hold; names that the loader of programs reads would break the shell itself.
VALUES = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40) | st.sampled_from(
    ["$(touch canary)", "`touch canary`", "a\nAWS_PROFILE=b\nAWS_X", "'", '"', "\\", "*", "a;b", "--", "-f"]
)
NAMES = st.from_regex(r"(AWS|BOTO)[A-Z0-9_]{1,30}", fullmatch=True) | st.sampled_from(
    ["AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_S3", "AWS_REGION", "CDK_PROXY", "CDK_ROLE_ARN"]
)
HOSTS = st.lists(
    st.sampled_from(["*", "127.0.0.1", "corp.example", ".corp.example", "10.0.0.0/8", "[::1]"]), max_size=3
)
PARTS = (
    "http://",
    "https://",
    "127.0.0.1",
    ":",
    "80",
    "@",
    "/",
    "\\",
    "#",
    "?",
    "evil.example",
    "localhost",
    "\t",
    "0",
)
WITH_ATTEMPTS = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
CLIENTS = """
import boto3
assert boto3.client("sts").get_caller_identity()["Account"] == "111122223333"
boto3.client("s3").list_buckets()
boto3.client("s3").create_bucket(Bucket="hostile-shell-bucket")
boto3.client("s3").put_object(Bucket="hostile-shell-bucket", Key="a", Body=b"b")
boto3.client("sagemaker").list_training_jobs()
boto3.client("cloudformation").list_stacks()
boto3.client("stepfunctions").list_state_machines()
"""


@pytest.fixture
def hostile(tmp_path: Path) -> Iterator[HostileShell]:
    with HostileShell(tmp_path / "home") as shell:
        yield shell


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, HostileShell]]:
    """What `serve`, started in a hostile shell, prints to be pasted into others."""
    with HostileShell(tmp_path_factory.mktemp("serving") / "home") as shell:
        process = subprocess.Popen(
            [sys.executable, "-m", "modelyard.rehearsal", "serve"],
            cwd=ROOT,
            env=shell.environment(os.environ),
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert process.stdout is not None
        with process.stdout:
            for line in process.stdout:
                if not line.strip():
                    break
            pasted = "".join(iter(process.stdout.readline, "\n"))
            yield pasted, shell
            os.killpg(process.pid, signal.SIGTERM)
            process.wait()
        assert shell.used == []


def evaluated(lines: str, *, by: str, environment: Mapping[str, str], folder: Path) -> dict[str, str]:
    """The environment of a real shell after it has evaluated some lines."""
    told = subprocess.run(
        [by, "-c", f"set -eu\n{lines}\nexec env -0"], cwd=folder, env=environment, capture_output=True, check=False
    )
    assert (told.returncode, told.stderr) == (0, b"")
    pairs = (os.fsdecode(pair).partition("=") for pair in told.stdout.split(b"\0") if pair)
    return {name: value for name, _, value in pairs}


def bypassed(environment: Mapping[str, str]) -> set[str]:
    assert environment["no_proxy"] == environment["NO_PROXY"]
    return set(environment["no_proxy"].split(","))


@pytest.mark.parametrize("shell", SHELLS)
@WITH_ATTEMPTS
@given(users=st.dictionaries(NAMES, VALUES, max_size=6), no_proxy=HOSTS, other_no_proxy=HOSTS)
def test_the_printed_lines_isolate_a_shell_as_our_own_processes_are_isolated(
    *,
    shell: str,
    users: dict[str, str],
    no_proxy: list[str],
    other_no_proxy: list[str],
    tmp_path: Path,
    attempts: Attempts,
) -> None:
    attempts.add()
    proxies = {"HTTP_PROXY": "http://proxy.corp.example:80", "no_proxy": ",".join(no_proxy)}
    before = {"PATH": os.environ["PATH"], **proxies, "NO_PROXY": ",".join(other_no_proxy), **users}
    lines = "\n".join(shell_lines(REACH.variables()))
    after = evaluated(lines, by=shell, environment=before, folder=tmp_path)
    ours = isolated(before) | REACH.variables()
    assert {name for name in after if OF_AWS.match(name)} == {name for name in ours if OF_AWS.match(name)}
    assert {name: after[name] for name in REACH.variables()} == REACH.variables()
    assert "CDK_ROLE_ARN" not in after
    assert after["HTTP_PROXY"] == before["HTTP_PROXY"]
    assert bypassed(after) == bypassed(ours)
    assert bypassed(after) == {"*"} or bypassed(after) >= {"127.0.0.1", *no_proxy, *other_no_proxy}
    again = evaluated(lines, by=shell, environment=after, folder=tmp_path)
    assert {name: again[name] for name in ours} == {name: after[name] for name in ours}
    assert list(tmp_path.iterdir()) == []


def test_a_region_is_quoted_for_the_shell(tmp_path: Path, attempts: Attempts) -> None:
    for region in ("$(touch canary)", "a b", "';touch canary;'", "`touch canary`", "a\ntouch canary"):
        attempts.add()
        lines = "\n".join(shell_lines(Connection(endpoint=REACH.endpoint, secret="secret", region=region).variables()))
        after = evaluated(lines, by="sh", environment={"PATH": os.environ["PATH"]}, folder=tmp_path)
        assert after["AWS_REGION"] == region
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(
    "command",
    [
        [sys.executable, "-c", CLIENTS],
        [sys.executable, "-m", "modelyard.rehearsal", "advance", "1s"],
        [sys.executable, "-m", "modelyard.operations", "status"],
        ["cdk", "bootstrap", "aws://111122223333/us-east-1", "--no-notices"],
    ],
    ids=["boto3", "advance", "yard", "cdk"],
)
def test_in_a_hostile_shell_the_printed_lines_lead_to_the_rehearsal(
    served: tuple[str, HostileShell], hostile: HostileShell, shell: str, command: list[str], attempts: Attempts
) -> None:
    environment = hostile.environment(os.environ) | {"CDK_DISABLE_CLI_TELEMETRY": "true", "PYTHONPATH": str(ROOT)}
    attempts.add(len(hostile.settings()) + len(hostile.endpoints()) + len(hostile.proxies()))
    words = [shell, "-c", f'{served[0]}\nexec "$@"', shell, *command]
    folder = ROOT if command[0] == sys.executable else hostile.folder
    told = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout + told.stderr
    assert hostile.used == []


@pytest.mark.parametrize("kind", ["settings", "proxies", "endpoints"])
def test_the_play_s_own_clients_know_nothing_of_the_shell(
    local_aws: SharedLocalAws, hostile: HostileShell, kind: str, monkeypatch: pytest.MonkeyPatch, attempts: Attempts
) -> None:
    kinds = {"settings": hostile.settings(), "proxies": hostile.proxies(), "endpoints": hostile.endpoints()}
    monkeypatch.setenv("HOME", str(hostile.folder))
    for name, value in kinds[kind].items():
        attempts.add()
        monkeypatch.setenv(name, value)
    assert local_aws.client("sts").get_caller_identity()["Account"] == local_aws.connection.account
    local_aws.client("s3").list_buckets()
    local_aws.client("sagemaker").list_models()
    local_aws.connection.flush()
    assert hostile.used == []


def test_no_single_variable_changes_the_play_s_own_clients(
    local_aws: SharedLocalAws, hostile: HostileShell, monkeypatch: pytest.MonkeyPatch, attempts: Attempts
) -> None:
    for name, value in hostile.settings().items():
        attempts.add()
        with monkeypatch.context() as one:
            one.setenv(name, value)
            assert local_aws.client("sts").get_caller_identity()["Account"] == local_aws.connection.account
    assert hostile.used == []


def test_yard_knows_nothing_of_a_shell_that_names_a_rehearsal_beside_all_else(
    local_aws: SharedLocalAws, hostile: HostileShell, attempts: Attempts
) -> None:
    connection = local_aws.connection
    named = {
        "AWS_ENDPOINT_URL": connection.endpoint,
        "AWS_ACCESS_KEY_ID": connection.account,
        "AWS_SECRET_ACCESS_KEY": connection.secret,
        "AWS_REGION": connection.region,
        "AWS_DEFAULT_REGION": connection.region,
    }
    environment = hostile.environment(os.environ) | named
    # It counts as one of the caller's: a rehearsal knows tokens, too.
    del environment["AWS_SESSION_TOKEN"]
    attempts.add(len(environment.keys() - os.environ.keys()))
    told = subprocess.run(
        [sys.executable, "-m", "modelyard.operations", "status", "churn"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (told.returncode, told.stderr) == (0, "")
    assert hostile.used == []


def test_on_the_way_to_aws_a_process_keeps_its_profile_and_its_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.corp.example")
    for endpoint in ("", "https://sts.us-east-1.amazonaws.com", "http://127.0.0.1.corp.example:80"):
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
        before = dict(os.environ)
        isolate_from_user()
        assert dict(os.environ) == before


def test_clients_are_made_where_they_are_isolated_and_nothing_is_opened_by_a_proxy() -> None:
    made, opened = set(), set()
    for file in sorted(path for place in ("operations", "rehearsal") for path in (ROOT / place).rglob("*.py")):
        calls = [node.func for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Call)]
        names = {call.attr if isinstance(call, ast.Attribute) else getattr(call, "id", "") for call in calls}
        # Of a library's module; a session of labelling is made by its bare name.
        qualified = {call.attr for call in calls if isinstance(call, ast.Attribute)}
        made |= {file.relative_to(ROOT).as_posix()} if "Session" in qualified else set()
        opened |= {file} if names & {"urlopen", "build_opener", "ProxyHandler", "ProxyManager"} else set()
    # The last makes one for the tests of others, in the environment of a connection and of nothing else.
    assert made == {"operations/aws.py", "rehearsal/clients.py", "rehearsal/pytest_plugin.py"}
    assert opened == set()


def test_the_hostile_shell_is_one(hostile: HostileShell) -> None:
    """Otherwise none of these tests could fail."""
    by_proxy = "import urllib.request; urllib.request.urlopen('http://127.0.0.1:9/')"
    by_profile = "import boto3; boto3.client('sts', region_name='us-east-1').get_caller_identity()"
    profile = {name: hostile.settings()[name] for name in ("AWS_PROFILE", "AWS_CONFIG_FILE")}
    for program, variables in ((by_proxy, hostile.proxies()), (by_profile, profile)):
        known = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        subprocess.run([sys.executable, "-c", program], env=known | variables, capture_output=True, check=False)
    assert hostile.used == ["GET http://127.0.0.1:9/ HTTP/1.1", USED]


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://127.0.0.1:80@evil.example",
        "http://127.0.0.1:80@evil.example:80",
        "http://user@127.0.0.1:80",
        "http://user:secret@127.0.0.1:80",
        "http://127.0.0.1",
        "http://127.0.0.1:",
        "http://127.0.0.1:0",
        "http://127.0.0.1:65536",
        "http://127.0.0.1:80/",
        "http://127.0.0.1:80/path",
        "http://127.0.0.1:80?a",
        "http://127.0.0.1:80#@evil.example",
        "http://127.0.0.1:80\\@evil.example",
        "http://127.0.0.1:80\n",
        " http://127.0.0.1:80",
        "http://127.0.0.1:\N{ARABIC-INDIC DIGIT EIGHT}0",
        "http://127.0.0.1.evil.example:80",
        "http://127.0.0.2:80",
        "http://2130706433:80",
        "http://0x7f.1:80",
        "http://0.0.0.0:80",
        "http://[::1]:80",
        "http://localhost:80",
        "http://localhost.evil.example:80",
        "https://127.0.0.1:80",
        "HTTP://127.0.0.1:80",
        "ftp://127.0.0.1:80",
        "//127.0.0.1:80",
        "127.0.0.1:80",
        "",
    ],
)
def test_an_endpoint_that_is_not_the_loopback_s_own_is_refused(endpoint: str, attempts: Attempts) -> None:
    attempts.add()
    with pytest.raises(RehearsalError, match=r"must stay on the loopback, at http://127\.0\.0\.1:PORT, got"):
        Connection(endpoint=endpoint, secret="secret", region="us-east-1")


@WITH_ATTEMPTS
@given(parts=st.lists(st.sampled_from(PARTS), max_size=8))
def test_what_counts_as_the_loopback_is_that_for_every_parser(*, parts: list[str], attempts: Attempts) -> None:
    attempts.add()
    url = "".join(parts)
    if is_loopback(url):
        parsed = urllib.parse.urlsplit(url)
        assert (parsed.scheme, parsed.hostname, parsed.username) == ("http", "127.0.0.1", None)
        assert url == f"http://127.0.0.1:{url.rpartition(':')[2]}"
        assert parsed.port is not None


def test_what_answers_at_the_loopback_cannot_send_a_rehearsal_s_caller_elsewhere(attempts: Attempts) -> None:
    elsewhere, statuses = Recorder(), [301, 302, 303, 307, 308]
    left = iter(statuses)

    class Redirecting(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.rfile.readline()
            head = f"HTTP/1.1 {next(left)} Moved\r\nLocation: {elsewhere.url}/\r\nContent-Length: 0\r\n\r\n"
            self.wfile.write(head.encode())

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Redirecting) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        connection = Connection(
            endpoint=f"http://127.0.0.1:{server.server_address[1]}", secret="secret", region="us-east-1"
        )
        for status in statuses:
            attempts.add()
            with pytest.raises(RehearsalError) as refused:
                connection.now()
            assert isinstance(refused.value.__cause__, urllib.error.HTTPError)
            assert refused.value.__cause__.code == status
        server.shutdown()
    elsewhere.close()
    assert elsewhere.heard == []
