"""Metrics that are put into CloudWatch; that they arrive is a test of processing jobs."""

import sys
from pathlib import Path

import pytest

from modelyard.drift.container.contract import Publication
from modelyard.drift.container.publishing import publish
from modelyard.drift.errors import DriftError

LINE = '{"MetricName": "a", "Value": 1}'


def publication(root: Path, *, namespace: str | None = "Own") -> Publication:
    return Publication(
        enabled=True,
        path=root / "metrics.jsonl",
        namespace=namespace,
        region="eu-west-1",
        endpoint="churn",
        schedule="hourly",
        time=None,
    )


def test_without_a_namespace_metrics_are_a_file(tmp_path: Path) -> None:
    publish(publication=publication(tmp_path, namespace=None), lines=[LINE, LINE])
    assert (tmp_path / "metrics.jsonl").read_text() == f"{LINE}\n{LINE}\n"


def test_an_image_without_boto3_is_refused_with_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "boto3", None)
    with pytest.raises(DriftError, match="needs boto3, which this image lacks; install it in the image"):
        publish(publication=publication(tmp_path), lines=[LINE])


def test_metrics_that_cannot_be_put_fail_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Nobody listens there.
    variables = {"ACCESS_KEY_ID": "id", "SECRET_ACCESS_KEY": "key", "ENDPOINT_URL": "http://127.0.0.1:9"}
    for name, value in {**variables, "MAX_ATTEMPTS": "1"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    with pytest.raises(DriftError, match=r"cannot be put into CloudWatch's Own: .*or set publish_cloudwatch_metrics"):
        publish(publication=publication(tmp_path), lines=[LINE])
    assert not (tmp_path / "metrics.jsonl").exists()
