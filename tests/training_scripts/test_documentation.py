import os
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
PAGE = (REPOSITORY / "docs/training-scripts.md").read_text()


def commands(tmp_path: Path) -> list[list[str]]:
    """Return the commands of the page, with its folder build/ in a temporary place."""
    lines = [line for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()]
    words = [shlex.split(line.replace("build/", f"{tmp_path}/")) for line in lines]
    return [[sys.executable, *rest] for _python, *rest in words]


def test_the_commands_of_the_page_make_data_train_and_serve(tmp_path: Path) -> None:
    make, train, serve = commands(tmp_path)
    subprocess.run(make, cwd=REPOSITORY, check=True, capture_output=True)
    subprocess.run(train, cwd=REPOSITORY, check=True, capture_output=True)

    with subprocess.Popen(serve, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        line = server.stdout.readline()
        server.send_signal(signal.SIGINT)

    assert (line.startswith("serving on http://127.0.0.1:"), server.returncode) == (True, 0)


@pytest.mark.parametrize("workload", ["churn_xgboost", "churn_forest", "mnist_torch", "mnist_tf"])
def test_every_hyperparameter_is_on_the_page(workload: str) -> None:
    source = (REPOSITORY / "training_scripts" / workload / "train.py").read_text()
    places = {"train", "validation", "test", "model-dir", "sm-model-dir", "hosts", "current-host"}

    names = set(re.findall(r'add_argument\("--([\w-]+)"', source)) - places

    assert [name for name in sorted(names) if f"`{name}`" not in PAGE] == []


def test_every_regular_expression_that_the_tests_scrape_by_is_on_the_page() -> None:
    source = (REPOSITORY / "tests/training_scripts/conftest.py").read_text()

    scraped = set(re.findall(r'": r"(.+?)"', source))

    assert [regex for regex in sorted(scraped) if f"`{regex}`" not in PAGE] == []


def test_the_benchmark_prints_a_line_for_each_number_of_rows() -> None:
    command = [sys.executable, "benchmarks/serving.py", "--count", "20"]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True)

    assert [line.partition(" |")[0] for line in done.stdout.splitlines()[2:]] == ["1", "10", "100"]


def run(*arguments: str | os.PathLike[str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "modelyard.rehearsal.containers", *map(str, arguments)]
    return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)


def test_a_job_by_hand_into_a_full_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "old").write_text("")

    done = run("train", "--output", tmp_path)

    assert (done.returncode, "must be new or empty" in done.stderr) == (1, True)


def test_a_job_by_hand_that_fails_ends_with_its_reason_and_1(tmp_path: Path) -> None:
    done = run("train", "--output", tmp_path / "run")

    reason = "Missing required hyperparameter: num_round; num_round must be a whole number of at least 1"
    assert (done.returncode, done.stdout.splitlines()[0]) == (1, f"algo-1 {reason}")
    assert done.stdout.endswith(", exit code: 1\n")


@pytest.mark.parametrize(
    ("option", "sentence"),
    [
        (("--channel", "train"), "train: an option must be name=value, got 'train'\n"),
        (("--channel", "train=/nowhere"), "train: a channel must be a file or folder that exists, got"),
        (("--hosts", "0"), "train: host_count must be 1 or more, got 0"),
        (("--metric", "auc=x"), "train: metric auc: 'x' must have a group"),
    ],
)
def test_a_wrong_option_by_hand_ends_with_one_sentence(tmp_path: Path, option: tuple[str, str], sentence: str) -> None:
    done = run("train", "--output", tmp_path / "run", *option)

    assert (done.returncode, done.stderr[: len(sentence)]) == (1, sentence)


def test_a_model_by_hand_that_is_missing_ends_with_one_sentence(tmp_path: Path) -> None:
    done = run("serve", "--model", tmp_path / "model.tar.gz", "--folder", tmp_path / "server")

    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
