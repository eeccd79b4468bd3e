"""`AWS::IAM::OIDCProvider`, which MiniStack's IAM has and its CloudFormation does not know.

A role's trust is held against a token's issuer, audience and subject; its signature is checked by nobody here.
"""

from typing import Any

from ministack.services import iam

from modelyard.rehearsal.cloud.templates import register
from modelyard.rehearsal.sagemaker.store import Document

TYPE = "AWS::IAM::OIDCProvider"


def install() -> None:
    """Make the type known to MiniStack's engine."""
    register(TYPE, handlers={"create": _create, "update": _update, "update_with_logical_id": True, "delete": _delete})


def _create(_logical_id: str, properties: Document, _stack: str) -> tuple[str, Document]:
    clients = {f"ClientIDList.member.{n}": [one] for n, one in enumerate(properties.get("ClientIdList", ()), start=1)}
    _done(iam._create_oidc_provider({"Url": [properties["Url"]], **clients}))
    arn = next(arn for arn, made in iam._oidc_providers.items() if made["Url"] == properties["Url"])
    return arn, {"Arn": arn}


def _update(arn: str, _old: Document, new: Document, _stack: str, _logical_id: str) -> tuple[str, Document]:
    iam._oidc_providers[arn]["ClientIDList"] = list(new.get("ClientIdList", ()))
    return arn, {"Arn": arn}


def _delete(arn: str, _properties: Document) -> None:
    if arn in iam._oidc_providers:
        _done(iam._delete_oidc_provider({"OpenIDConnectProviderArn": [arn]}))


def _done(answer: Any) -> None:
    status, _headers, body = answer
    if status >= 300:
        raise ValueError(f"Resource handler returned message: {body.decode()} (Service: Iam)")
