from typing import Any

import pytest

from modelyard.manifest.batch import Batch
from modelyard.manifest.problems import Invalid

BOUNDS = "choose a number within the bounds"
FORMS = "rate(1 day) or cron(0 3 * * ? *), as EventBridge Scheduler writes them"
RECURRING = f"schedule must be {FORMS}, got {{}}; write one of the two forms or leave it out"
ARTIFACT = (
    "model must be a key of the data bucket, or the s3:// URI of one object without *, ? and $, that ends in .tar.gz, "
    "got {}; let `yard promote` write it"
)
FILTER = (
    "input_filter must be a JSONPath of names, indices and slices, such as $[1:] or $.features, got {}; "
    "use only $, .name, ['a','b'], [i,j], [a:b] and *"
)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"instance_count": 0}, f"instance_count must be between 1 and 100, got 0; {BOUNDS}"),
        ({"instance_count": 101}, f"instance_count must be between 1 and 100, got 101; {BOUNDS}"),
        ({"max_payload_mb": -1}, f"max_payload_mb must be between 0 and 100, got -1; {BOUNDS}"),
        ({"timeout_seconds": 0}, f"timeout_seconds must be between 1 and 3600, got 0; {BOUNDS}"),
        ({"timeout_seconds": 3601}, f"timeout_seconds must be between 1 and 3600, got 3601; {BOUNDS}"),
        ({"max_retries": -1}, f"max_retries must be between 0 and 3, got -1; {BOUNDS}"),
        ({"max_retries": 4}, f"max_retries must be between 0 and 3, got 4; {BOUNDS}"),
        (
            {"max_concurrent_transforms": 0},
            f"max_concurrent_transforms must be between 1 and 100, got 0; {BOUNDS}",
        ),
        (
            {"input": "s3://bucket/files"},
            'input must be a path such as datasets/train, got "s3://bucket/files"; '
            "leave out s3://, the bucket and slashes at either end",
        ),
        ({"model": "churn/model.zip"}, ARTIFACT.format('"churn/model.zip"')),
        ({"model": "model.tar.gz"}, ARTIFACT.format('"model.tar.gz"')),
        ({"model": "s3://bucket/model.zip"}, ARTIFACT.format('"s3://bucket/model.zip"')),
        ({"schedule": "daily"}, RECURRING.format('"daily"')),
        ({"schedule": "rate(0 days)"}, RECURRING.format('"rate(0 days)"')),
        ({"schedule": "cron(0 3 * * ?)"}, RECURRING.format('"cron(0 3 * * ?)"')),
        ({"schedule": "at(2026-11-22T10:15:00)"}, RECURRING.format('"at(2026-11-22T10:15:00)"')),
        (
            {"schedule": "cron(99 77 * * ? *)"},
            'schedule must be a cron that EventBridge Scheduler takes, got "cron(99 77 * * ? *)"; '
            "minutes must be of 0 to 59, got 99; hours must be of 0 to 23, got 77",
        ),
        (
            {"schedule": "cron(0 3 * * * *)"},
            'schedule must be a cron that EventBridge Scheduler takes, got "cron(0 3 * * * *)"; '
            "one of the two days must be ?, got * as day of month and * as day of week",
        ),
        (
            {"join": "Input", "accept": "application/json"},
            'join must be "None" while content_type is CSV and accept is JSON, got "Input"; '
            "make both CSV or both JSON, or leave join out",
        ),
        (
            {"join": "Input", "content_type": "image/png", "accept": "image/png"},
            "content_type must be one of text/csv, application/json, application/jsonlines for a filter or a join, "
            'got "image/png"; a transform job looks into no other records\n'
            "accept must be one of text/csv, application/json, application/jsonlines for a filter, a join or capture, "
            'got "image/png"; a transform job looks into no other answers',
        ),
        (
            {"capture": True, "accept": "image/png"},
            "accept must be one of text/csv, application/json, application/jsonlines for a filter, a join or capture, "
            'got "image/png"; a transform job looks into no other answers',
        ),
        ({"input_filter": "$." + "a" * 62}, "input_filter must be at most 63 characters, got 64; shorten it"),
        ({"input": "a" * 513}, "input must be at most 512 characters, got 513; shorten it"),
        ({"model": f"a/{'b' * 1000}.tar.gz"}, "model must be at most 955 characters, got 1009; shorten it"),
        ({"input_filter": "$..name"}, FILTER.format('"$..name"')),
        ({"input_filter": "[1:]"}, FILTER.format('"[1:]"')),
        (
            {"strategy": "MultiRecord", "split_type": "None"},
            'strategy must be SingleRecord when split_type is None, got "MultiRecord"; split the input or '
            "send it whole",
        ),
        (
            {"max_payload_mb": 1, "max_concurrent_transforms": 101},
            f"max_concurrent_transforms must be between 1 and 100, got 101; {BOUNDS}\n"
            "max_concurrent_transforms must be at most 100 beside max_payload_mb, got 101; "
            "their product may not pass 100",
        ),
        (
            {"max_payload_mb": 50, "max_concurrent_transforms": 3},
            "max_concurrent_transforms must be at most 2 beside max_payload_mb, got 3; their product may not pass 100",
        ),
    ],
)
def test_a_batch_refuses_a_value_that_a_transform_job_would(values: dict[str, Any], sentence: str) -> None:
    with pytest.raises(Invalid) as refused:
        Batch(instance="ml.m5.large", **values)

    assert str(refused.value) == sentence


@pytest.mark.parametrize(
    "values",
    [
        {"instance_count": 1},
        {"instance_count": 100},
        {"max_payload_mb": 0},
        {"max_payload_mb": 100},
        {"timeout_seconds": 1},
        {"timeout_seconds": 3600},
        {"max_retries": 0},
        {"max_retries": 3},
        {"max_payload_mb": 50, "max_concurrent_transforms": 2},
        {"max_payload_mb": 0, "max_concurrent_transforms": 100},
        {"model": "churn/training/run/job/output/model.tar.gz"},
        {"model": "s3://another-bucket/model.tar.gz"},
        {"schedule": "rate(1 hour)"},
        {"schedule": "rate(12 hours)"},
        {"schedule": "cron(0 3 * * ? *)"},
        {"strategy": "SingleRecord", "split_type": "None"},
        {"strategy": "MultiRecord", "split_type": "RecordIO"},
        {"input_filter": "$[1:]"},
        {"input_filter": "$"},
        {"output_filter": "$['id','SageMakerOutput']"},
        {"output_filter": "$[0,-1]"},
        {"output_filter": "$.predictions[*]"},
        {"input_filter": "$." + "a" * 61},
        {"join": "Input", "content_type": "application/jsonlines", "accept": "application/json"},
        {"join": "Input", "accept": "text/csv; charset=utf-8"},
        {"accept": "image/png"},
    ],
)
def test_a_batch_takes_a_value_that_a_transform_job_takes(values: dict[str, Any]) -> None:
    batch = Batch(instance="ml.m5.large", **values)

    assert {key: getattr(batch, key) for key in values} == values


def test_a_batch_refuses_an_instance_that_no_region_offers_for_transform() -> None:
    with pytest.raises(Invalid) as refused:
        Batch(instance="ml.m5.xlrge")

    assert str(refused.value) == (
        "instance must be an instance type for transform, such as ml.m5.xlarge, "
        'got "ml.m5.xlrge"; the nearest name is ml.m5.xlarge'
    )


def test_a_batch_names_every_problem_at_once() -> None:
    with pytest.raises(Invalid) as refused:
        Batch(instance="ml.m5.large", max_retries=9, schedule="weekly", split_type="None")

    assert [problem.key for problem in refused.value.problems] == ["max_retries", "schedule", "strategy"]
