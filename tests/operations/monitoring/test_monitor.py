import pytest

from modelyard.manifest import Model
from modelyard.manifest.monitoring import Monitoring
from modelyard.manifest.serving import Capture, Serving, Variant
from modelyard.operations.aws import Aws
from modelyard.operations.deployment import Deployment
from modelyard.operations.failures import Failure
from modelyard.operations.monitoring.monitor import quality_of


def deployment(*, capture: Capture | None, monitoring: Monitoring | None = None) -> Deployment:
    serving = Serving(
        container="xgboost:3.2-0", instance="ml.m5.large", capture=capture, variants=(Variant(name="primary"),)
    )
    model = Model(name="plain", serving=serving, monitoring=monitoring)
    return Deployment(aws=Aws(region="eu-west-1"), model=model, stage="dev")


def test_the_quality_of_a_model_that_declares_none_is_refused() -> None:
    monitoring = Monitoring(engine="drift", baseline="plain/baseline/run")
    with pytest.raises(Failure) as refused:
        quality_of(deployment(capture=Capture(), monitoring=monitoring))

    assert str(refused.value) == (
        "plain declares no [monitoring.quality]; add that table to its manifest and deploy it"
    )
