"""MiniStack's signatures: who has signed a request, verified once, before anything reads what it asks for.

A request that carries credentials in any form is either signed as AWS asks (Signature Version 4 in its header or its
query, or version 2 in the query of an S3 URL, which boto3 still makes) or refused; one that carries none is
anonymous. MiniStack's own check, which takes whoever names the account's key for its owner, and whoever names no
key too, is left out.

A client signs with its own clock; after an hour was skipped, its signatures would be an hour old. One is
accepted if it is of now by either clock.

Source: "AWS Signature Version 4 for API requests" in the IAM user guide; "Signing and authenticating REST requests"
in the S3 user guide.
"""

import hmac
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import time_machine
from ministack import app as ministack
from ministack.core import iam_evaluator, sigv4
from ministack.core.responses import _account_from_sts_session

from modelyard.rehearsal.cloud.requests import Body, Refusal, Request, Unauthenticated

ALGORITHM = "AWS4-HMAC-SHA256"
QUERY_4 = frozenset({"x-amz-algorithm", "x-amz-credential", "x-amz-signature"})
QUERY_2 = frozenset({"awsaccesskeyid", "signature"})
CREDENTIALS = QUERY_4 | QUERY_2
TERMINATOR = "aws4_request"
CHUNKS = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
LONGEST_SECONDS = 7 * 24 * 3600
EARLY = timedelta(minutes=15)


@dataclass(frozen=True, kw_only=True, slots=True)
class Signature:
    """What a request says of who signed it.

    `presigned` is whether it stands in the query; `scope` is None for version 2, which has none.
    """

    key: str
    token: str
    presigned: bool
    scope: sigv4.HeaderSignature | None

    @property
    def of_s3(self) -> bool:
        """Whether it was made for S3."""
        return self.scope is None or self.scope.service == "s3"


def install() -> None:
    """Have MiniStack take a caller for what `pin` says."""
    ministack.pin_signed_request = lambda *_: None


def pin(signature: Signature | None) -> None:
    """Tell MiniStack who calls in this context: whoever made a signature that was verified, or nobody."""
    iam_evaluator._signed_request.set(None)
    iam_evaluator._anonymous.set(signature is None)
    iam_evaluator._verified_key.set("" if signature is None else signature.key)


def signature_of(request: Request, *, foreign: bool) -> Signature | None:
    """Return the signature that a request carries, or None if it carries no credentials.

    `foreign` is whether an Authorization header that is not AWS's is somebody else's to read.

    Raises:
        Refusal: it carries credentials that are not a whole signature, or more than one.

    """
    authorization = request.headers.get("authorization")
    names = {name.lower() for name in request.query}
    if len(names) < len(request.query) and names & CREDENTIALS:
        raise Refusal(code="InvalidArgument", message="Parameters of a signature must be given once", status=400)
    if authorization is not None and foreign and not authorization.lower().startswith("aws"):
        authorization = None
    kinds = (authorization is not None, bool(QUERY_4 & names), bool(QUERY_2 & names))
    if request.counts.get("authorization", 0) > 1 or sum(kinds) > 1:
        raise Refusal(code="InvalidArgument", message="Only one auth mechanism allowed", status=400)
    if authorization is not None:
        return _header_signature(request, authorization)
    if not any(kinds):
        return None
    return _query_signature(request) if QUERY_4 & names else _query_signature_2(request)


def covers_before_body(request: Request, signature: Signature) -> bool:
    """Whether a signature can be verified before its request's body is read."""
    return signature.of_s3 and (signature.presigned or "x-amz-content-sha256" in request.headers)


def verify(request: Request, signature: Signature, *, body: bytes) -> None:
    """Verify all of a signature but what it says of the body.

    `body` may be empty where `covers_before_body`.

    Raises:
        Refusal: it is not of now, or not made with the secret of the key that it names.

    """
    credential = _credential(signature)
    if signature.scope is None:
        _verify_2(request, signature, secret=credential.secret_access_key)
        return
    _verify_time(request, signature.scope, presigned=signature.presigned)
    _require_signed_headers(request, signature.scope)
    _canonical, text = sigv4.header_signing_documents(
        signature.scope,
        request.method,
        request.raw_path,
        request.query,
        request.headers,
        body,
        presigned=signature.presigned,
    )
    key = _signing_key(signature.scope, secret=credential.secret_access_key)
    expected = hmac.new(key, text.encode(), "sha256").hexdigest()
    if not hmac.compare_digest(expected.encode(), signature.scope.signature.encode()):
        raise Unauthenticated(code="SignatureDoesNotMatch", message=sigv4.SIGNATURE_MISMATCH)


def verify_body(request: Request, signature: Signature, *, body: Body) -> None:
    """Hold a body against what a verified request says of it.

    Raises:
        Refusal: it is another one.

    """
    declared = request.headers.get("x-amz-content-sha256", "")
    if signature.scope is None or signature.presigned or not declared:
        return
    if declared.startswith(CHUNKS):
        scope = signature.scope
        key = _signing_key(scope, secret=_credential(signature).secret_access_key)
        if not sigv4._chunk_signatures_match(body.content, scope.signature, scope, key):
            raise Unauthenticated(code="SignatureDoesNotMatch", message=sigv4.SIGNATURE_MISMATCH)
    elif declared not in (sigv4.UNSIGNED_PAYLOAD, body.digest) and not declared.startswith("STREAMING-UNSIGNED-"):
        message = "The provided 'x-amz-content-sha256' header does not match what was computed."
        raise Refusal(code="XAmzContentSHA256Mismatch", message=message, status=400)


def _header_signature(request: Request, authorization: str) -> Signature:
    if not authorization.startswith(f"{ALGORITHM} "):
        message = f"Unsupported Authorization Type: the Authorization header must begin with {ALGORITHM}"
        raise Refusal(code="IncompleteSignature", message=message)
    read = sigv4.parse_header_signature(request.headers)
    token = request.headers.get("x-amz-security-token", "")
    return _whole(read, token=token, presigned=False, term=authorization.partition("Credential=")[2].partition(",")[0])


def _query_signature(request: Request) -> Signature:
    single = {name: values[0] for name, values in request.query.items() if len(values) == 1}
    if single.get("X-Amz-Algorithm") != ALGORITHM:
        raise Refusal(code="IncompleteSignature", message=f"X-Amz-Algorithm must be {ALGORITHM}, once")
    read = sigv4.parse_query_signature(single)
    token = single.get("X-Amz-Security-Token", "")
    return _whole(read, token=token, presigned=True, term=single.get("X-Amz-Credential", ""))


def _whole(read: Any, *, token: str, presigned: bool, term: str) -> Signature:
    if isinstance(read, tuple):
        raise Unauthenticated(code=read[0], message=read[1])
    if read.region_set is not None or term.rpartition("/")[2].strip() != TERMINATOR or not read.access_key_id:
        message = f"Credential should be scoped with a valid terminator: '{TERMINATOR}'"
        raise Unauthenticated(code="IncompleteSignature", message=message)
    return Signature(key=read.access_key_id, token=token, presigned=presigned, scope=read)


def _query_signature_2(request: Request) -> Signature:
    single = {name: values[0] for name, values in request.query.items() if len(values) == 1}
    if not all(single.get(name) for name in ("AWSAccessKeyId", "Signature", "Expires")):
        message = "Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters"
        raise Refusal(code="AccessDenied", message=message)
    token = single.get("x-amz-security-token", "")
    return Signature(key=single["AWSAccessKeyId"], token=token, presigned=True, scope=None)


def _credential(signature: Signature) -> Any:
    key, own = signature.key, os.environ["AWS_ACCESS_KEY_ID"]
    # MiniStack has an owner for every account number, all of them with one secret.
    if iam_evaluator.is_root_access_key(key) and key != own:
        raise Unauthenticated(
            code="UnrecognizedClientException", message="The security token included in the request is invalid."
        )
    account = iam_evaluator.find_iam_access_key_account(key) or _account_from_sts_session(key) or own
    credential = iam_evaluator.resolve_credential(key, account, signature.token)
    if isinstance(credential, iam_evaluator.CredentialResolutionError):
        unknown = credential.code == "InvalidToken" and not signature.token
        code = "UnrecognizedClientException" if unknown else credential.code
        raise Unauthenticated(code=code, message=credential.message)
    return credential


def _verify_time(request: Request, scope: sigv4.HeaderSignature, *, presigned: bool) -> None:
    moment = sigv4._amz_datetime(scope.amz_date)
    if moment is None or scope.date_stamp != scope.amz_date[:8]:
        message = "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP. "
        raise Unauthenticated(code="IncompleteSignature", message=message)
    if not presigned:
        failure = sigv4.request_time_failure(scope, now=datetime.now(UTC))
        if failure is not None and sigv4.request_time_failure(scope, now=_real_time()) is not None:
            raise Unauthenticated(code=failure[0], message=failure[1])
        return
    seconds = request.query.get("X-Amz-Expires", ["900"])[0]
    if not (seconds.isascii() and seconds.isdecimal() and 1 <= int(seconds[:7]) <= LONGEST_SECONDS):
        message = f"X-Amz-Expires must be 1 to {LONGEST_SECONDS} seconds"
        raise Refusal(code="AuthorizationQueryParametersError", message=message, status=400)
    until = moment + timedelta(seconds=int(seconds))
    if not any(moment - EARLY <= now <= until for now in _clocks()):
        raise Refusal(code="AccessDenied", message="Request has expired")


def _require_signed_headers(request: Request, scope: sigv4.HeaderSignature) -> None:
    """What AWS reads of a request must be signed: whoever has a signed URL could ask for something else otherwise."""
    signed = set(scope.signed_headers.split(";"))
    unsigned = [name for name in request.headers if name.startswith("x-amz-") and name not in signed]
    if "host" not in signed or unsigned:
        message = f"There were headers present in the request which were not signed: {', '.join(unsigned) or 'host'}"
        raise Refusal(code="AccessDenied", message=message)


def _signing_key(scope: sigv4.HeaderSignature, *, secret: str) -> bytes:
    return bytes(sigv4._cached_signing_key(secret, scope.date_stamp, scope.region, scope.service))


class _Version2(botocore.auth.HmacV1Auth):  # type: ignore[misc]
    """Signs an S3 URL that holds until a moment."""

    def __init__(self, credentials: botocore.credentials.Credentials, *, expires: str) -> None:
        super().__init__(credentials)
        self._expires = expires

    def _get_date(self) -> str:
        return self._expires


def _verify_2(request: Request, signature: Signature, *, secret: str) -> None:
    expires = request.query["Expires"][0]
    if not (expires.isascii() and expires.isdecimal() and len(expires) <= len("99999999999")):
        raise Unauthenticated(code="AccessDenied", message="Invalid date: Expires must be seconds since 1970")
    if not any(now.timestamp() <= int(expires) for now in _clocks()):
        raise Refusal(code="AccessDenied", message="Request has expired")
    pairs = [(name, value) for name, values in request.query.items() for value in values]
    bucket = "" if request.bucket_of_host is None else f"/{request.bucket_of_host}"
    url = urlsplit(f"http://host{bucket}{request.raw_path}?{urlencode(pairs)}")
    headers = botocore.awsrequest.HTTPHeaders()
    for name, value in request.headers.items():
        headers[name] = value
    credentials = botocore.credentials.Credentials(signature.key, secret, signature.token or None)
    expected = _Version2(credentials, expires=expires).get_signature(request.method, url, headers)
    if not hmac.compare_digest(expected.encode(), request.query["Signature"][0].encode()):
        raise Unauthenticated(code="SignatureDoesNotMatch", message=sigv4.SIGNATURE_MISMATCH)


def _clocks() -> tuple[datetime, datetime]:
    """Return now on the rehearsal's clock, and the real time."""
    return datetime.now(UTC), _real_time()


def _real_time() -> datetime:
    return datetime.fromtimestamp(time_machine.escape_hatch.time.time(), UTC)
