"""What a firewall before an API is in the local AWS: there, and no more."""

import botocore.exceptions
import pytest

from support.called_apis import GOOD, Api, CalledApis

# The answer of AWS's rules for known bad inputs is 403 (WAF developer guide, "Baseline rule groups").
REFUSED_BY_AWS = "${jndi:ldap://example.com/a}"


@pytest.fixture(scope="module")
def guarded(apis: CalledApis, api: Api) -> Api:
    """An API behind a firewall."""
    made = apis.deploy("waf = true")
    made.signed_by = api.signed_by
    return made


def stage_of(api: Api) -> str:
    return f"arn:aws:apigateway:us-east-1::/restapis/{api.outputs['ApiId']}/stages/v1"


def test_a_template_associates_its_firewall_with_its_api(guarded: Api) -> None:
    acl = guarded.host.aws.client("wafv2").get_web_acl_for_resource(ResourceArn=stage_of(guarded))["WebACL"]
    assert [rule["Name"] for rule in acl["Rules"]][-1] == "RateOfOneAddress"


def test_no_request_is_held_to_the_rules(guarded: Api) -> None:
    assert guarded.post("predict", GOOD, **{"X-Note": REFUSED_BY_AWS}).status == 200


def test_a_firewall_goes_with_its_stack(apis: CalledApis) -> None:
    made = apis.deploy("waf = true")
    assert apis.stacks.delete(made.stack) == "DELETE_COMPLETE"
    with pytest.raises(botocore.exceptions.ClientError, match="No WebACL associated"):
        made.host.aws.client("wafv2").get_web_acl_for_resource(ResourceArn=stage_of(made))
