"""The logs of an API: who called and what came of it, and what went wrong within; never what was sent or answered."""

import json

import aws_cdk as cdk
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_logs as logs
from constructs import Construct

from modelyard.constructs.access import allow
from modelyard.constructs.execution_role import ExecutionRole

# Variables of access logs (developer guide, "Variables for access logging for API Gateway").
ACCESS = {
    "requestId": "$context.requestId",
    "extendedRequestId": "$context.extendedRequestId",
    "requestTime": "$context.requestTime",
    "ip": "$context.identity.sourceIp",
    "caller": "$context.identity.userArn",
    "keyId": "$context.identity.apiKeyId",
    "httpMethod": "$context.httpMethod",
    "resourcePath": "$context.resourcePath",
    "status": "$context.status",
    "integrationStatus": "$context.integration.status",
    "responseLength": "$context.responseLength",
    "responseLatency": "$context.responseLatency",
    "integrationLatency": "$context.integrationLatency",
    "refusal": "$context.error.responseType",
}
ACCESS_FORMAT = json.dumps(ACCESS)


class LogRole(Construct):
    """The role by which API Gateway writes the logs of all APIs of an account and region.

    The account has one such role, and whoever names another replaces it: both are kept when the stack goes, unless
    `removal` says otherwise, for the APIs of other stages may write by it.
    """

    def __init__(self, scope: Construct, construct_id: str, *, removal: cdk.RemovalPolicy) -> None:
        super().__init__(scope, construct_id)
        role = ExecutionRole(
            self,
            "Role",
            service="apigateway.amazonaws.com",
            description="Writes the logs of this account's APIs in this region",
            statements=[
                allow(
                    "logs:CreateLogGroup",
                    "logs:CreateLogStream",
                    "logs:DescribeLogGroups",
                    "logs:DescribeLogStreams",
                    "logs:PutLogEvents",
                    "logs:GetLogEvents",
                    "logs:FilterLogEvents",
                    on=["*"],
                    safe_because="what AWS's own policy for this role says (AmazonAPIGatewayPushToCloudWatchLogs): "
                    "API Gateway tries them when the role is set and refuses one that may do less",
                )
            ],
        )
        account = apigateway.CfnAccount(self, "Resource", cloud_watch_role_arn=role.arn)
        for resource in (role.resource, account):
            resource.apply_removal_policy(removal)


class ApiLogs(Construct):
    """The two log groups of an API's one stage, made before it so that they have a key and an end.

    API Gateway names that of the execution itself (developer guide, "Set up CloudWatch logging for REST APIs"), and
    would make it without either.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, name: str, rest_api: str, stage: str, days: int, key_arn: str
    ) -> None:
        super().__init__(scope, construct_id)
        self._days, self._key_arn = days, key_arn
        self.access = self._group("Access", name=f"/aws/apigateway/{name}")
        self.execution = self._group("Execution", name=f"API-Gateway-Execution-Logs_{rest_api}/{stage}")

    def _group(self, construct_id: str, *, name: str) -> logs.CfnLogGroup:
        group = logs.CfnLogGroup(
            self, construct_id, log_group_name=name, retention_in_days=self._days, kms_key_id=self._key_arn
        )
        group.apply_removal_policy(cdk.RemovalPolicy.DESTROY)
        return group
