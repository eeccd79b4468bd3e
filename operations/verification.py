"""Whether a deployed model works as declared, asked of the services themselves."""

import csv
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from botocore.exceptions import ClientError

from modelyard.drift.errors import DriftError
from modelyard.manifest.answer import CSV, JSON
from modelyard.manifest.answer import Answer as DeclaredAnswer
from modelyard.operations.api.calling import call, key_of, row
from modelyard.operations.bucket import DataBucket
from modelyard.operations.deployment import Deployment
from modelyard.operations.executions import pauses
from modelyard.operations.failures import Failure, sentence_of
from modelyard.operations.monitoring import schedule
from modelyard.operations.monitoring.captures import Captures
from modelyard.operations.monitoring.monitor import Monitor, monitors_of
from modelyard.operations.monitoring.results import Results
from modelyard.operations.scoring.answers import faults_of, found_in
from modelyard.operations.scoring.request import ANYTHING, Answer, Request, invoke
from modelyard.operations.screen.table import Table
from modelyard.operations.served_artifacts import served_artifacts
from modelyard.operations.tracking.aliases import aliases_sentence, set_aliases, wanted_aliases
from modelyard.operations.tracking.app import TrackingApp, tracking_app
from modelyard.operations.traffic.endpoint import EndpointState, endpoint_state

# Enough requests that one of them is captured, if only a part of the traffic is: at 1 % too few, and then it says so.
MOST_REQUESTS = 20
HELD = 202  # the API holds the answer back for review
HTTP_OK = 200
SEVERAL = 3

# Whether it is as it should be (None where that is not known yet), and what was found.
Result = tuple[bool | None, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """One thing that was checked; `ok` is None where it is not known yet."""

    what: str
    ok: bool | None
    detail: str

    @property
    def document(self) -> dict[str, str | bool | None]:
        """The check as JSON."""
        return {"what": self.what, "holds": self.ok, "said": self.detail}


@dataclass(frozen=True, kw_only=True, slots=True)
class Verification:
    """The checks of a model, in an order in which the first that fails explains the others.

    `body` is a record to call the endpoint with, of the type `content_type`; `seconds` is how long to wait for its
    capture.
    """

    deployment: Deployment
    body: bytes
    seconds: float
    content_type: str = "text/csv"

    def checks(self) -> Iterator[Check]:
        """Run the checks one after the other; one that AWS refuses fails with the words of the refusal."""
        model = self.deployment.model
        watched = model.monitoring is not None and self.deployment.find("monitoring") is not None
        monitors = monitors_of(self.deployment) if watched else []
        asked: list[tuple[str, Callable[[], Result]]] = [
            ("the endpoint is in service", self._in_service),
            ("it runs the template's configuration", self._configuration),
            ("it serves the promoted models", self._artifacts),
            ("a request is answered", lambda: (True, self._invoke(uuid.uuid4().hex)[:60])),
        ]
        app = tracking_app(self.deployment)
        if app is not None:
            asked.append(("MLflow's aliases are of these models", partial(self._aliases, app)))
        if model.answer is not None:
            asked.append(("the answer is what the manifest declares", partial(self._declared_answer, model.answer)))
        if model.serving is not None and model.serving.capture is not None:
            count = requests_until_captured(model.serving.capture.sampling_percentage / 100)
            asked.append(("the request is captured", lambda: self._capture(count=count)))
        if model.default_accept is not None:
            asked.append(("an answer without Accept can be monitored", self._default_answer))
        for monitor in monitors:
            of_quality = " of quality" if monitor.measures else ""
            asked.append((f"the schedule{of_quality} is on", partial(_schedule, monitor)))
            asked.append((f"the alarm's metric{of_quality} exists", partial(_metric, monitor)))
        if model.api is not None and self.deployment.find("api") is not None:
            asked.append(("the API answers", self._api))

        for what, ask in asked:
            try:
                ok, detail = ask()
            except ClientError as error:
                ok, detail = False, sentence_of(error)
            except Failure as failure:
                ok, detail = False, str(failure)
            yield Check(what=what, ok=ok, detail=detail)

    def _aliases(self, app: TrackingApp) -> Result:
        """Set them by what is served: lines that were promoted may never have been merged."""
        served, _ = self._artifacts()
        if not served:
            return None, "left as they are, for other models are served"
        wanted = wanted_aliases(self.deployment.model)
        versions = set_aliases(app, deployment=self.deployment, wanted=wanted)
        return True, aliases_sentence(versions, name=self.deployment.model.endpoint(stage=self.deployment.stage))

    @property
    def _endpoint(self) -> EndpointState:
        return endpoint_state(aws=self.deployment.aws, name=self.deployment.endpoint)

    @property
    def _bucket(self) -> DataBucket:
        return DataBucket(aws=self.deployment.aws, name=self.deployment.bucket)

    def _in_service(self) -> Result:
        state = self._endpoint
        return state.status == "InService", f"{state.status} {state.reason}".strip()

    def _configuration(self) -> Result:
        """Another configuration than the template's means that a deployment was rolled back."""
        state, expected = self._endpoint, self.deployment.output("serving", "EndpointConfigName")
        ok = state.config == expected
        found = state.config if ok else f"{state.config} in the place of {expected}: it was rolled back"
        return ok, f"{found} {state.reason}".strip()

    def _artifacts(self) -> Result:
        artifacts = served_artifacts(aws=self.deployment.aws, config=self._endpoint.config)
        served = {name: self._bucket.key_of(uri) for name, uri in artifacts.items()}
        serving = self.deployment.model.serving
        variants = serving.variants if serving is not None else ()
        named = {one.name: one.package if one.model is None else one.model for one in variants}
        declared = {name: "" if value is None else self._bucket.key_of(value) for name, value in named.items()}
        wrong = [
            f"{name} serves {served.get(name)}, the manifest says {key}"
            for name, key in declared.items()
            if served.get(name) != key
        ]
        return not wrong, "; ".join(wrong) or ", ".join(served.values())

    def _capture(self, *, count: int) -> Result:
        sent = {uuid.uuid4().hex for _ in range(count)}
        for inference_id in sent:
            self._invoke(inference_id)
        captures = Captures(bucket=self._bucket, prefix=self.deployment.output("serving", "CapturePrefix"))
        began = time.monotonic()
        for wait in pauses():
            captured = [record for record in captures.newest(2 * MOST_REQUESTS) if record.inference_id in sent]
            if captured:
                return True, f"{len(captured)} of {len(sent)} requests after {time.monotonic() - began:.0f} s"
            if time.monotonic() - began > self.seconds:
                break
            time.sleep(wait)
        return False, f"none of {len(sent)} requests within {self.seconds:.0f} s; wait longer with --timeout"

    def _invoke(self, inference_id: str) -> str:
        request = Request(
            body=self.body,
            content_type=self.content_type,
            accept=self.deployment.model.accept,
            inference_id=inference_id,
        )
        answer = invoke(aws=self.deployment.aws, endpoint=self.deployment.endpoint, request=request)
        return answer.body.decode(errors="replace").strip()

    def _ask(self, *, rows: int, accept: str | None) -> Answer:
        request = Request(body=b"\n".join([self.body] * rows), content_type=self.content_type, accept=accept)
        return invoke(aws=self.deployment.aws, endpoint=self.deployment.endpoint, request=request)

    def _declared_answer(self, declared: DeclaredAnswer) -> Result:
        """Asked for one record and for several, for a script may answer one as no list."""
        # A request of JSON is one object; CSV and JSON lines have a record a line.
        counts = (1,) if self.content_type == JSON else (1, SEVERAL)
        answers = {rows: self._ask(rows=rows, accept=declared.content_type) for rows in counts}
        faults = [
            f"{rows} record{'s' * (rows > 1)}: {fault}"
            for rows, answer in answers.items()
            for fault in faults_of(answer, answer=declared, rows=rows)
        ]
        if faults:
            return False, "; ".join(faults)
        values = found_in(answers[1], answer=declared)
        found = ", ".join(f"{key} {column[0]}" for key, column in values.items())
        return True, f"{declared.content_type}: {found}"

    def _default_answer(self) -> Result:
        """A script's container answers in JSON by itself: AWS's analyzer reads no such capture of a CSV request."""
        default = self.deployment.model.default_accept
        kind = _media_of(self._ask(rows=1, accept=ANYTHING))
        if kind != default:
            return False, f"{kind}; set SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT, or answer so in the script's output_fn"
        other = JSON if default == CSV else CSV
        model = self.deployment.model
        # What is asked here is in the next check, too.
        unasked = ""
        if model.monitoring is not None and model.monitoring.engine == "model-monitor":
            unasked = "fails AWS's check (Encoding mismatch)"
        elif model.answer is not None and other == CSV:
            unasked = f"has no {model.answer.places[0]} and counts as unreadable"
        if unasked:
            return True, f"{kind}; {other} was not asked for, as its capture {unasked}"
        try:
            answer = self._ask(rows=1, accept=other)
        except ClientError:  # the model answers in nothing else: no client can hide anything from the monitor
            return True, kind
        return True, kind if _media_of(answer) == default else f"{kind}; {self._of_other(answer, other=other)}"

    def _of_other(self, answer: Answer, *, other: str) -> str:
        """What becomes of the captures of a client that asks for another encoding than the monitor's."""
        model = self.deployment.model
        if model.answer is None:
            return f"a client that asks for {other} gets it, and is monitored by the order of its values"
        try:
            found_in(answer, answer=model.answer)
        except DriftError as error:
            return f"a client that asks for {other} gets it, and counts as unreadable ({error})"
        return f"a client that asks for {other} gets it, and is monitored, too"

    def _api(self) -> Result:
        """Called as a caller does, but for tokens: those are for whoever can log in to the user pool."""
        api, url = self.deployment.model.rest_api, self.deployment.output("api", "ApiUrl")
        if api is None or api.auth == "jwt":
            return None, f"{url}: only its own users have tokens; yard api shows the call"
        key_id = self.deployment.stack("api").outputs.get("ApiKeyId")
        key = key_of(aws=self.deployment.aws, key_id=key_id) if key_id is not None else None
        document = row(api, cells=next(csv.reader([self.body.decode()])))
        reply = call(aws=self.deployment.aws, url=f"{url}/predict", document=document, key=key)
        return reply.status in (HTTP_OK, HELD), f"{reply.status} {reply.body}"[:90]


def requests_until_captured(share: float) -> int:
    """Return how many requests to send so that sampling leaves all of them out less than once in a thousand times."""
    return next((count for count in range(1, MOST_REQUESTS) if (1 - share) ** count < 0.001), MOST_REQUESTS)


def table_of_checks(checks: list[Check]) -> Table:
    """Return the checks as rows."""
    words = {True: "OK", False: "FAILED", None: "not yet"}
    rows = tuple((words[check.ok], check.what, check.detail) for check in checks)
    return Table(columns=("", "what", "found"), rows=rows)


def _media_of(answer: Answer) -> str:
    return answer.content_type.partition(";")[0].strip()


def _schedule(monitor: Monitor) -> Result:
    state = schedule.state(monitor)
    return state in schedule.ON, state


def _metric(monitor: Monitor) -> Result:
    """CloudWatch lists a metric once it has a value: before the first check there can be none."""
    cloudwatch = monitor.deployment.aws.client("cloudwatch")
    alarms = cloudwatch.describe_alarms(AlarmNames=[monitor.alarm])["MetricAlarms"]
    if not alarms:
        return False, f"there is no alarm {monitor.alarm}"
    alarm = alarms[0]
    listed = cloudwatch.list_metrics(
        Namespace=alarm["Namespace"], MetricName=alarm["MetricName"], Dimensions=alarm["Dimensions"]
    )
    if listed["Metrics"]:
        return True, f"{alarm['Namespace']} {alarm['MetricName']}, alarm {alarm['StateValue']}"
    if Results(monitor=monitor).folders():
        return False, "no value yet"
    return None, f"not before the first check: yard {monitor.kind.word} --now makes one"
