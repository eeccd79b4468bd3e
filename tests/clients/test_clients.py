"""A model's life, told by programs that know nothing of us, with the variables that `rehearsal serve` prints alone."""

import random
import re
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryFile

import pytest

from support.served import serving
from support.synth import ROOT

ENVIRONMENTS = ROOT / ".clients"
SDK = (".clients/{name}/bin/python", "tests/clients/{name}/program.py")
COMMANDS = {
    "sdk1": SDK,
    "sdk2": SDK,
    "sdk3": SDK,
    "cli": ("env", "PATH=.clients/cli/bin:/usr/bin:/bin", "sh", "tests/clients/cli/program.sh"),
    "javascript": ("node", ".clients/javascript/program.mjs"),
}
STEPS = ("experiment", "best trial", "batch", "endpoint", "scaling", "baseline", "schedule", "violations", "deletion")
# Of a program that hangs: beside the tests the AWS CLI, a process for each call, has taken eleven minutes.
LONGEST = 1800
WAITING = "waiting for "


@dataclass(frozen=True, kw_only=True)
class Told:
    """What a program has printed: its steps, each with what it found, and how it ended."""

    steps: dict[str, str]
    code: int
    errors: str


def rows(*, count: int, seed: int, spend: float = 100) -> list[str]:
    """Return customers: the young leave if they call often, the old if they do not."""
    chance = random.Random(seed)  # noqa: S311 - data, not secrets
    made = []
    for _ in range(count):
        age, calls = chance.randint(20, 70), chance.randint(0, 9)
        leaves = calls > 5 if age < 45 else calls < 4
        made.append(f"{int(leaves)},{age},{calls},{spend * chance.random():.2f}")
    return made


def without_label(given: list[str]) -> list[str]:
    return [row.partition(",")[2] for row in given]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the programs work with: labelled customers, some to score, and some who spend otherwise."""
    folder = tmp_path_factory.mktemp("data")
    train = rows(count=300, seed=1)
    files = {
        "train": train,
        "validation": rows(count=100, seed=2),
        "baseline": ["label,age,calls,spend", *train],
        "batch": without_label(rows(count=50, seed=3)),
        "moved": without_label(rows(count=30, seed=4, spend=1000)),
    }
    for name, lines in files.items():
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def tell(name: str, *, data: Path) -> Told | None:
    """Run a program in its environment, if that is there, against a local AWS whose clock moves where it waits."""
    if not (ENVIRONMENTS / name / ".ready").exists():
        return None
    command = " ".join((*(word.format(name=name) for word in COMMANDS[name]), str(data)))
    with (
        serving() as variables,
        TemporaryFile("w+") as errors,
        subprocess.Popen(
            ("/bin/sh", "-c", f"{variables}\nexec {command}"),
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        ) as program,
    ):
        deadline = threading.Timer(LONGEST, program.kill)
        deadline.start()
        assert program.stdout is not None
        steps = {}
        for line in program.stdout:
            # The SDKs' own progress bars stand before it.
            if told := re.search(rf"\b({'|'.join(STEPS)}): (.*)", line):
                steps[told[1]] = told[2]
            if line.startswith(WAITING):
                minutes = line.strip().removeprefix(WAITING).removesuffix(" minutes")
                move = f"{variables}\nexec {sys.executable} -m modelyard.rehearsal advance {minutes}m"
                subprocess.run(("/bin/sh", "-c", move), cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        code = program.wait()
        deadline.cancel()
        errors.seek(0)
        return Told(steps=steps, code=code, errors=errors.read()[-3000:])


@pytest.fixture(scope="module")
def lives(data: Path) -> dict[str, Told | None]:
    """All programs' lives at once, for they mostly wait."""
    with ThreadPoolExecutor() as pool:
        return dict(zip(COMMANDS, pool.map(partial(tell, data=data), COMMANDS), strict=True))


@pytest.fixture(params=COMMANDS)
def told(request: pytest.FixtureRequest, lives: dict[str, Told | None]) -> Told:
    life = lives[request.param]
    return life if life is not None else pytest.skip("needs `make clients`")


def test_each_step_of_a_models_life_is_done(told: Told) -> None:
    assert told.code == 0, told.errors
    assert tuple(told.steps) == STEPS


def test_the_deeper_trial_is_found_to_be_the_best(told: Told) -> None:
    assert any(deep in told.steps["best trial"] for deep in ("depth 4 of 2", "depth 6 of 2", "depth-4 of 2"))


def test_a_row_of_the_batch_has_one_answer(told: Told) -> None:
    assert told.steps["batch"] == "50 rows scored"


def test_an_endpoint_tells_customers_apart(told: Told) -> None:
    assert told.steps["endpoint"] == "answers differ by True"


def test_an_endpoint_that_is_asked_much_grows(told: Told) -> None:
    assert told.steps["scaling"] == "two instances"


def test_a_baseline_describes_each_column(told: Told) -> None:
    assert told.steps["baseline"] == "statistics of 4 columns"


def test_what_has_drifted_is_found_and_nothing_else(told: Told) -> None:
    assert told.steps["violations"] == "drift of spend"


def test_nothing_is_left(told: Told) -> None:
    assert told.steps["deletion"] == "0 endpoints are left"
