"""What goes wrong around a command: each ends with 1 and one sentence, over real HTTP."""

import gzip
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from modelyard.operations.aws import Aws
from modelyard.operations.cli.main import main
from support.local_aws import SharedLocalAws
from support.projects import make_project
from support.synth import ROOT
from support.yard import Yard

ERROR = (
    '<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>{code}</Code>'
    "<Message>{code}.</Message></Error><RequestId>7a62c49f</RequestId></ErrorResponse>"
)
IDENTITY = (
    '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>'
    "<Arn>arn:aws:iam::111122223333:root</Arn><UserId>1</UserId><Account>111122223333</Account>"
    "</GetCallerIdentityResult></GetCallerIdentityResponse>"
)
FAILING = {
    "Resources": {
        "Bucket": {"Type": "AWS::S3::Bucket"},
        "Model": {"Type": "AWS::SageMaker::Endpoint", "Properties": {"EndpointConfigName": "there-is-none"}},
    }
}

Refusing = Callable[..., str]


class Sentence:
    """What a command wrote to the standard error, which is all that it wrote."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def of(self, *arguments: str) -> str:
        assert main(arguments) == 1
        said = self._capsys.readouterr()
        assert said.out == ""
        assert said.err.count("\n") == 1
        return said.err.rstrip("\n")


@pytest.fixture
def sentence(
    local_aws: SharedLocalAws, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Sentence:
    for name, value in local_aws.connection.variables().items():
        monkeypatch.setenv(name, value)
    return Sentence(capsys)


@pytest.fixture
def refusing(monkeypatch: pytest.MonkeyPatch) -> Iterator[Refusing]:
    """A server that refuses so many calls with an error, and then answers; the environment points to it."""
    servers: list[ThreadingHTTPServer] = []

    def start(*, code: str, times: int, status: int = 400) -> str:
        left = [None] * times

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                refused = bool(left)
                left[:1] = []
                body = (ERROR.format(code=code) if refused else IDENTITY).encode()
                self.send_response(status if refused else 200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name that it overrides
                """Keep the test's output clean."""

        servers.append(ThreadingHTTPServer(("127.0.0.1", 0), Handler))
        threading.Thread(target=servers[-1].serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{servers[-1].server_address[1]}"
        monkeypatch.setenv("AWS_ENDPOINT_URL", address)
        return address

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("arguments", [["invoke", "churn", "README.md"], ["leaderboard", "churn"], ["drift", "churn"]])
def test_a_model_that_was_never_deployed_is_missed_where_it_was_looked_for(
    sentence: Sentence, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    monkeypatch.chdir(ROOT)
    assert " is not deployed in 111122223333, us-east-1; " in sentence.of(*arguments, "--stage", "prod")


def test_another_region_is_named_as_the_one_that_was_looked_in(sentence: Sentence) -> None:
    said = sentence.of("leaderboard", "churn", "--region", "eu-west-3")
    assert said == (
        "dev-foundation is not deployed in 111122223333, eu-west-3; check --region and --stage, or: "
        "cdk deploy dev-foundation"
    )


@pytest.fixture
def half(local_aws: SharedLocalAws, tmp_path: Path) -> tuple[str, ...]:
    """The options for a stage of its own whose foundation could not be made."""
    text, stage = (ROOT / "models/churn.toml").read_text(), local_aws.name("half").replace("-", "")
    project = make_project(tmp_path / "project", stage=stage, manifests={"churn": text})
    cloudformation = local_aws.client("cloudformation")
    cloudformation.create_stack(StackName=f"{stage}-foundation", TemplateBody=json.dumps(FAILING))
    with pytest.raises(Exception, match="Waiter StackCreateComplete failed"):
        cloudformation.get_waiter("stack_create_complete").wait(
            StackName=f"{stage}-foundation", WaiterConfig={"Delay": 1, "MaxAttempts": 30}
        )
    return "--models", str(project / "models"), "--stage", stage


def test_a_stack_that_was_rolled_back_is_not_relied_on(sentence: Sentence, half: tuple[str, ...]) -> None:
    said, name = sentence.of("leaderboard", "churn", *half), f"{half[-1]}-foundation"
    assert said.startswith(f"The stack {name} is not whole: ROLLBACK_COMPLETE")
    assert said.endswith(f"; repair it: cdk deploy {name}")


def test_the_status_of_a_model_half_deployed_says_which_stack_is_not_whole(yard: Yard, half: tuple[str, ...]) -> None:
    said = yard("status", "churn", *half, "--json")
    stacks = said.document["stacks"]
    assert said.code == 0
    assert stacks["foundation"].startswith("ROLLBACK_COMPLETE")
    assert {stacks[part] for part in ("training", "batch", "serving", "monitoring")} == {"not deployed"}
    assert (said.document["endpoint"], said.document["last_run"], said.document["alarms"]) == (None, None, {})


def test_one_file_of_records_is_not_for_every_model(sentence: Sentence) -> None:
    assert sentence.of("verify", "--data", "rows.csv") == (
        "--data must be left out without MODEL, got rows.csv: each model has records of its own"
    )


def test_without_credentials_it_says_how_to_get_some(sentence: Sentence, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    assert sentence.of("leaderboard", "churn") == (
        "There are no AWS credentials; set AWS_PROFILE, or run aws configure"
    )


def test_without_a_region_it_says_how_to_choose_one(sentence: Sentence, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_REGION")
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    assert sentence.of("leaderboard", "churn") == "No AWS region is chosen; give --region, or set AWS_REGION"


def test_unknown_credentials_are_told_with_the_request(sentence: Sentence, refusing: Refusing) -> None:
    refusing(code="InvalidClientTokenId", times=100)
    assert sentence.of("leaderboard", "churn") == (
        "AWS does not know these credentials (InvalidClientTokenId at DescribeStacks); check AWS_PROFILE or the keys "
        "[request 7a62c49f]"
    )


def test_an_expired_token_says_to_sign_in_again(sentence: Sentence, refusing: Refusing) -> None:
    refusing(code="ExpiredToken", times=100)
    assert sentence.of("leaderboard", "churn") == (
        "The credentials have expired at DescribeStacks; sign in again (aws sso login, or new keys) and repeat the "
        "command, what was begun goes on in AWS [request 7a62c49f]"
    )


def test_throttled_calls_are_tried_again(sentence: Sentence, refusing: Refusing) -> None:
    refusing(code="Throttling", times=2)
    assert Aws().account == "111122223333"


def test_an_answer_that_breaks_off_is_tried_again(sentence: Sentence, refusing: Refusing) -> None:
    refusing(code="InternalFailure", times=2, status=500)
    assert Aws().account == "111122223333"


def test_an_address_where_nobody_answers_says_to_check_region_and_network(
    sentence: Sentence, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setattr("modelyard.operations.aws.MOST_ATTEMPTS", 1)
    assert sentence.of("leaderboard", "churn").endswith("check the region and the network")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name = \n", "the file must be TOML that can be read"),
        ('name = "churn"\n[serving]\n', "serving.variants must be"),
        ('name = "other"\n', 'name must be that of its file (churn), got "other"'),
    ],
)
def test_a_manifest_edited_into_nonsense_is_refused_as_at_synth(
    sentence: Sentence, tmp_path: Path, text: str, said: str
) -> None:
    (tmp_path / "churn.toml").write_text(text)
    assert said in sentence.of("status", "churn", "--models", str(tmp_path))


def test_an_unknown_model_is_refused_with_the_nearest(sentence: Sentence) -> None:
    assert sentence.of("status", "chrun").startswith("model must be one of churn, churn_forest, mnist_tf, mnist_torch")


def test_an_unknown_stage_is_refused_with_those_there_are(sentence: Sentence) -> None:
    assert sentence.of("status", "churn", "--stage", "test").startswith('stage must be one of dev, prod, got "test"')


def test_a_compressed_file_to_score_is_refused_before_anything_starts(sentence: Sentence, tmp_path: Path) -> None:
    (tmp_path / "rows.csv.gz").write_bytes(gzip.compress(b"1,2\n"))
    said = sentence.of("transform", "churn", str(tmp_path / "rows.csv.gz"))
    assert said.startswith(f"{tmp_path / 'rows.csv.gz'} must not be compressed, got gzip")


@pytest.mark.parametrize(("name", "content"), [("none.csv", None), ("empty.csv", "")])
def test_a_file_to_score_that_holds_nothing_is_refused_before_anything_starts(
    sentence: Sentence, tmp_path: Path, name: str, content: str | None
) -> None:
    if content is not None:
        (tmp_path / name).write_text(content)
    assert sentence.of("transform", "churn", str(tmp_path / name)).startswith(f"{tmp_path / name} must ")
