import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from modelyard.rehearsal.clock import Clock
from modelyard.rehearsal.sagemaker.jobs.invocations import InvocationFailed, Invoker
from modelyard.rehearsal.sagemaker.jobs.transform_requests import BatchSettings, batch_environment
from modelyard.rehearsal.sagemaker.transforming.records import Strategy


class Model(ThreadingHTTPServer):
    """A server whose answers are given beforehand; with none left it says nothing until it is released."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: list[tuple[int, bytes]] = []
        self.asked: list[str | None] = []
        self.released = threading.Event()


class Handler(BaseHTTPRequestHandler):
    server: Model

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked.append(self.headers.get("Accept"))
        if not self.server.answers:
            self.server.released.wait()
            return
        status, body = self.server.answers.pop(0)
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        self.send_error(404)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        return


@pytest.fixture
def model() -> Iterator[Model]:
    with Model() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.released.set()
        server.shutdown()
        thread.join()


@pytest.fixture
def clock() -> Iterator[Clock]:
    made = Clock()
    yield made
    made.close()


@pytest.fixture
def invoker(model: Model, clock: Clock) -> Callable[[int], Invoker]:
    def make(most_retries: int) -> Invoker:
        url = f"http://127.0.0.1:{model.server_address[1]}"
        return Invoker(urls=[url], clock=clock, accept="text/csv", most_retries=most_retries)

    return make


def test_an_answer_is_handed_on(model: Model, invoker: Callable[[int], Invoker]) -> None:
    model.answers = [(200, b"0.5")]
    assert invoker(0).invoke(b"1,2") == b"0.5"
    assert model.asked == ["text/csv"]


def test_a_server_that_fails_is_asked_again(model: Model, invoker: Callable[[int], Invoker]) -> None:
    model.answers = [(500, b""), (503, b""), (200, b"0.5")]
    assert invoker(2).invoke(b"") == b"0.5"


def test_a_server_that_keeps_failing_is_to_blame(model: Model, invoker: Callable[[int], Invoker]) -> None:
    model.answers = [(500, b"first"), (500, b"last")]
    with pytest.raises(InvocationFailed, match="AlgorithmError: 500") as failed:
        invoker(1).invoke(b"")
    assert failed.value.message == "last"


def test_what_is_refused_is_not_sent_again(model: Model, invoker: Callable[[int], Invoker]) -> None:
    model.answers = [(415, b"no csv"), (200, b"")]
    with pytest.raises(InvocationFailed, match="ClientError: 415"):
        invoker(3).invoke(b"")
    assert len(model.asked) == 1


def test_an_answer_that_does_not_come_is_given_up_when_the_clock_says_so(
    model: Model, clock: Clock, invoker: Callable[[int], Invoker]
) -> None:
    failures: list[InvocationFailed] = []

    def ask() -> None:
        with pytest.raises(InvocationFailed) as failed:
            invoker(0).invoke(b"")
        failures.append(failed.value)

    thread = threading.Thread(target=ask)
    thread.start()
    while not model.asked:
        thread.join(0.01)
    clock.advance(seconds=601)
    thread.join(10)
    assert [str(failure) for failure in failures] == ["AlgorithmError: Unable to get response from algorithm"]


def test_a_server_that_is_gone_is_to_blame(clock: Clock) -> None:
    with pytest.raises(InvocationFailed, match="Unable to get response from algorithm"):
        Invoker(urls=["http://127.0.0.1:9"], clock=clock, most_retries=0).invoke(b"")


def test_a_container_without_execution_parameters_says_nothing(invoker: Callable[[int], Invoker]) -> None:
    assert invoker(0).parameters() == {}


def test_a_container_that_is_gone_says_nothing(clock: Clock) -> None:
    assert Invoker(urls=["http://127.0.0.1:9"], clock=clock).parameters() == {}


CONTAINER = {"MaxConcurrentTransforms": 4, "MaxPayloadInMB": 2, "BatchStrategy": "SINGLE_RECORD"}


@pytest.mark.parametrize(
    ("request_", "container", "tempo"),
    [
        ({}, {}, BatchSettings(concurrent=1, megabytes=6, strategy=Strategy.MULTI)),
        ({}, CONTAINER, BatchSettings(concurrent=4, megabytes=2, strategy=Strategy.SINGLE)),
        ({"MaxConcurrentTransforms": 0}, CONTAINER, BatchSettings(concurrent=4, megabytes=2, strategy=Strategy.SINGLE)),
        (
            {"MaxConcurrentTransforms": 3, "MaxPayloadInMB": 0, "BatchStrategy": "MultiRecord"},
            CONTAINER,
            BatchSettings(concurrent=3, megabytes=0, strategy=Strategy.MULTI),
        ),
    ],
)
def test_the_request_outranks_the_container_and_that_the_defaults(
    request_: dict[str, object], container: dict[str, object], tempo: BatchSettings
) -> None:
    assert BatchSettings.of(request=request_, container=container) == tempo


def test_a_payload_of_0_is_a_whole_object() -> None:
    assert BatchSettings(concurrent=1, megabytes=0, strategy=Strategy.MULTI).most_bytes == 100 * 1024**2


@pytest.mark.parametrize(
    ("request_", "told"),
    [
        ({}, {}),
        (
            {"MaxConcurrentTransforms": 3, "MaxPayloadInMB": 0, "BatchStrategy": "SingleRecord"},
            {
                "SAGEMAKER_MAX_CONCURRENT_TRANSFORMS": "3",
                "SAGEMAKER_MAX_PAYLOAD_IN_MB": "0",
                "SAGEMAKER_BATCH_STRATEGY": "SINGLE_RECORD",
            },
        ),
    ],
)
def test_a_container_is_told_of_a_batch_only_what_the_request_says(
    request_: dict[str, object], told: dict[str, str]
) -> None:
    assert batch_environment(request_) == {"SAGEMAKER_BATCH": "true"} | told
