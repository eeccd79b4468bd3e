"""What the API answers where it asks nobody: each refusal has a sentence and the id of the request.

Source: API Gateway developer guide, "Gateway response types". These templates know variables and no Velocity.
"""

from __future__ import annotations

from collections.abc import Mapping

_ID = '"requestId": "$context.requestId"'
_SAID = f'{{"message": $context.error.messageString, {_ID}}}'

# By type: what has none of its own is answered as the two defaults say, with the status that AWS gives it.
REFUSALS: Mapping[str, str] = {
    "DEFAULT_4XX": _SAID,
    "DEFAULT_5XX": _SAID,
    "BAD_REQUEST_BODY": f'{{"message": "Invalid request body", "details": "$context.error.validationErrorString", {_ID}}}',
    "UNSUPPORTED_MEDIA_TYPE": f'{{"message": "The content type must be application/json", {_ID}}}',
    "MISSING_AUTHENTICATION_TOKEN": f'{{"message": "There is no such operation, or the request is not signed", {_ID}}}',
    "INTEGRATION_TIMEOUT": f'{{"message": "The model did not answer in time", {_ID}}}',
    "THROTTLED": f'{{"message": "Too many requests: send fewer a second", {_ID}}}',
    "QUOTA_EXCEEDED": f'{{"message": "The calls of this key are used up for today", {_ID}}}',
}
