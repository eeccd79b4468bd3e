import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from support.templates import config, endpoint, schedule, target, variant

ROOT = Path(__file__).parent.parent.parent
Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def run() -> Run:
    """The command with its working folder at the root of the repository, as it is documented."""

    def ran(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "modelyard.template_checks", *map(str, arguments)]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    return ran


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """A template of some resources in a file."""

    def written(name: str, **resources: Any) -> Path:
        file = tmp_path / name
        file.write_text(json.dumps({"Resources": resources}), encoding="utf-8")
        return file

    return written


def test_the_command_says_nothing_of_templates_without_a_problem(run: Run, write: Callable[..., Path]) -> None:
    done = run(write("good.json", Config=config(), Endpoint=endpoint()))

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_command_says_a_sentence_for_each_problem(run: Run, write: Callable[..., Path]) -> None:
    first = write("first.json", Config=config(EndpointConfigName="named"))
    second = write("second.json", Target=target(RoleARN="role"), Schedule=schedule("rate(1 day)"))

    done = run(first, second)

    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        "S01 Config.EndpointConfigName must be left out: every change replaces the resource, "
        f'got "named" in {first}; let CloudFormation name it',
        "S11 Schedule.ScheduleExpression must be NOW, cron(0 * ? * * *), cron(0 H ? * * *) or cron(0 H/N ? * * *), "
        f'got "rate(1 day)" in {second}; SageMaker knows whole hours only',
        f'S20 Target.RoleARN must be left out: a service-linked role is used, got "role" in {second}; remove it',
    ]


@pytest.mark.parametrize(("region", "code"), [("us-east-1", 0), ("eu-north-1", 1)])
def test_the_command_checks_against_a_region_when_asked(
    run: Run, write: Callable[..., Path], region: str, code: int
) -> None:
    template = write("burstable.json", Config=config(variant(InstanceType="ml.t2.medium")))

    done = run(template, "--region", region)

    assert done.returncode == code


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"Resources:\n  Model: {}\n", "Expecting value: line 1 column 1 (char 0) in {file}"),
        (b"", "Expecting value: line 1 column 1 (char 0) in {file}"),
        (b"\xff\xfe", "'utf-8' codec can't decode byte 0xff in position 0: invalid start byte in {file}"),
        (b"[]", "no JSON object in {file}"),
        (b"null", "no JSON object in {file}"),
        (b"3", "no JSON object in {file}"),
    ],
)
def test_the_command_refuses_a_file_that_is_no_template(run: Run, tmp_path: Path, content: bytes, why: str) -> None:
    file = tmp_path / "careless.json"
    file.write_bytes(content)

    done = run(file)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (f"a template must be a readable file of JSON, got {why.format(file=file)}; name others\n")


def test_the_command_refuses_a_file_that_is_not_there(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "missing.json"

    done = run(file)

    assert done.returncode == 2
    assert done.stderr == (
        f"a template must be a readable file of JSON, got [Errno 2] No such file or directory: '{file}'; name others\n"
    )


def test_the_command_says_how_it_is_used_when_no_file_is_named(run: Run) -> None:
    done = run()

    assert done.returncode == 2
    assert done.stderr.startswith("usage: template_checks [-h] [--region REGION]")


@pytest.mark.parametrize("body", [{}, {"Resources": None}, {"Resources": {"Odd": {}}}, {"Resources": []}])
def test_the_command_finds_no_problem_where_nothing_is_declared(run: Run, tmp_path: Path, body: Any) -> None:
    file = tmp_path / "empty.json"
    file.write_text(json.dumps(body), encoding="utf-8")

    done = run(file)

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
