"""MiniStack's REST APIs in front of the rehearsal's own services, which they ask as their own roles.

MiniStack matches paths and checks who calls and how often. Here is what it leaves out: integrations with SageMaker's
runtime and S3 through mapping templates, what exactly is wrong with a body, and access logs.

Source: API Gateway developer guide, "Set up REST API integrations" and "Set up CloudWatch logging for REST APIs".
"""

import asyncio
import contextvars
import functools
import json
import logging
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import botocore.credentials
import botocore.exceptions
from ministack.services import apigateway_v1

from modelyard.rehearsal.cloud.api_templates import log_role
from modelyard.rehearsal.cloud.bulkheads import Bulkheads
from modelyard.rehearsal.cloud.identities import Identities
from modelyard.rehearsal.gateway import access_log
from modelyard.rehearsal.gateway.mapping import mapped
from modelyard.rehearsal.gateway.service_call import ServiceCall
from modelyard.rehearsal.gateway.validation import complaints
from modelyard.rehearsal.gateway.velocity import VelocityError
from modelyard.rehearsal.regexes import SHARED, RegexError
from modelyard.rehearsal.sagemaker.errors import ServiceError

PRINCIPAL = "apigateway.amazonaws.com"
COMPLAINT = "$context.error.validationErrorString"
JSON = "application/json"
_Answer = tuple[int, dict[str, str], bytes]
_logger = logging.getLogger(__name__)


@dataclass(kw_only=True)
class _Asked:
    """What is told of one request: to templates, and to the access log."""

    moment: datetime
    method: str
    caller: str | None
    request: dict[str, Any] = field(default_factory=dict)
    complaint: str = ""
    refusal: str | None = None
    integration: dict[str, Any] = field(default_factory=dict)

    def context(self) -> dict[str, Any]:
        """Return `$context`."""
        return {
            "requestId": self.request["request_id"],
            "requestTime": f"{self.moment:%d/%b/%Y:%H:%M:%S} +0000",
            "requestTimeEpoch": int(self.moment.timestamp() * 1000),
            "httpMethod": self.method,
            "resourcePath": self.request["resource_path"],
            "stage": self.request["stage_name"],
            "apiId": self.request["api_id"],
            "identity": {"sourceIp": "127.0.0.1", "userArn": self.caller},
            "integration": self.integration,
            "integrationLatency": self.integration.get("latency"),
            "error": {"responseType": self.refusal},
        }


_asked: contextvars.ContextVar[_Asked] = contextvars.ContextVar("asked")


class RestApis:
    """The REST APIs of all templates."""

    def __init__(self, *, identities: Identities, now: Callable[[], datetime], bulkheads: Bulkheads) -> None:
        self._identities = identities
        self._now = now
        self._bulkheads = bulkheads

    def install(self) -> None:
        """Have MiniStack ask the rehearsal's services, say what is wrong with a body, and write access logs."""
        apigateway_v1.find_api_scope = _owner
        apigateway_v1._handle_execute_in_scope = self._logging(apigateway_v1._handle_execute_in_scope)
        apigateway_v1._execute_in_scope = _noting(apigateway_v1._execute_in_scope)
        apigateway_v1._check_request_validation = _explaining(apigateway_v1._check_request_validation)
        apigateway_v1._gateway_error_response = _telling(apigateway_v1._gateway_error_response)
        apigateway_v1._invoke_lambda_custom_v1 = self._integrated
        apigateway_v1._regex_search = found_in

    def _logging(self, handle: Callable[..., Any]) -> Callable[..., Any]:
        async def handled(api_id: str, stage_name: str, method: str, path: str, headers: Any, *given: Any) -> _Answer:
            asked = _Asked(moment=self._now(), method=method, caller=_caller(headers, given[1]))
            _asked.set(asked)
            began = time.perf_counter()
            status, sent, body = await handle(api_id, stage_name, method, path, headers, *given)
            sent.setdefault("x-amzn-RequestId", asked.request["request_id"])
            told = {"status": status, "responseLength": len(body), "responseLatency": _milliseconds(began)}
            await self._bulkheads.run("access logs", functools.partial(self._log, asked, told))
            return status, sent, body

        return handled

    def _log(self, asked: _Asked, told: Mapping[str, Any]) -> None:
        settings = (asked.request["stage"] or {}).get("accessLogSettings") or {}
        if not settings:
            return
        group, stream = settings["destinationArn"].split(":log-group:")[1], asked.request["stage_name"]
        event = access_log.line(settings["format"], context={**asked.context(), **told})
        try:
            client = self._identities.role_client(role_arn=log_role() or "", service="logs", principal=PRINCIPAL)
            access_log.write(client, group=group, stream=stream, event=event, moment=asked.moment)
        except (botocore.exceptions.ClientError, ServiceError) as error:
            # As on AWS, whoever calls the API does not notice that nothing is written down.
            _logger.warning("The access log %s was not written: %s", group, error)

    async def _integrated(
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
        *_others: Any,
        **_told: Any,
    ) -> Any:
        """Answer as an integration of the type AWS, which is not with a function."""
        seconds = integration["timeoutInMillis"] / 1000
        try:
            work = functools.partial(self._answered, integration, headers=headers, body=body)
            # Not in the endpoint's own pool: this thread waits for one of that.
            name = f"{api_id} {method} {resource['path']}"
            return await asyncio.wait_for(self._bulkheads.run(name, work), timeout=seconds)
        except TimeoutError:
            return apigateway_v1._gw_error("INTEGRATION_TIMEOUT", "Endpoint request timed out")
        except (VelocityError, ServiceError, ValueError) as error:
            _logger.warning("An integration is not set up as it must be: %s", error)
            return apigateway_v1._gw_error("API_CONFIGURATION_ERROR", "Internal server error")

    def _answered(self, integration: Mapping[str, Any], *, headers: Mapping[str, str], body: bytes) -> _Answer:
        asked = _asked.get()
        call = _call(integration, headers=headers, body=body, context=asked.context())
        credentials = self._identities.assume(role_arn=integration["credentials"] or "", principal=PRINCIPAL)
        began = time.perf_counter()
        status, text = call.answer(
            endpoint=self._identities.endpoint,
            region=self._identities.region,
            credentials=botocore.credentials.Credentials(credentials.key, credentials.secret, credentials.token),
        )
        asked.integration = {"status": status, "latency": _milliseconds(began)}
        reply = apigateway_v1._select_service_integration_response(integration, status)
        if reply is None:
            raise ValueError(f"no integration response is for the status {status}")
        answer = mapped(reply["responseTemplates"].get(JSON, "$input.body"), body=text, context=asked.context())
        return int(reply["statusCode"]), {"Content-Type": JSON}, answer.body.encode()


def _owner(api_id: str) -> tuple[str, str] | None:
    """Return the account and region of an API: who calls it without signing is of no account."""
    owners = {api: (account, region) for account, region, api in apigateway_v1._rest_apis._data}
    return owners.get(api_id)


def _caller(headers: Mapping[str, str], query: Any) -> str | None:
    """Return who signed a request, if somebody did."""
    if not headers.get("authorization", "").startswith("AWS4-"):
        return None
    identity = apigateway_v1._iam_caller_identity(headers, query)
    return None if identity is None else str(identity["userArn"])


def _call(
    integration: Mapping[str, Any], *, headers: Mapping[str, str], body: bytes, context: dict[str, Any]
) -> ServiceCall:
    """Return the request that an integration makes of a caller's."""
    _region, subdomain, kind, path = apigateway_v1._parse_service_integration_uri(integration["uri"])
    if kind != "path":
        raise ValueError(f"an integration by {kind} is not rehearsed, only by path")
    template = integration["requestTemplates"].get(_content_type(headers), "$input.body")
    made = mapped(template, body=body.decode("utf-8", errors="replace"), context=context)
    parameters = {name: _parameter(value, context) for name, value in integration["requestParameters"].items()}
    places = {**_named(parameters, "path"), **made.path}
    return ServiceCall(
        subdomain=subdomain,
        method=integration["httpMethod"],
        path="/" + re.sub(r"\{(\w+)\}", lambda match: places[match[1]], path),
        headers={**_named(parameters, "header"), **made.headers},
        body=made.body.encode(),
    )


def _parameter(source: str, context: Mapping[str, Any]) -> str:
    """Return what a mapping of parameters gives: a text in quotes, or a variable of `$context`."""
    if source[:1] == source[-1:] == "'":
        return source[1:-1]
    name = source.removeprefix("context.")
    if name not in context:
        raise ValueError(f"the parameter {source} is not rehearsed, only texts and variables of the context")
    return str(context[name])


def _named(parameters: Mapping[str, str], kind: str) -> dict[str, str]:
    prefix = f"integration.request.{kind}."
    return {name.removeprefix(prefix): value for name, value in parameters.items() if name.startswith(prefix)}


def _noting(execute: Callable[..., Any]) -> Callable[..., Any]:
    async def noted(request: dict[str, Any], *given: Any) -> Any:
        _asked.get().request = request
        return await execute(request, *given)

    return noted


def found_in(pattern: str, text: str) -> bool | None:
    """Return whether a model's pattern is found in a text; None, which refuses nothing yet, if that takes too long."""
    try:
        found: bool = SHARED.ask("contains", pattern, text)
    except RegexError:
        return None
    return found


def _explaining(check: Callable[..., Any]) -> Callable[..., Any]:
    """Have a body checked by the model of its own content type, and say what is wrong with it."""

    def checked(method: Any, api_id: str, request: Any, headers: Any, body: bytes, query: Any) -> Any:
        models = method.get("requestModels") or {}
        name = models.get(_content_type(headers))
        # A content type that has no model is not validated: the integration refuses it, if that has no template either.
        if models and name is None:
            return None
        refused = check(method, api_id, request, headers, body, query)
        if (
            name is None
            or not _validates(method, api_id)
            or (refused is not None and refused.response_type != "BAD_REQUEST_BODY")
        ):
            return refused
        _asked.get().complaint = complaints(apigateway_v1._model_schema(api_id, name), body=body) or ""
        return refused if not _asked.get().complaint else apigateway_v1._gw_error("BAD_REQUEST_BODY", INVALID)

    return checked


def _validates(method: Any, api_id: str) -> bool:
    validators = apigateway_v1._request_validators.get(api_id, {})
    return bool(validators.get(method.get("requestValidatorId"), {}).get("validateRequestBody"))


INVALID = apigateway_v1._GATEWAY_ERROR_MESSAGES["BAD_REQUEST_BODY"]


def _telling(respond: Callable[..., _Answer]) -> Callable[..., _Answer]:
    """Have gateway responses tell what is wrong with a body, and note which of them was given."""

    def told(error: Any, request: Any) -> _Answer:
        asked = _asked.get(None)
        status, headers, body = respond(error, request)
        if asked is None:
            return status, headers, body
        asked.refusal = error.response_type
        complaint = json.dumps(asked.complaint)[1:-1]
        return status, headers, body.replace(COMPLAINT.encode(), complaint.encode())

    return told


def _content_type(headers: Mapping[str, str]) -> str:
    given = apigateway_v1._header_ci(headers, "content-type") or JSON
    return str(given).partition(";")[0].strip().lower()


def _milliseconds(began: float) -> int:
    return round((time.perf_counter() - began) * 1000)
