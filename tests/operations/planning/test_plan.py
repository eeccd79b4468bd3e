"""The plan of changes of the example app: what a pull request's comment would say."""

import copy
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from modelyard.manifest.reading import read_model
from modelyard.operations.costs.estimate import costs_of, telemetry_of
from modelyard.operations.costs.prices import shipped
from modelyard.operations.planning.costs import bills, telemetry_in
from modelyard.operations.planning.differences import Action
from modelyard.operations.planning.plan import Plan, plan
from modelyard.operations.planning.rendering import markdown
from modelyard.operations.planning.revision import Revision
from modelyard.template_checks.template import Template
from support.manifests import WHOLE, synthesize_text
from support.synth import ROOT, Synthesized

SERVING, MANAGED, TRAINING = "dev-churn-serving", "dev-churn-forest-monitoring", "dev-churn-training"
Edit = Callable[[dict[str, Any]], None]


def revision(name: str, templates: Any) -> Revision:
    return Revision(name=name, templates=tuple(Template(name=key, body=body) for key, body in templates.items()))


def planned(app: Synthesized, stack: str, edit: Edit) -> Plan:
    """The plan of a change to one stack's template."""
    templates: dict[str, Any] = copy.deepcopy(dict(app.templates))
    edit(templates[stack])
    return plan(base=revision("before", app.templates), head=revision("after", templates), prices=shipped())


def the(template: dict[str, Any], kind: str) -> dict[str, Any]:
    """The properties of the only resource of a kind."""
    (found,) = [one for one in template["Resources"].values() if one["Type"] == f"AWS::{kind}"]
    properties: dict[str, Any] = found["Properties"]
    return properties


def said(found: Plan) -> dict[str, Action]:
    return {one.type.rpartition("::")[2]: one.action for one in found.changes}


def other_model(template: dict[str, Any]) -> None:
    the(template, "SageMaker::Model")["PrimaryContainer"]["ModelDataUrl"] = "s3://data/other/model.tar.gz"


def other_instance(template: dict[str, Any]) -> None:
    the(template, "SageMaker::EndpointConfig")["ProductionVariants"][0]["InstanceType"] = "ml.m5.xlarge"


def test_the_same_app_changes_nothing(app: Synthesized) -> None:
    found = plan(base=revision("before", app.templates), head=revision("after", app.templates), prices=shipped())
    assert (found.summary, found.code, found.changes) == ("Nothing changes", 0, ())


def test_another_model_replaces_model_and_configuration_and_keeps_the_endpoint(app: Synthesized) -> None:
    found = planned(app, SERVING, other_model)
    assert said(found) == {"Model": Action.REPLACE, "EndpointConfig": Action.REPLACE, "Endpoint": Action.UPDATE}
    assert (found.code, found.costs, found.blockers) == (0, (), ())


def test_a_canary_of_the_app_bakes_twice_and_before_the_old_fleet_ends(app: Synthesized) -> None:
    (rollout,) = planned(app, SERVING, other_model).rollouts
    assert (rollout.strategy, rollout.first_share, rollout.bake_seconds) == ("canary", "25 %", 900)
    assert (rollout.keeps_count, rollout.keeps_weights, rollout.alarms) == (True, False, 2)


def test_another_instance_type_of_the_scaled_variant_fails_and_costs_more(app: Synthesized) -> None:
    found = planned(app, SERVING, other_instance)
    assert found.code == 2
    assert [one.kind for one in found.blockers] == ["scaled variant changes"]
    (cost,) = found.costs
    assert cost.least == pytest.approx(2 * 730 * 0.115)
    assert cost.most == pytest.approx(4 * 730 * 0.115)


def test_checks_that_may_take_longer_may_cost_more(app: Synthesized) -> None:
    def longer(template: dict[str, Any]) -> None:
        stopping = the(template, "SageMaker::DataQualityJobDefinition")["StoppingCondition"]
        stopping["MaxRuntimeInSeconds"] += 600

    (cost,) = planned(app, MANAGED, longer).costs
    assert cost.least == 0
    assert cost.most is not None
    assert cost.most > 0


@pytest.mark.parametrize("name", ["churn", "churn_forest"])
def test_checks_of_either_engine_cost_what_yard_cost_says(name: str, app: Synthesized) -> None:
    stack = f"dev-{name.replace('_', '-')}-monitoring"
    found = bills(revision("app", app.templates), only={stack}, prices=shipped())
    model = read_model(ROOT / "models" / f"{name}.toml")
    costs = {one.what: one for one in costs_of(model=model, prices=shipped(), stored_bytes=None, log_days=90)}
    checks = {what: bill for (_, what), bill in found.items() if what.startswith("checks of")}
    of_quality = {what: bill for what, bill in checks.items() if "Quality" in what}
    of_drift = {what: bill for what, bill in checks.items() if "Quality" not in what}
    for bills_of, declared in ((of_drift, costs["checks"]), (of_quality, costs["checks of quality"])):
        (bill,) = bills_of.values()
        assert bill.least == pytest.approx(declared.least)
        assert bill.most == pytest.approx(declared.most)


def test_checks_on_several_instances_cost_what_yard_cost_says(tmp_path: Path) -> None:
    app = synthesize_text(tmp_path, WHOLE.replace('engine = "drift"', 'engine = "drift"\ninstances = 3'))
    found = bills(revision("app", app.templates), only={"dev-whole-monitoring"}, prices=shipped())
    model = read_model(tmp_path / "models" / "whole.toml")
    costs = {one.what: one for one in costs_of(model=model, prices=shipped(), stored_bytes=None, log_days=90)}
    checks = [bill for (_, what), bill in found.items() if what.startswith("checks of") and "Quality" not in what]
    assert len(checks) == 2
    assert sum(bill.least or 0.0 for bill in checks) == pytest.approx(costs["checks"].least)
    assert sum(bill.most or 0.0 for bill in checks) == pytest.approx(costs["checks"].most)


@pytest.mark.parametrize("name", ["churn", "churn_forest", "mnist_torch", "mnist_tf"])
def test_yard_cost_counts_what_the_templates_of_a_model_have(name: str, app: Synthesized) -> None:
    model = read_model(ROOT / "models" / f"{name}.toml")
    stacks = [key for key in app.templates if re.fullmatch(f"dev-{model.slug}-[a-z]+", key)]
    counted = [telemetry_in(one) for one in revision("app", app.templates).templates if one.name in stacks]
    declared = telemetry_of(model=model, log_days=90)
    for count in ("alarms", "metrics", "dashboards", "calls_a_second"):
        assert sum(getattr(one, count) for one in counted) == getattr(declared, count), count
    for count in ("executions", "states"):
        assert sum(getattr(one, count) for one in counted) == pytest.approx(getattr(declared, count)), count
    assert {one.log_days for one in counted} - {0} == {90}
    assert not any(one.calls_traced for one in counted)


def test_a_changed_definition_warns_of_a_running_check(app: Synthesized) -> None:
    def other(template: dict[str, Any]) -> None:
        the(template, "SageMaker::DataQualityJobDefinition")["StoppingCondition"] = {"MaxRuntimeInSeconds": 600}

    found = planned(app, MANAGED, other)
    assert found.code == 0
    (warning,) = found.blockers
    assert (warning.kind, warning.certain) == ("running check", False)
    assert warning.first.startswith("yard pause")


def test_a_removed_schedule_may_stay_when_a_check_runs(app: Synthesized) -> None:
    def without(template: dict[str, Any]) -> None:
        gone = [
            key for key, one in template["Resources"].items() if one["Type"] == "AWS::SageMaker::MonitoringSchedule"
        ]
        for key in gone:
            del template["Resources"][key]

    found = planned(app, MANAGED, without)
    assert said(found)["MonitoringSchedule"] is Action.REMOVE
    assert [(one.kind, one.certain) for one in found.blockers] == 2 * [("running check", False)]


def test_a_package_group_s_description_is_frozen(app: Synthesized) -> None:
    def described(template: dict[str, Any]) -> None:
        the(template, "SageMaker::ModelPackageGroup")["ModelPackageGroupDescription"] = "anew"

    found = planned(app, TRAINING, described)
    assert [one.kind for one in found.blockers] == ["description is frozen"]


def test_a_channel_of_another_bucket_updates_the_role_and_the_workflow(tmp_path: Path) -> None:
    away = WHOLE.replace('train = "datasets/train"', 'train = "s3://mine/train/"')
    before, after = synthesize_text(tmp_path / "before", WHOLE), synthesize_text(tmp_path / "after", away)
    found = plan(base=revision("before", before.templates), head=revision("after", after.templates), prices=shipped())
    assert said(found) == {"Role": Action.UPDATE, "StateMachine": Action.UPDATE}
    assert [one.properties for one in found.changes if one.type == "AWS::IAM::Role"] == [("Policies",)]
    assert (found.code, found.blockers) == (0, ())


def test_an_export_cannot_go_while_it_is_imported(app: Synthesized) -> None:
    def without(template: dict[str, Any]) -> None:
        exports = [key for key, one in template["Outputs"].items() if "Export" in one and "DataBucket" in key]
        for key in exports:
            del template["Outputs"][key]

    found = planned(app, "dev-foundation", without)
    assert found.code == 2
    assert {one.kind for one in found.blockers} == {"export in use"}
    assert "dev-churn-training" in found.blockers[0].what
    assert "is removed while" in found.blockers[0].what


def test_an_export_cannot_change_while_it_is_imported(app: Synthesized) -> None:
    def other(template: dict[str, Any]) -> None:
        exports = [one for key, one in template["Outputs"].items() if "Export" in one and "RefDataBucket" in key]
        exports[0]["Value"] = "another-bucket"

    (blocker,) = planned(app, "dev-foundation", other).blockers
    assert "is changed while" in blocker.what


def test_a_stack_that_the_app_has_no_more_stays(app: Synthesized) -> None:
    templates = {name: body for name, body in app.templates.items() if name != SERVING}
    found = plan(base=revision("before", app.templates), head=revision("after", templates), prices=shipped())
    assert found.changes == ()
    assert "1 no longer in the app" in found.summary


def test_a_new_stack_is_added_with_all_that_it_costs(app: Synthesized) -> None:
    templates = {name: body for name, body in app.templates.items() if name != SERVING}
    found = plan(base=revision("before", templates), head=revision("after", app.templates), prices=shipped())
    assert {one.action for one in found.changes} == {Action.ADD}
    assert found.costs[0].least == pytest.approx(2 * 730 * 0.115)


def test_the_plan_is_a_document(app: Synthesized) -> None:
    document = json.loads(json.dumps(planned(app, SERVING, other_instance).document))
    assert document["fails"] is True
    assert document["endpoints"][0]["bake_seconds"] == 900
    assert {"replaced", "updated in place"} == {one["action"] for one in document["changes"]}


def test_the_plan_is_a_comment_of_a_pull_request(app: Synthesized) -> None:
    text = markdown(planned(app, SERVING, other_instance))
    assert text.startswith("### after over before. ")
    assert "* :x: **Fails** (`dev-churn-serving`): variant primary of endpoint dev-churn scales by itself" in text
    assert "It bakes 15 min in all (2 x 5 min + 5 min before the old fleet ends)" in text
    assert "| dev-churn-serving | endpoint dev-churn, primary | +167.90 to +335.80 |" in text
    assert "<details><summary>Every resource</summary>" in text


def test_stacks_that_the_app_has_no_longer_are_named_with_what_they_go_on_costing(app: Synthesized) -> None:
    kept = {name: body for name, body in app.templates.items() if name != SERVING}
    found = plan(base=revision("before", app.templates), head=revision("after", kept), prices=shipped())
    (left,) = found.document["undeclared"]
    assert (left["stack"], left["model"], left["running"]) == (SERVING, "churn", ["endpoint dev-churn"])
    assert 0 < left["least"] < left["most"]
    assert found.costs == ()
    row = next(line for line in markdown(found).splitlines() if line.startswith(f"| {SERVING} | endpoint dev-churn |"))
    assert row.replace("\\", "").endswith(f"| {left['least']} | {left['most']} | 0 |")
