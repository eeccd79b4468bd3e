from pathlib import Path

import pytest

from modelyard.drift.container.contract import read_analysis
from modelyard.drift.container.quality_contract import read_quality_run_job
from modelyard.drift.errors import DriftError
from support.drift.quality_environments import ONE_JOB

MERGED = '{"sagemakerMergeJson":{"captureIndexNames":["endpointOutput"],"originalDatasetFormat":null}}'


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"problem_type": ""}, "problem_type must be given"),
        ({"problem_type": "Ranking"}, "problem_type must be one of"),
        ({"probability_threshold_attribute": "half"}, "probability_threshold_attribute must be a number, got half"),
        ({"record_preprocessor_script": "a.py"}, "record_preprocessor_script must be left out for MODEL_QUALITY"),
        ({"dataset_format": '{"csv": {}}'}, "ground truth must not be given with a data set"),
        (
            {"dataset_format": '{"sagemakerCaptureJson": {}}', "ground_truth_source": ""},
            "ground truth must be given with the captured records",
        ),
        ({"probability_attribute": ""}, "inference_attribute or probability_attribute must be given"),
    ],
)
def test_an_environment_for_quality_that_cannot_be_used_is_refused(
    tmp_path: Path, changes: dict[str, str], sentence: str
) -> None:
    with pytest.raises(DriftError, match=sentence):
        read_quality_run_job(environment={**ONE_JOB, **changes}, root=tmp_path)


def test_another_analysis_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DriftError, match="analysis_type must be DATA_QUALITY, MODEL_QUALITY or RETRAINING_DATA, got"):
        read_analysis(environment={"analysis_type": "MODEL_BIAS"}, root=tmp_path)


@pytest.mark.parametrize(("environment", "estimates"), [({}, True), ({"estimate": "Disabled"}, False)])
def test_an_estimate_is_made_where_it_is_not_switched_off(
    tmp_path: Path, environment: dict[str, str], *, estimates: bool
) -> None:
    run = read_quality_run_job(environment={**ONE_JOB, **environment}, root=tmp_path)

    assert run.job.estimates is estimates
