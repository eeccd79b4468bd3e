"""MiniStack's API Gateway: its REST APIs in front of the rehearsal's own services, which they ask as their own roles.

MiniStack matches paths and checks who calls and how often. Here is what it leaves out: integrations with SageMaker's
runtime and S3 through mapping templates, what exactly is wrong with a body, access logs, and what a template says of
validators, logs and the role for them.

Source: API Gateway developer guide, "Set up REST API integrations" and "Set up CloudWatch logging for REST APIs";
"AWS::ApiGateway::RequestValidator", "::Method", "::Stage" and "::Account" in the CloudFormation template reference.
"""

import asyncio
import base64
import contextvars
import functools
import json
import logging
import math
import secrets
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import botocore.credentials
import botocore.exceptions
from ministack.services import apigateway_v1

from modelyard.rehearsal.cloud.bulkheads import Bulkheads
from modelyard.rehearsal.cloud.identities import Identities
from modelyard.rehearsal.cloud.ministack import app, cloudformation, tagging
from modelyard.rehearsal.gateway import access_log
from modelyard.rehearsal.gateway.integration import ServiceCall
from modelyard.rehearsal.gateway.mapping import map_body
from modelyard.rehearsal.gateway.validation import validation_error
from modelyard.rehearsal.gateway.velocity import VelocityError
from modelyard.rehearsal.regexes import SHARED, RegexError
from modelyard.rehearsal.sagemaker.errors import ServiceError
from modelyard.rehearsal.sagemaker.store import Document

PRINCIPAL = "apigateway.amazonaws.com"
VALIDATION_ERROR = b"$context.error.validationErrorString"
JSON = "application/json"
INVALID_BODY = apigateway_v1._GATEWAY_ERROR_MESSAGES["BAD_REQUEST_BODY"]
Answer = tuple[int, dict[str, str], bytes]
_logger = logging.getLogger(__name__)


@dataclass(kw_only=True)
class ApiRequest:
    """One request to a REST API, and what is known of it so far: for templates, and for the access log."""

    moment: datetime
    method: str
    caller: str | None
    # Whoever calls may name the one; the other is API Gateway's alone.
    request_id: str
    extended_id: str = field(default_factory=lambda: base64.urlsafe_b64encode(secrets.token_bytes(11)).decode())
    matched: dict[str, Any] = field(default_factory=dict)
    validation_error: str = ""
    response_type: str | None = None
    integration: dict[str, Any] = field(default_factory=dict)

    def context(self) -> dict[str, Any]:
        """Return `$context`."""
        return {
            "requestId": self.request_id,
            "extendedRequestId": self.extended_id,
            "requestTime": f"{self.moment:%d/%b/%Y:%H:%M:%S} +0000",
            "requestTimeEpoch": int(self.moment.timestamp() * 1000),
            "httpMethod": self.method,
            "resourcePath": self.matched["resource_path"],
            "stage": self.matched["stage_name"],
            "apiId": self.matched["api_id"],
            "identity": {"sourceIp": "127.0.0.1", "userArn": self.caller},
            "integration": self.integration,
            "integrationLatency": self.integration.get("latency"),
            "error": {"responseType": self.response_type},
        }


_current: contextvars.ContextVar[ApiRequest] = contextvars.ContextVar("current")


def tagged_keys() -> Iterator[tuple[str, list[Document]]]:
    """Yield each API key's ARN and its tags, as the conditions of policies ask for them."""
    for key_id, key in apigateway_v1._api_keys.items():
        tags = [{"Key": name, "Value": value} for name, value in (key.get("tags") or {}).items()]
        yield f"arn:aws:apigateway:{app.get_region()}::/apikeys/{key_id}", tags


def install(*, identities: Identities, now: Callable[[], datetime], bulkheads: Bulkheads) -> None:
    """Have templates make APIs wholly, and requests to them answered by `RestApis`."""
    tagging.hold_to_tags("apigateway", tagged=tagged_keys)
    validator = {"create": create_validator, "update": update_validator, "delete": delete_validator}
    cloudformation.HANDLERS["AWS::ApiGateway::RequestValidator"] = validator
    cloudformation.extend("AWS::ApiGateway::Method", after=keep_validator)
    cloudformation.extend("AWS::ApiGateway::Stage", before=require_log_role, after=keep_access_log)
    # The setting outlives its resource: "API Gateway can still assume the provided IAM role" (template reference).
    cloudformation.HANDLERS["AWS::ApiGateway::Account"]["delete"] = lambda *_: None
    apigateway_v1._apply_patch = keep_types(apigateway_v1._apply_patch)
    app.wrap_handler("apigateway", refuse_patches)
    RestApis(identities=identities, now=now, bulkheads=bulkheads).install()


class PatchError(ValueError):
    """A value of a patch cannot be what the member is; the sentence names the member."""


def refuse_patches(handle: app.Handler) -> app.Handler:
    """Return a handler that answers such a patch as AWS answers a bad request; in which words AWS does is not known."""

    async def answer(*request: Any, **options: Any) -> Any:
        try:
            return await handle(*request, **options)
        except PatchError as error:
            return apigateway_v1._v1_error("BadRequestException", str(error), 400)

    return answer


def keep_types(apply: Callable[[Document, list[Document]], Document]) -> Callable[[Document, list[Document]], Document]:
    """Return a function that changes a document by a patch, whose values are texts whatever the members are.

    Source: API reference, PatchOperation.
    """

    def apply_typed(document: Document, operations: list[Document]) -> Document:
        return apply(document, [{**one, **_typed_value(document, one)} for one in operations])

    return apply_typed


def _typed_value(document: Document, operation: Document) -> Document:
    path, value = str(operation.get("path", "")), operation.get("value")
    before: Any = document
    for name in path.strip("/").split("/"):
        before = before.get(name) if isinstance(before, dict) else None
    if value is None or not isinstance(before, int | float):
        return {}
    word = str(value).lower()
    if isinstance(before, bool):
        if word not in ("true", "false"):
            raise PatchError(f"Invalid patch value {value!r} for {path}: it must be true or false")
        return {"value": word == "true"}
    # What is no number at all, or none that JSON has.
    try:
        number = type(before)(word)
        is_number = isinstance(number, int) or math.isfinite(number)
    except ValueError:
        is_number = False
    if not is_number:
        kind = "an integer" if isinstance(before, int) else "a number"
        raise PatchError(f"Invalid patch value {value!r} for {path}: it must be {kind}")
    return {"value": number}


class RestApis:
    """The REST APIs of all templates, as they answer."""

    def __init__(self, *, identities: Identities, now: Callable[[], datetime], bulkheads: Bulkheads) -> None:
        self._identities = identities
        self._now = now
        self._bulkheads = bulkheads
        self._handle_by_ministack = apigateway_v1._handle_execute_in_scope
        self._execute_by_ministack = apigateway_v1._execute_in_scope
        self._validate_by_ministack = apigateway_v1._check_request_validation
        self._respond_by_ministack = apigateway_v1._gateway_error_response

    def install(self) -> None:
        """Put our steps into the way of a request."""
        # Whose API is it? Who calls it without a signature is of no account.
        apigateway_v1.find_api_scope = owner_of
        # The whole request: when it came, who calls, and its line in the access log at the end.
        apigateway_v1._handle_execute_in_scope = self._handle
        # Stage, resource and method are matched, and the caller authorized, in here.
        apigateway_v1._execute_in_scope = self._execute
        # Is the body what the method's model says? Patterns are searched within a time.
        apigateway_v1._check_request_validation = self._validate
        apigateway_v1._regex_search = contains
        # What answers, for integrations of the type AWS that are not with a function.
        apigateway_v1._invoke_lambda_custom_v1 = self._integrate
        # What is answered where any of these steps refuses.
        apigateway_v1._gateway_error_response = self._respond_with_error

    async def _handle(
        self, api_id: str, stage_name: str, method: str, path: str, headers: Any, body: bytes, query: Any, *owner: Any
    ) -> Answer:
        signed = headers.get("authorization", "").startswith("AWS4-")
        identity = apigateway_v1._iam_caller_identity(headers, query) if signed else None
        caller = None if identity is None else str(identity["userArn"])
        request_id = headers.get("x-amzn-requestid", str(uuid.uuid4()))
        request = ApiRequest(moment=self._now(), method=method, caller=caller, request_id=request_id)
        _current.set(request)
        began = time.perf_counter()
        status, sent, content = await self._handle_by_ministack(
            api_id, stage_name, method, path, headers, body, query, *owner
        )
        sent |= {"x-amzn-RequestId": request.request_id, "x-amz-apigw-id": request.extended_id}
        answer = {"status": status, "responseLength": len(content), "responseLatency": milliseconds_since(began)}
        await self._bulkheads.run("access logs", functools.partial(self._log, request, answer))
        return status, sent, content

    async def _execute(self, request: dict[str, Any], *arguments: Any) -> Any:
        ours = _current.get()
        request["request_id"], ours.matched = ours.request_id, request
        return await self._execute_by_ministack(request, *arguments)

    def _validate(self, method: Any, api_id: str, request: Any, headers: Any, body: bytes, query: Any) -> Any:
        """Have a body checked by the model of its own content type, and keep what is wrong with it."""
        models = method.get("requestModels") or {}
        model = models.get(content_type_of(headers))
        # A content type that has no model is not validated: the integration refuses it, if that has no template either.
        if models and model is None:
            return None
        error = self._validate_by_ministack(method, api_id, request, headers, body, query)
        validators = apigateway_v1._request_validators.get(api_id, {})
        validates = bool(validators.get(method.get("requestValidatorId"), {}).get("validateRequestBody"))
        refused_otherwise = error is not None and error.response_type != "BAD_REQUEST_BODY"
        if model is None or not validates or refused_otherwise:
            return error
        wrong = validation_error(apigateway_v1._model_schema(api_id, model), body=body)
        if wrong is None:
            return error
        _current.get().validation_error = wrong
        return apigateway_v1._gw_error("BAD_REQUEST_BODY", INVALID_BODY)

    async def _integrate(
        self,
        integration: Mapping[str, Any],
        api_id: str,
        _stage_name: str,
        _stage: Any,
        resource: Any,
        _path: str,
        method: str,
        headers: Mapping[str, str],
        body: bytes,
        _query: Any,
        path_parameters: Mapping[str, str],
        **_owner: Any,
    ) -> Any:
        seconds = integration["timeoutInMillis"] / 1000
        try:
            work = functools.partial(
                self._ask_service, integration, headers=headers, body=body, path_parameters=path_parameters
            )
            # Not in the endpoint's own pool: this thread waits for one of that.
            name = f"{api_id} {method} {resource['path']}"
            return await asyncio.wait_for(self._bulkheads.run(name, work), timeout=seconds)
        except TimeoutError:
            return apigateway_v1._gw_error("INTEGRATION_TIMEOUT", "Endpoint request timed out")
        except (VelocityError, ServiceError, ValueError) as error:
            _logger.warning("An integration is not set up as it must be: %s", error)
            return apigateway_v1._gw_error("API_CONFIGURATION_ERROR", "Internal server error")

    def _ask_service(
        self,
        integration: Mapping[str, Any],
        *,
        headers: Mapping[str, str],
        body: bytes,
        path_parameters: Mapping[str, str],
    ) -> Answer:
        request = _current.get()
        _region, subdomain, kind, path = apigateway_v1._parse_service_integration_uri(integration["uri"])
        if kind != "path":
            raise ValueError(f"an integration by {kind} is not rehearsed, only by path")
        call = ServiceCall.of(
            integration,
            subdomain=subdomain,
            path=path,
            template=integration["requestTemplates"].get(content_type_of(headers), "$input.body"),
            body=body.decode("utf-8", errors="replace"),
            context=request.context(),
            path_parameters=path_parameters,
        )
        credentials = self._identities.assume(role_arn=integration["credentials"] or "", principal=PRINCIPAL)
        began = time.perf_counter()
        status, text = call.answer(
            endpoint=self._identities.endpoint,
            region=self._identities.region,
            credentials=botocore.credentials.Credentials(credentials.key, credentials.secret, credentials.token),
        )
        request.integration = {"status": status, "latency": milliseconds_since(began)}
        response = apigateway_v1._select_service_integration_response(integration, status)
        if response is None:
            raise ValueError(f"no integration response is for the status {status}")
        template = response["responseTemplates"].get(JSON, "$input.body")
        mapped = map_body(template, body=text, context=request.context())
        status = int(response["statusCode"]) if mapped.status is None else mapped.status
        return status, {"Content-Type": JSON}, mapped.body.encode()

    def _respond_with_error(self, error: Any, matched: Any) -> Answer:
        """Have gateway responses say what is wrong with a body, and note which of them was given."""
        request = _current.get(None)
        status, headers, body = self._respond_by_ministack(error, matched)
        if request is None:
            return status, headers, body
        request.response_type = error.response_type
        return status, headers, body.replace(VALIDATION_ERROR, json.dumps(request.validation_error)[1:-1].encode())

    def _log(self, request: ApiRequest, answer: Mapping[str, Any]) -> None:
        settings = (request.matched["stage"] or {}).get("accessLogSettings")
        if not settings:
            return
        group = settings["destinationArn"].split(":log-group:")[1]
        event = access_log.line(settings["format"], context={**request.context(), **answer})
        try:
            client = self._identities.role_client(role_arn=log_role() or "", service="logs", principal=PRINCIPAL)
            stream = request.matched["stage_name"]
            access_log.write(client, group=group, stream=stream, event=event, moment=request.moment)
        except (botocore.exceptions.ClientError, ServiceError) as error:
            # As on AWS, whoever calls the API does not notice that nothing is written down.
            _logger.warning("The access log %s was not written: %s", group, error)


def owner_of(api_id: str) -> tuple[str, str] | None:
    """Return the account and region of a REST API, or None if there is none of this id."""
    owners = {api: (account, region) for account, region, api in apigateway_v1._rest_apis._data}
    return owners.get(api_id)


def credential_failure(
    rest_api: tuple[str, str, str],
    *,
    code: str,
    message: str,
    headers: Mapping[str, str],
    query: Mapping[str, list[str]],
) -> Any:
    """Return the answer in which a REST API says what is wrong with credentials, or None."""
    api, stage, _path = rest_api
    error = app.AuthError(code, message)
    return apigateway_v1.authentication_error_response(api, stage, error, dict(headers), dict(query))


def contains(pattern: str, text: str) -> bool | None:
    """Whether a text has a match of a model's pattern; None, which refuses nothing yet, if that takes too long."""
    try:
        matched: bool = SHARED.ask("contains", pattern, text)
    except RegexError:
        return None
    return matched


def log_role() -> str | None:
    """Return the role by which the account's APIs write their logs."""
    settings = apigateway_v1._account_settings.get("settings") or {}
    role: str | None = settings.get("cloudwatchRoleArn")
    return role


def content_type_of(headers: Mapping[str, str]) -> str:
    """Return the content type without its parameters."""
    value = apigateway_v1._header_ci(headers, "content-type") or JSON
    return str(value).partition(";")[0].strip().lower()


def milliseconds_since(began: float) -> int:
    """Return how long ago a reading of the performance counter was."""
    return round((time.perf_counter() - began) * 1000)


def keep_validator(_method: str, properties: Document) -> None:
    """Keep which validator a method has."""
    resource = apigateway_v1._resources[properties["RestApiId"]][properties["ResourceId"]]
    resource["resourceMethods"][properties["HttpMethod"]]["requestValidatorId"] = properties.get("RequestValidatorId")


def require_log_role(properties: Document) -> None:
    """Refuse a stage that writes logs while the account has no role for it."""
    settings = properties.get("MethodSettings") or ()
    logs = any(setting.get("LoggingLevel", "OFF") != "OFF" for setting in settings)
    if log_role() is None and (properties.get("AccessLogSetting") or logs):
        raise ValueError("CloudWatch Logs role ARN must be set in account settings to enable logging")


def keep_access_log(_stage: str, properties: Document) -> None:
    """Keep where a stage writes its access log, and in which form."""
    setting = properties.get("AccessLogSetting")
    stage = apigateway_v1._stages_v1[properties["RestApiId"]][properties["StageName"]]
    stage["accessLogSettings"] = (
        {"destinationArn": setting.get("DestinationArn"), "format": setting.get("Format")} if setting else {}
    )


def create_validator(_logical_id: str, properties: Document, *_stack: Any) -> tuple[str, Document]:
    """Create a request validator."""
    request = {
        "name": properties.get("Name", ""),
        "validateRequestBody": properties.get("ValidateRequestBody", False),
        "validateRequestParameters": properties.get("ValidateRequestParameters", False),
    }
    status, _headers, body = apigateway_v1._create_request_validator(properties["RestApiId"], request)
    document = json.loads(body)
    if status >= 400:
        raise ValueError(f"Resource handler returned message: {document['message']}")
    return document["id"], {"RequestValidatorId": document["id"]}


def update_validator(identity: str, _old: Any, new: Document, *_stack: Any) -> tuple[str, Document]:
    """Update what a request validator validates."""
    apigateway_v1._request_validators[new["RestApiId"]][identity] |= {
        "validateRequestBody": bool(new.get("ValidateRequestBody", False)),
        "validateRequestParameters": bool(new.get("ValidateRequestParameters", False)),
    }
    return identity, {"RequestValidatorId": identity}


def delete_validator(identity: str, properties: Document) -> None:
    """Delete a request validator, if it is still there."""
    (apigateway_v1._request_validators.get(properties["RestApiId"]) or {}).pop(identity, None)
