"""MiniStack's IAM and STS: whether policies allow an action, as whom services act, and what is known of a decision.

* Wildcards of policies are matched in a time that grows with the text and not with a power of it: MiniStack makes `.*`
  of each `*`, so that a pattern of many on a long name backtracks while nothing else is answered.
* `cloudwatch:namespace` is a condition key, which MiniStack does not know.
* DescribeAlarms is allowed on each alarm that it names, and else on all of the account: MiniStack asks for everything.
  CloudWatch's refusal of a request without names speaks of `alarm:*` (aws-samples/amazon-cloudwatch-auto-alarms, #1);
  that each name is asked for by itself is believed, 85 %.
* `AWS::IAM::OIDCProvider` is a type of CloudFormation's; a role's trust is held against a token's issuer, audience and
  subject, and its signature is checked by nobody here.
* What is decided about roles is recorded for whoever asks which of its permissions a role uses.

Source: "Actions, resources, and condition keys for Amazon CloudWatch" in the Service Authorization Reference.
"""

import functools
import json
import re
import threading
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ministack.core import iam_actions, iam_evaluator
from ministack.core.iam_evaluator import AuthError, EvalContext
from ministack.core.responses import get_account_id, get_region
from ministack.services import iam, sts

from modelyard.rehearsal.cloud.managed_policies import managed_policies
from modelyard.rehearsal.cloud.ministack import cloudformation
from modelyard.rehearsal.sagemaker.errors import ServiceError, denied
from modelyard.rehearsal.sagemaker.store import Document

Decision = tuple[str, str, str, bool]

DESCRIBE_ALARMS = "cloudwatch:DescribeAlarms"
# Of the context of a decision: what a request names, for nobody but `evaluate_each`.
ALARMS = "modelyard:alarms"

# AWS's words, as its API answers to AttachRolePolicy.
NOT_ATTACHABLE = "Policy {arn} does not exist or is not attachable."


class IamDecisionLog:
    """What IAM decided about assumed roles since it was last asked: role, action, resource, and whether it may.

    Nothing is kept until somebody asks for the first time.
    """

    def __init__(self) -> None:
        self._kept: dict[Decision, None] | None = None
        self._lock = threading.Lock()

    def take(self) -> list[Decision]:
        """Return what was decided since the last call, each decision once, and keep what comes from now on."""
        with self._lock:
            kept, self._kept = self._kept, {}
        return [] if kept is None else list(kept)

    def clear(self) -> None:
        """Keep nothing until somebody asks again."""
        with self._lock:
            self._kept = None

    def record(self, *, caller: str, action: str, resource: str, allowed: bool) -> None:
        """Keep a decision about a caller, if it is a role and somebody has asked."""
        kind, _, name = caller.rpartition(":")[2].partition("/")
        with self._lock:
            if self._kept is not None and kind == "assumed-role":
                self._kept[name.partition("/")[0], action, resource, allowed] = None


def install(*, decisions: IamDecisionLog) -> None:
    """Have policies matched in linear time, decisions recorded, and the key and the type above known."""
    evaluate, context_of = iam_evaluator.evaluate, iam_actions.request_tag_context

    def evaluate_each(context: Any, policies: Any, *limits: Any) -> Any:
        results = (
            evaluate_and_record(replace(context, resource_arn=arn), policies, *limits) for arn in alarms_of(context)
        )
        allowed = None
        for result in results:
            if result.decision != "Allow":
                return result
            allowed = result
        return allowed if allowed is not None else evaluate_and_record(context, policies, *limits)

    def evaluate_and_record(context: Any, policies: Any, *limits: Any) -> Any:
        result = evaluate(context, policies, *limits)
        decisions.record(
            caller=context.principal_arn,
            action=context.action,
            resource=context.resource_arn,
            allowed=result.decision == "Allow",
        )
        return result

    def context_with_namespace(service: str, action: str, body: bytes, parameters: Any) -> Any:
        context = context_of(service, action, body, parameters)
        if action == DESCRIBE_ALARMS:
            return context | {ALARMS: named_alarms(body=body, parameters=parameters)}
        if action != "cloudwatch:PutMetricData":
            return context
        # CloudWatch answers two protocols here: JSON, and the older one, whose parameters are read already.
        source = parameters if "Namespace" in parameters else json.loads(body) if body[:1] == b"{" else {}
        namespace = source.get("Namespace")
        return context | {"cloudwatch:namespace": namespace[0] if isinstance(namespace, list) else namespace}

    iam_evaluator._fnmatch_compile = compile_wildcards
    iam_evaluator.evaluate = evaluate_each
    iam_actions.request_tag_context = context_with_namespace
    handlers = {
        "create": create_provider,
        "update": update_provider,
        "update_with_logical_id": True,
        "delete": delete_provider,
    }
    cloudformation.register("AWS::IAM::OIDCProvider", handlers=handlers)
    cloudformation.extend("AWS::IAM::Role", before=require_attachable)
    attach = iam._IAM_HANDLERS["AttachRolePolicy"]

    def attach_if_there(parameters: Any) -> Any:
        arn = iam._p(parameters, "PolicyArn")
        if is_attachable(arn):
            return attach(parameters)
        return iam._error(404, "NoSuchEntity", NOT_ATTACHABLE.format(arn=arn), ns="iam")

    iam._IAM_HANDLERS["AttachRolePolicy"] = attach_if_there
    publish_managed_policies()


def named_alarms(*, body: bytes, parameters: Mapping[str, Any]) -> list[str]:
    """Return the names in a request of DescribeAlarms, in either protocol; all of the account's where it has none."""
    if body[:1] == b"{":
        names = json.loads(body).get("AlarmNames", [])
    else:
        values = [value for key, value in parameters.items() if key.startswith("AlarmNames.member.")]
        names = [value[0] if isinstance(value, list) else value for value in values]
    return [str(name) for name in names] if names else ["*"]


def alarms_of(context: Any) -> list[str]:
    """Return the alarms that a decision is about; none for another action."""
    if context.action != DESCRIBE_ALARMS:
        return []
    names = context.service_context.get(ALARMS, [])
    return [f"arn:aws:cloudwatch:{context.region}:{get_account_id()}:alarm:{name}" for name in names]


def publish_managed_policies() -> None:
    """Have AWS's own policies in place of the few that MiniStack has."""
    iam._aws_managed_policies.clear()
    iam._aws_managed_policies.update({arn: dict(record) for arn, record in managed_policy_records().items()})


@functools.cache
def managed_policy_records() -> Mapping[str, Document]:
    """Return AWS's own policies as MiniStack keeps them, by ARN."""
    records = {}
    for name, policy in managed_policies().items():
        record = iam._make_aws_managed_record(name, policy["document"])
        version = policy["version"]
        (only,) = record["Versions"].values()
        records[record["Arn"]] = record | {
            "DefaultVersionId": version,
            "Versions": {version: only | {"VersionId": version}},
        }
    return records


def is_attachable(arn: str) -> bool:
    """Whether a policy of the account's own, or of AWS's, is there."""
    return iam._lookup_policy(arn) is not None


def require_attachable(properties: Document) -> None:
    """Refuse a role with a managed policy that is not there."""
    for arn in properties.get("ManagedPolicyArns", ()):
        # MiniStack makes an empty text of a list parameter without elements, as the CDK's bootstrap template has one.
        if arn and not is_attachable(arn):
            raise ValueError(f"Resource handler returned message: {NOT_ATTACHABLE.format(arn=arn)} (Service: Iam)")


@functools.lru_cache(maxsize=4096)
def compile_wildcards(pattern: str, ignore_case: bool) -> re.Pattern[str]:  # noqa: FBT001 - as MiniStack calls it
    """Return the expression of a pattern in which `*` stands for any text and `?` for any character."""
    first, *others = (re.escape(part).replace(r"\?", ".") for part in pattern.split("*"))
    # The first place at which the text after a wildcard is found is always good enough: an atomic group commits to it.
    middle = "".join(f"(?>.*?{part})" for part in others[:-1])
    last = f".*{others[-1]}" if others else ""
    return re.compile(f"^{first}{middle}{last}$", re.IGNORECASE if ignore_case else 0)


def create_provider(_logical_id: str, properties: Document, _stack: str) -> tuple[str, Document]:
    """Create an OIDC provider."""
    clients = enumerate(properties.get("ClientIdList", ()), start=1)
    request = {"Url": [properties["Url"]]} | {f"ClientIDList.member.{n}": [client] for n, client in clients}
    status, _headers, body = iam._create_oidc_provider(request)
    if status >= 300:
        raise ValueError(f"Resource handler returned message: {body.decode()} (Service: Iam)")
    arn = next(arn for arn, provider in iam._oidc_providers.items() if provider["Url"] == properties["Url"])
    return arn, {"Arn": arn}


def update_provider(arn: str, _old: Document, new: Document, _stack: str, _id: str) -> tuple[str, Document]:
    """Update the clients of an OIDC provider; another address replaces it."""
    iam._oidc_providers[arn]["ClientIDList"] = list(new.get("ClientIdList", ()))
    return arn, {"Arn": arn}


def delete_provider(arn: str, _properties: Document) -> None:
    """Delete an OIDC provider, if it is still there."""
    iam._oidc_providers.pop(arn, None)


def check(*, key: str, action: str, resource: str, context: Mapping[str, str]) -> None:
    """Hold a request that is being answered against its caller's policies.

    Raises:
        ServiceError: AccessDeniedException, or the code of what is wrong with the credentials.

    """
    service = action.partition(":")[0]
    refused = iam_evaluator.enforce(
        key, action, service, get_region(), resource_arn=resource, service_context=dict(context)
    )
    if isinstance(refused, AuthError):
        raise ServiceError(code=refused.code, message=refused.message, status=403)
    if refused is not None:
        raise denied(not_authorized(caller=refused.principal_arn, action=action, resource=resource))


def check_without_request(
    *, key: str, action: str, resource: str, region: str, context: Mapping[str, str] | None
) -> None:
    """Hold an action that nobody asks for by a request of its own against a caller's policies.

    Raises:
        ServiceError: AccessDeniedException.

    """
    principal = iam_evaluator.resolve_principal(key, get_account_id())
    if isinstance(principal, AuthError):
        raise denied(str(principal.message))
    # The account's own key has no policies, and may do everything.
    if principal.policies is None:
        return
    evaluated = EvalContext(
        principal_arn=principal.arn,
        principal_type=principal.type,
        principal_account=principal.account,
        action=action,
        resource_arn=resource,
        region=region,
        principal_keys=principal.keys,
        service_context={} if context is None else {name.lower(): value for name, value in context.items()},
    )
    # Through the module: `install` has put the recording one there.
    if iam_evaluator.evaluate(evaluated, principal.policies, *principal.limits).decision != "Allow":
        raise denied(not_authorized(caller=principal.arn, action=action, resource=resource))


def not_authorized(*, caller: str, action: str, resource: str) -> str:
    """Return AWS's sentence for what no policy allows."""
    return (
        f"User: {caller} is not authorized to perform: {action} on resource: {resource} "
        f"because no identity-based policy allows the {action} action"
    )


def find_role(*, role_arn: str, principal: str, account: str, region: str) -> Document | None:
    """Return a role that there is and whose trust policy lets a service such as `sagemaker.amazonaws.com` assume it."""
    role = iam._roles.get_scoped(account, None, role_arn.rpartition("/")[2])
    if role is None or role.get("Arn") != role_arn:
        return None
    document = role["AssumeRolePolicyDocument"]
    policy = json.loads(document) if isinstance(document, str) else document
    statements = policy["Statement"] if isinstance(policy["Statement"], list) else [policy["Statement"]]
    # MiniStack's evaluator knows no services as callers: it is given the statements that name this one, for anybody.
    trusting = []
    for statement in statements:
        trusted = statement.get("Principal")
        services = trusted.get("Service", []) if isinstance(trusted, dict) else []
        if principal in ([services] if isinstance(services, str) else services):
            trusting.append(statement | {"Principal": "*"})
    context = EvalContext(
        principal_arn=principal,
        principal_type="Service",
        principal_account=account,
        action="sts:AssumeRole",
        resource_arn=role_arn,
        region=region,
        service_context={"aws:sourceaccount": account},
    )
    allowed = iam_evaluator.evaluate_trust_policy({"Statement": trusting}, principal, context)
    return dict(role) if allowed else None


def begin_session(role: Document, *, account: str) -> tuple[str, str, str]:
    """Begin a session of a role, and return its key, its secret and its token."""
    key, secret, token = sts._gen_session_access_key(), sts._gen_secret(), sts._gen_session_token()
    sts.register_session(
        key,
        {
            "Arn": f"arn:aws:sts::{account}:assumed-role/{role['RoleName']}/SageMaker",
            "UserId": f"{role['RoleId']}:SageMaker",
            "SecretAccessKey": secret,
            "SessionToken": token,
            "AccountId": account,
            "PrincipalType": "AssumedRole",
        },
    )
    return key, secret, token


def session_arn(key: str) -> str | None:
    """Return whose session a key belongs to, or None if it is no session's."""
    session = sts._sessions.get(key)
    return None if session is None else str(session["Arn"])
