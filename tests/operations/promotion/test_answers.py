"""A baseline held against the declared answer, in a bucket of the local AWS."""

import json
from typing import Any

import pytest

from modelyard.manifest import Model
from modelyard.manifest.answer import Answer
from modelyard.manifest.monitoring import Monitoring
from modelyard.manifest.serving import Capture, Serving, Variant
from modelyard.operations.aws import Aws
from modelyard.operations.bucket import DataBucket
from modelyard.operations.failures import Failure
from modelyard.operations.promotion.answers import check_answer
from support.local_aws import SharedLocalAws

PROBABILITY = Answer(probability="0")
NUMBER = Answer(prediction="0")
CLASSES = Answer(probabilities=("0", "1"), classes=("a", "b"))
WHOLE: dict[str, Any] = {"name": "label", "inferred_type": "Integral"}
NAMES: dict[str, Any] = {"name": "label", "inferred_type": "String", "string_constraints": {"domains": ["a", "b", "c"]}}
IGNORED = {"monitoringConfigOverrides": {"evaluate_constraints": "Disabled"}}


@pytest.fixture
def bucket(local_aws: SharedLocalAws, reached: Aws) -> DataBucket:
    return DataBucket(aws=reached, name=local_aws.bucket())


def check(bucket: DataBucket, *, label: dict[str, Any], answer: Answer | None, engine: str) -> None:
    document = {"version": 0.0, "features": [label, {"name": "x", "inferred_type": "Fractional"}]}
    bucket.write(key="m/baseline/run/constraints.json", content=json.dumps(document).encode())
    serving = Serving(
        container="sklearn:1.9-0",
        instance="ml.m5.large",
        capture=Capture(),
        answer=answer,
        variants=(Variant(name="a"),),
    )
    monitoring = Monitoring(engine=engine, baseline="m/baseline/run")  # type: ignore[arg-type]
    check_answer("m/baseline/run", model=Model(name="m", serving=serving, monitoring=monitoring), bucket=bucket)


@pytest.mark.parametrize(
    ("label", "answer", "said"),
    [
        (WHOLE, PROBABILITY, "label is Integral in the baseline, in its place m answers a probability"),
        (WHOLE, NUMBER, "label is Integral in the baseline, in its place m answers a number"),
        (NAMES, PROBABILITY, 'write ignore = ["label"] below [monitoring.limits]'),
    ],
)
def test_what_aws_would_report_each_hour_is_refused(
    bucket: DataBucket, label: dict[str, Any], answer: Answer, said: str
) -> None:
    with pytest.raises(Failure) as refused:
        check(bucket, label=label, answer=answer, engine="model-monitor")

    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("label", "answer", "engine"),
    [
        (WHOLE | IGNORED, PROBABILITY, "model-monitor"),
        ({**WHOLE, "inferred_type": "Fractional"}, PROBABILITY, "model-monitor"),
        (WHOLE, None, "model-monitor"),
        (WHOLE, PROBABILITY, "drift"),
        (NAMES, PROBABILITY, "drift"),
    ],
)
def test_what_can_be_held_against_the_baseline_is_promoted(
    bucket: DataBucket, label: dict[str, Any], answer: Answer | None, engine: str
) -> None:
    check(bucket, label=label, answer=answer, engine=engine)


def test_a_label_that_is_none_of_the_classes_is_refused(bucket: DataBucket) -> None:
    with pytest.raises(Failure, match="must name every label of the baseline's column label, c is missing"):
        check(bucket, label=NAMES, answer=CLASSES, engine="drift")
