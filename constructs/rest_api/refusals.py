"""What the API answers where it asks nobody: each refusal has a sentence and the id of the request.

Source: API Gateway developer guide, "Gateway response types". These templates know variables and no Velocity.
"""

from collections.abc import Mapping
from dataclasses import dataclass

ID = '"requestId": "$context.requestId"'
SAID = f'{{"message": $context.error.messageString, {ID}}}'


@dataclass(frozen=True, kw_only=True, slots=True)
class Refusal:
    """The body of a type of refusal, and its status; None is the status that AWS gives each of the type."""

    body: str
    status: str | None = None


# What has none of its own is answered as the two defaults say.
REFUSALS: Mapping[str, Refusal] = {
    "DEFAULT_4XX": Refusal(body=SAID),
    "DEFAULT_5XX": Refusal(body=SAID),
    "BAD_REQUEST_BODY": Refusal(
        status="400",
        body=f'{{"message": "Invalid request body", "details": "$context.error.validationErrorString", {ID}}}',
    ),
    "UNSUPPORTED_MEDIA_TYPE": Refusal(
        status="415", body=f'{{"message": "The content type must be application/json", {ID}}}'
    ),
    "MISSING_AUTHENTICATION_TOKEN": Refusal(
        status="403", body=f'{{"message": "There is no such operation, or the request is not signed", {ID}}}'
    ),
    "INTEGRATION_TIMEOUT": Refusal(status="504", body=f'{{"message": "The model did not answer in time", {ID}}}'),
    "THROTTLED": Refusal(status="429", body=f'{{"message": "Too many requests: send fewer a second", {ID}}}'),
    "QUOTA_EXCEEDED": Refusal(status="429", body=f'{{"message": "The calls of this key are used up for today", {ID}}}'),
}
