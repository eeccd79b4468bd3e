"""Topics that a key encrypts: whoever publishes must be allowed to use it, as on AWS. A template's key is kept too.

Source: "Configuring AWS KMS permissions for encrypted topics" in the SNS developer guide, which asks a publisher for
`kms:GenerateDataKey` and `kms:Decrypt`.
"""

import asyncio
from typing import Any
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from ministack import app as ministack
from ministack.core.iam_evaluator import enforce
from ministack.core.responses import get_region
from ministack.core.router import extract_access_key_id
from ministack.services import sns
from ministack.services.cloudformation import provisioners

from modelyard.rehearsal.cloud.identities import refusal_of

TOPIC = "AWS::SNS::Topic"
KEY = "KmsMasterKeyId"
NEEDED = ("kms:GenerateDataKey", "kms:Decrypt")


def install() -> None:
    """Have MiniStack's SNS ask for the keys of its topics, and its engine tell it of them."""
    handlers = provisioners._RESOURCE_HANDLERS[TOPIC]
    provisioners._RESOURCE_HANDLERS[TOPIC] = handlers | {
        "create": _with_key(handlers["create"], properties_at=1),
        "update": _with_key(handlers["update"], properties_at=2),
    }
    answer = ministack.SERVICE_HANDLERS["sns"]

    async def asked(method: str, path: str, headers: Any, body: bytes, query: Any, *others: Any) -> Any:
        refusal = await asyncio.to_thread(_refusal, headers=headers, body=body, query=query)
        if refusal is not None:
            return 400, {"Content-Type": "text/xml"}, _xml(refusal)
        return await answer(method, path, headers, body, query, *others)

    ministack.SERVICE_HANDLERS["sns"] = asked


def _with_key(make: Any, *, properties_at: int) -> Any:
    def made(*arguments: Any) -> Any:
        arn, attributes = make(*arguments)
        key = arguments[properties_at].get(KEY)
        kept = sns._topics[arn]["attributes"]
        kept.pop(KEY, None)
        if key is not None:
            kept[KEY] = key
        return arn, attributes

    return made


def _refusal(*, headers: Any, body: bytes, query: Any) -> str | None:
    """Return why the caller may not use the key of the topic that it publishes to, or None."""
    form = parse_qs(body.decode(errors="replace"))
    if form.get("Action", [""])[0] not in ("Publish", "PublishBatch"):
        return None
    topic = sns._topics.get(form.get("TopicArn", [""])[0])
    key = None if topic is None else topic.get("attributes", {}).get(KEY)
    # AWS's own key needs no permission, and is no key of the account's.
    if not key or not key.startswith("arn:"):
        return None
    region, caller = get_region(), extract_access_key_id(headers, query)
    for action in NEEDED:
        context = {"kms:viaservice": f"sns.{region}.amazonaws.com"}
        refused = enforce(caller, action, "kms", region, resource_arn=key, service_context=context)
        refusal = refusal_of(refused, action=action, resource=key)
        if refusal is not None:
            return refusal
    return None


def _xml(message: str) -> bytes:
    error = f"<Type>Sender</Type><Code>KMSAccessDenied</Code><Message>{escape(message)}</Message>"
    return f"<ErrorResponse><Error>{error}</Error><RequestId>0</RequestId></ErrorResponse>".encode()
