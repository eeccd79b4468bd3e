"""What is refused before AWS is asked: a model that captures nothing, or of which no quality is declared."""

from pathlib import Path

import pytest

from modelyard.manifest import Model
from modelyard.manifest.monitoring import Monitoring
from modelyard.manifest.serving import Capture, Serving, Variant
from modelyard.operations.aws import Aws
from modelyard.operations.deployment import Deployment
from modelyard.operations.failures import Failure
from modelyard.operations.monitoring.monitor import quality_of
from modelyard.operations.quality.baseline import labelled_data
from modelyard.operations.quality.upload import uploader_of


def deployment(*, capture: Capture | None, monitoring: Monitoring | None = None) -> Deployment:
    serving = Serving(
        container="xgboost:3.2-0", instance="ml.m5.large", capture=capture, variants=(Variant(name="primary"),)
    )
    model = Model(name="plain", serving=serving, monitoring=monitoring)
    return Deployment(aws=Aws(region="eu-west-1"), model=model, stage="dev")


def test_labels_of_answers_that_nobody_captures_are_refused() -> None:
    with pytest.raises(Failure) as refused:
        uploader_of(deployment(capture=None))

    assert str(refused.value) == (
        "plain captures no traffic, so nobody can say which answer a label is about; "
        "add capture to [serving] and deploy it"
    )


def test_the_quality_of_a_model_that_declares_none_is_refused() -> None:
    monitoring = Monitoring(engine="drift", baseline="plain/baseline/run")
    with pytest.raises(Failure) as refused:
        quality_of(deployment(capture=Capture(), monitoring=monitoring))

    assert str(refused.value) == (
        "plain declares no [monitoring.quality]; add that table to its manifest and deploy it"
    )


def test_labelled_data_that_are_not_there_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Failure, match="must be a CSV file with the label first, there is none; name one"):
        labelled_data(deployment(capture=Capture()), file=tmp_path / "none.csv")
