"""Whether what is deployed does what it says, asked of the services themselves."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from botocore.exceptions import ClientError

from modelyard.drift.line_breaks import split_lines
from modelyard.operations.api.calling import call, key_of, row
from modelyard.operations.bucket import DataBucket
from modelyard.operations.deployment import Deployment
from modelyard.operations.executions import pauses
from modelyard.operations.failures import Failure, sentence_of
from modelyard.operations.monitoring import schedule
from modelyard.operations.monitoring.captures import Captures
from modelyard.operations.monitoring.monitor import Monitor, monitors_of
from modelyard.operations.monitoring.results import Results
from modelyard.operations.scoring.request import Request, invoke
from modelyard.operations.screen.table import Table
from modelyard.operations.served_artifacts import served_artifacts
from modelyard.operations.traffic.endpoint import endpoint_state

# Enough requests that one of them is captured, if only a part of the traffic is: at 1 % too few, and then it says so.
MOST_REQUESTS = 20
ANSWERED = 200


Question = tuple[str, Callable[[], tuple[bool | None, str]]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One thing that was looked at; `holds` is None where it cannot be told yet."""

    what: str
    holds: bool | None
    said: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Verification:
    """The questions, in an order in which the first that fails explains the others.

    `body` is a record to call the endpoint with; `seconds` is how long to wait for its capture.
    """

    deployment: Deployment
    body: bytes
    seconds: float

    def findings(self) -> Iterator[Finding]:
        """Ask, one after the other; a question that AWS refuses is answered with its words."""
        questions: list[Question] = [
            ("the endpoint is in service", self._in_service),
            ("it runs the template's configuration", self._config),
            ("it serves the promoted models", self._models),
            ("a request is answered", self._answers),
        ]
        model = self.deployment.model
        if model.serving is not None and model.serving.capture is not None:
            questions.append(("the request is captured", self._captured))
        if model.monitoring is not None and self.deployment.find("monitoring") is not None:
            for monitor in monitors_of(self.deployment):
                questions += _questions_about(monitor)
        if model.api is not None and self.deployment.find("api") is not None:
            questions.append(("the API answers", self._api_answers))
        for what, ask in questions:
            yield _asked(what, ask)

    def _in_service(self) -> tuple[bool, str]:
        state = endpoint_state(aws=self.deployment.aws, name=self.deployment.endpoint)
        return state.status == "InService", f"{state.status} {state.reason}".strip()

    def _config(self) -> tuple[bool, str]:
        """Another configuration than the template's means that a deployment was rolled back."""
        state = endpoint_state(aws=self.deployment.aws, name=self.deployment.endpoint)
        meant = self.deployment.output("serving", "EndpointConfigName")
        said = state.config if state.config == meant else f"{state.config} in the place of {meant}: it was rolled back"
        return state.config == meant, f"{said} {state.reason}".strip()

    def _models(self) -> tuple[bool, str]:
        state = endpoint_state(aws=self.deployment.aws, name=self.deployment.endpoint)
        bucket = DataBucket(aws=self.deployment.aws, name=self.deployment.bucket)
        served = {
            name: bucket.key_of(uri)
            for name, uri in served_artifacts(aws=self.deployment.aws, config=state.config).items()
        }
        serving = self.deployment.model.serving
        meant = {one.name: bucket.key_of(one.model or "") for one in serving.variants} if serving is not None else {}
        wrong = [
            f"{name} serves {served.get(name)}, the manifest says {key}"
            for name, key in meant.items()
            if served.get(name) != key
        ]
        return not wrong, "; ".join(wrong) or ", ".join(served.values())

    def _answers(self) -> tuple[bool, str]:
        answer = self._invoke(uuid.uuid4().hex)
        return True, answer[:60]

    def _api_answers(self) -> tuple[bool | None, str]:
        """Asked as a caller does, but for tokens: those are for whoever can log in to the user pool."""
        api, url = self.deployment.model.api, self.deployment.output("api", "ApiUrl")
        if api is None or api.auth == "jwt":
            return None, f"{url}: only its own users have tokens; yard api shows the call"
        key_id = self.deployment.stack("api").outputs.get("ApiKeyId")
        key = key_of(aws=self.deployment.aws, key_id=key_id) if key_id is not None else None
        document = row(api, cells=split_lines(self.body.decode())[0].split(","))
        reply = call(aws=self.deployment.aws, url=f"{url}/predict", document=document, key=key)
        return reply.status == ANSWERED, f"{reply.status} {reply.body}"[:90]

    def _captured(self) -> tuple[bool | None, str]:
        sent = {uuid.uuid4().hex for _ in range(self._requests)}
        for identity in sent:
            self._invoke(identity)
        captures = Captures(
            bucket=DataBucket(aws=self.deployment.aws, name=self.deployment.bucket),
            prefix=self.deployment.output("serving", "CapturePrefix"),
        )
        began = time.monotonic()
        for wait in pauses():
            found = [record for record in captures.newest(2 * MOST_REQUESTS) if record.inference_id in sent]
            if found:
                return True, f"{len(found)} of {len(sent)} requests after {time.monotonic() - began:.0f} s"
            if time.monotonic() - began > self.seconds:
                break
            time.sleep(wait)
        return False, f"none of {len(sent)} requests within {self.seconds:.0f} s; wait longer with --timeout"

    @property
    def _requests(self) -> int:
        """So many that all being left out by the sampling is rarer than one in a thousand."""
        serving = self.deployment.model.serving
        share = (
            serving.capture.sampling_percentage / 100 if serving is not None and serving.capture is not None else 1.0
        )
        return next((count for count in range(1, MOST_REQUESTS) if (1 - share) ** count < 0.001), MOST_REQUESTS)

    def _invoke(self, identity: str) -> str:
        request = Request(body=self.body, content_type="text/csv", inference_id=identity)
        answer = invoke(aws=self.deployment.aws, endpoint=self.deployment.endpoint, request=request)
        return answer.body.decode(errors="replace").strip()


def _questions_about(monitor: Monitor) -> list[Question]:
    of_quality = " of quality" if monitor.measures else ""
    return [
        (f"the schedule{of_quality} is on", lambda: _scheduled(monitor)),
        (f"the alarm's metric{of_quality} exists", lambda: _metric(monitor)),
    ]


def _scheduled(monitor: Monitor) -> tuple[bool, str]:
    state = schedule.state(monitor)
    return state in schedule.ON, state


def _metric(monitor: Monitor) -> tuple[bool | None, str]:
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
    checked = bool(Results(monitor=monitor).folders())
    first = f"not before the first check: yard {monitor.kind.word} --now makes one"
    return (False, "no value yet") if checked else (None, first)


def table_of_findings(findings: list[Finding]) -> Table:
    """Findings as rows."""
    words = {True: "OK", False: "FAILED", None: "not yet"}
    rows = tuple((words[one.holds], one.what, one.said) for one in findings)
    return Table(columns=("", "what", "found"), rows=rows)


def _asked(what: str, ask: Callable[[], tuple[bool | None, str]]) -> Finding:
    try:
        holds, said = ask()
    except ClientError as error:
        return Finding(what=what, holds=False, said=sentence_of(error))
    except Failure as failure:
        return Finding(what=what, holds=False, said=str(failure))
    return Finding(what=what, holds=holds, said=said)
