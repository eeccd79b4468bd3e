import os
import signal
import subprocess
import sys
import tarfile
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

import pytest

from modelyard.rehearsal.containers import opt_ml
from modelyard.rehearsal.containers.archives import pack
from modelyard.rehearsal.containers.libraries import LIBRARIES
from modelyard.rehearsal.containers.networks import Network
from modelyard.rehearsal.containers.training import TrainingRun, TrainingSpec, run_training
from modelyard.rehearsal.containers.training_results import (
    MetricDefinition,
    TrainingResult,
    TrainingStatus,
)
from modelyard.shared.container_families import HUGGINGFACE, PYTORCH, SKLEARN, TENSORFLOW, XGBOOST, ContainerFamily
from support.wheels import write_wheel

REPOSITORY = Path(__file__).parents[3]
LOSS = MetricDefinition(name="loss", regex=r"loss=(\S+);")
RunScript = Callable[..., TrainingResult]
JobOf = Callable[..., TrainingSpec]
SAVE = """
    import os, pathlib
    pathlib.Path(os.environ["SM_MODEL_DIR"], "weights").write_text("3")
"""
# Starts a process of its own, tells both numbers, and never ends by itself.
HANG = """
    import os, subprocess, sys, time
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    print("pids", os.getpid(), child.pid, flush=True)
    time.sleep(600)
"""


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # A zombie that its parent has not waited for is dead all the same.
    return not Path(f"/proc/{pid}/stat").exists() or " Z " not in Path(f"/proc/{pid}/stat").read_text()


def wait_until(condition: Callable[[], bool], *, seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition()


class Hanging:
    """A job that hangs, and the numbers of its processes."""

    def __init__(self, *, job: TrainingSpec, folder: Path) -> None:
        self.pids: list[int] = []
        self._told = threading.Event()
        self.run = TrainingRun(job=job, folder=folder, on_line=self._remember)
        assert self._told.wait(20)

    def _remember(self, _host: str, line: str) -> None:
        self.pids = [int(word) for word in line.split()[1:]]
        self._told.set()


def test_a_script_that_exits_with_0_completes(run_script: RunScript) -> None:
    assert run_script(SAVE).status == TrainingStatus.COMPLETED


def test_a_completed_job_has_no_failure_reason(run_script: RunScript) -> None:
    assert run_script(SAVE).failure_reason is None


def test_the_model_folder_is_packed(run_script: RunScript) -> None:
    archive = run_script(SAVE).model_archive

    assert archive is not None
    with tarfile.open(archive) as tar:
        assert tar.getnames() == ["weights"]


def test_output_data_is_packed_when_there_is_any(run_script: RunScript) -> None:
    script = 'import os, pathlib; pathlib.Path(os.environ["SM_OUTPUT_DATA_DIR"], "plot").write_text("x")'

    assert run_script(script).output_archive is not None


def test_no_output_archive_is_made_of_nothing(run_script: RunScript) -> None:
    assert run_script(SAVE).output_archive is None


def test_metrics_are_scraped_in_the_order_in_which_they_are_printed(run_script: RunScript) -> None:
    result = run_script('print("loss=3;"); print("other"); print("loss=2;")', metrics=[LOSS])

    assert [(metric.name, metric.value) for metric in result.metrics] == [("loss", 3.0), ("loss", 2.0)]


def test_the_final_metric_is_the_last_one(run_script: RunScript) -> None:
    assert run_script('print("loss=3;"); print("loss=2;")', metrics=[LOSS]).final_metrics == {"loss": 2.0}


def test_metrics_on_standard_error_count(run_script: RunScript) -> None:
    result = run_script('import sys; print("loss=1;", file=sys.stderr)', metrics=[LOSS])

    assert result.final_metrics == {"loss": 1.0}


def test_a_metric_is_seen_while_the_script_still_runs(job_of: JobOf, tmp_path: Path) -> None:
    job = job_of('import time; print("loss=1;"); time.sleep(600)', metrics=[LOSS])
    run = TrainingRun(job=job, folder=tmp_path / "run")

    seen = wait_until(lambda: len(run.metrics) == 1)

    run.stop()
    run.wait()
    assert seen


def test_a_metric_is_told_with_the_clock_that_was_given(job_of: JobOf, tmp_path: Path) -> None:
    moment = datetime(2030, 1, 1, tzinfo=UTC)

    job = job_of('print("loss=1;")', metrics=[LOSS])
    result = TrainingRun(job=job, folder=tmp_path / "run", clock=lambda: moment).wait()

    assert [metric.timestamp for metric in result.metrics] == [moment]


def test_what_a_line_handler_raises_is_raised_by_wait(job_of: JobOf, tmp_path: Path) -> None:
    def fail(_host: str, _line: str) -> None:
        raise RuntimeError("the log is full")

    run = TrainingRun(job=job_of('print("x")'), folder=tmp_path / "run", on_line=fail)

    with pytest.raises(RuntimeError, match="the log is full"):
        run.wait()


def test_a_script_that_exits_otherwise_fails(run_script: RunScript) -> None:
    assert run_script("raise SystemExit(3)").status == TrainingStatus.FAILED


def test_a_failed_job_has_no_model(run_script: RunScript) -> None:
    assert run_script(SAVE + "\n    raise SystemExit(3)").model_archive is None


def test_the_failure_reason_names_the_exception_the_command_and_the_exit_code(run_script: RunScript) -> None:
    reason = run_script('raise ValueError("no such column")', hyperparameters={"epochs": "2"}).failure_reason

    assert reason == (
        'AlgorithmError: ExecuteUserScriptError:\nExitCode 1\nErrorMessage "raise ValueError("no such column")\n '
        'ValueError: no such column"\n'
        f'Command "{sys.executable} train.py --epochs 2", exit code: 1'
    )


def test_a_failure_file_that_the_script_wrote_is_the_reason(run_script: RunScript) -> None:
    script = """
        import os, pathlib
        pathlib.Path(os.environ["SM_OUTPUT_DIR"], "failure").write_text("the data is stale")
        raise SystemExit(4)
    """

    assert run_script(script).failure_reason == "AlgorithmError: the data is stale, exit code: 1"


def test_a_failure_file_is_overwritten_by_the_container_of_xgboost(job_of: JobOf, tmp_path: Path) -> None:
    script = """
        import os, pathlib
        pathlib.Path(os.environ["SM_OUTPUT_DIR"], "failure").write_text("the data is stale")
        raise SystemExit(4)
    """

    result = TrainingRun(job=replace(job_of(script), family=XGBOOST), folder=tmp_path / "run").wait()

    command = f'ExecuteUserScriptError:\nCommand "{sys.executable} -m train"'
    assert result.failure_reason == f"AlgorithmError: {command}, exit code: 1"


def test_a_container_leaves_with_1_whatever_its_script_left_with(run_script: RunScript) -> None:
    reason = run_script("import os; os.kill(os.getpid(), 9)").failure_reason

    assert reason is not None
    assert "ExitCode 137" in reason
    assert reason.endswith(", exit code: 1")


def test_a_line_without_end_does_not_stop_a_job(run_script: RunScript) -> None:
    result = run_script('print("x" * 300_000, end=""); print(); print("loss=1;")', metrics=[LOSS])

    assert result.final_metrics == {"loss": 1.0}


def test_bytes_that_are_no_text_do_not_stop_a_job(run_script: RunScript) -> None:
    script = r'import os; os.write(1, b"\xff\xfe\x00garbage\n"); os.write(1, b"loss=1;\n")'

    assert run_script(script, metrics=[LOSS]).final_metrics == {"loss": 1.0}


def test_a_job_that_takes_too_long_is_stopped(run_script: RunScript) -> None:
    result = run_script("import time; time.sleep(600)", max_runtime_seconds=0.5)

    assert (result.status, result.secondary_status) == (TrainingStatus.STOPPED, "MaxRuntimeExceeded")


# Saves half of a model at once, and would save a whole one if it were told to end.
SAVE_HALF = """
    import os, pathlib, signal, sys, time
    def save(*_):
        pathlib.Path(os.environ["SM_MODEL_DIR"], "rescued").write_text("x")
        sys.exit(0)
    signal.signal(signal.SIGTERM, save)
    pathlib.Path(os.environ["SM_MODEL_DIR"], "half").write_text("x")
    time.sleep(600)
"""


def test_a_job_out_of_time_keeps_what_it_has_saved_and_its_script_is_not_told(run_script: RunScript) -> None:
    archive = run_script(SAVE_HALF, max_runtime_seconds=1, stop_grace_seconds=0.5).model_archive

    assert archive is not None
    with tarfile.open(archive) as tar:
        assert tar.getnames() == ["half"]


def test_a_script_that_does_not_heed_sigterm_is_killed_after_its_grace(run_script: RunScript) -> None:
    script = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"

    result = run_script(script, max_runtime_seconds=0.7, stop_grace_seconds=0.3)

    assert result.training_seconds < 10


def test_a_job_that_is_stopped_leaves_no_process(job_of: JobOf, tmp_path: Path) -> None:
    hanging = Hanging(job=job_of(HANG), folder=tmp_path / "run")

    hanging.run.stop()
    hanging.run.wait()

    assert [alive(pid) for pid in hanging.pids] == [False, False]


def test_a_job_that_is_stopped_says_so(job_of: JobOf, tmp_path: Path) -> None:
    hanging = Hanging(job=job_of(HANG), folder=tmp_path / "run")

    hanging.run.stop()

    assert hanging.run.wait().secondary_status == "Stopped"


def test_what_a_script_left_running_ends_with_it(run_script: RunScript, tmp_path: Path) -> None:
    run_script("""
        import os, pathlib, subprocess, sys
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        pathlib.Path(os.environ["SM_MODEL_DIR"], "pid").write_text(str(child.pid))
    """)

    pid = int((tmp_path / "run/algo-1/model/pid").read_text())
    assert wait_until(lambda: not alive(pid))


def test_a_job_dies_with_its_owner_even_when_that_is_killed(job_of: JobOf, tmp_path: Path) -> None:
    job_of(HANG)
    arguments = ["--source", tmp_path / "source", "--program", "train.py", "--output", tmp_path / "run"]
    command = [sys.executable, "-m", "modelyard.rehearsal.containers", "train", *map(str, arguments)]
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        pids = [int(word) for word in owner.stdout.readline().split()[2:]]
        owner.send_signal(signal.SIGKILL)

    assert wait_until(lambda: not any(alive(pid) for pid in pids))


def test_ctrl_c_stops_a_job_by_hand_and_keeps_its_model(job_of: JobOf, tmp_path: Path) -> None:
    job_of(SAVE + HANG)
    arguments = ["--source", tmp_path / "source", "--program", "train.py", "--output", tmp_path / "run"]
    command = [sys.executable, "-m", "modelyard.rehearsal.containers", "train", *map(str, arguments)]
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        owner.stdout.readline()
        owner.send_signal(signal.SIGINT)
        said = owner.stdout.read()

    assert said == f"Stopped: {tmp_path / 'run/model.tar.gz'}\n"


def test_every_host_runs_the_script(run_script: RunScript) -> None:
    script = """
        import os, pathlib
        host = os.environ["SM_CURRENT_HOST"]
        pathlib.Path(os.environ["SM_MODEL_DIR"], host).write_text(os.environ["SM_HOSTS"])
    """

    archive = run_script(script, host_count=2).model_archive

    assert archive is not None
    with tarfile.open(archive) as tar:
        assert tar.getnames() == ["algo-1", "algo-2"]


def test_one_failing_host_fails_the_job_and_ends_the_others(run_script: RunScript) -> None:
    script = """
        import os, sys, time
        if os.environ["SM_CURRENT_HOST"] == "algo-2":
            raise RuntimeError("algo-2 is out of disk")
        time.sleep(600)
    """

    reason = run_script(script, host_count=2).failure_reason

    assert reason is not None
    assert "algo-2 is out of disk" in reason


def test_a_shell_script_is_run_by_the_shell(run_script: RunScript, tmp_path: Path) -> None:
    run_script('echo "$2" > "$SM_MODEL_DIR/said"\n', program="train.sh", hyperparameters={"word": "hello"})

    assert (tmp_path / "run/algo-1/model/said").read_text() == "hello\n"


def test_a_failed_command_is_told_as_the_toolkit_starts_it(run_script: RunScript) -> None:
    reason = run_script("exit 3\n", program="train.sh", hyperparameters={"word": "hello"}).failure_reason

    assert reason is not None
    assert 'Command "/bin/sh -c ./train.sh --word hello"' in reason


def test_a_tab_is_shown_as_a_jobs_log_shows_it(job_of: JobOf, tmp_path: Path) -> None:
    lines: list[str] = []

    job = job_of("print('a\\tb')")
    TrainingRun(job=job, folder=tmp_path / "run", on_line=lambda _host, line: lines.append(line)).wait()

    assert lines == ["a#011b"]


def test_a_script_cannot_change_the_data_that_it_was_given(run_script: RunScript, tmp_path: Path) -> None:
    run_script('import os, shutil; shutil.rmtree(os.environ["SM_CHANNEL_TRAIN"])')

    assert (tmp_path / "channel/data.csv").exists()


def test_a_source_without_the_program_is_a_client_error(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    job = TrainingSpec(name="job", source=source, program="other.py", channels={})

    reason = TrainingRun(job=job, folder=tmp_path / "run").wait().failure_reason

    assert reason == f"ClientError: {source} must hold the program other.py, found no such file"


def test_a_source_may_be_a_sourcedir_archive(job_of: JobOf, tmp_path: Path) -> None:
    job = job_of(SAVE)
    archive = pack(folders=[tmp_path / "source"], archive=tmp_path / "sourcedir.tar.gz")

    result = TrainingRun(job=replace(job, source=archive), folder=tmp_path / "run").wait()

    assert (result.status, result.failure_reason) == (TrainingStatus.COMPLETED, None)


def test_a_channel_that_does_not_exist_is_a_client_error(job_of: JobOf, tmp_path: Path) -> None:
    job = replace(job_of(SAVE), channels={"train": tmp_path / "nothing"})

    reason = TrainingRun(job=job, folder=tmp_path / "run").wait().failure_reason

    place = tmp_path / "nothing"
    assert reason == f"ClientError: channel train must be a folder or a file, found nothing at {place}"


def test_a_channel_may_be_one_file(job_of: JobOf, tmp_path: Path) -> None:
    job = replace(job_of(SAVE), channels={"train": tmp_path / "channel/data.csv"})

    TrainingRun(job=job, folder=tmp_path / "run").wait()

    assert (tmp_path / "run/algo-1/input/data/train/data.csv").is_file()


def test_a_model_that_cannot_be_packed_is_a_client_error(run_script: RunScript) -> None:
    reason = run_script('import os; os.mkfifo(os.environ["SM_MODEL_DIR"] + "/pipe")').failure_reason

    assert reason is not None
    assert reason.startswith("ClientError: artifact upload failed: ")


def test_who_is_told_of_a_line_may_ask_for_the_metrics(job_of: JobOf, tmp_path: Path) -> None:
    seen: list[int] = []
    runs: list[TrainingRun] = []
    job = job_of('import time; time.sleep(0.3); print("loss=1;"); print("end")', metrics=[LOSS])

    runs.append(
        TrainingRun(
            job=job,
            folder=tmp_path / "run",
            on_line=lambda _host, _line: seen.append(len(runs[0].metrics)),
        )
    )
    runs[0].wait()

    assert seen == [0, 1]


def requiring(job: TrainingSpec, requirements: str) -> TrainingSpec:
    assert job.source is not None
    (job.source / "requirements.txt").write_text(requirements)
    return job


def test_requirements_that_are_there_let_a_script_run(job_of: JobOf, tmp_path: Path) -> None:
    job = requiring(job_of(SAVE), "# what it needs\n-i https://mirror\nnumpy>=1\nleft-pad; python_version < '3'\n")

    assert TrainingRun(job=job, folder=tmp_path / "run").wait().status == TrainingStatus.COMPLETED


@pytest.mark.parametrize(
    ("requirements", "sentence"),
    [
        ("left-pad\n", "No matching distribution found for left-pad"),
        ("numpy<1\n", "No matching distribution found for numpy<1"),
        ("./wheels/own.whl\n", "own.whl is not a valid wheel filename"),
    ],
)
def test_requirements_that_are_not_there_fail_the_job_before_its_script(
    job_of: JobOf, tmp_path: Path, requirements: str, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    lines: list[str] = []
    job = requiring(job_of("print('ran')"), requirements)

    result = TrainingRun(job=job, folder=tmp_path / "run", on_line=lambda _host, line: lines.append(line)).wait()

    assert result.status == TrainingStatus.FAILED
    assert str(result.failure_reason).startswith("AlgorithmError: InstallRequirementsError:\nExitCode 1\n")
    assert sentence in str(result.failure_reason)
    assert sentence in lines[-1]
    assert "ran" not in lines


def test_a_library_that_the_container_on_aws_has_is_named_where_a_script_misses_it(
    job_of: JobOf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(LIBRARIES, "sklearn", {"of_the_image": "of-the-image"})
    lines: list[str] = []
    job = replace(job_of("import of_the_image"), family=SKLEARN)

    run = TrainingRun(job=job, folder=tmp_path / "run", on_line=lambda _host, line: lines.append(line))
    reason = run.wait().failure_reason

    assert lines[-2] == "ModuleNotFoundError: No module named 'of_the_image'"
    assert lines[-1].startswith("of-the-image is in AWS's scikit-learn container and not installed on this machine")
    assert str(reason).endswith(f", exit code: 1. {lines[-1]}")


@pytest.mark.parametrize(
    ("environment", "status"),
    [({}, TrainingStatus.FAILED), ({"PIP_NO_BUILD_ISOLATION": "0"}, TrainingStatus.COMPLETED)],
)
def test_xgboost_without_a_way_to_pypi_builds_a_script_only_without_isolation(
    job_of: JobOf, tmp_path: Path, environment: dict[str, str], status: TrainingStatus
) -> None:
    job = replace(job_of(SAVE, environment=environment), family=XGBOOST, network=Network.VPC)

    assert TrainingRun(job=job, folder=tmp_path / "run").wait().status == status


def test_a_script_that_cannot_be_built_fails_as_its_container_words_it(job_of: JobOf, tmp_path: Path) -> None:
    job = replace(job_of(SAVE), family=XGBOOST, network=Network.VPC)

    reason = TrainingRun(job=job, folder=tmp_path / "run").wait().failure_reason

    assert reason == (f'AlgorithmError: InstallModuleError:\nCommand "{sys.executable} -m pip install .", exit code: 1')


@pytest.mark.parametrize("program", ["train.sh", "train", "deep/train.py"])
def test_what_is_no_module_is_refused_for_xgboost(job_of: JobOf, program: str) -> None:
    with pytest.raises(
        ValueError, match=r"program must be a \.py file at the top of its folder for XGBoost's container"
    ):
        replace(job_of(SAVE), family=XGBOOST, program=program)


TELL_MODEL_DIR = 'import sys; print(" ".join(sys.argv[1:]))'


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, "--model_dir None/job/model"),
        ({"model_dir": '"s3://bucket/models"'}, "--model_dir s3://bucket/models/job/model"),
        ({"model_dir": '"/opt/ml/model"'}, "--model_dir {root}/model"),
    ],
)
def test_tensorflow_is_told_another_model_dir_in_a_search(
    job_of: JobOf, tmp_path: Path, given: dict[str, str], told: str
) -> None:
    searched = given | {"_tuning_objective_metric": "val:accuracy"}
    job = replace(job_of(TELL_MODEL_DIR, hyperparameters=searched), family=TENSORFLOW)
    lines: list[str] = []

    TrainingRun(job=job, folder=tmp_path / "run", on_line=lambda _host, line: lines.append(line)).wait()

    assert lines == [told.format(root=opt_ml.seen(tmp_path / "run/algo-1"))]


TELL_VARIABLES = """
    import os
    names = ("SM_CURRENT_INSTANCE_TYPE", "SM_INPUT_DATA_CONFIG_FILE", "MASTER_ADDR", "NCCL_DEBUG", "S3_USE_HTTPS")
    print(" ".join(name for name in names if name in os.environ))
"""


@pytest.mark.parametrize(
    ("family", "set_there"),
    [
        (XGBOOST, "SM_INPUT_DATA_CONFIG_FILE"),
        (SKLEARN, "SM_CURRENT_INSTANCE_TYPE SM_INPUT_DATA_CONFIG_FILE"),
        (PYTORCH, "SM_CURRENT_INSTANCE_TYPE MASTER_ADDR NCCL_DEBUG"),
        (HUGGINGFACE, "SM_CURRENT_INSTANCE_TYPE MASTER_ADDR NCCL_DEBUG"),
        (TENSORFLOW, "SM_CURRENT_INSTANCE_TYPE S3_USE_HTTPS"),
    ],
    ids=["xgboost", "sklearn", "pytorch", "huggingface", "tensorflow"],
)
def test_each_family_sets_its_own_variables(
    job_of: JobOf, tmp_path: Path, family: ContainerFamily, set_there: str
) -> None:
    lines: list[str] = []
    job = replace(job_of(TELL_VARIABLES), family=family)

    TrainingRun(job=job, folder=tmp_path / "run", on_line=lambda _host, line: lines.append(line)).wait()

    assert lines == [set_there]


def test_a_run_inside_its_own_source_is_a_client_error(tmp_path: Path) -> None:
    job = TrainingSpec(name="job", source=tmp_path, program="train.py", channels={})

    reason = TrainingRun(job=job, folder=tmp_path / "run").wait().failure_reason

    assert reason is not None
    assert reason.startswith(f"ClientError: {tmp_path / 'run/algo-1/code'} must not lie inside {tmp_path}")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"host_count": 0}, "host_count must be 1 or more, got 0"),
        ({"max_runtime_seconds": 0}, "max_runtime_seconds must be above 0, got 0"),
        ({"stop_grace_seconds": -1}, "stop_grace_seconds must be 0 or more, got -1"),
        ({"program": None}, "source and program must both be given"),
    ],
)
def test_a_job_that_cannot_be_is_refused(tmp_path: Path, change: dict[str, object], sentence: str) -> None:
    given: dict[str, object] = {"name": "job", "source": tmp_path, "program": "train.py", "channels": {}}

    with pytest.raises(ValueError, match=sentence):
        TrainingSpec(**(given | change))  # type: ignore[arg-type]


def test_what_a_script_has_pip_install_is_the_jobs_alone(
    job_of: JobOf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_wheel(tmp_path / "wheels", name="ownlib", version="1.0", source="VALUE = 1\n")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "wheels"))
    job = job_of("""
        import subprocess, sys
        subprocess.run([sys.executable, "-m", "pip", "install", "-q", "ownlib"], check=True)
        import ownlib
    """)

    assert run_training(job=job, folder=tmp_path / "run").failure_reason is None
    with pytest.raises(metadata.PackageNotFoundError):
        metadata.version("ownlib")
