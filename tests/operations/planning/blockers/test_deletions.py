from typing import Any

import pytest

from support.plans import kinds, predict
from support.templates import resource


def test_a_bucket_that_goes_with_its_stack_may_stay() -> None:
    topic = {"One": resource("AWS::SNS::Topic")}
    assert kinds(topic | {"Bucket": resource("AWS::S3::Bucket")}, topic) == [("not empty", False)]


def app(**properties: Any) -> dict[str, Any]:
    given = {"Name": "dev-tracking", "RoleArn": "arn:aws:iam::111122223333:role/a", "ArtifactStoreUri": "s3://b/c"}
    return {"App": resource("MlflowApp", {**given, **properties})}


def test_an_mlflow_app_that_goes_takes_its_runs_with_it() -> None:
    topic = {"One": resource("AWS::SNS::Topic")}

    (found,) = predict(topic | app(), topic).blockers
    assert (found.kind, found.certain) == ("runs are forgotten", False)
    assert found.what == "MlflowApp dev-tracking is deleted, with all that was logged to it"


@pytest.mark.parametrize("changed", [{"Name": "other"}, {"RoleArn": "arn:aws:iam::111122223333:role/b"}])
def test_an_mlflow_app_of_another_name_or_role_begins_empty(changed: dict[str, str]) -> None:
    (found,) = [one for one in predict(app(), app(**changed)).blockers if one.kind == "runs are forgotten"]
    assert found.what.endswith("is replaced, with all that was logged to it")


def test_an_mlflow_app_that_is_changed_in_place_keeps_its_runs() -> None:
    assert kinds(app(), app(WeeklyMaintenanceWindowStart="Sun:03:30")) == []


def bucket(*prefixes: str) -> dict[str, Any]:
    rules = [{"Status": "Enabled", "Prefix": prefix, "ExpirationInDays": 90} for prefix in prefixes]
    stale = {"Status": "Enabled", "NoncurrentVersionExpiration": {"NoncurrentDays": 90}}
    return {"Bucket": resource("AWS::S3::Bucket", {"LifecycleConfiguration": {"Rules": [stale, *rules]}})}


def test_what_expired_and_is_to_expire_no_more_is_named_with_its_model() -> None:
    before = bucket("old/capture/", "old/merged/", "churn/capture/")
    (found,) = predict(before, bucket("churn/capture/")).blockers
    assert (found.kind, found.certain) == ("expiry ends", False)
    assert "old/capture/, old/merged/" in found.what
    assert found.first.startswith("write retired_models with old for this stage")


@pytest.mark.parametrize("after", [bucket("churn/capture/"), bucket("churn/capture/", "other/capture/")])
def test_rules_that_stay_and_rules_that_are_added_end_no_expiry(after: dict[str, Any]) -> None:
    assert kinds(bucket("churn/capture/"), after) == []
