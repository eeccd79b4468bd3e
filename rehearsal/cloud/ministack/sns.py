"""MiniStack's SNS: whoever publishes to a topic that a key encrypts must be allowed to use it, as on AWS.

Source: "Configuring AWS KMS permissions for encrypted topics" in the SNS developer guide, which asks a publisher for
`kms:GenerateDataKey` and `kms:Decrypt`.
"""

import asyncio
from typing import Any
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from ministack.services import sns

from modelyard.rehearsal.cloud.ministack import app, cloudformation, iam
from modelyard.rehearsal.sagemaker.errors import ServiceError
from modelyard.rehearsal.sagemaker.store import Document

KEY = "KmsMasterKeyId"
NEEDED = ("kms:GenerateDataKey", "kms:Decrypt")


def install() -> None:
    """Have SNS ask for the keys of its topics, and templates tell it of them."""
    cloudformation.extend("AWS::SNS::Topic", after=keep_key)
    app.wrap_handler("sns", require_keys)


def keep_key(topic: str, properties: Document) -> None:
    """Keep the key that a template gives a topic, or that it has none."""
    attributes = sns._topics[topic]["attributes"]
    attributes.pop(KEY, None)
    if KEY in properties:
        attributes[KEY] = properties[KEY]


def require_keys(answer: app.Handler) -> app.Handler:
    """Return a handler that refuses a message of whoever may not use its topic's key."""

    def require_key(*, headers: Any, body: bytes, query: Any) -> None:
        form = parse_qs(body.decode(errors="replace"))
        if form.get("Action", [""])[0] not in ("Publish", "PublishBatch"):
            return
        topic = sns._topics.get(form.get("TopicArn", [""])[0])
        key = None if topic is None else topic.get("attributes", {}).get(KEY)
        # AWS's own key needs no permission, and is no key of the account's.
        if not key or not key.startswith("arn:"):
            return
        caller = app.extract_access_key_id(headers, query)
        for action in NEEDED:
            context = {"kms:viaservice": f"sns.{app.get_region()}.amazonaws.com"}
            iam.check(key=caller, action=action, resource=key, context=context)

    async def answer_if_allowed(method: str, path: str, headers: Any, body: bytes, query: Any, *others: Any) -> Any:
        try:
            await asyncio.to_thread(require_key, headers=headers, body=body, query=query)
        except ServiceError as error:
            text = f"<Type>Sender</Type><Code>KMSAccessDenied</Code><Message>{escape(error.message)}</Message>"
            document = f"<ErrorResponse><Error>{text}</Error><RequestId>0</RequestId></ErrorResponse>"
            return 400, {"Content-Type": "text/xml"}, document.encode()
        return await answer(method, path, headers, body, query, *others)

    return answer_if_allowed
