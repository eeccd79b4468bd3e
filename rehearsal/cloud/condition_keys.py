"""What a policy may ask of a request, where MiniStack does not tell: the namespace of metrics.

Source: "Actions, resources, and condition keys for Amazon CloudWatch" in the Service Authorization Reference.
"""

import json
from typing import Any

from ministack.core import iam_actions


def install() -> None:
    """Have MiniStack tell its evaluator of policies the namespace that metrics are put into."""
    told = iam_actions.request_tag_context

    def with_namespace(service: str, action: str, body: bytes, parameters: Any) -> dict[str, Any]:
        context: dict[str, Any] = told(service, action, body, parameters)
        if action != "cloudwatch:PutMetricData":
            return context
        return context | {"cloudwatch:namespace": _namespace(body=body, parameters=parameters)}

    iam_actions.request_tag_context = with_namespace


def _namespace(*, body: bytes, parameters: Any) -> str | None:
    """Return the namespace of a request in either protocol that the local CloudWatch answers: JSON or the older one."""
    if "Namespace" in parameters:
        value = parameters["Namespace"]
        return value[0] if isinstance(value, list) else str(value)
    document = json.loads(body) if body[:1] == b"{" else {}
    namespace = document.get("Namespace")
    return None if namespace is None else str(namespace)
