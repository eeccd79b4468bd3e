import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from modelyard.operations.datasets.churn import COLUMNS, DRIFTED, STATES, ChurnTable, Population
from modelyard.operations.datasets.integers import IntegerSource

REPOSITORY = Path(__file__).parents[3]
# What the first run wrote: another platform, or another numpy, must write the same.
TRAIN_DIGEST = "0a7065534344b6b526de101763dc0c810c23ad937220373ca4413e68be3c4cba"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("churn")
    ChurnTable().write(folder=folder)
    return folder


def read(path: Path) -> np.ndarray:
    return np.loadtxt(path, delimiter=",")


def test_the_table_has_70_columns_the_label_first() -> None:
    assert (len(COLUMNS), COLUMNS[0]) == (70, "churn")


def test_the_table_knows_every_state_once() -> None:
    assert len(STATES) == len(set(STATES)) == 51


def test_column_names_are_lower_case_snake_names() -> None:
    assert all(name == name.lower() and name.isidentifier() for name in COLUMNS)


def test_the_bytes_are_the_same_on_every_machine(folder: Path) -> None:
    digest = hashlib.sha256((folder / "train/train.csv").read_bytes()).hexdigest()

    assert digest == TRAIN_DIGEST


def test_another_seed_gives_other_rows(tmp_path: Path, folder: Path) -> None:
    ChurnTable(seed=1).write(folder=tmp_path)

    assert (tmp_path / "train/train.csv").read_bytes() != (folder / "train/train.csv").read_bytes()


def test_training_data_has_no_header_and_labels_of_0_and_1(folder: Path) -> None:
    assert set(np.unique(read(folder / "train/train.csv")[:, 0])) == {0.0, 1.0}


def test_of_every_20_rows_12_train_4_validate_2_are_scored_and_2_are_traffic(folder: Path) -> None:
    parts = ("train/train.csv", "validation/validation.csv", "batch/batch.csv", "traffic/traffic.csv")

    assert [len(read(folder / part)) for part in parts] == [3000, 1000, 500, 500]


def test_the_baseline_is_the_training_data_under_a_header(folder: Path) -> None:
    header, *rows = (folder / "baseline/baseline.csv").read_text().splitlines()

    assert header == ",".join(COLUMNS)
    assert [row.replace(".0", "", 1) for row in rows] == (folder / "train/train.csv").read_text().splitlines()


def test_the_baseline_has_its_label_as_the_probability_that_a_model_answers(folder: Path) -> None:
    _, *rows = (folder / "baseline/baseline.csv").read_text().splitlines()

    assert {row.partition(",")[0] for row in rows} == {"0.0", "1.0"}


@pytest.mark.parametrize("name", ["batch", "traffic"])
def test_what_is_scored_has_no_label(folder: Path, name: str) -> None:
    assert read(folder / name / f"{name}.csv").shape[1] == 69


@pytest.mark.parametrize("prefix", ["state_", "area_code_", "intl_plan_", "vmail_plan_"])
def test_every_customer_has_one_value_of_each_category(folder: Path, prefix: str) -> None:
    columns = [index for index, name in enumerate(COLUMNS) if name.startswith(prefix)]

    assert (read(folder / "train/train.csv")[:, columns].sum(axis=1) == 1).all()


def test_between_a_tenth_and_a_fifth_of_the_usual_customers_leave(folder: Path) -> None:
    assert 0.10 < read(folder / "train/train.csv")[:, 0].mean() < 0.20


def test_a_drifted_population_talks_more_by_day(tmp_path: Path, folder: Path) -> None:
    ChurnTable(population=DRIFTED).write(folder=tmp_path)

    column = COLUMNS.index("day_mins") - 1
    means = [read(place / "traffic/traffic.csv")[:, column].mean() for place in (folder, tmp_path)]
    assert means[1] > means[0] * 1.2


def test_drift_leaves_the_layout_alone(tmp_path: Path, folder: Path) -> None:
    ChurnTable(population=DRIFTED).write(folder=tmp_path)

    assert [path.relative_to(tmp_path) for path in sorted(tmp_path.rglob("*.csv"))] == [
        path.relative_to(folder) for path in sorted(folder.rglob("*.csv"))
    ]


def test_a_table_too_small_to_hold_both_labels_everywhere_is_refused() -> None:
    with pytest.raises(ValueError, match="rows must be 200 or more, got 199"):
        ChurnTable(rows=199)


def test_the_smallest_table_has_both_labels_in_both_channels(tmp_path: Path) -> None:
    train, validation, *_ = ChurnTable(rows=200).write(folder=tmp_path)

    assert [len(np.unique(read(path)[:, 0])) for path in (train, validation)] == [2, 2]


def test_a_share_of_plans_beyond_all_is_refused() -> None:
    with pytest.raises(ValueError, match="intl_plan_percent must be between 0 and 100, got 101"):
        Population(intl_plan_percent=101)


def test_a_negative_seed_is_refused() -> None:
    with pytest.raises(ValueError, match="seed must be 0 or more, got -1"):
        IntegerSource(seed=-1)


def test_a_bell_has_the_mean_and_the_deviation_that_were_asked_for() -> None:
    drawn = IntegerSource(seed=7).bell(name="x", count=20_000, mean=500, deviation=80)

    assert (abs(drawn.mean() - 500) < 3, abs(drawn.std() - 80) < 3) == (True, True)


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "modelyard.operations.datasets", *arguments]
    return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)


def test_the_command_prints_the_paths_that_it_wrote(tmp_path: Path) -> None:
    done = run("churn", "--output", str(tmp_path), "--rows", "200")

    assert all(Path(line).is_file() for line in done.stdout.splitlines())


def test_the_command_refuses_bad_rows_with_one_sentence(tmp_path: Path) -> None:
    done = run("churn", "--output", str(tmp_path), "--rows", "5")

    sentence = "churn: rows must be 200 or more, got 5; fewer leave a file without churners\n"
    assert (done.returncode, done.stderr) == (1, sentence)


def test_the_command_refuses_an_output_that_is_a_file_with_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    done = run("churn", "--output", str(tmp_path / "file"))

    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
