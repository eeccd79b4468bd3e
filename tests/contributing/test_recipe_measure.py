"""The recipe "a measure" of CONTRIBUTING.md, carried out on a copy of the repository."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

MODULE = '''"""The shift of the mean."""

import numpy as np

from modelyard.drift.measures.measure import DistanceMeasure, ReportRow
from modelyard.drift.measures.samples import Samples


class MeanShift(DistanceMeasure):
    """Violated above a threshold."""

    key = "mean_shift"
    check = "mean_shift_check"
    title = "Shift of the mean"
    report_row = ReportRow(title="Mean shift", name="mean_shift")

    def value(self, *, samples: Samples) -> float | None:
        """Return the distance of the samples' means, None for texts."""
        if samples.numbers is None:
            return None
        current, baseline = (np.average(side.values, weights=side.weights) for side in samples.numbers)
        return float(abs(current - baseline))
'''

TEST = """from dataclasses import dataclass

import numpy as np

from modelyard.drift.measures.mean_shift import MeanShift
from modelyard.drift.measures.samples import Samples


@dataclass(frozen=True)
class Column:
    levels: tuple[np.ndarray, ...] | None
    categories: None = None


def test_the_shift_is_the_distance_of_the_means() -> None:
    samples = Samples(current=Column((np.array([2.0, 4.0]),)), baseline=Column((np.array([1.0]),)))
    assert MeanShift().value(samples=samples) == 2.0
"""


def insert(path: Path, text: str, *, before: str) -> None:
    content = path.read_text(encoding="utf-8")
    assert content.count(before) == 1
    path.write_text(content.replace(before, text + before), encoding="utf-8")


def run(copy: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [sys.executable, *words], cwd=copy, env=environment, capture_output=True, text=True, check=False
    )


def content(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


@pytest.fixture(scope="module")
def before_and_after(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The repository's analyzer as it is, and with one more measure."""
    folder = tmp_path_factory.mktemp("recipe")
    for name in ("before", "after"):
        copy = folder / name
        for part in ("drift", "tests/drift/measures"):
            shutil.copytree(ROOT / part, copy / part, ignore=shutil.ignore_patterns("__pycache__"))
        (copy / "docs").mkdir()
        for part in ("docs/drift.md", "pyproject.toml"):
            shutil.copy(ROOT / part, copy / part)
        (copy / "modelyard").mkdir()
        (copy / "modelyard" / "drift").symlink_to("../drift")

    after = folder / "after"
    (after / "drift" / "measures" / "mean_shift.py").write_text(MODULE, encoding="utf-8")
    (after / "tests" / "drift" / "measures" / "test_mean_shift.py").write_text(TEST, encoding="utf-8")
    registry = after / "drift" / "measures" / "registry.py"
    insert(
        registry,
        "from modelyard.drift.measures.mean_shift import MeanShift\n",
        before="from modelyard.drift.measures.measure import",
    )
    insert(registry, "    MeanShift(),\n", before="    NewCategories(),\n")
    insert(
        after / "docs" / "drift.md",
        "| `mean_shift` | a difference of the means above the threshold; of numbers |\n",
        before="| `new_categories` |",
    )
    return folder / "before", after


def test_a_measure_is_its_module_its_test_a_line_in_the_registry_and_one_in_the_documentation(
    before_and_after: tuple[Path, Path],
) -> None:
    before, after = map(content, before_and_after)
    assert {name for name, text in after.items() if before.get(name) != text} == {
        "docs/drift.md",
        "drift/measures/mean_shift.py",
        "drift/measures/registry.py",
        "tests/drift/measures/test_mean_shift.py",
    }


def test_the_tests_of_all_measures_pass(before_and_after: tuple[Path, Path]) -> None:
    _, after = before_and_after
    tested = run(after, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/drift/measures")
    assert tested.returncode == 0, tested.stdout


def feature(*, name: str, values: list[float]) -> dict[str, object]:
    return {
        "name": name,
        "inferred_type": "Fractional",
        "numerical_statistics": {
            "common": {"num_present": len(values), "num_missing": 0},
            "mean": 0.0,
            "sum": 0.0,
            "std_dev": 0.0,
            "min": 0.0,
            "max": 0.0,
            "distribution": {"kll": {"sketch": {"data": [values]}}},
        },
    }


def test_the_measure_is_checked_and_reported(before_and_after: tuple[Path, Path], tmp_path: Path) -> None:
    _, after = before_and_after
    for name, values in (("base", [1.0, 2.0]), ("run", [4.0, 5.0])):
        (tmp_path / name).mkdir()
        document = {"dataset": {"item_count": 2}, "features": [feature(name="age", values=values)]}
        (tmp_path / name / "statistics.json").write_text(json.dumps(document))
    (tmp_path / "base" / "constraints.json").write_text(
        json.dumps(
            {
                "features": [{"name": "age", "inferred_type": "Fractional"}],
                "monitoring_config": {"additional_measures": {"mean_shift": 1.5}},
            }
        )
    )
    script = (
        "import sys; from pathlib import Path\n"
        "from modelyard.drift.analysis import read_baseline\n"
        "from modelyard.drift.checking.additional_measures import additional_violations\n"
        "from modelyard.drift.documents.statistics import read_statistics\n"
        "baseline = read_baseline(folder=Path('base'))\n"
        "current = read_statistics(path=Path('run/statistics.json'))\n"
        "print(*additional_violations(\n"
        "    current=current, constraints=baseline.constraints, baseline=baseline.statistics\n"
        "))\n"
    )
    for part in ("base", "run"):
        shutil.copytree(tmp_path / part, after / part)
    checked = run(after, "-c", script)
    assert "Shift of the mean: 3.0 exceeds threshold: 1.5" in checked.stdout, checked.stderr
    reported = run(after, "-m", "modelyard.drift", "report", "run", "--baseline", "base", "--output", "report.html")
    page = (after / "report.html").read_text(encoding="utf-8")
    assert reported.returncode == 0
    assert '["Mean shift", feature.mean_shift]' in page
    assert '"mean_shift":3.0' in page
