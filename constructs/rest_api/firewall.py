"""AWS's managed firewall rules before an API, and a limit for each address."""

from aws_cdk import aws_wafv2 as wafv2
from constructs import Construct

Acl = wafv2.CfnWebACL

# A body over 8 KB is refused by this rule of the common set, and a batch is larger: it is counted in its place
# (WAF developer guide, "Baseline rule groups").
COUNTED = {"AWSManagedRulesCommonRuleSet": ("SizeRestrictions_BODY",), "AWSManagedRulesKnownBadInputsRuleSet": ()}
MINUTES = 5
SECONDS_A_MINUTE = 60


class Firewall(Construct):
    """A web ACL in front of one stage of an API; `rate` is calls a second of all callers together."""

    def __init__(self, scope: Construct, construct_id: str, *, name: str, stage_arn: str, rate: float) -> None:
        super().__init__(scope, construct_id)
        managed = [_managed(group, counted=counted, priority=at) for at, (group, counted) in enumerate(COUNTED.items())]
        # One address may use the whole rate, and no more: others still get through in the seconds between.
        limit = max(int(rate * MINUTES * SECONDS_A_MINUTE), 10)
        statement = Acl.RateBasedStatementProperty(aggregate_key_type="IP", limit=limit)
        self.acl = Acl(
            self,
            "Acl",
            scope="REGIONAL",
            description=f"Before the API {name}",
            default_action=Acl.DefaultActionProperty(allow=Acl.AllowActionProperty()),
            visibility_config=_visible("Api"),
            rules=[
                *managed,
                _rule(
                    "RateOfOneAddress",
                    priority=len(managed),
                    statement=Acl.StatementProperty(rate_based_statement=statement),
                    action=Acl.RuleActionProperty(block=Acl.BlockActionProperty()),
                ),
            ],
        )
        self.association = wafv2.CfnWebACLAssociation(
            self, "Association", resource_arn=stage_arn, web_acl_arn=self.acl.attr_arn
        )


def _managed(group: str, *, counted: tuple[str, ...], priority: int) -> Acl.RuleProperty:
    overrides = [
        Acl.RuleActionOverrideProperty(name=rule, action_to_use=Acl.RuleActionProperty(count={})) for rule in counted
    ]
    statement = Acl.ManagedRuleGroupStatementProperty(
        vendor_name="AWS", name=group, rule_action_overrides=overrides if overrides else None
    )
    return _rule(
        group,
        priority=priority,
        statement=Acl.StatementProperty(managed_rule_group_statement=statement),
        override_action=Acl.OverrideActionProperty(none={}),
    )


def _rule(
    name: str,
    *,
    priority: int,
    statement: Acl.StatementProperty,
    action: Acl.RuleActionProperty | None = None,
    override_action: Acl.OverrideActionProperty | None = None,
) -> Acl.RuleProperty:
    """A rule of its own has an action, a group of rules may override those of its rules."""
    return Acl.RuleProperty(
        name=name,
        priority=priority,
        statement=statement,
        visibility_config=_visible(name),
        action=action,
        override_action=override_action,
    )


def _visible(name: str) -> Acl.VisibilityConfigProperty:
    return Acl.VisibilityConfigProperty(
        cloud_watch_metrics_enabled=True, metric_name=name, sampled_requests_enabled=False
    )
