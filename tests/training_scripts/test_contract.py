import ast
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement

SCRIPTS = Path(__file__).parents[2] / "training_scripts"
FILES = sorted(SCRIPTS.rglob("*.py"))
WORKLOADS = ["churn_forest", "churn_xgboost", "mnist_tf", "mnist_torch"]
# What the pinned container of each workload ships, beside Python itself.
SHIPPED = {
    "churn_forest": {"joblib", "numpy", "sklearn"},
    "churn_xgboost": {"numpy", "xgboost"},
    "mnist_tf": {"numpy", "tensorflow"},
    "mnist_torch": {"numpy", "torch"},
}
IDS = [str(path.relative_to(SCRIPTS)) for path in FILES]


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            names.add(node.module.partition(".")[0])
    return names


def required(folder: Path) -> set[str]:
    """The names of the distributions that a folder's requirements ask for, which are imported by these."""
    file = folder / "requirements.txt"
    lines = file.read_text().splitlines() if file.is_file() else []
    return {Requirement(line).name for line in lines if not line.startswith("#")}


def test_there_are_four_workloads() -> None:
    assert sorted(path.parent.name for path in SCRIPTS.glob("*/train.py")) == WORKLOADS


@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_a_script_has_the_syntax_of_python_3_9(path: Path) -> None:
    assert ast.parse(path.read_text(), feature_version=(3, 9))


@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_a_script_imports_only_what_its_container_ships_its_folder_has_or_its_requirements_name(path: Path) -> None:
    own = {other.stem for other in path.parent.glob("*.py")} | required(path.parent)

    assert imported(path) - SHIPPED[path.parent.name] - own - sys.stdlib_module_names == set()


@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_a_script_names_opt_ml_only_as_a_default(path: Path) -> None:
    lines = [line for line in path.read_text().splitlines() if "/opt/ml" in line]

    assert all('os.environ.get("SM_' in line for line in lines)


def test_both_churn_workloads_read_tables_by_the_same_module() -> None:
    copies = [(SCRIPTS / name / "churn_table.py").read_bytes() for name in ("churn_forest", "churn_xgboost")]

    assert copies[0] == copies[1]
