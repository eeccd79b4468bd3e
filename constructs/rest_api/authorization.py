"""Who may call the API: signed requests, holders of a key, or holders of a token.

A REST API knows no JWT by itself. Its authorizer for Cognito's user pools checks signature, issuer, expiry and scopes
without code of ours; a Lambda function that checks tokens of other issuers would be ours to keep safe.
"""

from dataclasses import dataclass
from typing import Any

from aws_cdk import aws_apigateway as apigateway
from constructs import Construct

from modelyard.manifest.api import Api


@dataclass(frozen=True, kw_only=True, slots=True)
class Authorization:
    """What each method says of its callers."""

    type: str
    authorizer: str | None = None
    scopes: tuple[str, ...] = ()
    key_required: bool = False

    @property
    def content(self) -> list[Any]:
        """All of it, for a deployment's fingerprint."""
        return [self.type, self.authorizer, list(self.scopes), self.key_required]


def authorization(scope: Construct, *, api: Api, rest_api: str, user_pool: str | None) -> Authorization:
    """Return what the methods of an API say of their callers; makes the authorizer where tokens are taken.

    Raises:
        ValueError: tokens are to be taken and no user pool is named; a manifest that was read cannot ask for that.
    """
    if api.auth == "iam":
        return Authorization(type="AWS_IAM")
    if api.auth == "api-key":
        return Authorization(type="NONE", key_required=True)
    if user_pool is None:
        raise ValueError("user_pool must be named where tokens are taken, got none; name it in stages.toml")
    authorizer = apigateway.CfnAuthorizer(
        scope,
        "Tokens",
        rest_api_id=rest_api,
        name="tokens",
        type="COGNITO_USER_POOLS",
        identity_source="method.request.header.Authorization",
        provider_arns=[user_pool],
    )
    return Authorization(type="COGNITO_USER_POOLS", authorizer=authorizer.ref, scopes=api.scopes)


def hand_out_key(scope: Construct, *, name: str, api: Api, stage: apigateway.CfnStage) -> apigateway.CfnApiKey:
    """A key and the plan that lets it call, as often as all may; AWS chooses its value, which no template holds."""
    key = apigateway.CfnApiKey(scope, "Key", description=f"Calls the API {name}", enabled=True)
    plan = apigateway.CfnUsagePlan(
        scope,
        "Plan",
        description=f"How often each key calls the API {name}",
        api_stages=[apigateway.CfnUsagePlan.ApiStageProperty(api_id=stage.rest_api_id, stage=stage.ref)],
        throttle=apigateway.CfnUsagePlan.ThrottleSettingsProperty(rate_limit=api.rate, burst_limit=api.burst),
        quota=None
        if api.calls_a_day is None
        else apigateway.CfnUsagePlan.QuotaSettingsProperty(limit=api.calls_a_day, period="DAY"),
    )
    apigateway.CfnUsagePlanKey(scope, "PlanKey", key_id=key.ref, key_type="API_KEY", usage_plan_id=plan.ref)
    return key
