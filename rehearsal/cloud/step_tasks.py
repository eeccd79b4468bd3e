"""The tasks of a state machine, carried out as AWS does: as the machine's role, through the services' APIs.

MiniStack runs the Amazon States Language; its own tasks go past IAM and do not know SageMaker. Here each task
is a call of a boto3 client with the role's credentials, so that a permission that the role lacks fails the
task. `.sync` waits for the job's end and answers with its description; an execution that is stopped stops its job.

Source: "Integrating services with Step Functions" in the Step Functions developer guide.
"""

import contextvars
import json
import re
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import botocore.exceptions
import botocore.model
from botocore import xform_name
from ministack.services import stepfunctions

from modelyard.rehearsal.cloud.identities import Identities
from modelyard.rehearsal.sagemaker.errors import ServiceError

PRINCIPAL = "states.amazonaws.com"
RESOURCE = re.compile(r"arn:aws:states:::(?P<sdk>aws-sdk:)?(?P<service>\w+):(?P<action>\w+)(?P<sync>\.sync)?$")
CLIENTS: Mapping[str, str] = {"sfn": "stepfunctions", "cloudwatchlogs": "logs", "eventbridge": "events"}
# What an SDK calls its service's exceptions.
NAMES: Mapping[str, str] = {
    "sagemaker": "SageMaker",
    "s3": "S3",
    "sns": "Sns",
    "cloudwatch": "CloudWatch",
    "sfn": "Sfn",
    "kms": "Kms",
}
POLL_SECONDS = 0.1
_role: contextvars.ContextVar[str] = contextvars.ContextVar("role")
_execution: contextvars.ContextVar[Any] = contextvars.ContextVar("execution")
# What Step Functions puts on every job that it waits for, and needs `sagemaker:AddTags` for.
OWN_TAG: Mapping[str, str] = {"Key": "MANAGED_BY_AWS", "Value": "STARTED_BY_STEP_FUNCTIONS"}
MANAGED_RULES: Mapping[str, str] = {
    "TrainingJob": "StepFunctionsGetEventsForSageMakerTrainingJobsRule",
    "TransformJob": "StepFunctionsGetEventsForSageMakerTransformJobsRule",
    "ProcessingJob": "StepFunctionsGetEventsForSageMakerProcessingJobsRule",
    "HyperParameterTuningJob": "StepFunctionsGetEventsForSageMakerTuningJobsRule",
}


class StepTasks:
    """The tasks of all state machines of an account."""

    def __init__(self, *, identities: Identities) -> None:
        self._identities = identities

    def install(self) -> None:
        """Have MiniStack's interpreter hand its tasks over."""
        execute, invoke = stepfunctions._execute_task, stepfunctions._invoke_resource

        def execute_as_role(state: Any, given: Any, execution: Any, context: Any) -> Any:
            machine = stepfunctions._state_machines[execution["stateMachineArn"]]
            _role.set(machine["roleArn"])
            _execution.set(execution)
            return execute(state, given, execution, context)

        def invoke_as_role(resource: str, arguments: Any) -> Any:
            found = RESOURCE.match(resource)
            return invoke(resource, arguments) if found is None else self._run(found, arguments)

        stepfunctions._execute_task = execute_as_role
        stepfunctions._invoke_resource = invoke_as_role

    def _run(self, task: re.Match[str], arguments: Any) -> Any:
        service = task["service"]
        try:
            client = self._client(service)
            if task["sync"]:
                self._require_managed_rule(task["action"])
                return self._run_job(client, action=task["action"], arguments=arguments)
            return _plain(_call(client, action=task["action"], arguments=arguments))
        except botocore.exceptions.ClientError as error:
            raise _failure(error, service=service, sdk=task["sdk"] is not None) from error
        except botocore.exceptions.ParamValidationError as error:
            raise stepfunctions._ExecutionError("States.Runtime", str(error)) from error
        except ServiceError as error:
            raise stepfunctions._ExecutionError(f"{NAMES[service]}.{_exception(service)}", error.message) from error

    def _client(self, service: str) -> Any:
        name = CLIENTS.get(service, service)
        return self._identities.role_client(role_arn=_role.get(), service=name, principal=PRINCIPAL)

    def _require_managed_rule(self, action: str) -> None:
        """Hold the role to what it needs to be told of a job's end: a rule that Step Functions keeps in the account."""
        rule = MANAGED_RULES[action.removeprefix("create")]
        arn = f"arn:aws:events:{self._identities.region}:{self._identities.account}:rule/{rule}"
        credentials = self._identities.assume(role_arn=_role.get(), principal=PRINCIPAL)
        for name in ("PutTargets", "PutRule", "DescribeRule"):
            self._identities.require(credentials=credentials, action=f"events:{name}", resource=arn)

    def _run_job(self, client: Any, *, action: str, arguments: Any) -> Any:
        if _execution.get()["status"] != "RUNNING":
            raise _stopped()
        tags = [*arguments.get("Tags", ()), dict(OWN_TAG)]
        _call(client, action=action, arguments={**arguments, "Tags": tags})
        return self._await_end(client, action, arguments)

    def _await_end(self, client: Any, action: str, arguments: Any) -> Any:
        kind = action.removeprefix("create")
        name = {f"{kind}Name": arguments[f"{kind}Name"]}
        describe = getattr(client, xform_name(f"Describe{kind}"))
        while True:
            job = _plain(describe(**name))
            status = job[f"{kind}Status"]
            if status == "Completed":
                return job
            if status in ("Failed", "Stopped"):
                raise stepfunctions._ExecutionError("States.TaskFailed", json.dumps(job))
            if _execution.get()["status"] != "RUNNING":
                getattr(client, xform_name(f"Stop{kind}"))(**name)
                raise _stopped()
            time.sleep(POLL_SECONDS)


def _stopped() -> Exception:
    ended: Exception = stepfunctions._ExecutionError("States.TaskFailed", "The execution was stopped.")
    return ended


def _call(client: Any, *, action: str, arguments: Any) -> Any:
    operation = action[:1].upper() + action[1:]
    shape = client.meta.service_model.operation_model(operation).input_shape
    return getattr(client, xform_name(operation))(**_named(arguments, shape=shape))


def _named(value: Any, *, shape: Any) -> Any:
    """Return arguments with members named as the service's own API names them; only their case may differ."""
    if value is None or shape is None:
        return value
    if isinstance(shape, botocore.model.StructureShape) and isinstance(value, dict):
        names = {name.lower(): name for name in shape.members}
        known = {names.get(name.lower(), name): item for name, item in value.items()}
        return {name: _named(item, shape=shape.members.get(name)) for name, item in known.items()}
    if isinstance(shape, botocore.model.ListShape) and isinstance(value, list):
        return [_named(item, shape=shape.member) for item in value]
    if shape.type_name == "timestamp" and isinstance(value, str):
        return datetime.fromisoformat(value)
    return value


def _plain(value: Any) -> Any:
    """Return an answer as JSON has it: times in ISO 8601, a body as its text."""
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items() if name != "ResponseMetadata"}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, datetime):
        return value.isoformat()
    return value.read().decode() if hasattr(value, "read") else value


def _failure(error: botocore.exceptions.ClientError, *, service: str, sdk: bool) -> Exception:
    details = error.response["Error"]
    name = details["Code"] if details["Code"].endswith("Exception") else f"{details['Code']}Exception"
    modelled = name in {
        "ResourceNotFoundException",
        "ResourceInUseException",
        "ResourceLimitExceededException",
        "NoSuchKeyException",
    }
    kind = name if modelled else _exception(service) if sdk else f"Amazon{_exception(service)}"
    failure: Exception = stepfunctions._ExecutionError(
        f"{NAMES.get(service, service)}.{kind}",
        f"{details['Message']} (Service: {NAMES.get(service, service)}, "
        f"Status Code: {error.response['ResponseMetadata']['HTTPStatusCode']}, "
        f"Request ID: {error.response['ResponseMetadata'].get('RequestId', '')})",
    )
    return failure


def _exception(service: str) -> str:
    return f"{NAMES.get(service, service)}Exception"
