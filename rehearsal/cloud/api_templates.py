"""What a template says of a REST API that MiniStack's engine leaves out: validators, access logs, and where it answers.

Source: "AWS::ApiGateway::RequestValidator", "::Method", "::Stage" and "::Account" in the CloudFormation template
reference.
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from ministack.services import apigateway_v1
from ministack.services.cloudformation import provisioners, stacks

ADDRESS = re.compile(r"https://(?P<api>\w+)\.execute-api\.[\w-]+\.amazonaws\.com(?:\.cn)?(?=/|$)")
ACCOUNT, METHOD, STAGE, VALIDATOR = (
    f"AWS::ApiGateway::{name}" for name in ("Account", "Method", "Stage", "RequestValidator")
)
_Then = Callable[[Mapping[str, Any]], None]


def install(*, endpoint: str) -> None:
    """Have MiniStack's engine make APIs wholly, and give the addresses at which they answer."""
    handlers = provisioners._RESOURCE_HANDLERS
    # The setting outlives its resource: "API Gateway can still assume the provided IAM role" (template reference).
    handlers[ACCOUNT] = handlers[ACCOUNT] | {"delete": lambda *_given: None}
    handlers[METHOD] = _completed(handlers[METHOD], before=_nothing, after=_validate)
    handlers[STAGE] = _completed(handlers[STAGE], before=_require_log_role, after=_keep_access_log)
    handlers[VALIDATOR] = {"create": _make_validator, "update": _remake_validator, "delete": _delete_validator}
    stacks._resolve_stack_outputs = _reachable(stacks._resolve_stack_outputs, endpoint=endpoint)


def log_role() -> str | None:
    """Return the role by which the account's APIs write their logs."""
    settings = apigateway_v1._account_settings.get("settings") or {}
    role: str | None = settings.get("cloudwatchRoleArn")
    return role


def _completed(handlers: Mapping[str, Any], *, before: _Then, after: _Then) -> dict[str, Any]:
    """Return handlers that make a resource between two steps, which are given its properties."""

    def between(make: Callable[..., Any], *, properties_at: int) -> Callable[..., Any]:
        def made(*given: Any) -> Any:
            before(given[properties_at])
            result = make(*given)
            after(given[properties_at])
            return result

        return made

    return dict(handlers) | {
        "create": between(handlers["create"], properties_at=1),
        "update": between(handlers["update"], properties_at=2),
    }


def _nothing(_properties: Mapping[str, Any]) -> None:
    return


def _validate(properties: Mapping[str, Any]) -> None:
    resource = apigateway_v1._resources[properties["RestApiId"]][properties["ResourceId"]]
    resource["resourceMethods"][properties["HttpMethod"]]["requestValidatorId"] = properties.get("RequestValidatorId")


def _require_log_role(properties: Mapping[str, Any]) -> None:
    logged = [one for one in properties.get("MethodSettings") or () if one.get("LoggingLevel", "OFF") != "OFF"]
    if log_role() is None and (properties.get("AccessLogSetting") or logged):
        raise ValueError("CloudWatch Logs role ARN must be set in account settings to enable logging")


def _keep_access_log(properties: Mapping[str, Any]) -> None:
    setting = properties.get("AccessLogSetting") or {}
    stage = apigateway_v1._stages_v1[properties["RestApiId"]][properties["StageName"]]
    kept = {"destinationArn": setting.get("DestinationArn"), "format": setting.get("Format")}
    stage["accessLogSettings"] = kept if setting else {}


def _make_validator(_logical_id: str, properties: Mapping[str, Any], *_others: Any) -> tuple[str, dict[str, Any]]:
    asked = {
        "name": properties.get("Name", ""),
        "validateRequestBody": properties.get("ValidateRequestBody", False),
        "validateRequestParameters": properties.get("ValidateRequestParameters", False),
    }
    status, _headers, body = apigateway_v1._create_request_validator(properties["RestApiId"], asked)
    if status >= 400:
        raise ValueError(f"Resource handler returned message: {json.loads(body)['message']}")
    return json.loads(body)["id"], {"RequestValidatorId": json.loads(body)["id"]}


def _remake_validator(identity: str, _old: Any, new: Mapping[str, Any], *_others: Any) -> tuple[str, dict[str, Any]]:
    validator = apigateway_v1._request_validators[new["RestApiId"]][identity]
    validator["validateRequestBody"] = bool(new.get("ValidateRequestBody", False))
    validator["validateRequestParameters"] = bool(new.get("ValidateRequestParameters", False))
    return identity, {"RequestValidatorId": identity}


def _delete_validator(identity: str, properties: Mapping[str, Any]) -> None:
    (apigateway_v1._request_validators.get(properties["RestApiId"]) or {}).pop(identity, None)


def _reachable(resolve: Callable[..., Any], *, endpoint: str) -> Callable[..., Any]:
    """Stacks give the addresses at which their APIs answer: those of AWS are somebody else's."""

    def resolved(*given: Any) -> Any:
        outputs, exports = resolve(*given)
        for output in outputs:
            output["OutputValue"] = ADDRESS.sub(
                lambda match: f"{endpoint}/_aws/execute-api/{match['api']}", output["OutputValue"]
            )
        return outputs, exports

    return resolved
