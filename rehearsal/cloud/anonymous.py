"""What AWS lets those do who show no credentials; everything else is refused to them.

Source: the operations that the SDKs' models mark as unsigned; "Bucket policies" in the S3 user guide, which decide of
everybody; the endpoints of a user pool in the Cognito developer guide; the links in the messages of SNS.
"""

from urllib.parse import parse_qs

from modelyard.rehearsal.cloud.ministack import apigateway, app, s3
from modelyard.rehearsal.cloud.requests import Request

STS = frozenset({"AssumeRoleWithWebIdentity", "AssumeRoleWithSAML"})
TARGETS = {"AWSCognitoIdentityProviderService": "cognito-idp", "AWSCognitoIdentityService": "cognito-identity"}
USER_POOLS = frozenset(
    {
        ("GET", "/oauth2/authorize"),
        ("GET", "/oauth2/userInfo"),
        ("GET", "/logout"),
        ("POST", "/login"),
        ("POST", "/oauth2/login"),
        ("POST", "/oauth2/token"),
        ("POST", "/oauth2/userInfo"),
    }
)
KEYS = ("/.well-known/jwks.json", "/.well-known/openid-configuration")
LINKS = frozenset({"ConfirmSubscription", "Unsubscribe"})
S3_METHODS = frozenset({"GET", "HEAD", "PUT", "POST", "DELETE"})
# Names that a bucket may have, and below which MiniStack answers something else.
NOT_BUCKETS = frozenset({"iceberg", "latest", "restapis", "v20180820"})


def asks_for_user_pool(request: Request) -> bool:
    """Whether a request is one of a user's browser or of an application to a user pool, which reads tokens itself."""
    if (request.method, request.path) in USER_POOLS:
        return True
    pools = [request.path.removesuffix(ending).lstrip("/") for ending in KEYS if request.path.endswith(ending)]
    return request.method == "GET" and any(app.is_user_pool(pool) for pool in pools)


def may_ask(request: Request, *, body: bytes) -> bool:
    """Whether an anonymous request reaches a service, which may still refuse it."""
    if request.rest_api is not None:
        # Those of HTTP and of WebSocket are not rehearsed: MiniStack takes nobody for the owner there.
        return apigateway.owner_of(request.rest_api[0]) is not None
    if asks_for_user_pool(request):
        return True
    if request.path == "/" and "content-encoding" not in request.headers and request.bucket_of_host is None:
        link = request.method == "GET" and not body and request.query.get("Action", [""])[0] in LINKS
        return link or is_unsigned_operation(request, body)
    # A bucket that exists, whose policy decides; forms of browsers are not rehearsed.
    return (
        request.method in S3_METHODS
        and "multipart/form-data" not in request.headers.get("content-type", "").lower()
        and request.bucket not in NOT_BUCKETS
        and request.service(body) == "s3"
        and s3.is_bucket(request.bucket)
    )


def is_unsigned_operation(request: Request, body: bytes) -> bool:
    """Whether a form asks STS for a role by somebody else's token, or a header names an unsigned operation of Cognito.

    A form must name its operation once, in one place.
    """
    if request.method != "POST" or request.query:
        return False
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    if "x-amz-target" not in request.headers:
        actions = parse_qs(body.decode(errors="replace"), keep_blank_values=True).get("Action", [])
        return kind == "application/x-www-form-urlencoded" and len(actions) == 1 and actions[0] in STS
    target, _, operation = request.headers["x-amz-target"].partition(".")
    return target in TARGETS and "x-amz-json" in kind and operation in app.unsigned_operations(TARGETS[target])
