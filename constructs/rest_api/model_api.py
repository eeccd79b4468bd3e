"""A REST API in front of an endpoint, with one stage, whose every change is a deployment of its own."""

import hashlib
import json
from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_apigateway as apigateway
from constructs import Construct

from modelyard.constructs.rest_api.authorization import Authorization
from modelyard.constructs.rest_api.logs import ACCESS_FORMAT, ApiLogs
from modelyard.constructs.rest_api.operations import JSON, TIMEOUT_MILLISECONDS, Operation, content_of
from modelyard.constructs.rest_api.refusals import REFUSALS
from modelyard.manifest.api import Api
from modelyard.manifest.api_schema import DRAFT

STAGE = "v1"
# What a path has that no id of a construct may.
PATH_MARKS = str.maketrans({"/": " ", "{": None, "}": None})
Method = apigateway.CfnMethod


class ModelApi(Construct):
    """The API's operations, behind what validates, authorizes and limits them.

    A deployment is what API Gateway serves, and is a copy of the methods as they were: one that stays while they change
    goes on serving what was. Its id therefore ends with a fingerprint of all that it copies.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        rest_api: apigateway.CfnRestApi,
        operations: Sequence[Operation],
        authorization: Authorization,
        role_arn: str,
        logs: ApiLogs,
        api: Api,
    ) -> None:
        super().__init__(scope, construct_id)
        self.rest_api = rest_api
        self._authorization = authorization
        self._role_arn = role_arn
        self._validator = apigateway.CfnRequestValidator(
            self,
            "Validator",
            rest_api_id=rest_api.ref,
            name="body-and-parameters",
            validate_request_body=True,
            validate_request_parameters=True,
        )
        self._resources: dict[str, apigateway.CfnResource] = {}
        self.methods = [self._method(operation) for operation in operations]
        self._served: list[cdk.CfnResource] = [*self.methods]
        self._served += [
            apigateway.CfnGatewayResponse(
                self,
                f"Refusal{kind.title().replace('_', '')}",
                rest_api_id=rest_api.ref,
                response_type=kind,
                status_code=refusal.status,
                response_templates={JSON: refusal.body},
            )
            for kind, refusal in REFUSALS.items()
        ]
        self._operations = operations
        self.guarded = api.waf
        self.stage = self._deploy(logs=logs, api=api)

    def _deploy(self, *, logs: ApiLogs, api: Api) -> apigateway.CfnStage:
        """The stage that serves the operations as they are now."""
        deployment = apigateway.CfnDeployment(self, "Deployment", rest_api_id=self.rest_api.ref)
        content = [[content_of(one) for one in self._operations], self._authorization.content]
        refusals = [[kind, refusal.status, refusal.body] for kind, refusal in REFUSALS.items()]
        resolved = cdk.Stack.of(self).resolve([*content, refusals, self._role_arn])
        fingerprint = hashlib.sha256(json.dumps(resolved, sort_keys=True).encode()).hexdigest()[:16].upper()
        deployment.override_logical_id(f"Deployment{fingerprint}")
        for resource in self._served:
            deployment.add_resource_dependency(resource)
        stage = apigateway.CfnStage(
            self,
            "Stage",
            rest_api_id=self.rest_api.ref,
            deployment_id=deployment.ref,
            stage_name=STAGE,
            tracing_enabled=api.tracing,
            access_log_setting=apigateway.CfnStage.AccessLogSettingProperty(
                # A log group's ARN as API Gateway takes it: CloudFormation's ends with `:*`.
                destination_arn=cdk.Fn.select(0, cdk.Fn.split(":*", logs.access.attr_arn)),
                format=ACCESS_FORMAT,
            ),
            # Of all methods: errors are logged, without the bodies. The stage has metrics of its own;
            # those of each method would cost as custom ones do.
            method_settings=[
                apigateway.CfnStage.MethodSettingProperty(
                    resource_path="/*",
                    http_method="*",
                    logging_level="ERROR",
                    data_trace_enabled=False,
                    metrics_enabled=False,
                    throttling_rate_limit=api.rate,
                    throttling_burst_limit=api.burst,
                )
            ],
        )
        stage.add_resource_dependency(logs.execution)
        return stage

    def _method(self, operation: Operation) -> apigateway.CfnMethod:
        return Method(
            self,
            operation.name,
            rest_api_id=self.rest_api.ref,
            resource_id=self._resource(operation.path).ref,
            http_method=operation.asked_by,
            operation_name=operation.name,
            authorization_type=self._authorization.type,
            authorizer_id=self._authorization.authorizer,
            authorization_scopes=list(self._authorization.scopes) if self._authorization.scopes else None,
            api_key_required=self._authorization.key_required,
            request_validator_id=self._validator.ref,
            request_models=self._body_model(operation),
            integration=Method.IntegrationProperty(
                type="AWS",
                integration_http_method=operation.method,
                uri=operation.uri,
                credentials=self._role_arn,
                # A type of content for which there is no template is refused, not passed on as it came.
                passthrough_behavior="NEVER",
                request_parameters=dict(operation.parameters),
                request_templates={JSON: operation.template},
                timeout_in_millis=TIMEOUT_MILLISECONDS,
                integration_responses=[
                    Method.IntegrationResponseProperty(
                        status_code=one.status, selection_pattern=one.of, response_templates={JSON: one.template}
                    )
                    for one in operation.replies
                ],
            ),
            method_responses=[Method.MethodResponseProperty(status_code=one.status) for one in operation.replies],
        )

    def _body_model(self, operation: Operation) -> dict[str, str] | None:
        """What a body is checked by; None for an operation that takes none."""
        if operation.schema is None:
            return None
        model = apigateway.CfnModel(
            self,
            f"{operation.name}Body",
            rest_api_id=self.rest_api.ref,
            content_type=JSON,
            schema={"$schema": DRAFT, "title": operation.name, **operation.schema},
        )
        return {JSON: model.ref}

    def _resource(self, path: str) -> apigateway.CfnResource:
        """The resource of a path, and those above it, each made once."""
        if path not in self._resources:
            above, _, part = path.rpartition("/")
            parent = self._resource(above).ref if above else self.rest_api.attr_root_resource_id
            self._resources[path] = apigateway.CfnResource(
                self,
                f"At {path}".translate(PATH_MARKS),
                rest_api_id=self.rest_api.ref,
                parent_id=parent,
                path_part=part,
            )
        return self._resources[path]


def rest_api_of(scope: Construct, *, name: str) -> apigateway.CfnRestApi:
    """Return an API of no method yet; names of APIs need not be different, and are what the console shows."""
    return apigateway.CfnRestApi(
        scope,
        "RestApi",
        name=name,
        description=f"Asks the endpoint {name}",
        api_key_source_type="HEADER",
        endpoint_configuration=apigateway.CfnRestApi.EndpointConfigurationProperty(types=["REGIONAL"]),
    )


def invoke_url(*, rest_api: str) -> str:
    """Return where a stage is called."""
    return f"https://{rest_api}.execute-api.{cdk.Aws.REGION}.{cdk.Aws.URL_SUFFIX}/{STAGE}"


def stage_arn(*, rest_api: str) -> str:
    """Return a stage as WAF names it."""
    return f"arn:{cdk.Aws.PARTITION}:apigateway:{cdk.Aws.REGION}::/restapis/{rest_api}/stages/{STAGE}"
