"""The way to MLflow Apps: for clients that sign, as on AWS for one action on the app, and for browsers with a session.

Source: sagemaker-mlflow 0.5.0, `auth.py` and `mlflow_sagemaker_request_header_provider.py`: requests are signed for the
service `sagemaker`, and a header names the app. On AWS they go to mlflow.sagemaker.<region>.app.aws; clients come here
by SAGEMAKER_MLFLOW_CUSTOM_ENDPOINT.
"""

import json
from collections.abc import Callable
from http.cookies import CookieError, SimpleCookie
from urllib.parse import quote

from modelyard.rehearsal.cloud.account_services import AccountServices
from modelyard.rehearsal.cloud.bulkheads import Bulkheads
from modelyard.rehearsal.cloud.ministack import app, iam, sigv4
from modelyard.rehearsal.cloud.requests import APP_HEADER, Refusal, Request, Scope, Send
from modelyard.rehearsal.cloud.responses import JSON, send_answer
from modelyard.rehearsal.sagemaker.errors import ServiceError, invalid
from modelyard.rehearsal.sagemaker.tracking.apps import SCREENS, MlflowApps, screen_of
from modelyard.rehearsal.sagemaker.tracking.server import Answered

COOKIE = "mlflow-session"
ACTION = "sagemaker:CallMlflowAppApi"
# What of a request's headers is MLflow's to read.
HANDED_ON = ("accept", "content-type", "if-none-match", "range", "user-agent")


def is_for_screen(request: Request) -> bool:
    """Whether a browser asks for an app's screen, or for what that shows."""
    return request.path.startswith(SCREENS)


class TrackingDoor:
    """Answers what is for an MLflow App."""

    def __init__(self, *, services: Callable[[], AccountServices], bulkheads: Bulkheads) -> None:
        self._services = services
        self._bulkheads = bulkheads

    def require_viewer(self, request: Request) -> None:
        """Refuse a browser that has not come by a URL of CreatePresignedMlflowAppUrl.

        Raises:
            Refusal: it has no session of this app.

        """
        arn, target = self._asked_of_screen(request)
        if target == "/auth" or self._apps.sessions.holds(app=arn, key=_session_key(request)):
            return
        message = "the session of the MLflow App has ended or never began; open it anew: yard leaderboard MODEL --open"
        raise Refusal(code="AccessDenied", message=message)

    async def answer(
        self, request: Request, *, body: bytes, signature: sigv4.Signature | None, scope: Scope, send: Send
    ) -> bool:
        """Answer what the gate has let pass, and return whether it was meant for an app."""
        query = scope["query_string"].decode("latin-1")
        if is_for_screen(request):
            arn, target = self._asked_of_screen(request)
            if target == "/auth":
                await self._begin_session(request, arn=arn, send=send)
                return True

            def may() -> None:
                """The gate has asked for the session."""
        elif APP_HEADER in request.headers and signature is not None and signature.scope is not None:
            arn, target = request.headers[APP_HEADER], quote(request.path)
            app.begin_request(key=signature.key, address=scope["client"][0], region=signature.scope.region)
            key, region = signature.key, signature.scope.region

            def may() -> None:
                if region != self._services().platform.region:
                    raise invalid(f"the region must be that of the MLflow App, got {region}; name that region")
                iam.check(key=key, action=ACTION, resource=arn, context={})
        else:
            return False
        asked = target if not query else f"{target}?{query}"
        headers = {name: request.headers[name] for name in HANDED_ON if name in request.headers}

        def work() -> Answered:
            may()
            return self._apps.ask(arn=arn, method=request.method, target=asked, headers=headers, body=body)

        try:
            answered = await self._bulkheads.run(f"mlflow {arn}", work)
        except ServiceError as error:
            answered = _refused(error)
        await send_answer(status=answered.status, headers=answered.headers, body=answered.body, send=send)
        return True

    async def _begin_session(self, request: Request, *, arn: str, send: Send) -> None:
        token = request.query.get("authToken", [""])[0]
        session = self._apps.sessions.begin(app=arn, token=token)
        if session is None:
            message = "the URL has expired, or is not this app's; make another: yard leaderboard MODEL --open"
            answered = _refused(ServiceError(code="AccessDenied", message=message))
        else:
            screen = screen_of(arn)
            cookie = f"{COOKIE}={session}; Path={screen}; HttpOnly; SameSite=Strict"
            answered = Answered(status=302, headers={"location": f"{screen}/", "set-cookie": cookie}, body=b"")
        await send_answer(status=answered.status, headers=answered.headers, body=answered.body, send=send)

    def _asked_of_screen(self, request: Request) -> tuple[str, str]:
        """Return the ARN of the app whose screen is asked for, and the path below that."""
        name, _, rest = request.path.removeprefix(SCREENS).partition("/")
        return self._services().platform.arn(kind="mlflow-app", name=name), f"/{quote(rest)}"

    @property
    def _apps(self) -> MlflowApps:
        return self._services().sagemaker.mlflow_apps


def _session_key(request: Request) -> str:
    try:
        cookie = SimpleCookie(request.headers.get("cookie", ""))
    except CookieError:
        return ""
    return cookie[COOKIE].value if COOKIE in cookie else ""


def _refused(error: ServiceError) -> Answered:
    """Return a refusal as MLflow's clients read it; AWS's own words begin so for whoever lacks the permission."""
    denied = error.code in ("AccessDeniedException", "AccessDenied")
    message = f"Request is not authorized: {error.message}" if denied else error.message
    document = {"error_code": "PERMISSION_DENIED" if denied else error.code, "message": message}
    status = 403 if denied else error.status
    return Answered(
        status=status,
        headers={"content-type": JSON, "x-amzn-errortype": error.code},
        body=json.dumps(document).encode(),
    )
