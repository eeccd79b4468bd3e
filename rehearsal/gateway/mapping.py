"""`$input`, `$util` and `$context` of a mapping template.

Source: API Gateway developer guide, "Variables for data transformations for API Gateway".
"""

import json
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from modelyard.rehearsal.gateway.java import written
from modelyard.rehearsal.gateway.velocity import Template
from modelyard.rehearsal.sagemaker.transforming.json_paths import JsonPath, PathError


@dataclass(frozen=True, kw_only=True, slots=True)
class Input:
    """The body that a template is given: the caller's in a request, the service's in an answer."""

    body: str
    path_parameters: Mapping[str, str] = field(default_factory=dict)

    def params(self, name: str) -> str:
        """Return a parameter of the path; an empty text where there is none of that name."""
        return self.path_parameters.get(name, "")

    def path(self, path: str) -> Any:
        """Return what a JSONPath finds in the body, or nothing."""
        try:
            return JsonPath(text=path).select(json.loads(self.body))
        except (PathError, ValueError, RecursionError):
            return None

    def json(self, path: str) -> str:
        """Return what a JSONPath finds, as JSON."""
        return json.dumps(self.path(path), separators=(",", ":"))


@dataclass(frozen=True, kw_only=True, slots=True)
class Utilities:
    """`$util`: the functions of it that are rehearsed."""

    def urlDecode(self, text: str) -> str:  # noqa: N802 - as templates call it
        """Return a text without its escapes."""
        return urllib.parse.unquote_plus(text)

    def urlEncode(self, text: str) -> str:  # noqa: N802 - as templates call it
        """Return a text with its escapes."""
        return urllib.parse.quote_plus(text)

    def parseJson(self, text: str) -> Any:  # noqa: N802 - as templates call it
        """Return what a text of JSON says.

        Raises:
            TypeError: it is no JSON.

        """
        try:
            return json.loads(text)
        except ValueError as error:
            raise TypeError(f"parseJson of {text[:60]!r}: {error}") from error


@dataclass(frozen=True, kw_only=True, slots=True)
class Mapped:
    """A body that a template made, the parts of the request's path and headers, and the answer's status that it set."""

    body: str
    status: int | None = None
    path: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


def map_body(
    template: str, *, body: str, context: Mapping[str, Any], path_parameters: Mapping[str, str] | None = None
) -> Mapped:
    """Return what a template makes of a body, and of the parameters of a request's path.

    Raises:
        VelocityError: the template cannot be read, or asks for what is not rehearsed.

    """
    override: dict[str, Any] = {"path": {}, "header": {}}
    answer: dict[str, Any] = {}
    variables = {
        "input": Input(body=body, path_parameters={} if path_parameters is None else path_parameters),
        "util": Utilities(),
        "context": {**context, "requestOverride": override, "responseOverride": answer},
    }
    text = Template(text=template).render(variables)
    path, headers = ({name: written(value) for name, value in override[part].items()} for part in ("path", "header"))
    status = answer.get("status")
    return Mapped(body=text, path=path, headers=headers, status=None if status is None else int(status))
