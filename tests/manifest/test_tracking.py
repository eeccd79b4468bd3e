"""The `tracking` table of a stage."""

import pytest

from modelyard.manifest import catalogue
from modelyard.manifest.problems import Invalid
from modelyard.manifest.stage import MLFLOW_APP, Stage
from modelyard.manifest.tracking import ExperimentTracking


@pytest.mark.parametrize("window", ["Sun:00:00", "Mon:23:59"])
def test_a_maintenance_window_is_a_day_and_a_time(window: str) -> None:
    assert ExperimentTracking(maintenance=window).maintenance == window


@pytest.mark.parametrize("window", ["sun:00:00", "Sun:24:00", "Sun:3:30", "Sun:03:60", "", "Sun:03:30 UTC"])
def test_any_other_maintenance_window_is_refused(window: str) -> None:
    with pytest.raises(Invalid, match="maintenance must be a day and a time of UTC such as Sun:03:30"):
        ExperimentTracking(maintenance=window)


@pytest.mark.parametrize("region", ["eu-west-1", "us-east-1", None])
def test_a_stage_tracks_where_there_are_mlflow_apps_or_the_region_is_not_known(region: str | None) -> None:
    account = None if region is None else "123456789012"

    assert Stage(name="dev", account=account, region=region, tracking=ExperimentTracking()).tracking is not None


def test_a_stage_in_a_region_without_mlflow_apps_is_refused() -> None:
    with pytest.raises(Invalid) as refused:
        Stage(name="dev", region="eu-south-1", tracking=ExperimentTracking())

    (problem,) = refused.value.problems
    assert problem.sentence == (
        'tracking must be left out in eu-south-1, where CloudFormation knows no MLflow App, got "given"; remove it, '
        "or choose another region"
    )


def test_so_many_regions_have_no_mlflow_app() -> None:
    lacking = [
        region for region in catalogue.regions() if not catalogue.has_type(resource_type=MLFLOW_APP, region=region)
    ]

    assert {"af-south-1", "cn-north-1", "us-gov-west-1"} <= set(lacking)
    assert not {"us-east-1", "eu-west-1", "eu-central-1"} & set(lacking)
