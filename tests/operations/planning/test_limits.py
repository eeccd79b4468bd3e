import json
from typing import Any

from modelyard.operations.aws import Aws
from modelyard.operations.costs.prices import shipped
from modelyard.operations.planning.plan import Plan, plan
from modelyard.operations.planning.rendering import markdown
from modelyard.operations.planning.revision import Revision
from modelyard.operations.planning.sources import deployed
from modelyard.template_checks.template import Template
from support.local_aws import SharedLocalAws

STACK = "dev-churn-monitoring"


def planned(before: dict[str, Any] | None, after: dict[str, Any] | None) -> Plan:
    """The plan of a monitoring stack whose limits change, and with them the baseline that it reads."""

    def revision(name: str, limits: dict[str, Any] | None) -> Revision:
        body = {
            "Resources": {"Check": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": str(limits)}}},
            **({} if limits is None else {"Metadata": {"Limits": limits}}),
        }
        return Revision(name=name, templates=(Template(name=STACK, body=body),))

    return plan(base=revision("before", before), head=revision("after", after), prices=shipped())


def test_each_limit_that_changes_is_a_sentence_with_both_values() -> None:
    found = planned(
        {"completeness": 0.9, "measures": {"psi": 0.2}},
        {"completeness": 0.9, "measures": {"psi": 0.1}, "columns": {"day mins": {"completeness": 0.5}}},
    )

    assert [one.sentence for one in found.limits] == [
        f'{STACK} checks by another limit: columns."day mins".completeness 0.5, before it the baseline\'s own',
        f"{STACK} checks by another limit: measures.psi 0.1, before it 0.2",
    ]


def test_a_limit_that_goes_is_the_baselines_own_again() -> None:
    (change,) = planned({"ignore": ["id"]}, None).limits

    assert change.sentence == f'{STACK} checks by another limit: ignore the baseline\'s own, before it ["id"]'


def test_the_same_limits_are_no_change() -> None:
    assert planned({"completeness": 0.9}, {"completeness": 0.9}).limits == ()


def test_a_pull_request_and_the_json_say_it_too() -> None:
    found = planned(None, {"completeness": 0.9})

    assert "* dev-churn-monitoring checks by another limit: completeness 0.9" in markdown(found)
    assert found.document["limits"] == [
        {
            "stack": STACK,
            "key": "completeness",
            "before": None,
            "after": 0.9,
            "sentence": found.limits[0].sentence,
        }
    ]


def test_the_limits_of_a_deployed_stack_are_those_of_its_template(local_aws: SharedLocalAws, reached: Aws) -> None:
    name, cloudformation = local_aws.name("limited"), local_aws.client("cloudformation")
    body = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}, "Metadata": {"Limits": {"completeness": 0.9}}}
    cloudformation.create_stack(StackName=name, TemplateBody=json.dumps(body))
    cloudformation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    after = Template(name=name, body=body | {"Metadata": {"Limits": {"completeness": 0.8}}})
    before = deployed(aws=reached, templates=[after])

    found = plan(base=before, head=Revision(name="after", templates=(after,)), prices=shipped())

    assert [one.sentence for one in found.limits] == [
        f"{name} checks by another limit: completeness 0.8, before it 0.9"
    ]
