from pathlib import Path

import pytest

from modelyard.manifest import Model
from modelyard.manifest.serving import Capture, Serving, Variant
from modelyard.operations.aws import Aws
from modelyard.operations.deployment import Deployment
from modelyard.operations.failures import Failure
from modelyard.operations.quality.baseline import labelled_data


def deployment(*, capture: Capture | None) -> Deployment:
    serving = Serving(
        container="xgboost:3.2-0", instance="ml.m5.large", capture=capture, variants=(Variant(name="primary"),)
    )
    model = Model(name="plain", serving=serving)
    return Deployment(aws=Aws(region="eu-west-1"), model=model, stage="dev")


def test_labelled_data_that_are_not_there_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Failure, match="must be a CSV file with the label first, there is none; name one"):
        labelled_data(deployment(capture=Capture()), file=tmp_path / "none.csv", most=1)
