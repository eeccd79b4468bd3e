"""The gate before everything that the local AWS answers: what it lets pass, and as whose request.

A page in a browser on this machine reaches the loopback too, and so does any other user of the machine. None of
them knows the secret of the account's credentials.
"""

import hmac
import re
from dataclasses import dataclass
from urllib.parse import parse_qs

from modelyard.rehearsal.cloud.anonymous import asks_for_user_pool, may_ask
from modelyard.rehearsal.cloud.ministack import apigateway, app, sigv4
from modelyard.rehearsal.cloud.page import HEALTH, KEY_HEADER, OVERVIEW, is_page
from modelyard.rehearsal.cloud.requests import ADMINISTRATION, Body, Incoming, Refusal, Request, Unauthenticated
from modelyard.rehearsal.cloud.tracking_door import TrackingDoor, is_for_screen

MIB = 1024**2
LARGEST_ADMINISTRATIVE = 64 * 1024
LARGEST_ANONYMOUS = MIB
# "Payload size" in the quotas of API Gateway's REST APIs.
LARGEST_OF_REST_API = 10_000_000
# Of AWS's APIs in JSON and forms, DynamoDB's take the longest requests: 16 MB.
LARGEST_SIGNED = 16 * MIB
# The largest object that one PutObject uploads.
LARGEST_OBJECT = 5 * 1024**3

LOOPBACK = re.compile(r"127(?:\.\d{1,3}){3}|\[::1\]|localhost")
# Names below localhost lead to the loopback (RFC 6761): a bucket's, with or without S3's name, and a REST API's.
OWN_NAME = re.compile(r"[a-z0-9][a-z0-9-]*(?:\.s3(?:\.[a-z0-9-]+)?|\.execute-api)?\.localhost")
# By https come those who name an address of AWS's. A bucket's own, or a REST API's, is none that they would.
NAME_OF_AWS = re.compile(
    r"(?:(?:api|runtime|metrics)\.)?[a-z0-9-]+(?:\.[a-z]{2}(?:-[a-z]+)+-\d)?\.amazonaws\.com(?:\.cn)?(?::443)?"
)
# Whose operations no form names.
WITHOUT_FORMS = frozenset({"s3", "sagemaker"})
# MiniStack's own. No bucket's name begins with an underscore.
CLOSED = re.compile(r"/*_(?:ministack|localstack|alb|aws(?!/execute-api/))(?:/.*)?|/health", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, kw_only=True, slots=True)
class Admitted:
    """A request that may pass: its signature, None of nobody, and the service that it is for."""

    body: bytes
    signature: sigv4.Signature | None
    service: str


class Gate:
    """What every request goes through. `page_key` lets the page read what there is.

    `tracking` knows which browsers may look at MLflow Apps.
    """

    def __init__(self, *, port: int, account: str, page_key: str, tracking: TrackingDoor) -> None:
        self._port = port
        self._tracking = tracking
        self._account = account
        self._page_key = page_key

    async def admit(self, request: Request, *, incoming: Incoming) -> Admitted:
        """Return a request's body and who has signed it.

        Raises:
            Refusal: it is not to be carried out.

        """
        self._require_own_host(request)
        require_own_page(request)
        if "websocket" in request.headers.get("upgrade", "").lower():
            raise Refusal(code="AccessForbidden", message="none of the rehearsed services has a WebSocket")
        if not request.path.startswith("/") or CLOSED.fullmatch(request.path):
            raise Refusal(code="UnknownOperationException", message=f"nothing answers at {request.path}", status=404)
        if self._is_unsigned(request):
            return Admitted(body=b"", signature=None, service=request.service())
        if is_for_screen(request):
            self._tracking.require_viewer(request)
            body = await incoming.read(request=request, limit=LARGEST_ANONYMOUS)
            return Admitted(body=body.content, signature=None, service="mlflow")
        try:
            signature = read_signature(request)
            self._require_administrator(request, signature)
            body = await read_body(request, signature, incoming=incoming)
        except Unauthenticated as error:
            raise in_words_of_service(request, error) from error
        service = request.service(body.content)
        try:
            require_service(request, signature, body=body.content, service=service)
        except Unauthenticated as error:
            raise in_words_of_service(request, error, body=body.content) from error
        require_one_operation(request, body=body.content, service=service)
        return Admitted(body=body.content, signature=signature, service=service)

    def _require_own_host(self, request: Request) -> None:
        """A name that another's server gives this address leads a browser here, with that server's page."""
        host = request.headers.get("host", "").lower()
        if request.secure:
            if NAME_OF_AWS.fullmatch(host) is None or request.counts["host"] != 1:
                message = f"Host must be that of an API of AWS's, such as sts.us-east-1.amazonaws.com, got {host!r}"
                raise Refusal(code="InvalidHost", message=message, status=421)
            return
        name, _, port = host.rpartition(":")
        known = LOOPBACK.fullmatch(name) or OWN_NAME.fullmatch(name)
        if known is None or port != str(self._port) or request.counts["host"] != 1:
            message = f"Host must be 127.0.0.1:{self._port} or another name of the loopback, got {host!r}"
            raise Refusal(code="InvalidHost", message=message, status=421)

    def _is_unsigned(self, request: Request) -> bool:
        """Whether nobody signs a request: one for the page, for what it shows, or of who waits for an answer."""
        if request.method == "GET" and request.path == OVERVIEW:
            if not hmac.compare_digest(request.headers.get(KEY_HEADER, "").encode(), self._page_key.encode()):
                message = f"{KEY_HEADER} must be the key of the page; open the address that `serve` prints"
                raise Refusal(code="AccessDenied", message=message)
            return True
        return is_page(request) or (request.method == "GET" and request.path == HEALTH)

    def _require_administrator(self, request: Request, signature: sigv4.Signature | None) -> None:
        if not request.path.startswith(ADMINISTRATION):
            return
        if request.method != "POST":
            raise Refusal(code="MethodNotAllowed", message=f"{request.path} must be asked by POST", status=405)
        if signature is None or signature.presigned or signature.key != self._account:
            message = (
                f"{request.path} must be signed with the account's own key and AWS_SECRET_ACCESS_KEY; "
                "set the variables that `python -m modelyard.rehearsal serve` prints"
            )
            raise Refusal(code="AccessDenied", message=message)


def require_own_page(request: Request) -> None:
    """Refuse what a page of another origin asks for, and its questions whether it may."""
    if any(name.startswith("access-control-request-") for name in request.headers):
        raise Refusal(code="AccessForbidden", message="CORSResponse: CORS is not enabled for the local AWS")
    origin = request.headers.get("origin")
    own = f"http://{request.headers['host']}"
    # A link that is followed to a signed URL is the user's own doing.
    followed = request.method == "GET" and request.headers.get("sec-fetch-mode") == "navigate"
    elsewhere = request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin") and not followed
    if (origin is not None and origin != own) or elsewhere:
        message = f"Origin must be {own} or not given, got {origin}: a page of another origin may ask for nothing"
        raise Refusal(code="AccessForbidden", message=message)


def read_signature(request: Request) -> sigv4.Signature | None:
    """Return who says to have signed a request; None for nobody.

    Raises:
        Refusal: it names more than one key, or carries what is no signature.

    """
    foreign = request.rest_api is not None or asks_for_user_pool(request)
    signature = sigv4.signature_of(request, foreign=foreign)
    # MiniStack reads by itself who calls; that must be whoever's signature is verified here.
    if app.extract_access_key_id(dict(request.headers), dict(request.query)) != (signature.key if signature else ""):
        raise Refusal(code="IncompleteSignature", message="A request must name one key, once")
    return signature


async def read_body(request: Request, signature: sigv4.Signature | None, *, incoming: Incoming) -> Body:
    """Return a body whose signature is verified, before it is read where that can be."""
    early = signature is not None and sigv4.covers_before_body(request, signature)
    if request.path.startswith(ADMINISTRATION):
        limit = LARGEST_ADMINISTRATIVE
    elif request.rest_api is not None:
        limit = LARGEST_OF_REST_API
    elif signature is None:
        limit = LARGEST_ANONYMOUS
    else:
        limit = LARGEST_OBJECT if early else LARGEST_SIGNED
    if signature is None:
        return await incoming.read(request=request, limit=limit)
    if early:
        sigv4.verify(request, signature, body=b"")
    body = await incoming.read(request=request, limit=limit)
    if not early:
        sigv4.verify(request, signature, body=body.content)
    sigv4.verify_body(request, signature, body=body)
    return body


def require_service(request: Request, signature: sigv4.Signature | None, *, body: bytes, service: str) -> None:
    """Refuse a service that the caller may not ask at all, whatever it would say.

    Raises:
        Unauthenticated: nobody has signed, or a signature for S3 is used elsewhere.

    """
    if signature is None and not may_ask(request, body=body):
        raise Unauthenticated(code="MissingAuthenticationToken", message="Request is missing Authentication Token")
    # Whoever has a URL that is signed for an object chooses its body and some headers, by which services are chosen.
    if signature is not None and signature.presigned and signature.of_s3 and service != "s3":
        message = "Credential should be scoped to correct service: the URL is signed for S3"
        raise Unauthenticated(code="SignatureDoesNotMatch", message=message)


def require_one_operation(request: Request, *, body: bytes, service: str) -> None:
    """Hold a request to one operation: what is held against the caller's policies must be what is done.

    MiniStack asks IAM for the operation that the query or a form's content type names, and carries out the one that
    the body names.
    """
    if request.rest_api is not None or service in WITHOUT_FORMS:
        return
    text = app.decompressed(body, headers=request.headers).decode(errors="replace")
    in_target = request.headers.get("x-amz-target")
    in_query = request.query.get("Action", [])
    is_form = request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
    in_body = parse_qs(text, keep_blank_values=True).get("Action", []) if is_form or in_target is None else []
    named = [*in_query, *in_body, *([] if in_target is None else [in_target])]
    # In JSON, STS takes an operation from the body too; no client asks it so.
    if len(named) > 1 or (in_body and not is_form) or (in_target or "").startswith("AWSSecurityTokenService"):
        message = "An operation must be named once: by X-Amz-Target, by the query, or by a body of the type of a form"
        raise Refusal(code="MalformedQueryString", message=message, status=400)


def in_words_of_service(request: Request, error: Unauthenticated, *, body: bytes = b"") -> Refusal:
    """Return a refusal as the service or the REST API that was asked says it."""
    answer = None
    if request.rest_api is not None:
        answer = apigateway.credential_failure(
            request.rest_api, code=error.code, message=error.message, headers=request.headers, query=request.query
        )
    if answer is None and not request.path.startswith(ADMINISTRATION):
        answer = app.credential_failure(
            service=request.service(body), code=error.code, message=error.message, headers=request.headers
        )
    return Refusal(code=error.code, message=error.message, answer=answer)
