"""The recipes of CONTRIBUTING.md, carried out: a small example, in the files that it names, on a copy of the tree."""

import re
from pathlib import Path

import pytest

from support.recipes import (
    Edit,
    after,
    all_of,
    carry_out,
    copy_repository,
    files_of_recipe,
    files_of_repository,
    replace,
    run,
    whole,
)
from support.synth import ROOT

TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
TESTED = " (tested)"
# Carried out by test_recipe_key.py and test_recipe_stack.py.
OF_THEIR_OWN = ("A key of a manifest", "A kind of stack")
MEASURE = '''"""The shift of the mean."""

from __future__ import annotations

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
        """Return the difference of the samples' means, None for texts."""
        if samples.numbers is None:
            return None
        current, baseline = (np.average(side.values, weights=side.weights) for side in samples.numbers)
        return float(abs(current - baseline))
'''
TEST_OF_MEASURE = """import json
from pathlib import Path

import numpy as np

from modelyard.drift.analysis import read_baseline
from modelyard.drift.checking.additional_measures import additional_violations
from modelyard.drift.documents.statistics import FeatureStatistics, read_statistics
from modelyard.drift.measures.mean_shift import MeanShift
from modelyard.drift.measures.samples import Samples
from modelyard.drift.profiling.value_types import InferredType
from modelyard.drift.reporting.files import write_report


def column(*values: float) -> FeatureStatistics:
    return FeatureStatistics(
        name="age", inferred=InferredType.FRACTIONAL, present=len(values), missing=0, levels=(np.array(values),)
    )


def test_the_shift_is_the_difference_of_the_means() -> None:
    assert MeanShift().value(samples=Samples(current=column(2, 4), baseline=column(1))) == 2.0


def write_statistics(folder: Path, *values: float) -> Path:
    numbers = {
        "common": {"num_present": len(values), "num_missing": 0},
        **dict.fromkeys(("mean", "sum", "std_dev", "min", "max"), 0.0),
        "distribution": {"kll": {"sketch": {"data": [values]}}},
    }
    feature = {"name": "age", "inferred_type": "Fractional", "numerical_statistics": numbers}
    folder.mkdir()
    document = {"dataset": {"item_count": len(values)}, "features": [feature]}
    (folder / "statistics.json").write_text(json.dumps(document))
    return folder


def test_a_shift_is_a_violation_where_constraints_ask_for_it_and_is_in_the_report(tmp_path: Path) -> None:
    base, run = write_statistics(tmp_path / "base", 1, 2), write_statistics(tmp_path / "run", 4, 5)
    feature = {"name": "age", "inferred_type": "Fractional"}
    constraints = {"features": [feature], "monitoring_config": {"additional_measures": {"mean_shift": 1.5}}}
    (base / "constraints.json").write_text(json.dumps(constraints))
    baseline = read_baseline(folder=base)

    (violation,) = additional_violations(
        current=read_statistics(path=run / "statistics.json"),
        constraints=baseline.constraints,
        baseline=baseline.statistics,
    )
    write_report(runs=[run], baseline=base, page=tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text()

    assert violation.description == "Shift of the mean: 3.0 exceeds threshold: 1.5"
    assert '["Mean shift", feature.mean_shift]' in page
    assert '"mean_shift":3.0' in page
"""
COMMAND = '''"""`yard greeting`."""

from __future__ import annotations

import typer

from modelyard.operations.cli.options import operator_of


def greeting(context: typer.Context, name: str) -> None:
    """Greet somebody by name."""
    operator_of(context).screen.emit({"greeting": name}, rendered=[f"Hello, {name}"])
'''
TEST_OF_COMMAND = """from __future__ import annotations

import json

import pytest

from modelyard.operations.cli.main import main


def test_somebody_is_greeted_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["greeting", "Ada"]) == 0
    assert capsys.readouterr().out.strip() == "Hello, Ada"


def test_a_greeting_is_written_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["greeting", "Ada", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"greeting": "Ada"}


def test_nobody_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["greeting"]) == 1
    assert "Missing argument 'name'" in capsys.readouterr().err
"""
OPERATION = '''
    @operation
    def batch_describe_model_package(self, request: Document) -> Document:
        """Describe several packages at once.

        Raises:
            ServiceError: ValidationException, there is no such package.

        """
        return {"ModelPackageSummaries": {arn: dict(self._find(arn)) for arn in request["ModelPackageArnList"]}}
'''
TEST_OF_OPERATION = """

def test_several_packages_are_described_at_once(local_aws: SharedLocalAws) -> None:
    sagemaker, group = local_aws.client("sagemaker"), local_aws.name("group")
    sagemaker.create_model_package_group(ModelPackageGroupName=group)
    arn = sagemaker.create_model_package(ModelPackageGroupName=group)["ModelPackageArn"]
    described = sagemaker.batch_describe_model_package(ModelPackageArnList=[arn])
    assert described["ModelPackageSummaries"][arn]["ModelPackageVersion"] == 1
"""


EXAMPLES: dict[str, dict[str, Edit]] = {
    "A measure of drift": {
        "drift/measures/mean_shift.py": whole(MEASURE),
        "drift/measures/registry.py": all_of(
            after(
                "from modelyard.drift.measures.kolmogorov_smirnov import KolmogorovSmirnov\n",
                add="from modelyard.drift.measures.mean_shift import MeanShift\n",
            ),
            after("    PredictionDrift(),\n", add="    MeanShift(),\n"),
        ),
        "docs/drift.md": after(
            "| key | a violation is |\n| --- | --- |\n",
            add="| `mean_shift` | a difference of means above the threshold |\n",
        ),
        "tests/drift/measures/test_mean_shift.py": whole(TEST_OF_MEASURE),
        "manifest/limits.py": after(
            "    psi: Annotated[float | None, Between(0, LARGEST_PSI)] = None\n",
            add="    mean_shift: Annotated[float | None, Between(0, 1_000_000)] = None\n",
        ),
        "manifest/tables/api_members.toml": after(
            'psi = { none = "Part of constraints.json, which no API describes." }\n',
            add='mean_shift = { none = "Part of constraints.json, which no API describes." }\n',
        ),
        "docs/manifest.md": after(
            "| `psi` | number, 0 to 20 | none |\n", add="| `mean_shift` | number, 0 to 1 000 000 | none |\n"
        ),
        "manifest/schemas/manifest.schema.json": after(
            '          "maximum": 20\n        },\n',
            add='        "mean_shift": {\n          "type": "number",\n          "minimum": 0,\n'
            '          "maximum": 1000000\n        },\n',
        ),
    },
    "A command": {
        "operations/cli/greeting.py": whole(COMMAND),
        "operations/cli/app.py": after(
            '    "status": (KEEP, "status:status"),\n', add='    "greeting": (KEEP, "greeting:greeting"),\n'
        ),
        "docs/yard.md": after(
            "## Watch\n\n| | |\n|---|---|\n", add="| `yard greeting Ada` | Greets somebody by name. |\n"
        ),
        "tests/operations/cli/test_greeting.py": whole(TEST_OF_COMMAND),
    },
    "An operation of the local AWS": {
        "rehearsal/sagemaker/records/packages.py": after(
            '    the SageMaker API reference.\n    """\n\n    def __init__(self, *, platform: Platform) -> None:\n'
            "        self._platform = platform\n",
            add=OPERATION,
        ),
        "rehearsal/sagemaker/request_members.toml": after(
            'AutoRollbackConfig = ["Alarms"]\n', add='BatchDescribeModelPackageInput = ["ModelPackageArnList"]\n'
        ),
        "docs/rehearsal-api.md": all_of(
            replace(" BatchDescribeModelPackage,", ""),
            replace(" CreateDataQualityJobDefinition,", " BatchDescribeModelPackage, CreateDataQualityJobDefinition,"),
        ),
        "tests/rehearsal/sagemaker/records/test_packages.py": all_of(
            after(
                "from modelyard.rehearsal.sagemaker.store import Document\n",
                add="from support.local_aws import SharedLocalAws\n",
            ),
            lambda before: before + TEST_OF_OPERATION,
        ),
    },
}


def test_every_tested_recipe_has_an_example() -> None:
    titles = re.findall(rf"^### (.*){re.escape(TESTED)}$", TEXT, flags=re.MULTILINE)

    assert [title for title in titles if title not in OF_THEIR_OWN] == list(EXAMPLES)


@pytest.mark.parametrize("title", EXAMPLES)
def test_a_recipe_names_every_file_that_its_example_touches(title: str) -> None:
    assert files_of_recipe(title + TESTED) == set(EXAMPLES[title])


@pytest.mark.parametrize("title", EXAMPLES)
def test_a_recipe_carried_out_works(tmp_path: Path, title: str) -> None:
    copy_repository(tmp_path)
    carry_out(tmp_path, EXAMPLES[title], generate=())

    (tests,) = [name for name in EXAMPLES[title] if name.startswith("tests/")]
    run(tmp_path, "-m", "pytest", "-p", "no:cacheprovider", "--quiet", tests)


def test_every_file_that_contributing_names_is_there() -> None:
    of_recipes = {name for title in (*EXAMPLES, *OF_THEIR_OWN) for name in files_of_recipe(title + TESTED)}
    named = {name for name in re.findall(r"`([\w.-]+(?:/[\w.-]+)+)/?`", TEXT) if (ROOT / name.split("/")[0]).exists()}

    assert [name for name in sorted(named - of_recipes) if not (ROOT / name).exists()] == []


def test_every_module_in_the_pictures_is_there() -> None:
    pictures = "".join(re.findall(r"```mermaid\n(.*?)```", TEXT, flags=re.DOTALL))
    modules = set(re.findall(r"[\w/]*\b\w+\.py\b", pictures))
    files = files_of_repository()

    assert [name for name in sorted(modules) if not any(f"/{file}".endswith(f"/{name}") for file in files)] == []
