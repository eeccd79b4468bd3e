"""Limits on their way from a manifest to a check: written into real baselines, obeyed by jobs of the local AWS."""

import json
import zipfile
from io import BytesIO
from typing import Any

import pytest

from modelyard.drift.container.build import PACKAGE
from modelyard.drift.errors import DriftError
from modelyard.drift.quality.task import ProblemType
from modelyard.manifest import Model
from modelyard.manifest.limits import ColumnLimits, Limits, Measures, limits_folder
from modelyard.manifest.monitoring import Monitoring
from modelyard.manifest.quality import Quality
from modelyard.manifest.serving import Capture, Serving, Variant
from modelyard.operations.aws import Aws
from modelyard.operations.bucket import DataBucket
from modelyard.operations.failures import Failure
from modelyard.operations.promotion.limits import limited, limited_quality, write_limits, write_quality_limits
from support.jobs import ANALYZER, SCIKIT, JobRequests, source, target
from support.local_aws import SharedLocalAws

SUGGESTED: dict[str, Any] = {
    "version": 0.0,
    "features": [
        {
            "name": "label",
            "inferred_type": "Integral",
            "completeness": 1.0,
            "num_constraints": {"is_non_negative": True},
        },
        {"name": "bmi", "inferred_type": "Fractional", "completeness": 0.854},
    ],
    "monitoring_config": {
        "evaluate_constraints": "Enabled",
        "datatype_check_threshold": 1.0,
        "distribution_constraints": {"perform_comparison": "Enabled", "comparison_threshold": 0.1},
    },
}


def written(limits: Limits, document: Any = None) -> dict[str, Any]:
    return limited(SUGGESTED if document is None else document, limits=limits, source="constraints.json", model="churn")


def test_the_limits_of_all_columns_are_in_the_monitoring_config_and_the_rest_stays() -> None:
    found = written(
        Limits(
            datatype_check_threshold=0.9,
            comparison_threshold=0.3,
            comparison_method="Simple",
            measures=Measures(psi=0.25, new_categories=True, vanished_categories=False),
        )
    )

    assert found["monitoring_config"] == {
        "evaluate_constraints": "Enabled",
        "datatype_check_threshold": 0.9,
        "distribution_constraints": {
            "perform_comparison": "Enabled",
            "comparison_threshold": 0.3,
            "comparison_method": "Simple",
        },
        "additional_measures": {"psi": 0.25, "new_categories": "Enabled", "vanished_categories": "Disabled"},
    }
    assert found["features"] == SUGGESTED["features"]


def test_completeness_takes_the_place_of_each_columns_own_share_but_where_a_column_has_its_own() -> None:
    found = written(Limits(completeness=0.7, columns={"bmi": ColumnLimits(completeness=0.6)}))

    assert [one["completeness"] for one in found["features"]] == [0.7, 0.6]


def test_a_columns_own_limits_are_its_overrides_and_its_type() -> None:
    own = ColumnLimits(inferred_type="Fractional", domain_content_threshold=0.5, measures=Measures(psi=0.4))
    found = written(Limits(columns={"label": own}))

    assert found["features"][0]["inferred_type"] == "Fractional"
    assert found["features"][0]["num_constraints"] == {"is_non_negative": True}
    assert found["features"][0]["monitoringConfigOverrides"] == {
        "domain_content_threshold": 0.5,
        "additional_measures": {"psi": 0.4},
    }


def test_an_ignored_column_is_not_evaluated() -> None:
    found = written(Limits(ignore=("label",)))

    assert found["features"][0]["monitoringConfigOverrides"] == {"evaluate_constraints": "Disabled"}
    assert "monitoringConfigOverrides" not in found["features"][1]


def test_a_column_that_the_data_do_not_have_is_refused_with_those_they_have() -> None:
    with pytest.raises(Failure) as refused:
        written(Limits(ignore=("bim",), columns={"age": ColumnLimits(completeness=0.5)}))

    assert str(refused.value) == (
        "monitoring.limits of churn must name columns of the baseline data (label, bmi), got age, bim; "
        "correct the name, or remove it"
    )


def test_what_is_no_document_of_constraints_is_refused_with_its_place() -> None:
    with pytest.raises(DriftError, match=r"features\[0\]\.name must be given, it is missing in constraints\.json"):
        written(Limits(), {"features": [{}]})


CONSTRAINTS_OF_QUALITY = {
    "version": 0.0,
    "regression_constraints": {
        "mae": {"threshold": 43.7, "comparison_operator": "GreaterThanThreshold"},
        "r2": {"threshold": 0.51, "comparison_operator": "LessThanThreshold"},
    },
}


def quality_written(limits: dict[str, float], document: Any = None) -> dict[str, Any]:
    return limited_quality(
        CONSTRAINTS_OF_QUALITY if document is None else document,
        limits=limits,
        problem=ProblemType.REGRESSION,
        source="constraints.json",
        model="churn",
    )


def test_of_quality_the_metrics_with_a_limit_are_checked_and_no_others() -> None:
    assert quality_written({"mae": 60.0}) == {
        "version": 0.0,
        "regression_constraints": {"mae": {"threshold": 60.0, "comparison_operator": "GreaterThanThreshold"}},
    }


def test_a_limit_of_a_metric_that_the_baseline_does_not_define_is_refused_with_those_that_it_does() -> None:
    with pytest.raises(Failure) as refused:
        quality_written({"rmse": 60.0})

    assert str(refused.value) == (
        "monitoring.quality.limits of churn must name metrics that its baseline defines (mae, r2), got rmse; "
        "remove it, or make a baseline that defines it"
    )


def test_constraints_of_another_problem_are_refused_with_their_place() -> None:
    with pytest.raises(DriftError, match=r"regression_constraints must be given, it is missing in constraints\.json"):
        quality_written({"mae": 60.0}, {"binary_classification_constraints": {}})


def model(*, engine: Any = "drift", limits: Limits | None = None, of_quality: dict[str, float] | None = None) -> Model:
    variant = Variant(name="primary", model="churn/training/1/job/output/model.tar.gz")
    serving = Serving(instance="ml.m5.large", container="xgboost:3.2-0", capture=Capture(), variants=(variant,))
    quality = None if of_quality is None else Quality(problem_type="Regression", inference="0", limits=of_quality)
    monitoring = Monitoring(engine=engine, limits=limits, baseline="churn/baseline/1", quality=quality)
    return Model(name="churn", serving=serving, monitoring=monitoring)


@pytest.fixture
def bucket(local_aws: SharedLocalAws, reached: Aws) -> DataBucket:
    return DataBucket(aws=reached, name=local_aws.bucket())


def test_the_suggested_baseline_is_left_as_it_was_and_limits_have_a_folder_of_their_own(bucket: DataBucket) -> None:
    bucket.write(key="churn/baseline/1/constraints.json", content=json.dumps(SUGGESTED).encode())
    bucket.write(key="churn/baseline/1/statistics.json", content=b"{}")
    limits = Limits(completeness=0.5)

    made = write_limits("churn/baseline/1", model=model(limits=limits), bucket=bucket)

    assert made == f"churn/baseline/1/{limits.folder}"
    assert bucket.read_json("churn/baseline/1/constraints.json") == SUGGESTED
    assert bucket.read_json(f"{made}/constraints.json")["features"][1]["completeness"] == 0.5
    assert bucket.read(f"{made}/statistics.json") == b"{}"
    assert write_limits(made, model=model(limits=limits), bucket=bucket) == made
    assert write_limits(made, model=model(), bucket=bucket) == "churn/baseline/1"


def test_limits_of_quality_have_a_folder_of_their_own_beside_the_measured_baseline(bucket: DataBucket) -> None:
    measured = "churn/baseline/2/model-quality"
    bucket.write(key=f"{measured}/constraints.json", content=json.dumps(CONSTRAINTS_OF_QUALITY).encode())
    bucket.write(key=f"{measured}/statistics.json", content=b"{}")

    made = write_quality_limits(measured, model=model(of_quality={"mae": 60.0}), bucket=bucket)

    assert made == f"{measured}/{limits_folder({'mae': 60.0})}"
    assert bucket.read_json(f"{measured}/constraints.json") == CONSTRAINTS_OF_QUALITY
    assert bucket.read_json(f"{made}/constraints.json") == quality_written({"mae": 60.0})
    assert write_quality_limits(made, model=model(of_quality={}), bucket=bucket) == measured
    assert bucket.read(f"{made}/calibration.json") is None


def test_a_baseline_with_limits_estimates_as_the_measured_one_does(bucket: DataBucket) -> None:
    measured = "churn/baseline/3/model-quality"
    bucket.write(key=f"{measured}/constraints.json", content=json.dumps(CONSTRAINTS_OF_QUALITY).encode())
    for name in ("statistics.json", "calibration.json"):
        bucket.write(key=f"{measured}/{name}", content=name.encode())

    made = write_quality_limits(measured, model=model(of_quality={"mae": 60.0}), bucket=bucket)

    assert bucket.read(f"{made}/calibration.json") == b"calibration.json"


def test_a_baseline_with_limits_knows_what_the_model_leans_on(bucket: DataBucket) -> None:
    bucket.write(key="churn/baseline/4/constraints.json", content=json.dumps(SUGGESTED).encode())
    for name in ("statistics.json", "importance.json"):
        bucket.write(key=f"churn/baseline/4/{name}", content=b'{"weight": 1}')

    made = write_limits("churn/baseline/4", model=model(limits=Limits(completeness=0.5)), bucket=bucket)

    assert bucket.read(f"{made}/importance.json") == b'{"weight": 1}'


@pytest.mark.parametrize(
    ("objects", "said"),
    [
        ({}, "must hold constraints.json and statistics.json, it does not"),
        ({"constraints.json": b"{}"}, "must hold constraints.json and statistics.json, it does not"),
        ({"constraints.json": b"{", "statistics.json": b"{}"}, "/constraints.json must be JSON, it is not"),
    ],
)
def test_a_baseline_that_is_not_whole_takes_no_limits(bucket: DataBucket, objects: dict[str, bytes], said: str) -> None:
    for name, content in objects.items():
        bucket.write(key=f"churn/baseline/1/{name}", content=content)

    with pytest.raises(Failure, match=said):
        write_limits("churn/baseline/1", model=model(limits=Limits()), bucket=bucket)


INPUT, CODE, BASELINE, OUTPUT = (f"/opt/ml/processing/{name}" for name in ("input", "code", "baseline", "output"))
TRAINING = "label,bmi,id\n" + "".join(f"{row % 2},{20 + row % 40},{row}\n" for row in range(400))
# Half of the records have moved by 9, and no id has been seen before.
DRIFTED = "label,bmi,id\n" + "".join(f"{row % 2},{20 + row % 40 + row % 2 * 9},{row + 9000}\n" for row in range(400))


def process(requests: JobRequests, *, engine: str, data: str, output: str, baseline: str | None = None) -> str:
    """Run the analyzer of an engine, as its image or as an archive, and return what it ended with."""
    environment = {
        "dataset_format": '{"csv": {"header": true}}',
        "dataset_source": INPUT,
        "output_path": OUTPUT,
        "publish_cloudwatch_metrics": "Disabled",
    }
    inputs = [source("data", requests.put(f"{output}-data/rows.csv", data).rpartition("/")[0], INPUT)]
    if baseline is not None:
        inputs.append(source("baseline", requests.uri(baseline), BASELINE))
        for kind in ("constraints", "statistics"):
            environment[f"baseline_{kind}"] = f"{BASELINE}/{kind}.json"
    specification: dict[str, Any] = {"ImageUri": ANALYZER}
    if engine == "drift":
        packed = BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            for file in PACKAGE.rglob("*.py"):
                archive.write(file, f"modelyard/drift/{file.relative_to(PACKAGE)}")
        inputs.append(source("code", requests.put("code/drift.zip", packed.getvalue()), CODE))
        specification = {"ImageUri": SCIKIT, "ContainerEntrypoint": ["python3", f"{CODE}/drift.zip"]}
    request = requests.processing("pass", outputs=[target("report", requests.uri(output), OUTPUT)])
    changes = {"AppSpecification": specification, "Environment": environment, "ProcessingInputs": inputs}
    return str(requests.process({**request, **changes})["ExitMessage"])


def violations(requests: JobRequests, folder: str) -> set[tuple[str, str]]:
    found = json.loads(requests.get(f"{folder}/constraint_violations.json"))["violations"]
    return {(one["feature_name"], one["constraint_check_type"]) for one in found}


@pytest.mark.parametrize(
    ("engine", "limits", "before", "after"),
    [
        (
            "drift",
            Limits(measures=Measures(psi=0.1), ignore=("id",)),
            {("id", "baseline_drift_check")},
            {("bmi", "population_stability_check")},
        ),
        (
            "model-monitor",
            Limits(comparison_threshold=0.05, comparison_method="Simple", ignore=("id",)),
            {("id", "baseline_drift_check")},
            {("bmi", "baseline_drift_check")},
        ),
    ],
)
def test_the_same_drifted_data_are_checked_by_the_declared_limits(
    local_aws: SharedLocalAws,
    bucket: DataBucket,
    engine: Any,
    limits: Limits,
    before: set[tuple[str, str]],
    after: set[tuple[str, str]],
) -> None:
    requests = JobRequests(local_aws=local_aws, bucket=bucket.name)
    process(requests, engine=engine, data=TRAINING, output="churn/baseline/1")
    declared = write_limits("churn/baseline/1", model=model(engine=engine, limits=limits), bucket=bucket)

    for baseline, report in (("churn/baseline/1", "by-suggestion"), (declared, "by-limits")):
        process(requests, engine=engine, data=DRIFTED, output=report, baseline=baseline)

    assert violations(requests, "by-suggestion") == before
    assert violations(requests, "by-limits") == after
