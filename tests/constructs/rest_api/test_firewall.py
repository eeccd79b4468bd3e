"""The firewall before an API."""

from typing import Any

from modelyard.constructs.rest_api.firewall import Firewall
from support.small_stack import SmallStack

STAGE = "arn:aws:apigateway:eu-west-1::/restapis/a/stages/live"


def rules(small: SmallStack, *, rate: float = 10) -> dict[str, dict[str, Any]]:
    Firewall(small.stack, "Firewall", name="dev-churn", stage_arn=STAGE, rate=rate)
    return {rule["Name"]: rule for rule in small.one("WAFv2::WebACL")["Rules"]}


def test_one_address_may_use_the_whole_rate_of_five_minutes(small: SmallStack) -> None:
    limit = rules(small, rate=10)["RateOfOneAddress"]["Statement"]["RateBasedStatement"]

    assert limit == {"AggregateKeyType": "IP", "Limit": 3000}


def test_the_limit_of_an_address_is_one_that_the_service_takes(small: SmallStack) -> None:
    assert rules(small, rate=0.01)["RateOfOneAddress"]["Statement"]["RateBasedStatement"]["Limit"] == 10


def test_a_large_batch_is_counted_and_not_refused(small: SmallStack) -> None:
    group = rules(small)["AWSManagedRulesCommonRuleSet"]["Statement"]["ManagedRuleGroupStatement"]

    assert group["RuleActionOverrides"] == [{"Name": "SizeRestrictions_BODY", "ActionToUse": {"Count": {}}}]


def test_the_firewall_stands_before_the_stage(small: SmallStack) -> None:
    rules(small)

    assert small.one("WAFv2::WebACLAssociation")["ResourceArn"] == STAGE
