"""What a deploy needs of the account beside quotas: asked before, each with an answer and what to do.

What the account does not say is unknown, and never taken for good.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from botocore.exceptions import BotoCoreError, ClientError

from modelyard.operations.aws import Aws
from modelyard.operations.failures import DENIED, code_of, message_of
from modelyard.operations.planning.differences import name_of
from modelyard.operations.planning.revision import Revision
from modelyard.operations.screen.table import Table
from modelyard.template_checks.endpoints import CONFIG
from modelyard.template_checks.placement import types_are_known_in_the_region
from modelyard.template_checks.template import Resource, Template, tables

ENDPOINT, MACHINE = "AWS::SageMaker::Endpoint", "AWS::StepFunctions::StateMachine"
# What SageMaker writes to (developer guide, "Log groups and streams that Amazon SageMaker AI sends to CloudWatch").
SERVICE_LOGS = "/aws/sagemaker/"
JOB_LOGS = ("TrainingJobs", "ProcessingJobs", "TransformJobs")
API_ACCOUNT, API_STAGE = "AWS::ApiGateway::Account", "AWS::ApiGateway::Stage"
SCHEDULE, TARGET = "AWS::SageMaker::MonitoringSchedule", "AWS::ApplicationAutoScaling::ScalableTarget"
# Application Auto Scaling user guide, "Service-linked roles".
SCALING_ROLE = "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"
SCALING_SERVICE = "sagemaker.application-autoscaling.amazonaws.com"
CLOSED = 'Model Monitor is "closed to new customers effective 7/30/26"'

Reply = Literal["yes", "no", "unknown"]


@dataclass(frozen=True, kw_only=True, slots=True)
class AccountAnswer:
    """Whether the account has something that a deploy needs, how that is known, and what to do before.

    `fails` says that the deploy cannot succeed as things are.
    """

    need: str
    answer: Reply
    detail: str
    first: str = ""
    fails: bool = False


def account_answers(*, aws: Aws, revision: Revision, log_role_stages: Sequence[str] = ()) -> tuple[AccountAnswer, ...]:
    """Ask the account for what the stacks of a revision need; what none of them needs is not asked for.

    `log_role_stages` are other stages whose foundation sets API Gateway's role for logs.
    """
    return (
        *_region_types(aws, revision=revision),
        *_log_role(aws, revision=revision, stages=log_role_stages),
        *_model_monitor(aws, revision=revision),
        *_scaling_role(aws, revision=revision),
        *_service_logs(aws, revision=revision),
    )


def table_of_answers(answers: tuple[AccountAnswer, ...]) -> Table:
    """Return the answers for eyes."""
    rows = tuple((one.need, one.answer, one.detail, one.first or None) for one in answers)
    return Table(columns=("the account", "", "how that is known", "first"), rows=rows)


def documents_of(answers: tuple[AccountAnswer, ...]) -> list[dict[str, Any]]:
    """Return the answers as JSON."""
    return [asdict(one) for one in answers]


def _region_types(aws: Aws, *, revision: Revision) -> Iterator[AccountAnswer]:
    here = [Template(name=one.name, body=one.body, region=aws.region) for one in revision.templates]
    problems = [problem for one in here for problem in types_are_known_in_the_region(one) if problem is not None]
    missing = sorted({str(problem.got) for problem in problems})
    need = f"resource types in {aws.region}"
    if missing:
        detail = f"CloudFormation does not know {', '.join(missing)} there"
        yield AccountAnswer(need=need, answer="no", detail=detail, first=problems[0].hint, fails=True)
    else:
        yield AccountAnswer(need=need, answer="yes", detail="by AWS's resource schemas of the region")


def _log_role(aws: Aws, *, revision: Revision, stages: Sequence[str]) -> Iterator[AccountAnswer]:
    """Source: API Gateway developer guide, "Set up CloudWatch logging for REST APIs"."""
    need = "API Gateway's role for logs"
    if not any(_writes_logs(stage) for stage in _resources(revision, API_STAGE)):
        return
    if _resources(revision, API_ACCOUNT):
        yield AccountAnswer(need=need, answer="yes", detail="the foundation of this stage sets it")
        return
    first = "write api_log_role = true for this stage in stages.toml, or set the role in API Gateway's settings"
    settings, why = _asked(lambda: aws.client("apigateway").get_account())
    if settings is None:
        yield AccountAnswer(
            need=need, answer="unknown", detail=why, first=f"without one the API's stage fails: {first}"
        )
    elif settings.get("cloudwatchRoleArn"):
        yield AccountAnswer(need=need, answer="yes", detail=settings["cloudwatchRoleArn"])
    elif stages:
        detail = f"the account has none yet; the foundation of {' or '.join(stages)} sets it"
        first = f"deploy {stages[0]}-foundation before, the API's stage fails without the role"
        yield AccountAnswer(need=need, answer="unknown", detail=detail, first=first)
    else:
        detail = "the account has none, and the API's stage fails without it"
        yield AccountAnswer(need=need, answer="no", detail=detail, first=first, fails=True)


def _model_monitor(aws: Aws, *, revision: Revision) -> Iterator[AccountAnswer]:
    """Whether monitors and captures are open to the account: only an account that has a schedule proves it.

    AWS's page on data capture carries the note that closes Model Monitor, too. That capture itself is open to all is
    believed and not proven, so it is unknown until the account has a schedule.
    """
    monitors, captures = _resources(revision, SCHEDULE), _capturing(revision)
    if not monitors and not captures:
        return
    listed, why = _asked(lambda: aws.client("sagemaker").list_monitoring_schedules(MaxResults=1))
    has_one = listed is not None and bool(listed["MonitoringScheduleSummaries"])
    answer: Reply = "yes" if has_one else "unknown"
    detail = "the account has a monitoring schedule" if has_one else why or "the account has no monitoring schedule yet"
    if monitors:
        is_closed = "new customers" in why
        first = "" if has_one else 'write engine = "drift": the same files, the same place, in any account'
        yield AccountAnswer(
            need="Model Monitor",
            answer="no" if is_closed else answer,
            detail=detail if has_one or is_closed else f"{detail}; {CLOSED}",
            first=first,
            fails=is_closed,
        )
    if captures:
        first = "" if has_one else "deploy one captured endpoint first, and look for objects below its capture prefix"
        note = "" if has_one else "; AWS's page on data capture carries the same note, capture is believed to be open"
        yield AccountAnswer(need="data capture", answer=answer, detail=f"{detail}{note}", first=first)


def _scaling_role(aws: Aws, *, revision: Revision) -> Iterator[AccountAnswer]:
    if not _resources(revision, TARGET):
        return
    need = "Application Auto Scaling's service-linked role"
    first = (
        "the first deploy makes it if its role may iam:CreateServiceLinkedRole; else "
        f"aws iam create-service-linked-role --aws-service-name {SCALING_SERVICE}"
    )
    role, why = _asked(lambda: aws.client("iam").get_role(RoleName=SCALING_ROLE))
    if role is not None:
        yield AccountAnswer(need=need, answer="yes", detail=role["Role"]["Arn"])
    elif why.startswith("NoSuchEntity"):
        yield AccountAnswer(need=need, answer="no", detail="the account does not have it yet", first=first)
    else:
        yield AccountAnswer(need=need, answer="unknown", detail=why, first=first)


def _service_logs(aws: Aws, *, revision: Revision) -> Iterator[AccountAnswer]:
    """Whether the log groups that SageMaker makes by itself, without an end, have been given one.

    No stack can own them: those of jobs belong to all stages of the account, and one that is there already fails a
    stack that would make it.
    """
    endpoints = {name_of(one) for one in _resources(revision, ENDPOINT)} - {None}
    if not endpoints and not _resources(revision, MACHINE):
        return
    need = "an end for the logs of jobs and endpoints"
    names = {f"{SERVICE_LOGS}{name}" for name in (*JOB_LOGS, *(f"Endpoints/{endpoint}" for endpoint in endpoints))}
    pages = aws.client("logs").get_paginator("describe_log_groups")
    listed, why = _asked(lambda: pages.paginate(logGroupNamePrefix=SERVICE_LOGS).build_full_result())
    if listed is None:
        yield AccountAnswer(need=need, answer="unknown", detail=why)
        return
    groups = {one["logGroupName"]: one.get("retentionInDays") for one in listed["logGroups"]}
    endless = sorted(name for name in names & groups.keys() if groups[name] is None)
    first = "aws logs put-retention-policy --retention-in-days DAYS --log-group-name "
    if endless:
        detail = f"kept for ever: {', '.join(endless)}"
        yield AccountAnswer(need=need, answer="no", detail=detail, first=f"{first}{endless[0]}, and so on")
    elif names & groups.keys():
        yield AccountAnswer(need=need, answer="yes", detail=f"{len(names & groups.keys())} log groups have one")
    else:
        detail = "there are none yet; SageMaker makes them without one"
        yield AccountAnswer(need=need, answer="unknown", detail=detail, first=f"after the deploy: {first}NAME")


def _asked(ask: Callable[[], Any]) -> tuple[Any, str]:
    """Return an answer, or None and why there is none."""
    try:
        return ask(), ""
    except ClientError as error:
        code = code_of(error)
        return None, "it may not be asked for" if code in DENIED else f"{code}: {message_of(error)}"
    except BotoCoreError as error:
        return None, str(error).rstrip(".")


def _resources(revision: Revision, kind: str) -> list[Resource]:
    return [resource for template in revision.templates for resource in template.resources(kind)]


def _writes_logs(stage: Resource) -> bool:
    settings = tables(stage.properties.get("MethodSettings"))
    return "AccessLogSetting" in stage.properties or any(one.get("LoggingLevel", "OFF") != "OFF" for one in settings)


def _capturing(revision: Revision) -> bool:
    return any("DataCaptureConfig" in config.properties for config in _resources(revision, CONFIG))
