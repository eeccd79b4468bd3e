"""MiniStack's front: its ASGI application, which service a request is for, and who answers for that service."""

import gzip
import json
import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import botocore
from ministack import app as ministack
from ministack.core import persistence, router
from ministack.core.iam_actions import extract_iam_action, unsigned_operations
from ministack.core.iam_evaluator import AuthError
from ministack.core.responses import get_region, request_scope
from ministack.core.router import detect_service, extract_access_key_id
from ministack.core.sigv4 import decode_header_value
from ministack.services import cognito

__all__ = [
    "APPLICATION",
    "AuthError",
    "Handler",
    "clear",
    "credential_failure",
    "decode_header_value",
    "decompressed",
    "extract_access_key_id",
    "extract_iam_action",
    "get_region",
    "handle",
    "install",
    "is_user_pool",
    "may_name_bucket",
    "request_scope",
    "rest_api_of",
    "restore",
    "saved",
    "service_of",
    "unsigned_operations",
    "wrap_handler",
]

# Answers a method, a path, headers, a body and a query with a status, headers and a body.
Handler = Callable[..., Any]
APPLICATION = ministack.app
# A model begins with what it is called in addresses and in signatures.
NAMED = re.compile(rb'"(?:endpointPrefix|signingName)"\s*:\s*"([^"]+)"')
HEAD_BYTES = 4096


def install() -> None:
    """Know AWS's services by the names that requests are signed for.

    MiniStack reads the whole models of all services, which takes seconds in which nobody is answered, when the first
    request comes that is for none of its own.
    """
    router._is_aws_service_name = lambda name: name in _names_of_services()


@cache
def _names_of_services() -> frozenset[str]:
    names = set()
    for model in (Path(botocore.__file__).parent / "data").glob("*/*/service-2.json.gz"):
        with gzip.open(model) as content:
            names.update(NAMED.findall(content.read(HEAD_BYTES)))
        names.add(model.parts[-3].encode())
    return frozenset(name.decode() for name in names)


def clear() -> None:
    """Have nothing in any account of MiniStack's services."""
    ministack._reset_all_state()


def saved() -> dict[str, str]:
    """Return the state of each of MiniStack's services, in MiniStack's own JSON.

    Raises:
        TypeError: one has something that this cannot be.

    """
    states = {name: get_state() for name, get_state in ministack._build_persistence_save_dict().items()}
    return {name: json.dumps(state, default=persistence._json_default) for name, state in states.items() if state}


def restore(saved: Mapping[str, str]) -> None:
    """Give MiniStack's services the states that were saved."""
    for name, text in saved.items():
        state = json.loads(text, object_hook=persistence._json_object_hook)
        ministack._get_module(ministack._state_map[name]).load_persisted_state(state)


def handle(service: str, handler: Handler) -> None:
    """Have a service answered by a handler of ours."""
    ministack.SERVICE_HANDLERS[service] = handler


def wrap_handler(service: str, wrap: Callable[[Handler], Handler]) -> None:
    """Have a service answered by what `wrap` makes of its handler."""
    ministack.SERVICE_HANDLERS[service] = wrap(ministack.SERVICE_HANDLERS[service])


def service_of(
    *, method: str, path: str, headers: Mapping[str, str], query: Mapping[str, list[str]], body: bytes
) -> str:
    """Return which service MiniStack would have answer a request, which it reads in a form's body too."""
    parameters = ministack._routing_params(method, path, dict(headers), body, dict(query))
    return str(detect_service(method, path, dict(headers), parameters))


def rest_api_of(*, host: str, path: str) -> tuple[str, str, str] | None:
    """Return the REST API that is called, its stage, and the path below that, or None."""
    called: tuple[str, str, str] | None = ministack._parse_execute_api_url(host, path)
    return called


def may_name_bucket(label: str) -> bool:
    """Whether the first label of a host may be a bucket's name rather than that of a service."""
    return label not in ministack._NON_S3_VHOST_NAMES


def is_user_pool(name: str) -> bool:
    """Whether Cognito has a user pool of this name, in any account and region."""
    return cognito._get_pool_unscoped(name) is not None


def decompressed(body: bytes, *, headers: Mapping[str, str]) -> bytes:
    """Return a body without the compression that its headers declare."""
    return bytes(ministack._decompress_request_body(body, dict(headers)))


def credential_failure(*, service: str, code: str, message: str, headers: Mapping[str, str]) -> Any:
    """Return the answer in which a service says what is wrong with credentials, or None."""
    return ministack._credential_failure(service, "", "0", AuthError(code, message), dict(headers))
