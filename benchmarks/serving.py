"""How fast the churn endpoint answers, beside the same three functions called without a server in between.

`python benchmarks/serving.py` trains churn_xgboost, serves it as one instance, and prints for 1, 10 and 100
rows a request: requests a second over one kept-alive connection, the 50th and 95th percentile of their
latency, requests a second over four connections at once, and the ratio to the calls in this process. Client
and server share the machine.
"""

import argparse
import importlib.util
import os
import platform
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY))
SOURCE = REPOSITORY / "training_scripts" / "churn_xgboost"
ROWS = (1, 10, 100)
CONNECTIONS = 4
ROUNDS = 3

from modelyard.operations.datasets.churn import ChurnTable  # noqa: E402 - the repository is on the path only now
from modelyard.rehearsal.containers.servers import ModelServer, ServedModel  # noqa: E402
from modelyard.rehearsal.containers.training import TrainingSpec, run_training  # noqa: E402


@dataclass(frozen=True, kw_only=True, slots=True)
class Timing:
    """What many calls in a row took, in seconds each."""

    seconds: tuple[float, ...]

    @property
    def per_second(self) -> float:
        """Calls a second, on average."""
        return len(self.seconds) / sum(self.seconds)

    def percentile(self, percent: int) -> float:
        """Return the latency, in milliseconds, that so many of 100 calls stay under."""
        return 1000 * statistics.quantiles(self.seconds, n=100)[percent - 1]


class Connection:
    """A kept-alive connection that does as little as it can: the server is measured, and not its client."""

    def __init__(self, *, port: int, request: bytes) -> None:
        self._request = request
        self._port = port
        self._open()

    def fileno(self) -> int:
        """Return the socket's number, by which a selector watches it."""
        return self._socket.fileno()

    def begin(self) -> None:
        """Send the request."""
        self._socket.sendall(self._request)

    def finish(self) -> None:
        """Read the whole answer."""
        head, _, body = self._read(b"").partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200 "):
            raise RuntimeError(f"the endpoint must answer 200, got {head[:60]!r}")
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        while len(body) < length:
            body = self._read(body)
        if b"\r\nconnection: close" in head.lower():
            self.close()
            self._open()

    def send(self) -> None:
        """Send the request and read the whole answer."""
        self.begin()
        self.finish()

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def _open(self) -> None:
        self._socket = socket.create_connection(("127.0.0.1", self._port), timeout=30)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def _read(self, before: bytes) -> bytes:
        piece = self._socket.recv(65_536)
        if not piece:
            raise RuntimeError("the endpoint must answer, and it hung up")
        return before + piece


def measure(*, call: Callable[[], object], count: int) -> Timing:
    """Call `count` times after a tenth as many to warm up."""
    for _ in range(count // 10):
        call()
    marks = [time.perf_counter()]
    for _ in range(count):
        call()
        marks.append(time.perf_counter())
    return Timing(seconds=tuple(end - start for start, end in pairwise(marks)))


def in_process(*, script: ModuleType, model: Any, body: bytes, count: int) -> Timing:
    """Time the script's three functions."""

    def call() -> object:
        table = script.input_fn(body.decode(), "text/csv")
        return script.output_fn(script.predict_fn(table, model), "text/csv")

    return measure(call=call, count=count)


def served(*, port: int, body: bytes, count: int) -> Timing:
    """Time requests over one connection."""
    head = f"POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Type: text/csv\r\nContent-Length: {len(body)}"
    connection = Connection(port=port, request=f"{head}\r\nAccept: text/csv\r\n\r\n".encode() + body)
    timing = measure(call=connection.send, count=count)
    connection.close()
    return timing


def served_together(*, port: int, body: bytes, count: int) -> float:
    """Return requests a second over several connections at once."""
    started = time.perf_counter()
    with ThreadPoolExecutor(max_workers=CONNECTIONS) as pool:
        jobs = [pool.submit(served, port=port, body=body, count=count) for _ in range(CONNECTIONS)]
        calls = sum(len(job.result().seconds) * 11 // 10 for job in jobs)
    return calls / (time.perf_counter() - started)


@contextmanager
def endpoint(*, folder: Path) -> Iterator[tuple[ModelServer, ModuleType, Any]]:
    """Train and serve; yield the server, and the script with its model loaded here."""
    ChurnTable().write(folder=folder / "data")
    channels = {name: folder / "data" / name for name in ("train", "validation")}
    job = TrainingSpec(name="benchmark", source=SOURCE, program="train.py", channels=channels)
    archive = run_training(job=job, folder=folder / "run").model_archive
    if archive is None:
        raise RuntimeError("the benchmark's training job must complete, and it failed")
    model = ServedModel(archive=archive, source=SOURCE, program="train.py")
    with ModelServer(model=model, folder=folder / "server") as server:
        script = _load_script()
        yield server, script, script.model_fn(str(folder / "run/algo-1/model"))


def _load_script() -> ModuleType:
    sys.path.insert(0, str(SOURCE))
    spec = importlib.util.spec_from_file_location("train", SOURCE / "train.py")
    if spec is None or spec.loader is None:
        raise RuntimeError(f"{SOURCE} must hold train.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    return script


def report(*, folder: Path, count: int) -> None:
    """Measure and print one line for each number of rows: the medians of the rounds."""
    with endpoint(folder=folder) as (server, script, model):
        lines = (folder / "data/traffic/traffic.csv").read_text().splitlines()
        print("rows | in process/s | served/s | ratio | p50 ms | p95 ms | rows/s | 4 connections/s")
        for rows in ROWS:
            body = "\n".join(lines[:rows]).encode()
            direct = [in_process(script=script, model=model, body=body, count=count) for _ in range(ROUNDS)]
            single = [served(port=server.port, body=body, count=count) for _ in range(ROUNDS)]
            together = [served_together(port=server.port, body=body, count=count) for _ in range(ROUNDS)]
            _print_line(rows=rows, direct=direct, single=single, together=together)


def _print_line(*, rows: int, direct: list[Timing], single: list[Timing], together: list[float]) -> None:
    here = statistics.median(timing.per_second for timing in direct)
    there = statistics.median(timing.per_second for timing in single)
    p50, p95 = (statistics.median(timing.percentile(percent) for timing in single) for percent in (50, 95))
    speeds = f"{here:.0f} | {there:.0f} | {there / here:.2f}"
    print(f"{rows} | {speeds} | {p50:.2f} | {p95:.2f} | {there * rows:.0f} | {statistics.median(together):.0f}")


def main() -> int:
    """Print the table under a line that says when and where it was measured."""
    parser = argparse.ArgumentParser(description="Measure the churn endpoint.")
    parser.add_argument("--count", type=int, default=1000, help="requests a round (default 1000)")
    options = parser.parse_args()
    # As in the server: threads that spin while they wait would make the calls here slower than those there.
    os.environ["OMP_WAIT_POLICY"] = "PASSIVE"
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}, load {os.getloadavg()[0]:.1f}"
    print(f"{datetime.now(UTC):%Y-%m-%d}, {machine}")
    with tempfile.TemporaryDirectory() as folder:
        report(folder=Path(folder), count=options.count)
    return 0


if __name__ == "__main__":
    sys.exit(main())
