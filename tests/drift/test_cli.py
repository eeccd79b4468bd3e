import json
import math
import operator
import re
import subprocess
import sys
from collections.abc import Callable
from functools import reduce
from pathlib import Path

import pytest

from modelyard.drift.cli import main


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Training data, and live data with and without a violation."""
    (tmp_path / "train.csv").write_text("a,b\n1,x\n2,y\n3,x\n")
    (tmp_path / "good.csv").write_text("a,b\n2,x\n1,y\n")
    (tmp_path / "bad.csv").write_text("a,b\n2.5,x\n1,y\n")
    (tmp_path / "none.csv").write_text("a,b\n")
    return tmp_path


@pytest.fixture
def baseline(data: Path) -> Path:
    """A folder with the baseline of the training data."""
    main(arguments=["baseline", str(data / "train.csv"), "--output", str(data / "base")])
    return data / "base"


def check(data: Path, name: str, *more: str) -> int:
    places = ["--baseline", str(data / "base"), "--output", str(data / "run")]
    return main(arguments=["check", str(data / name), *places, *more])


def test_a_baseline_ends_with_zero(data: Path) -> None:
    assert main(arguments=["baseline", str(data / "train.csv"), "--output", str(data / "base")]) == 0


def test_a_baseline_names_the_columns_that_break_it(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (data / "train.csv").write_text("a,b\n1,x\nNA,y\n3,x\n")
    main(arguments=["baseline", str(data / "train.csv"), "--output", str(data / "base")])
    assert capsys.readouterr().out == (
        "Completed: Job completed successfully with no violations. 3 rows, 2 features. The data do not keep to their "
        'own baseline: a: 1 of 3 values are words among numbers ("NA"); leave the field empty where no value is.\n'
    )


def test_a_baseline_may_know_how_important_its_columns_are(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (data / "gain.json").write_text('{"a": 3, "b": 1}')
    options = ["--output", str(data / "base"), "--importance", str(data / "gain.json")]
    assert main(arguments=["baseline", str(data / "train.csv"), *options]) == 0
    assert json.loads((data / "base" / "importance.json").read_text()) == {"a": 0.75, "b": 0.25}

    (data / "gain.json").write_text('{"c": 1}')
    assert main(arguments=["baseline", str(data / "train.csv"), *options]) == 1
    assert "it has no c" in capsys.readouterr().err


def test_a_report_looks_first_at_what_the_model_leans_on(data: Path) -> None:
    train = "a,b,c\n" + "1,1,1\n2,2,2\n" * 500
    (data / "train.csv").write_text(train)
    (data / "live.csv").write_text("a,b,c\n" + "1,1,1\n1,1,1\n1,2,2\n" * 100)
    (data / "gain.json").write_text('{"a": 1, "b": 9}')
    places = ["--output", str(data / "base"), "--importance", str(data / "gain.json")]
    main(arguments=["baseline", str(data / "train.csv"), *places])
    check(data, "live.csv")
    options = ["--baseline", str(data / "base"), "--output", str(data / "page.html")]
    assert main(arguments=["report", str(data / "run"), *options]) == 0
    page = (data / "page.html").read_text()
    assert re.findall("importance [0-9.]+%", page) == ["importance 90.0%", "importance 10.0%", "importance 0.0%"]


def test_an_edition_says_how_files_are_cut(data: Path) -> None:
    lines = [f"{math.sin(number) + 2:.16f}\n" for number in range(260_000)]
    (data / "long.csv").write_text("".join(lines))
    found = {}
    for edition in ("2022", "2024"):
        options = ["--no-header", "--edition", edition, "--output", str(data / edition)]
        main(arguments=["baseline", str(data / "long.csv"), *options])
        (feature,) = json.loads((data / edition / "statistics.json").read_text())["features"]
        found[edition] = feature["numerical_statistics"]["sum"]
    from_left_to_right = reduce(operator.add, map(float, lines))
    assert found["2024"] == from_left_to_right != found["2022"]


@pytest.mark.usefixtures("baseline")
def test_a_check_without_violations_ends_with_zero(data: Path) -> None:
    assert check(data, "good.csv") == 0


@pytest.mark.usefixtures("baseline")
def test_a_check_with_violations_ends_with_two(data: Path) -> None:
    assert check(data, "bad.csv") == 2


@pytest.mark.usefixtures("baseline")
def test_a_check_without_data_ends_with_three(data: Path) -> None:
    assert check(data, "none.csv") == 3


@pytest.mark.usefixtures("baseline")
def test_an_error_ends_with_one_and_a_sentence(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = check(data, "not there.csv")
    assert (code, capsys.readouterr().err) == (
        1,
        f"{data}/not there.csv does not exist; give a file or a folder of data\n",
    )


@pytest.mark.usefixtures("baseline")
def test_the_exit_message_is_printed(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    check(data, "bad.csv")
    message, *_ = capsys.readouterr().out.splitlines()
    assert message == "CompletedWithViolations: Job completed successfully with 1 violations."


def test_without_a_header_the_first_line_is_data(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(arguments=["baseline", str(data / "train.csv"), "--no-header", "--output", str(data / "base")])
    assert "4 rows, 2 features" in capsys.readouterr().out


def test_a_baseline_of_nothing_is_refused(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(arguments=["baseline", str(data / "none.csv"), "--output", str(data / "base")])
    assert (code, "must hold at least one record" in capsys.readouterr().err) == (1, True)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "the following arguments are required: COMMAND"),
        (["bake"], "invalid choice: 'bake'"),
        (["baseline"], "the following arguments are required: DATA, --output"),
        (
            ["baseline", "x", "--output", "y", "--format", "xml"],
            "--format must be one of csv, json, parquet, capture",
        ),
        (
            ["baseline", "x", "--output", "y", "--edition", "1999"],
            "--edition must be one of 2022, 2023, 2024, got 1999",
        ),
    ],
)
def test_arguments_that_cannot_be_used_end_with_one(
    capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str
) -> None:
    code = main(arguments=arguments)
    assert (code, sentence in capsys.readouterr().err) == (1, True)


@pytest.mark.usefixtures("baseline")
def test_the_owners_scripts_run(data: Path) -> None:
    (data / "pre.py").write_text("def preprocess_handler(record):\n    return {'a': 'text', 'b': 'x'}\n")
    (data / "post.py").write_text(f"def postprocess_handler():\n    open({str(data / 'ran')!r}, 'w').close()\n")
    scripts = ["--preprocessor", str(data / "pre.py"), "--postprocessor", str(data / "post.py")]
    assert (check(data, "good.csv", *scripts), (data / "ran").exists()) == (2, True)


def test_a_check_without_sketches_says_the_same_and_can_be_reported(data: Path, baseline: Path) -> None:
    assert check(data, "bad.csv", "--no-sketches") == 2
    statistics = json.loads((data / "run/statistics.json").read_text())
    assert "sketch" not in statistics["features"][0]["numerical_statistics"]["distribution"]["kll"]
    assert main(arguments=["report", str(data / "run"), "--baseline", str(baseline), "--output", str(data / "p")]) == 0
    assert '"bars":{"labels":["1","2","3"],"live":null' in (data / "p").read_text()


def test_a_report_is_written_in_all_three_forms(data: Path, baseline: Path) -> None:
    check(data, "bad.csv")
    files = [data / "out" / name for name in ("r.html", "r.md", "r.png")]
    forms = ["--output", str(files[0]), "--markdown", str(files[1]), "--png", str(files[2])]
    code = main(arguments=["report", str(data / "run"), "--baseline", str(baseline), *forms])
    assert (code, [path.exists() for path in files]) == (0, [True, True, True])


def test_the_module_is_the_command(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "modelyard.drift", "check", "none", "--baseline", str(tmp_path), "--output", "x"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, "must hold constraints.json" in done.stderr) == (1, True)


@pytest.fixture
def flags(tmp_path: Path) -> Path:
    """A baseline of a flag, and live data in which it has moved without breaking a constraint."""
    (tmp_path / "train.csv").write_text("a,b\n" + "0,x\n1,x\n" * 500)
    (tmp_path / "moved.csv").write_text("a,b\n" + "0,x\n0,x\n0,x\n1,x\n" * 100)
    main(arguments=["baseline", str(tmp_path / "train.csv"), "--output", str(tmp_path / "base")])
    return tmp_path


def test_the_verdict_is_printed_and_by_default_ends_with_zero(flags: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(flags, "moved.csv") == 0
    assert capsys.readouterr().out.splitlines()[-1] == "Verdict: Changed: 1 of 2 columns."


def test_an_alarm_on_the_verdict_ends_with_two(flags: Path) -> None:
    assert check(flags, "moved.csv", "--alarm-on", "verdict") == 2


def test_a_verdict_at_hardly_any_false_alarms_finds_less(flags: Path) -> None:
    rate = ("--false-alarms-per-year", "1e-30", "--hours", "0.5")
    assert check(flags, "moved.csv", "--alarm-on", "verdict", *rate) == 0


@pytest.mark.parametrize(
    ("option", "value", "sentence"),
    [
        ("--alarm-on", "psi", "--alarm-on must be one of constraints, verdict, got psi; name one of them\n"),
        ("--hours", "0", "the hours of a window must be above 0, got 0.0; give its length\n"),
    ],
)
def test_options_of_the_verdict_that_cannot_be_are_refused(
    flags: Path, capsys: pytest.CaptureFixture[str], option: str, value: str, sentence: str
) -> None:
    assert (check(flags, "moved.csv", option, value), capsys.readouterr().err) == (1, sentence)


def test_several_processes_write_the_files_of_one(data: Path) -> None:
    for part in range(3):
        (data / "parts" / f"{part}.csv").parent.mkdir(exist_ok=True)
        (data / "parts" / f"{part}.csv").write_text("a,b\n" + "".join(f"{row / 7},x{row}\n" for row in range(part, 9)))
    for name, more in (("one", ["--processes", "1"]), ("two", ["--processes", "2"])):
        base = ["--output", str(data / name / "base")]
        assert main(arguments=["baseline", str(data / "parts"), *base, *more]) == 0
        run = ["--baseline", str(data / name / "base"), "--output", str(data / name / "run")]
        assert main(arguments=["check", str(data / "parts"), *run, *more]) == 0
    written = sorted((data / "one").rglob("*.json"))
    assert len(written) == 6
    for file in written:
        assert file.read_bytes() == (data / "two" / file.relative_to(data / "one")).read_bytes()


def test_no_processes_are_refused(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments=["baseline", str(data / "train.csv"), "--output", str(data / "b"), "--processes", "0"]) == 1
    assert capsys.readouterr().err == "processes must be 1 or more, got 0; leave the option out\n"


def test_parts_that_were_profiled_elsewhere_are_checked_as_all_of_the_data(
    data: Path, baseline: Path, capture_line: Callable[..., str], capsys: pytest.CaptureFixture[str]
) -> None:
    for part in range(3):
        lines = [
            capture_line(str(row % 3 + 1), f"{'xyz'[row % (part + 1)]}") for row in range(40 * part, 40 * part + 40)
        ]
        (data / "live" / f"{part}.jsonl").parent.mkdir(exist_ok=True)
        (data / "live" / f"{part}.jsonl").write_text("\n".join([*lines, "no record"]))
        written = ["--output", str(data / "parts" / f"{part}.profile")]
        live = str(data / "live" / f"{part}.jsonl")
        assert main(arguments=["profile", live, "--baseline", str(baseline), *written]) == 0
    assert capsys.readouterr().out.endswith(
        "Profiled: 40 rows, 2 columns. 1 records could not be read: 1 because they are not JSON.\n"
    )
    codes = [
        main(arguments=["check", str(data / name), "--baseline", str(baseline), "--output", str(data / "of" / name)])
        for name in ("live", "parts")
    ]
    assert codes == [2, 2]
    files = sorted((data / "of" / "live").iterdir())
    assert [file.name for file in files] == [
        "constraint_violations.json",
        "constraints.json",
        "statistics.json",
        "verdict.json",
    ]
    for file in files:
        assert file.read_bytes() == (data / "of" / "parts" / file.name).read_bytes()


def test_a_part_without_records_is_a_profile_too(data: Path, baseline: Path) -> None:
    for name in ("good", "none"):
        (data / "parts").mkdir(exist_ok=True)
        written = str(data / "parts" / f"{name}.profile")
        assert (
            main(arguments=["profile", str(data / f"{name}.csv"), "--output", written, "--baseline", str(baseline)])
            == 0
        )
    assert check(data, "parts") == 0


def test_a_part_that_is_damaged_fails_the_whole_check(
    data: Path, baseline: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (data / "parts").mkdir()
    main(arguments=["profile", str(data / "good.csv"), "--output", str(data / "parts" / "1.profile")])
    (data / "parts" / "2.profile").write_bytes((data / "parts" / "1.profile").read_bytes()[:-40])
    assert check(data, "parts") == 1
    assert "2.profile is no profile that can be read" in capsys.readouterr().err


def test_a_profile_is_not_written_over_data(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept = (data / "good.csv").read_text()
    assert main(arguments=["profile", str(data / "train.csv"), "--output", str(data / "good.csv")]) == 1
    assert "--output must be a file whose name ends in .profile, got " in capsys.readouterr().err
    assert (data / "good.csv").read_text() == kept
