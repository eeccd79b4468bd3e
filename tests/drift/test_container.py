import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from modelyard.drift.container.build import Recipe, asset_hash, build, downloaded, locked, sources
from modelyard.drift.container.build import main as build_main
from modelyard.drift.container.contract import read_job
from modelyard.drift.container.entry import main
from modelyard.drift.container.launch import unpack, unpacked_once
from modelyard.drift.errors import DriftError
from modelyard.drift.reading.source import Format

Line = Callable[..., str]
CAPTURES = '{"sagemakerCaptureJson": {"captureIndexNames": ["endpointInput", "endpointOutput"]}}'
BASELINE = {
    "dataset_format": '{"csv": {"header": true, "output_columns_position": "START"}}',
    "dataset_source": "/opt/ml/processing/input/baseline_dataset_input",
    "output_path": "/opt/ml/processing/output",
    "publish_cloudwatch_metrics": "Disabled",
}
MONITORING = {
    "dataset_format": CAPTURES,
    "dataset_source": "/opt/ml/processing/input/endpoint",
    "output_path": "/opt/ml/processing/result",
    "baseline_constraints": "/opt/ml/processing/output/constraints.json",
    "baseline_statistics": "/opt/ml/processing/output/statistics.json",
    "publish_cloudwatch_metrics": "Enabled",
    "sagemaker_endpoint_name": "churn",
    "sagemaker_monitoring_schedule_name": "hourly",
    "start_time": "2026-11-22T09:00:00Z",
    "end_time": "2026-11-22T10:00:00Z",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder in the place of /opt/ml, with training data."""
    data = tmp_path / "processing" / "input" / "baseline_dataset_input"
    data.mkdir(parents=True)
    (data / "train.csv").write_text("label,x\n" + "".join(f"0.{n},{n}\n" for n in range(1, 10)))
    return tmp_path


def run(root: Path, environment: dict[str, str], **changes: str) -> tuple[int, str]:
    code = main(environment={**environment, "DRIFT_ROOT": str(root), **changes})
    return code, (root / "output" / "message").read_text()


def capture(root: Path, *lines: str) -> None:
    folder = root / "processing" / "input" / "endpoint" / "churn" / "AllTraffic" / "2026" / "11" / "22" / "09"
    folder.mkdir(parents=True)
    (folder / "00-00-000-x.jsonl").write_text("".join(f"{line}\n" for line in lines))


def test_a_baseline_job_writes_both_files(root: Path) -> None:
    run(root, BASELINE)
    assert sorted(path.name for path in (root / "processing" / "output").iterdir()) == [
        "constraints.json",
        "statistics.json",
    ]


def test_a_baseline_job_ends_with_zero_and_the_analyzers_message(root: Path) -> None:
    assert run(root, BASELINE) == (0, "Completed: Job completed successfully with no violations.")


def test_a_monitoring_job_writes_its_three_files(root: Path, capture_line: Line) -> None:
    run(root, BASELINE)
    capture(root, capture_line("0.5", "3"))
    run(root, MONITORING)
    assert sorted(path.name for path in (root / "processing" / "result").iterdir()) == [
        "constraint_violations.json",
        "constraints.json",
        "statistics.json",
    ]


def test_violations_end_with_zero_and_the_analyzers_message(root: Path, capture_line: Line) -> None:
    run(root, BASELINE)
    capture(root, capture_line("0.5", "3.5"))
    assert run(root, MONITORING) == (
        0,
        "CompletedWithViolations: Job completed successfully with 1 violations.",
    )


def test_metrics_have_the_time_of_the_windows_end(root: Path, capture_line: Line) -> None:
    run(root, BASELINE)
    capture(root, capture_line("0.5", "3"))
    run(root, MONITORING)
    lines = (root / "output" / "metrics" / "cloudwatch" / "cloudwatch_metrics.jsonl").read_text().splitlines()
    assert {json.loads(line)["Timestamp"] for line in lines} == {"2026-11-22T10:00:00Z"}


def test_no_metrics_are_written_unless_they_are_published(root: Path, capture_line: Line) -> None:
    run(root, BASELINE)
    capture(root, capture_line("0.5", "3"))
    run(root, MONITORING, publish_cloudwatch_metrics="Disabled")
    assert not (root / "output" / "metrics").exists()


def test_metrics_without_any_time_have_the_present_one(root: Path, capture_line: Line) -> None:
    run(root, BASELINE)
    capture(root, capture_line("0.5", "3"))
    run(root, MONITORING, start_time="", end_time="")
    assert (root / "output" / "metrics" / "cloudwatch" / "cloudwatch_metrics.jsonl").exists()


def test_a_window_without_data_is_an_outcome_of_its_own(root: Path) -> None:
    run(root, BASELINE)
    code, message = run(root, MONITORING)
    assert (code, message.split(":")[0]) == (0, "NoData")


def test_a_window_with_a_folder_but_no_records_has_no_data(root: Path) -> None:
    run(root, BASELINE)
    capture(root)
    assert run(root, MONITORING) == (0, "NoData: There were no records to check.")


def test_a_baseline_without_data_fails_in_the_analyzers_words(root: Path) -> None:
    code, message = run(
        root, BASELINE, dataset_source="/opt/ml/processing/input/nothing", dataset_format='{"json": {}}'
    )
    assert (code, message) == (
        255,
        f"Error: Could not find any json file under directory "
        f"{root}/processing/input/nothing. Please verify if the "
        "provided dataset path is correct or if data capturing in your Endpoint is turned on.",
    )


def test_a_missing_baseline_fails_with_255_and_a_sentence(root: Path) -> None:
    code, message = run(root, MONITORING)
    assert (code, message.startswith("Error: "), "constraints.json cannot be read" in message) == (
        255,
        True,
        True,
    )


def test_the_owners_scripts_run(root: Path, capture_line: Line) -> None:
    run(root, BASELINE)
    capture(root, capture_line("0.5", "3"))
    (root / "pre.py").write_text("def preprocess_handler(record):\n    return {'label': '0.5', 'x': 'text'}\n")
    (root / "post.py").write_text(f"def postprocess_handler():\n    open({str(root / 'ran')!r}, 'w').close()\n")
    _, message = run(
        root,
        MONITORING,
        record_preprocessor_script="/opt/ml/pre.py",
        post_analytics_processor_script="/opt/ml/post.py",
    )
    assert ("1 violations" in message, (root / "ran").exists()) == (True, True)


def test_a_broken_preprocessor_fails_in_the_analyzers_words(root: Path, capture_line: Line) -> None:
    run(root, BASELINE)
    capture(root, capture_line("0.5", "3"))
    (root / "pre.py").write_text("def preprocess_handler(record):\n    return None\n")
    code, message = run(root, MONITORING, record_preprocessor_script="/opt/ml/pre.py")
    wanted = "Error: Exception performing analysis: Preprocess Handler not implemented correctly"
    assert (code, message.startswith(wanted)) == (255, True)


def test_a_message_that_cannot_be_written_fails(tmp_path: Path) -> None:
    (tmp_path / "output").write_text("")
    assert main(environment={"DRIFT_ROOT": str(tmp_path)}) == 255


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"csv": {"header": true}}', (Format.CSV, True)),
        ('{"Csv": {"Header": false}}', (Format.CSV, False)),
        ('{"csv": {}}', (Format.CSV, False)),
        ('{"json": {"lines": true}}', (Format.JSON_LINES, True)),
        ('{"Json": {"Line": true}}', (Format.JSON_LINES, True)),
        ('{"parquet": {}}', (Format.PARQUET, True)),
        (CAPTURES, (Format.CAPTURE, True)),
    ],
)
def test_data_formats_are_read_in_both_spellings(tmp_path: Path, text: str, expected: tuple[Format, bool]) -> None:
    data = read_job(environment={**BASELINE, "dataset_format": text}, root=tmp_path).data
    assert (data.format, data.header) == expected


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"dataset_format": ""}, "dataset_format must be given, it is missing in the environment"),
        ({"dataset_format": "csv"}, "dataset_format must be JSON, got csv"),
        ({"dataset_format": "[]"}, "dataset_format must be an object of one key"),
        (
            {"dataset_format": '{"xml": {}}'},
            "dataset_format must be csv, json, parquet or sagemakerCaptureJson, got xml",
        ),
        ({"dataset_source": ""}, "dataset_source must be given"),
        ({"output_path": ""}, "output_path must be given"),
        (
            {"publish_cloudwatch_metrics": "yes"},
            "publish_cloudwatch_metrics must be Enabled or Disabled, got yes",
        ),
    ],
)
def test_an_environment_that_cannot_be_used_is_refused(tmp_path: Path, changes: dict[str, str], sentence: str) -> None:
    with pytest.raises(DriftError, match=sentence):
        read_job(environment={**BASELINE, **changes}, root=tmp_path)


@pytest.fixture
def recipe(tmp_path: Path) -> Recipe:
    """A small package and a lock of one wheel that is at hand."""
    package = tmp_path / "package"
    (package / "container").mkdir(parents=True)
    (package / "container" / "launch.py").write_text("print('launched')\n")
    (package / "part.py").write_text("x = 1\n")
    (tmp_path / "wheels").mkdir()
    with zipfile.ZipFile(tmp_path / "wheels" / "tool-1-py3-none-any.whl", "w") as wheel:
        wheel.writestr(zipfile.ZipInfo("tool.py"), "y = 2\n")
    digest = "4f1c6f9a83e9b8d3a7b6e9b5a3d0d2f0b8e5b8e8c7f7a1d4c2b3a4958677dd11"
    (tmp_path / "lock").write_text(f"# comment\ntool==1 --hash=sha256:{digest}\n")
    return Recipe(package=package, lock=tmp_path / "lock", wheels=tmp_path / "wheels")


def lock_for(recipe: Recipe) -> None:
    import hashlib

    (wheel,) = recipe.wheels.glob("*.whl")
    recipe.lock.write_text(f"tool==1 --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n")


def test_the_zip_holds_a_main_the_sources_and_the_wheels(recipe: Recipe) -> None:
    lock_for(recipe)
    with zipfile.ZipFile(build(recipe=recipe)) as archive:
        assert archive.namelist() == [
            "__main__.py",
            "modelyard/drift/container/launch.py",
            "modelyard/drift/part.py",
            "wheels/tool-1.whl",
        ]


def test_the_zip_is_the_same_whenever_it_is_built(recipe: Recipe) -> None:
    lock_for(recipe)
    first = build(recipe=recipe)
    content = first.read_bytes()
    first.unlink()
    os.utime(recipe.package / "part.py", (1, 1))
    (recipe.package / "part.py").chmod(0o600)
    assert build(recipe=recipe).read_bytes() == content


def test_the_zip_is_named_by_its_hash(recipe: Recipe) -> None:
    lock_for(recipe)
    assert build(recipe=recipe).stem == asset_hash(recipe=recipe)


def test_the_hash_needs_no_wheel(recipe: Recipe) -> None:
    before = asset_hash(recipe=recipe)
    next(recipe.wheels.glob("*.whl")).unlink()
    assert asset_hash(recipe=recipe) == before


def test_the_hash_follows_the_sources(recipe: Recipe) -> None:
    before = asset_hash(recipe=recipe)
    (recipe.package / "part.py").write_text("x = 2\n")
    assert asset_hash(recipe=recipe) != before


def test_the_hash_follows_the_lock(recipe: Recipe) -> None:
    before = asset_hash(recipe=recipe)
    lock_for(recipe)
    assert asset_hash(recipe=recipe) != before


def test_the_hash_does_not_follow_times_modes_compiled_files_or_the_order_of_lines(recipe: Recipe) -> None:
    one, two = "1" * 64, "2" * 64
    recipe.lock.write_text(f"a==1 --hash=sha256:{one}\nb==2 \\\n    --hash=sha256:{two}\n")
    before = asset_hash(recipe=recipe)
    recipe.lock.write_text(f"# again\nb==2 --hash=sha256:{two}\na==1 --hash=sha256:{one}\n")
    os.utime(recipe.package / "part.py", (1, 1))
    (recipe.package / "part.py").chmod(0o600)
    (recipe.package / "__pycache__").mkdir()
    (recipe.package / "__pycache__" / "part.cpython-312.pyc").write_bytes(b"x")
    (recipe.package / ".editor.swp").write_bytes(b"x")
    assert asset_hash(recipe=recipe) == before


def test_a_wheel_that_is_not_the_one_locked_is_not_packed(recipe: Recipe) -> None:
    with pytest.raises(DriftError, match="cannot be downloaded"):
        list(downloaded(recipe=recipe))


def test_a_copy_without_a_lock_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DriftError, match="does not exist; install modelyard-drift again"):
        Recipe(lock=tmp_path / "none")


def test_every_line_of_the_repositorys_lock_pins_a_version_and_a_hash() -> None:
    named = re.findall(r"^(\w[\w.-]*)==(\S+)", Recipe().lock.read_text(encoding="utf-8"), re.MULTILINE)
    assert [wheel.name for wheel in locked(recipe=Recipe())] == sorted("-".join(one) for one in named)


@pytest.mark.parametrize(
    "line",
    ["tool==1", "tool --hash=sha256:" + "1" * 64, "tool==1 --hash=md5:1", "../tool==1 --hash=sha256:" + "1" * 64],
)
def test_a_line_of_the_lock_that_pins_nothing_is_refused(recipe: Recipe, line: str) -> None:
    recipe.lock.write_text(f"{line}\n")
    with pytest.raises(DriftError, match="a line must be NAME==VERSION --hash=sha256:DIGEST"):
        locked(recipe=recipe)


def test_a_link_among_the_sources_is_refused(recipe: Recipe) -> None:
    (recipe.package / "environ.py").symlink_to("/proc/self/environ")
    with pytest.raises(DriftError, match=r"environ\.py must be a file or a folder, it is a link"):
        asset_hash(recipe=recipe)


def test_a_folder_in_the_place_of_the_zip_is_refused(recipe: Recipe) -> None:
    lock_for(recipe)
    (recipe.wheels / f"{asset_hash(recipe=recipe)}.zip").mkdir()
    with pytest.raises(DriftError, match=r"cannot be written .*; remove what stands there"):
        build(recipe=recipe)


def test_the_pages_parts_travel_with_the_sources() -> None:
    assert "modelyard/drift/reporting/assets/page.js" in dict(sources(recipe=Recipe()))


def test_the_build_prints_the_hash_without_building(capsys: pytest.CaptureFixture[str]) -> None:
    code = build_main(arguments=["--hash"])
    assert (code, capsys.readouterr().out.strip()) == (0, asset_hash(recipe=Recipe()))


def test_the_build_ends_with_one_and_a_sentence_when_it_cannot(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    code = build_main(arguments=["--lock", str(tmp_path / "none")])
    assert (code, "does not exist" in capsys.readouterr().err) == (1, True)


def test_the_build_needs_nothing_but_the_standard_library() -> None:
    script = "import sys, modelyard.drift.container.build; print({'numpy', 'numba', 'polars'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_polars_is_unpacked_only_for_parquet(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "inner.whl", "w") as wheel:
        wheel.writestr("polars/__init__.py", "")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.write(tmp_path / "inner.whl", "wheels/polars-2-py3-none-any.whl")
        archive.write(tmp_path / "inner.whl", "wheels/other-2-py3-none-any.whl")
    unpack(archive=tmp_path / "a.zip", folder=tmp_path / "without", parquet=False)
    assert [path.name for path in (tmp_path / "without").iterdir()] == ["polars"]


def test_what_was_unpacked_is_kept_for_the_next_run(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("part.py", "x = 1\n")
    first = unpacked_once(archive=tmp_path / "a.zip", kept=tmp_path / "kept", parquet=False)
    (first / "compiled").touch()
    again = unpacked_once(archive=tmp_path / "a.zip", kept=tmp_path / "kept", parquet=False)
    assert (again, sorted(path.name for path in again.iterdir())) == (first, ["compiled", "part.py"])


def test_nothing_but_the_unpacked_folder_stays(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("part.py", "x = 1\n")
    unpacked_once(archive=tmp_path / "a.zip", kept=tmp_path / "kept", parquet=True)
    assert [path.name for path in (tmp_path / "kept").iterdir()] == ["a-parquet"]


def test_the_zip_runs_by_itself(root: Path, tmp_path: Path) -> None:
    archive = tmp_path / "code.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for name, content in sources(recipe=Recipe()):
            file.writestr(name, content)
    # the wheels of this interpreter take the place of the container's
    environment = {
        **os.environ,
        **BASELINE,
        "DRIFT_ROOT": str(root),
        "DRIFT_UNPACKED": str(tmp_path / "kept"),
    }
    done = subprocess.run(
        [sys.executable, str(archive)], capture_output=True, text=True, check=False, env=environment, cwd="/"
    )
    assert (done.returncode, done.stdout) == (
        0,
        "Completed: Job completed successfully with no violations.\n",
    )


def test_a_folder_that_lacks_a_locked_wheel_after_the_download_is_refused(
    recipe: Recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("modelyard.drift.container.build._download", lambda **_: None)
    with pytest.raises(DriftError, match="must hold a wheel for each line of"):
        list(downloaded(recipe=recipe))
