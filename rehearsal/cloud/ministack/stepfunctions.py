"""MiniStack's Step Functions: the tasks of a state machine, carried out as its role, through the services' APIs.

MiniStack runs the Amazon States Language; its own tasks go past IAM and do not know SageMaker. Here each task
is a call of a boto3 client with the role's credentials, so that a permission that the role lacks fails the
task. `.sync` waits for the job's end and answers with its description; an execution that is stopped stops its job.

Whoever moves the clock waits for executions, and one that was stopped stays stopped.

Source: "Integrating services with Step Functions" in the Step Functions developer guide.
"""

import contextvars
import json
import re
import threading
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import botocore.exceptions
import botocore.model
from botocore import xform_name
from ministack.services import stepfunctions

from modelyard.rehearsal.clock import Clock
from modelyard.rehearsal.cloud.identities import Identities
from modelyard.rehearsal.cloud.ministack.cloudwatch import measure
from modelyard.rehearsal.sagemaker.errors import ServiceError

PRINCIPAL = "states.amazonaws.com"
RESOURCE = re.compile(r"arn:aws:states:::(?P<sdk>aws-sdk:)?(?P<service>\w+):(?P<action>\w+)(?P<sync>\.sync)?$")
CLIENTS: Mapping[str, str] = {
    "sfn": "stepfunctions",
    "states": "stepfunctions",
    "cloudwatchlogs": "logs",
    "eventbridge": "events",
}
# What an SDK calls its service's exceptions.
NAMES: Mapping[str, str] = {
    "sagemaker": "SageMaker",
    "s3": "S3",
    "sns": "Sns",
    "cloudwatch": "CloudWatch",
    "sfn": "Sfn",
    "kms": "Kms",
    "states": "StepFunctions",
}
# The optimized integrations are older than the SDK in which these are called otherwise.
OPTIMIZED_NAMES: Mapping[str, str] = {"sns": "SNS"}
# What a task gives as an object, and the service's API takes as its JSON.
AS_TEXT: Mapping[str, str] = {"startExecution": "Input"}
# "Create and manage Amazon SageMaker AI jobs with Step Functions" does not name it.
UNSUPPORTED: Mapping[str, frozenset[str]] = {"createTransformJob": frozenset({"DataCaptureConfig"})}
METRIC = {
    "RUNNING": "ExecutionsStarted",
    "SUCCEEDED": "ExecutionsSucceeded",
    "FAILED": "ExecutionsFailed",
    "TIMED_OUT": "ExecutionsTimedOut",
    "ABORTED": "ExecutionsAborted",
}
POLL_SECONDS = 0.1
# The largest input or result of a state, in bytes of its JSON (Step Functions guide, "Service quotas").
MOST_BYTES = 256 * 1024
# Those that no wildcard catches or retries (Step Functions guide, "Handling errors in workflows").
TERMINAL = frozenset({"States.DataLimitExceeded", "States.Runtime"})
START_SECONDS = 5.0
# What Step Functions puts on every job that it waits for, and needs `sagemaker:AddTags` for.
OWN_TAG: Mapping[str, str] = {"Key": "MANAGED_BY_AWS", "Value": "STARTED_BY_STEP_FUNCTIONS"}
MANAGED_RULES: Mapping[str, str] = {
    "TrainingJob": "StepFunctionsGetEventsForSageMakerTrainingJobsRule",
    "TransformJob": "StepFunctionsGetEventsForSageMakerTransformJobsRule",
    "ProcessingJob": "StepFunctionsGetEventsForSageMakerProcessingJobsRule",
    "HyperParameterTuningJob": "StepFunctionsGetEventsForSageMakerTuningJobsRule",
}


def install(*, identities: Identities, clock: Clock) -> None:
    """Have executions count as work from the moment at which they are asked for, and their tasks carried out here."""
    count_as_work(clock)
    tasks = Tasks(identities=identities)
    execute, invoke, fail = (
        stepfunctions._execute_task,
        stepfunctions._invoke_resource,
        stepfunctions._fail_execution,
    )
    apply_output, matches = stepfunctions._apply_jsonata_output, stepfunctions._error_matches

    def execute_in_context(state: Any, task_input: Any, execution: Any, context: Any) -> Any:
        tasks.enter(execution, role=stepfunctions._state_machines[execution["stateMachineArn"]]["roleArn"])
        return execute(state, task_input, execution, context)

    def invoke_as_role(resource: str, arguments: Any) -> Any:
        task = RESOURCE.match(resource)
        return invoke(resource, arguments) if task is None else tasks.run(task, arguments)

    def fail_if_running(execution: Any, error: str, cause: str) -> None:
        # What still goes wrong in an execution that was stopped does not make it a failed one.
        if execution["status"] == "RUNNING":
            fail(execution, error, cause)

    emit = stepfunctions._emit_execution_status_event

    def emit_and_measure(execution: Any) -> None:
        emit(execution)
        measure(
            namespace="AWS/States",
            metric=METRIC[execution["status"]],
            dimensions={"StateMachineArn": execution["stateMachineArn"]},
            moment=clock.now(),
        )

    stepfunctions._emit_execution_status_event = emit_and_measure

    def apply_output_within_limit(state: Any, raw_input: Any, context: Any = None, **given: Any) -> Any:
        # A choice and a catcher have an output, too, and no type.
        what = state.get("Resource", state.get("Type", "Next"))
        require_within_limit(given.get("result"), what=what)
        output = apply_output(state, raw_input, context, **given)
        require_within_limit(output, what=what)
        return output

    def matches_unless_terminal(names: Any, error: str) -> bool:
        return error in names if error in TERMINAL else bool(matches(names, error))

    stepfunctions._apply_jsonata_output = apply_output_within_limit
    stepfunctions._error_matches = matches_unless_terminal
    stepfunctions._execute_task = execute_in_context
    stepfunctions._invoke_resource = invoke_as_role
    stepfunctions._fail_execution = fail_if_running


def executions() -> list[dict[str, str]]:
    """Return the executions of the account, each with its state machine and, if it failed, why."""
    return [
        {
            "of": one["stateMachineArn"].rpartition(":")[2],
            "state": one["status"],
            "started": one["startDate"],
            "reason": ": ".join(one[name] for name in ("error", "cause") if one.get(name)),
        }
        for one in stepfunctions._executions.values()
    ]


def stop_executions() -> None:
    """Stop every execution of the account that runs."""
    for arn, execution in list(stepfunctions._executions.items()):
        if execution["status"] == "RUNNING":
            stepfunctions._stop_execution({"executionArn": arn})


def require_within_limit(value: Any, *, what: str) -> None:
    """Fail an execution whose state has more to hand on than Step Functions takes."""
    if value is not None and len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()) > MOST_BYTES:
        raise stepfunctions._ExecutionError(
            "States.DataLimitExceeded",
            f"The state/task '{what}' returned a result with a size exceeding the maximum number of bytes service "
            "limit.",
        )


def count_as_work(clock: Clock) -> None:
    """Have the clock wait for executions."""
    start, run = stepfunctions._start_execution, stepfunctions._run_execution
    begun = threading.Event()

    def run_as_work(arn: str) -> None:
        with clock.busy():
            begun.set()
            run(arn)

    def start_as_work(request: Any) -> Any:
        # An execution has a thread of its own, which must have begun before anybody sees no work.
        with clock.busy():
            begun.clear()
            answer = start(request)
            if answer[0] == 200:
                begun.wait(START_SECONDS)
        return answer

    stepfunctions._start_execution, stepfunctions._run_execution = start_as_work, run_as_work


class Tasks:
    """The tasks of all state machines of an account; each execution has a thread, and so a context of its own."""

    def __init__(self, *, identities: Identities) -> None:
        self._identities = identities
        self._role: contextvars.ContextVar[str] = contextvars.ContextVar("role")
        self._execution: contextvars.ContextVar[Any] = contextvars.ContextVar("execution")

    def enter(self, execution: Any, *, role: str) -> None:
        """Say in whose execution and as which role the tasks of this thread are run."""
        self._execution.set(execution)
        self._role.set(role)

    def run(self, task: re.Match[str], arguments: Any) -> Any:
        """Return a task's result: that of its call, or with `.sync` the description of the job at its end."""
        service, action = task["service"], task["action"]
        name = NAMES.get(service, service)
        if task["sdk"] is None:
            name = OPTIMIZED_NAMES.get(service, name)
        try:
            client = self._identities.role_client(
                role_arn=self._role.get(), service=CLIENTS.get(service, service), principal=PRINCIPAL
            )
            if not task["sync"]:
                return in_json(call(client, action=action, arguments=arguments))
            require_supported(action, arguments)
            self._require_managed_rule(action)
            self._require_running()
            call(client, action=action, arguments={**arguments, "Tags": [*arguments.get("Tags", ()), dict(OWN_TAG)]})
            return self._await_end(client, job=action.removeprefix("create"), arguments=arguments)
        except botocore.exceptions.ClientError as error:
            raise failure(
                error, known=errors_of(client, action=action), service=name, sdk=task["sdk"] is not None
            ) from error
        except botocore.exceptions.ParamValidationError as error:
            raise stepfunctions._ExecutionError("States.Runtime", str(error)) from error
        except botocore.exceptions.BotoCoreError as error:
            # The connection broke, and not the service.
            raise stepfunctions._ExecutionError(f"{name}.SdkClientException", str(error)) from error
        except ServiceError as error:
            raise stepfunctions._ExecutionError(f"{name}.{name}Exception", error.message) from error

    def _require_managed_rule(self, action: str) -> None:
        """Hold the role to what it needs to be told of a job's end: a rule that Step Functions keeps in the account."""
        rule = MANAGED_RULES[action.removeprefix("create")]
        arn = f"arn:aws:events:{self._identities.region}:{self._identities.account}:rule/{rule}"
        credentials = self._identities.assume(role_arn=self._role.get(), principal=PRINCIPAL)
        for name in ("PutTargets", "PutRule", "DescribeRule"):
            self._identities.require(credentials=credentials, action=f"events:{name}", resource=arn)

    def _require_running(self) -> None:
        if self._execution.get()["status"] != "RUNNING":
            raise stepfunctions._ExecutionError("States.TaskFailed", "The execution was stopped.")

    def _await_end(self, client: Any, *, job: str, arguments: Any) -> Any:
        name = {f"{job}Name": arguments[f"{job}Name"]}
        while True:
            description = in_json(getattr(client, xform_name(f"Describe{job}"))(**name))
            status = description[f"{job}Status"]
            if status == "Completed":
                return description
            if status in ("Failed", "Stopped"):
                raise stepfunctions._ExecutionError("States.TaskFailed", json.dumps(description))
            if self._execution.get()["status"] != "RUNNING":
                getattr(client, xform_name(f"Stop{job}"))(**name)
                self._require_running()
            time.sleep(POLL_SECONDS)


def require_supported(action: str, arguments: Mapping[str, Any]) -> None:
    """Refuse members that an integration which waits is not known to take, though the API does."""
    unknown = sorted(UNSUPPORTED.get(action, frozenset()) & arguments.keys())
    if unknown:
        raise stepfunctions._ExecutionError("States.Runtime", f"The field {unknown[0]!r} is not supported by {action}")


def call(client: Any, *, action: str, arguments: Any) -> Any:
    """Return the answer of a service to an action, which Step Functions spells in camel case."""
    operation = action[:1].upper() + action[1:]
    model = client.meta.service_model.operation_model(operation)
    text = AS_TEXT.get(action)
    if text is not None and not isinstance(arguments.get(text, ""), str):
        arguments = {**arguments, text: json.dumps(arguments[text])}
    answer = getattr(client, xform_name(operation))(**as_named(arguments, shape=model.input_shape))
    return as_returned(answer, shape=model.output_shape)


def as_named(value: Any, *, shape: Any) -> Any:
    """Return arguments with members named as the service's own API names them; only their case may differ."""
    if value is None or shape is None:
        return value
    if isinstance(shape, botocore.model.StructureShape) and isinstance(value, dict):
        names = {name.lower(): name for name in shape.members}
        renamed = {names.get(name.lower(), name): item for name, item in value.items()}
        return {name: as_named(item, shape=shape.members.get(name)) for name, item in renamed.items()}
    if isinstance(shape, botocore.model.ListShape) and isinstance(value, list):
        return [as_named(item, shape=shape.member) for item in value]
    if shape.type_name == "timestamp" and isinstance(value, str):
        return datetime.fromisoformat(value)
    return value


def as_returned(value: Any, *, shape: Any) -> Any:
    """Return an answer with its members in Pascal case, as every integration names them (guide, "AWS SDK service")."""
    if isinstance(shape, botocore.model.StructureShape) and isinstance(value, dict):
        members = {name: as_returned(item, shape=shape.members.get(name)) for name, item in value.items()}
        return {name[:1].upper() + name[1:]: item for name, item in members.items()}
    if isinstance(shape, botocore.model.ListShape) and isinstance(value, list):
        return [as_returned(item, shape=shape.member) for item in value]
    return value


def in_json(value: Any) -> Any:
    """Return an answer as JSON has it: times in ISO 8601, a body as its text."""
    if isinstance(value, dict):
        return {name: in_json(item) for name, item in value.items() if name != "ResponseMetadata"}
    if isinstance(value, list):
        return [in_json(item) for item in value]
    if isinstance(value, datetime):
        return value.isoformat()
    return value.read().decode() if hasattr(value, "read") else value


def errors_of(client: Any, *, action: str) -> Mapping[str, str]:
    """Return what the SDK for Java calls the errors that an operation is known to have, by their codes."""
    shapes = client.meta.service_model.operation_model(action[:1].upper() + action[1:]).error_shapes
    return {shape.error_code: re.sub(r"(Exception|Fault)?$", "Exception", shape.name, count=1) for shape in shapes}


def failure(error: botocore.exceptions.ClientError, *, known: Mapping[str, str], service: str, sdk: bool) -> Exception:
    """Return an error of a service's API as an execution fails with it.

    One that the operation is `known` to have has a class of its own in the SDK for Java; all others are the service's.
    """
    details, metadata = error.response["Error"], error.response["ResponseMetadata"]
    name = known.get(details["Code"], f"{service}Exception" if sdk else f"Amazon{service}Exception")
    failed: Exception = stepfunctions._ExecutionError(
        f"{service}.{name}",
        f"{details['Message']} (Service: {service}, Status Code: {metadata['HTTPStatusCode']}, "
        f"Request ID: {metadata.get('RequestId', '')})",
    )
    return failed
