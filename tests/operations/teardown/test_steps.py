"""The page of all models goes with the stage, and before what it stands beside."""

import json
from pathlib import Path

from support.local_aws import SharedLocalAws
from support.yard import Yard, make_foundation

DASHBOARD = {
    "Type": "AWS::CloudWatch::Dashboard",
    "Properties": {"DashboardName": "gonefleet-models", "DashboardBody": json.dumps({"widgets": []})},
}


def test_the_page_of_all_models_is_deleted_with_the_stage(
    yard: Yard, local_aws: SharedLocalAws, tmp_path: Path
) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "stages.toml").write_text('[gonefleet]\nremoval = "destroy"\ntermination_protection = false\n')
    make_foundation(local_aws, stage="gonefleet", policy="Delete")
    cloudformation = local_aws.client("cloudformation")
    cloudformation.create_stack(
        StackName="gonefleet-fleet", TemplateBody=json.dumps({"Resources": {"Page": DASHBOARD}})
    )
    cloudformation.get_waiter("stack_create_complete").wait(StackName="gonefleet-fleet", WaiterConfig={"Delay": 1})

    told = yard("teardown", "--models", str(tmp_path / "models"), "--stage", "gonefleet", "--json")
    done = yard("teardown", "--models", str(tmp_path / "models"), "--stage", "gonefleet", "--yes")

    assert told.document["would"] == ["delete the stack gonefleet-fleet", "delete the stack gonefleet-foundation"]
    assert done.code == 0, done.err
    names = [one["DashboardName"] for one in local_aws.client("cloudwatch").list_dashboards()["DashboardEntries"]]
    assert "gonefleet-models" not in names
