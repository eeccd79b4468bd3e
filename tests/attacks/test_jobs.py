"""Processes that want to outlive their job, their guard or the whole local AWS."""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent, indent

import pytest

from modelyard.rehearsal.containers.processes import ContainerProcess
from modelyard.rehearsal.sagemaker.jobs.processing_api import ProcessingApi
from modelyard.rehearsal.session import Rehearsal
from support import processes
from support.attempts import Attempts
from support.endpoints import Endpoints, variant
from support.jobs import JobRequests
from support.local_aws import SharedLocalAws
from support.own_platform import own_platform

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has subreapers")
PATIENCE_SECONDS = 60.0
# What every kind begins with: `stay` tells its process by a file, and never comes back.
BASE = """
import os, signal, sys, time
PLACE = {place!r}
def tell():
    open(os.path.join(PLACE, str(os.getpid())), "w").close()
def stay():
    tell()
    while True:
        time.sleep(600)
def forked(then):
    if os.fork() == 0:
        then()
def deaf():
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
"""
KINDS = {
    "a child": "forked(stay)",
    "a session of its own": "forked(lambda: (os.setsid(), stay()))",
    "a process group of its own": "forked(lambda: (os.setpgid(0, 0), stay()))",
    "a daemon": "forked(lambda: (os.setsid(), forked(stay), os._exit(0)))",
    "a deaf daemon": "forked(lambda: (os.setsid(), deaf(), forked(stay), os._exit(0)))",
    "a stopped daemon": """
        forked(lambda: (os.setsid(), tell(), os.kill(os.getpid(), signal.SIGSTOP), stay()))
    """,
    "four generations": """
        def generation(left):
            os.setsid()
            if left:
                forked(lambda: generation(left - 1))
            stay()
        forked(lambda: generation(3))
    """,
    "one that forks in a loop": """
        def loop():
            tell()
            while True:
                if os.fork():
                    os._exit(0)
                os.setsid()
        forked(loop)
    """,
    "without an environment": """
        code = f"import os, time; open(os.path.join({PLACE!r}, str(os.getpid())), 'w').close(); time.sleep(600)"
        forked(lambda: (os.setsid(), os.execve(sys.executable, ["python", "-I", "-S", "-c", code], {})))
    """,
}
# How the script itself goes on, once what it has detached is there.
CODAS = {
    "stays": "stay()",
    "exits": "sys.exit(0)",
    "fails": "sys.exit(3)",
    "kills itself": "os.kill(os.getpid(), signal.SIGKILL)",
    "kills its guard": "os.kill(os.getppid(), signal.SIGKILL); stay()",
    "kills the outer guard": """
        guard = int(open(f"/proc/{os.getppid()}/stat").read().rpartition(")")[2].split()[1])
        os.kill(guard, signal.SIGKILL)
        stay()
    """,
    "stops its guards": """
        guard = os.getppid()
        outer = int(open(f"/proc/{guard}/stat").read().rpartition(")")[2].split()[1])
        os.kill(guard, signal.SIGSTOP)
        os.kill(outer, signal.SIGSTOP)
        print("stopped", flush=True)
        stay()
    """,
}
AWAITED = """
while not os.listdir(PLACE):
    time.sleep(0.01)
"""


def script(*, kind: str, coda: str, place: Path) -> str:
    """A script that detaches a process, waits until that is there, and goes on."""
    return "\n".join([BASE.format(place=str(place)), dedent(KINDS[kind]), AWAITED, dedent(CODAS[coda])])


def until(holds: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline, "it did not come true"
        time.sleep(0.01)


@dataclass(frozen=True, kw_only=True)
class Place:
    """A folder in which detached processes tell of themselves, and that the command of each names."""

    folder: Path

    def left(self) -> list[str]:
        """Return what still runs: by its command and environment, or by the number that it told."""
        return processes.naming(self.folder) + [file.name for file in self.folder.iterdir() if _runs(int(file.name))]


def _runs(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] not in ("Z", "X")


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Where the processes of a test tell that they are there."""
    folder = tmp_path / "told"
    folder.mkdir()
    return Place(folder=folder)


def started(*, kind: str, coda: str, place: Place, on_line: Callable[[str], None] = lambda _: None) -> ContainerProcess:
    """Start a hostile script as jobs, servers and the play's commands are started."""
    return ContainerProcess(
        command=[sys.executable, "-c", script(kind=kind, coda=coda, place=place.folder)],
        environment={"PATH": os.defpath},
        folder=place.folder.parent,
        on_line=lambda _stream, line: on_line(line),
        root=place.folder.parent,
    )


@pytest.mark.parametrize("coda", ["exits", "fails", "kills itself", "kills its guard", "kills the outer guard"])
@pytest.mark.parametrize("kind", KINDS)
def test_nothing_of_a_script_outlives_its_end(kind: str, coda: str, place: Place, attempts: Attempts) -> None:
    process = started(kind=kind, coda=coda, place=place)
    attempts.add()

    assert process.wait(timeout=PATIENCE_SECONDS) is not None

    until(lambda: not place.left())


@pytest.mark.parametrize("end", [ContainerProcess.kill, lambda process: process.stop(grace=0.1)], ids=["kill", "stop"])
@pytest.mark.parametrize("kind", KINDS)
def test_nothing_of_a_script_outlives_its_owners_word(
    kind: str, end: Callable[[ContainerProcess], None], place: Place, attempts: Attempts
) -> None:
    process = started(kind=kind, coda="stays", place=place)
    until(lambda: list(place.folder.iterdir()))
    attempts.add()

    end(process)

    until(lambda: not place.left())


@pytest.mark.parametrize("kind", KINDS)
def test_a_script_that_stops_its_guards_is_killed_all_the_same(kind: str, place: Place, attempts: Attempts) -> None:
    said = threading.Event()
    process = started(kind=kind, coda="stops its guards", place=place, on_line=lambda _: said.set())
    assert said.wait(PATIENCE_SECONDS)
    attempts.add()

    process.kill()

    until(lambda: not place.left())


def test_what_a_script_left_does_not_keep_its_end_waiting(place: Place) -> None:
    process = started(kind="a deaf daemon", coda="exits", place=place)

    assert process.wait(timeout=PATIENCE_SECONDS) == 0


def test_a_script_that_daemonized_may_use_what_it_started(place: Place) -> None:
    """Only the end of the script ends what it has detached."""
    process = started(kind="a daemon", coda="stays", place=place)
    until(lambda: len(list(place.folder.iterdir())) == 2)
    daemon = [int(file.name) for file in place.folder.iterdir()]

    assert all(map(_runs, daemon))

    process.kill()


@pytest.fixture
def rehearsal() -> Rehearsal:
    """A rehearsal of a test's own, to be harmed."""
    return Rehearsal()


def guards_of(rehearsal: Rehearsal) -> list[int]:
    """The guards of a local AWS, the outer one first."""
    return sorted(processes.pids("guard.py", "modelyard.rehearsal.cloud", str(rehearsal.folder)))


@pytest.mark.parametrize("which", [0, 1], ids=["outer", "inner"])
@pytest.mark.parametrize("kind", ["a session of its own", "a deaf daemon"])
def test_the_local_aws_and_its_jobs_end_when_a_guard_of_it_is_killed(
    rehearsal: Rehearsal, place: Place, kind: str, which: int, attempts: Attempts
) -> None:
    with rehearsal:
        job_requests = own_job_requests(rehearsal)
        job_requests.sagemaker.create_training_job(
            **job_requests.training(script(kind=kind, coda="stays", place=place.folder))
        )
        until(lambda: len(list(place.folder.iterdir())) >= 2)
        attempts.add()

        os.kill(guards_of(rehearsal)[which], signal.SIGKILL)

        until(lambda: not place.left())
        until(lambda: not processes.naming(rehearsal.folder))
        until(lambda: not rehearsal.running)
        assert not processes.answers(rehearsal.connection.endpoint)
    assert not rehearsal.folder.exists()


def test_a_job_that_kills_both_of_its_guards_ends_with_the_rehearsal(rehearsal: Rehearsal, place: Place) -> None:
    kills = CODAS["kills the outer guard"].replace("stay()", "os.kill(os.getppid(), signal.SIGKILL); stay()")
    with rehearsal:
        job_requests = own_job_requests(rehearsal)
        body = "\n".join([BASE.format(place=str(place.folder)), KINDS["a deaf daemon"], AWAITED, dedent(kills)])
        job_requests.train(job_requests.training(body))
    until(lambda: not place.left())


def own_job_requests(rehearsal: Rehearsal) -> JobRequests:
    """A place for jobs on a rehearsal of a test's own."""
    job_requests = JobRequests(local_aws=SharedLocalAws(connection=rehearsal.connection), bucket="jobs")
    job_requests.local_aws.client("s3").create_bucket(Bucket="jobs")
    return job_requests


@pytest.fixture
def job_requests(local_aws: SharedLocalAws) -> JobRequests:
    """A place for jobs on the shared rehearsal, with a bucket of its own."""
    return JobRequests(local_aws=local_aws, bucket=local_aws.bucket())


@pytest.mark.parametrize("coda", ["exits", "fails", "kills its guard"])
@pytest.mark.parametrize("kind", ["a session of its own", "a deaf daemon", "one that forks in a loop"])
def test_nothing_of_a_training_job_outlives_it(
    kind: str, coda: str, job_requests: JobRequests, place: Place, attempts: Attempts
) -> None:
    attempts.add()

    request = job_requests.training(script(kind=kind, coda=coda, place=place.folder))

    ended = job_requests.train({**request, "Environment": {"PLACE": str(place.folder)}})

    assert ended["TrainingJobStatus"] == ("Completed" if coda == "exits" else "Failed")
    until(lambda: not place.left())


@pytest.mark.parametrize("kind", ["a session of its own", "a deaf daemon"])
def test_nothing_of_a_stopped_training_job_outlives_it(
    kind: str, job_requests: JobRequests, place: Place, attempts: Attempts
) -> None:
    request = job_requests.training(script(kind=kind, coda="stays", place=place.folder))
    job_requests.sagemaker.create_training_job(**request)
    until(lambda: len(list(place.folder.iterdir())) >= 2)
    attempts.add()

    job_requests.sagemaker.stop_training_job(TrainingJobName=request["TrainingJobName"])

    assert job_requests.trained(request["TrainingJobName"])["TrainingJobStatus"] == "Stopped"
    until(lambda: not place.left())


@pytest.mark.parametrize("kind", ["a session of its own", "a deaf daemon"])
def test_nothing_of_a_processing_job_outlives_it(
    kind: str, job_requests: JobRequests, place: Place, attempts: Attempts
) -> None:
    attempts.add()

    ended = job_requests.process(job_requests.processing(script(kind=kind, coda="exits", place=place.folder)))

    assert ended["ProcessingJobStatus"] == "Completed"
    until(lambda: not place.left())


@pytest.mark.parametrize("kind", ["a session of its own", "a deaf daemon"])
def test_nothing_of_a_server_outlives_its_endpoint(
    kind: str, local_aws: SharedLocalAws, place: Place, attempts: Attempts
) -> None:
    host = Endpoints(aws=local_aws, bucket=local_aws.bucket(), role=local_aws.role())
    loads = "\n".join([BASE.format(place=str(place.folder)), dedent(KINDS[kind])])
    program = f"{loads}\ndef model_fn(model_dir):\n{indent(dedent(AWAITED), '    ')}\n    return 1\n"
    name = host.endpoint(host.config(variant(host.model(program=program))))
    attempts.add()

    local_aws.client("sagemaker").delete_endpoint(EndpointName=name)

    until(lambda: not place.left())


LEFT_BEHIND: Mapping[str, str] = {
    "a pipe": "os.mkfifo(path)",
    "a link to a device": "os.symlink('/dev/zero', path)",
    "a link to nothing": "os.symlink('/nowhere/at/all', path)",
    "a folder": "os.mkdir(path)",
    "a file of a terabyte": "open(path, 'w').truncate(10**12)",
    "bytes that are no text": "open(path, 'wb').write(bytes(range(256)) * 1000)",
}


@pytest.mark.parametrize("what", LEFT_BEHIND)
def test_no_failure_file_holds_up_the_end_of_a_job(what: str, job_requests: JobRequests, attempts: Attempts) -> None:
    attempts.add()
    path = "os.path.join(os.environ['SM_OUTPUT_DIR'], 'failure')"
    body = f"import os, sys\npath = {path}\n{LEFT_BEHIND[what]}\nsys.exit(1)\n"

    ended = job_requests.train(job_requests.training(body))

    assert ended["TrainingJobStatus"] == "Failed"
    assert ended["FailureReason"].startswith("AlgorithmError: ")
    assert len(ended["FailureReason"]) <= 1024


@pytest.mark.parametrize("what", LEFT_BEHIND)
def test_no_exit_message_holds_up_the_end_of_a_processing_job(
    what: str, job_requests: JobRequests, attempts: Attempts
) -> None:
    attempts.add()
    body = f"import os\npath = os.path.join(os.environ['TMPDIR'], '..', 'output', 'message')\n{LEFT_BEHIND[what]}\n"

    ended = job_requests.process(job_requests.processing(body))

    assert "InternalServerError" not in ended.get("FailureReason", "")
    assert len(ended.get("ExitMessage", "")) <= 1024


@pytest.mark.parametrize("what", [*LEFT_BEHIND, "no JSON", "another document", "no date"])
def test_metrics_that_are_none_fail_a_schedule_s_job_with_a_sentence(
    what: str, job_requests: JobRequests, tmp_path: Path, attempts: Attempts
) -> None:
    attempts.add()
    written = {"no JSON": "{", "another document": "[1]", "no date": '{"MetricName": "a", "Timestamp": 7}'}
    action = LEFT_BEHIND.get(what, f"open(path, 'w').write({written.get(what, '')!r})")
    folder = "os.path.join(os.environ['TMPDIR'], '..', 'output', 'metrics', 'cloudwatch')"
    body = f"import os\nos.makedirs({folder})\npath = os.path.join({folder}, 'a.jsonl')\n{action}\n"
    request = job_requests.processing(body)

    with own_platform(job_requests, folder=tmp_path) as platform:
        jobs = ProcessingApi(platform=platform)
        jobs.launch(request, schedule_arn="arn:aws:sagemaker:us-east-1:111122223333:monitoring-schedule/hourly")
        assert jobs.wait(request["ProcessingJobName"], timeout=60)
        ended = jobs.describe_processing_job(request)

    assert ended["ProcessingJobStatus"] == "Failed"
    assert "InternalServerError" not in ended["FailureReason"]


@pytest.mark.parametrize(
    ("environment", "said"),
    [({"A": "x" * 200_000}, "Argument list too long"), ({f"A{n}": "x" * 100_000 for n in range(30)}, "too long")],
    ids=["one", "many"],
)
def test_more_variables_than_the_system_takes_are_a_sentence(
    environment: dict[str, str], said: str, tmp_path: Path, attempts: Attempts
) -> None:
    from modelyard.rehearsal.containers.training import TrainingSpec, run_training

    attempts.add()
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "train.py").write_text("")
    job = TrainingSpec(name="job", channels={}, source=tmp_path / "source", program="train.py", environment=environment)

    reason = run_training(job=job, folder=tmp_path / "run").failure_reason

    assert reason is not None
    assert reason.startswith("ClientError: the script cannot be started: ")
    assert said in reason
