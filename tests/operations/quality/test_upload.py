import pytest

from modelyard.manifest import Model
from modelyard.manifest.serving import Capture, Serving, Variant
from modelyard.operations.aws import Aws
from modelyard.operations.deployment import Deployment
from modelyard.operations.failures import Failure
from modelyard.operations.quality.upload import uploader_of


def deployment(*, capture: Capture | None) -> Deployment:
    serving = Serving(
        container="xgboost:3.2-0", instance="ml.m5.large", capture=capture, variants=(Variant(name="primary"),)
    )
    model = Model(name="plain", serving=serving)
    return Deployment(aws=Aws(region="eu-west-1"), model=model, stage="dev")


def test_labels_of_answers_that_nobody_captures_are_refused() -> None:
    with pytest.raises(Failure) as refused:
        uploader_of(deployment(capture=None))

    assert str(refused.value) == (
        "plain captures no traffic, so nobody can say which answer a label is about; "
        "add capture to [serving] and deploy it"
    )
