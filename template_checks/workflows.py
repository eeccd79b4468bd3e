"""What the tasks of a state machine wait out: errors that their service can raise."""

from collections.abc import Iterator, Mapping
from typing import Any

from modelyard.manifest.problems import Problem
from modelyard.template_checks.template import Template, as_text, listed, table, tables, values_at

STATE_MACHINE = "AWS::StepFunctions::StateMachine"
# Names that Step Functions gives to errors of its own, of whichever service.
OWN = "States."
# Where errors are called otherwise than the integration. A function raises errors of any name.
CALLED: Mapping[str, str] = {"states": "stepfunctions"}
NAMES_ITS_OWN = ("lambda", "activity")


def retries_name_errors_of_their_service(template: Template) -> Iterator[Problem | None]:
    """S24: a task is tried again after errors of the service that it calls."""
    for machine in template.resources(STATE_MACHINE):
        for states in values_at(machine.properties.get("Definition"), "States"):
            for name, state in table(states).items():
                service = _service(as_text(table(state).get("Resource", "")))
                foreign = [] if service is None else _foreign(table(state), service=service)
                yield machine.problem_if(
                    bool(foreign),
                    key=f"Definition.States.{name}.Retry",
                    allowed=f"one that names errors of {service}, such as those of its SDK",
                    got=foreign,
                    hint="errors are named by service and exception: S3.S3Exception, CloudWatch.CloudWatchException",
                )


def _service(resource: str) -> str | None:
    """The service that a task calls, as its errors begin; None where errors may have any name."""
    _, found, integration = resource.rpartition(":states:::")
    service = integration.removeprefix("aws-sdk:").partition(":")[0]
    return None if not found or service in NAMES_ITS_OWN else CALLED.get(service, service)


def _foreign(state: Mapping[str, Any], *, service: str) -> list[str]:
    """The errors after which a task is tried again, and which its service never raises."""
    names = [str(name) for retry in tables(state.get("Retry")) for name in listed(retry.get("ErrorEquals", []))]
    return [name for name in names if not name.startswith(OWN) and name.partition(".")[0].lower() != service]
