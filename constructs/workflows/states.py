"""The states that all workflows are made of, in JSONata.

Source for the grammar: Step Functions developer guide, "Transforming data with JSONata in Step Functions".
"""

import json
from collections.abc import Mapping
from typing import Any

from modelyard.manifest.names import LONGEST_RUN

State = dict[str, Any]
States = dict[str, State]

# What a service's passing errors are called, by the way in which it is integrated: a throttled call, a failure of the
# service, and a connection that broke. An error that the service's model does not name has the name of its SDK's base
# class, and one that the SDK for Java itself raises is an SdkClientException (Step Functions developer guide, "Handling
# errors"). Whether a waiting integration of SageMaker names the base class of the old SDK or of the new is not
# documented: both stand here. A job that failed has another name, States.TaskFailed.
PASSING_ERRORS: Mapping[str, tuple[str, ...]] = {
    "aws-sdk:cloudwatch": (
        "CloudWatch.CloudWatchException",
        "CloudWatch.InternalServiceException",
        "CloudWatch.SdkClientException",
    ),
    "aws-sdk:s3": ("S3.S3Exception", "S3.SdkClientException"),
    "aws-sdk:sfn": ("Sfn.SfnException", "Sfn.SdkClientException"),
    "aws-sdk:sagemaker": ("SageMaker.SageMakerException", "SageMaker.SdkClientException"),
    "sagemaker": (
        "SageMaker.AmazonSageMakerException",
        "SageMaker.SageMakerException",
        "SageMaker.SdkClientException",
    ),
    "sns": (
        "SNS.AmazonSNSException",
        "SNS.InternalErrorException",
        "SNS.KMSThrottlingException",
        "SNS.SdkClientException",
    ),
    "states": ("StepFunctions.AWSStepFunctionsException", "StepFunctions.SdkClientException"),
}
HASH_LENGTH = 20

# Inside a text of an expression: the value of a variable. The layout of the data bucket is asked with these.
RUN = "' & $run & '"
JOB = "' & $states.input.job & '"


class Expression(str):
    """What a state machine evaluates. A text of any other kind is data, whatever it looks like."""

    __slots__ = ()


def expression(text: str) -> Expression:
    """Return a JSONata expression as a state holds it, its lines joined."""
    return Expression("{% " + " ".join(line.strip() for line in text.strip().split("\n")) + " %}")


def text(value: str) -> Expression:
    """Return an expression that is a text, in which RUN, JOB and their like stand for what a variable holds."""
    return expression(f"'{value}'")


def quoted(value: str) -> str:
    """Return a text inside of an expression: nothing in it ends the quotes, and JSONata reads the escapes of JSON."""
    inner = json.dumps(value)[1:-1].replace('\\"', '"')
    return "'" + inner.replace("'", r"\u0027") + "'"


# An error's cause is optional (Amazon States Language, "Errors"), and an expression without a value fails its state.
# That of a failed job is the job's whole description, in JSON: of it the reason is kept. What a processing job wrote as
# its exit message says more than SageMaker's reason, which only says to look there.
REASON = r"""(
    $cause := $exists($states.errorOutput.Cause) ? $states.errorOutput.Cause : 'no cause was given';
    $exit := $match($cause, /"ExitMessage":\s*"((?:\\.|[^\\"])+)"/);
    $failure := $match($cause, /"FailureReason":\s*"((?:\\.|[^\\"])+)"/);
    $found := $append($exit, $failure);
    $exists($found) ? $parse('"' & $found[0].groups[0] & '"') : $cause
)"""
CAUGHT = {"Error": expression("$states.errorOutput.Error"), "Cause": expression(REASON)}


def machine(*, comment: str, start: str, states: States, seconds: int) -> dict[str, Any]:
    """Return a whole definition, which gives up after so many seconds, and evaluates nothing but its expressions."""
    definition: dict[str, Any] = _data_kept(
        {
            "Comment": comment,
            "QueryLanguage": "JSONata",
            "StartAt": start,
            "TimeoutSeconds": seconds,
            "States": states,
        }
    )
    return definition


def name_the_run(*, then: str, assign: dict[str, Any] | None = None) -> State:
    """Name what this execution writes: as the execution itself, or by a hash where that is too long for a job.

    A job's name may be used once in an account; an execution's too, in 90 days: so two runs never meet.
    """
    fits = f"/^[a-zA-Z0-9](-*[a-zA-Z0-9]){{0,{LONGEST_RUN - 1}}}$/"
    run = f"""(
        $name := $states.context.Execution.Name;
        $length($name) <= {LONGEST_RUN} and $contains($name, {fits})
            ? $name
            : $substring($hash($name, 'SHA-256'), 0, {HASH_LENGTH})
    )"""
    return {"Type": "Pass", "Assign": {"run": expression(run), **(assign if assign is not None else {})}, "Next": then}


def task(
    *,
    resource: str,
    arguments: dict[str, Any],
    then: str | None,
    output: Any = None,
    caught_by: str | None = None,
    caught_as: Any = CAUGHT,
    partition: str,
) -> State:
    """Return a call of a service, tried again after its passing errors; what else goes wrong goes to `caught_by`."""
    state: State = {
        "Type": "Task",
        "Resource": f"arn:{partition}:states:::{resource}",
        "Arguments": arguments,
        "Retry": [
            {
                "ErrorEquals": list(PASSING_ERRORS[resource.rpartition(":")[0]]),
                "IntervalSeconds": 5,
                "MaxAttempts": 6,
                "BackoffRate": 2,
                "MaxDelaySeconds": 120,
                "JitterStrategy": "FULL",
            }
        ],
        **({"End": True} if then is None else {"Next": then}),
    }
    if output is not None:
        state["Output"] = output
    if caught_by is not None:
        state["Catch"] = [catch(then=caught_by, output=caught_as)]
    return state


def notify(*, topic_arn: str, subject: str, message: str, then: str, partition: str) -> State:
    """Publish to the alert topic; a subject has at most 100 characters (SNS API reference, Publish).

    A message that cannot be sent hides no result: the run goes on to its end, which says the same.
    """
    return task(
        resource="sns:publish",
        arguments={"TopicArn": topic_arn, "Subject": subject[:100], "Message": message},
        output=expression("$states.input"),
        then=then,
        caught_by=then,
        caught_as=expression("$states.input"),
        partition=partition,
    )


def give_up(*, subject: str, topic_arn: str, partition: str) -> States:
    """Tell the alert topic what went wrong, and end as failed with the same words."""
    return {
        "Report the failure": notify(
            topic_arn=topic_arn,
            subject=subject,
            message=expression("$states.input.Error & ': ' & $states.input.Cause"),
            then="Failed",
            partition=partition,
        ),
        "Failed": {
            "Type": "Fail",
            "Error": expression("$states.input.Error"),
            "Cause": expression("$states.input.Cause"),
        },
    }


def choose(*, when: str, then: str, otherwise: str) -> State:
    """Go one way or the other."""
    return {"Type": "Choice", "Choices": [{"Condition": expression(when), "Next": then}], "Default": otherwise}


def refuse_run(*, error: str, cause: str) -> State:
    """Return an error of one's own, in the form in which a caught one comes."""
    return {"Type": "Pass", "Output": {"Error": error, "Cause": cause}, "Next": "Report the failure"}


def each(*, items: str, item: Any, at_once: int, start: str, states: States, then: str) -> State:
    """Run states for every item, so many at a time; `item` is what the first of them is given."""
    return {
        "Type": "Map",
        "Items": items,
        "ItemSelector": item,
        "MaxConcurrency": at_once,
        "ItemProcessor": {"ProcessorConfig": {"Mode": "INLINE"}, "StartAt": start, "States": states},
        "Next": then,
    }


def without_none(values: dict[str, Any]) -> dict[str, Any]:
    """Return the values that are there: an API takes no null for what is left out."""
    return {key: value for key, value in values.items() if value is not None}


def _data_kept(value: Any) -> Any:
    """The same value, in which data that look like an expression are quoted in one."""
    match value:
        case dict():
            return {key: _data_kept(inner) for key, inner in value.items()}
        case list():
            return [_data_kept(inner) for inner in value]
        case str() if not isinstance(value, Expression) and value.strip().startswith("{%"):
            return str(expression(quoted(value)))
        case str():
            return str(value)
        case _:
            return value


def catch(*, then: str, output: Any = CAUGHT) -> State:
    """Go on after any error, with its name and cause unless something else is to be kept."""
    return {"ErrorEquals": ["States.ALL"], "Output": output, "Next": then}


def end_with(output: Any) -> State:
    """Return the end of a run that succeeded, and what it says."""
    return {"Type": "Pass", "Output": output, "End": True}
