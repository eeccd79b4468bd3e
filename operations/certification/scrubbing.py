"""What of an account may stand in a record: what AWS says in words of its own, and of all else only which values agree.

Nothing is looked for and taken out. A value is kept where AWS's model lists it, is a switch or a small number, or is a
word of AWS's own descriptions; everything else becomes a placeholder, the same for the same value.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from typing import Any

# Whose descriptions the words are taken from: those that a life calls, or whose errors CloudFormation passes on.
SERVICES = (
    "application-autoscaling",
    "cloudformation",
    "cloudwatch",
    "events",
    "iam",
    "kms",
    "logs",
    "s3",
    "sagemaker",
    "sagemaker-runtime",
    "scheduler",
    "sns",
    "stepfunctions",
    "sts",
)
# Texts for people, whose words are kept one by one; every other text is a value.
TEXTS = ("Cause", "Message", "Reason", "cause", "message", "reason")
# Numbers that are measured, not set: no two lives have the same.
MEASURED = frozenset(
    {"BillableTimeInSeconds", "CodeSize", "ContentLength", "Size", "TrainingTimeInSeconds", "id", "previousEventId"}
)
MEDIA_TYPES = frozenset({"application/json", "application/jsonlines", "text/csv", "text/csv; charset=utf-8"})
LARGEST_NUMBER = 1_000_000
LONGEST_TEXT = 400

# A state or an error that is newer than the SDK's model is made of AWS's words, in one of its spellings.
NAMED_BY_AWS = re.compile(r"[A-Z][A-Za-z._]{1,63}")
JOINED = re.compile(r"[A-Z]+(?![a-z])|[A-Z][a-z]+|[a-z]+")
STATUS = re.compile(r"[45]\d\d")
RESOURCE_TYPE = re.compile(r"AWS::[A-Za-z0-9]{2,40}::[A-Za-z0-9]{2,60}")
WORD = re.compile(r"[A-Za-z]+")
SMALL = re.compile(r"\d{1,3}")
PARTS = re.compile(r"(\s+)")
EDGES = re.compile(r"^([\s\"'`(\[{<]*)(.*?)([\s\"'`)\]}>.,;:!?]*)$", re.DOTALL)
SHORTEST_NAME = 4
# What a placeholder is called: the first form that fits. None depends on chance, as the letters of an id do.
FORMS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("arn", re.compile(r"arn:aws.*", re.DOTALL)),
    ("account", re.compile(r"\d{12}")),
    ("email", re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")),
    ("address", re.compile(r"[a-z0-9]+://.*", re.DOTALL)),
    ("time", re.compile(r"\d{4}-\d\d-\d\d.*", re.DOTALL)),
    ("document", re.compile(r"[{\[<].*", re.DOTALL)),
    ("text", re.compile(r".*\s.*", re.DOTALL)),
    ("name", re.compile(r".*", re.DOTALL)),
)


class Scrubber:
    """Makes of what AWS was asked and answered what may be shown; one for a record, whose placeholders it numbers."""

    def __init__(self) -> None:
        self._numbers: dict[str, str] = {}
        self._counts: dict[str, int] = {}

    def value(self, value: Any, *, shape: Any, name: str = "") -> Any:
        """Return a parameter or an answer as JSON, by its shape in botocore's model; `name` is the member's."""
        if shape.type_name == "structure" and isinstance(value, Mapping):
            known = {member: value[member] for member in shape.members if member in value}
            return {member: self.value(one, shape=shape.members[member], name=member) for member, one in known.items()}
        if shape.type_name == "list" and isinstance(value, list | tuple):
            return [self.value(one, shape=shape.member, name=name) for one in value]
        if shape.type_name == "map" and isinstance(value, Mapping):
            # In the order of what is not shown, so that two lives have the same order.
            return [
                {
                    "key": self.value(key, shape=shape.key, name=name),
                    "value": self.value(value[key], shape=shape.value, name=name),
                }
                for key in sorted(value)
            ]
        if shape.type_name == "string" and isinstance(value, str):
            return self._string(value, allowed=getattr(shape, "enum", []), name=name)
        return _number(value, name=name)

    def text(self, text: str) -> str:
        """Return a text for people: AWS's own words as they are, placeholders for all else."""
        shown = "".join(part if part.isspace() else self._token(part) for part in PARTS.split(text[:LONGEST_TEXT]))
        return f"{shown} …" if len(text) > LONGEST_TEXT else shown

    def code(self, code: str) -> str:
        """Return an error's code or a state, which is a word of AWS's."""
        return code if STATUS.fullmatch(code) or _is_named_by_aws(code) else self._placeholder(code)

    def _string(self, value: str, *, allowed: list[str], name: str) -> str:
        if value in allowed or value in MEDIA_TYPES or (allowed and _is_named_by_aws(value)):
            return value
        if RESOURCE_TYPE.fullmatch(value):
            return value
        return self.text(value) if name.endswith(TEXTS) else self._placeholder(value)

    def _token(self, token: str) -> str:
        match = EDGES.match(token)
        assert match is not None  # noqa: S101 - every text has edges and a middle
        before, core, after = match.groups()
        if not core:
            return token
        return f"{before}{core if self._is_word(core) else self._placeholder(core)}{after}"

    def _is_word(self, core: str) -> bool:
        """Whether it is AWS's own: a name of the account stays hidden where a text repeats it, whatever word it is."""
        if core in self._numbers and len(core) >= SHORTEST_NAME:
            return False
        is_said = WORD.fullmatch(core) is not None and (core in words() or core.lower() in words())
        return is_said or SMALL.fullmatch(core) is not None or RESOURCE_TYPE.fullmatch(core) is not None

    def _placeholder(self, value: str) -> str:
        if value not in self._numbers:
            form = next(name for name, pattern in FORMS if pattern.fullmatch(value))
            self._counts[form] = self._counts.get(form, 0) + 1
            self._numbers[value] = f"<{form}-{self._counts[form]}>"
        return self._numbers[value]


def _is_named_by_aws(value: str) -> bool:
    is_known = value in words() or all(word.lower() in words() for word in JOINED.findall(value))
    return is_known and NAMED_BY_AWS.fullmatch(value) is not None


@cache
def words() -> frozenset[str]:
    """Return the words of AWS's own descriptions of its services, as they are written there and in small letters."""
    from botocore.loaders import Loader

    loader = Loader()
    found = {
        word
        for service in SERVICES
        for text in _texts(loader.load_service_model(service, "service-2"))
        for word in WORD.findall(text)
    }
    return frozenset(found | {word.lower() for word in found})


def _texts(node: Any) -> Iterator[str]:
    if isinstance(node, Mapping):
        for key, value in node.items():
            yield str(key)
            yield from _texts(value)
    elif isinstance(node, list):
        for value in node:
            yield from _texts(value)
    elif isinstance(node, str):
        yield node


def _number(value: Any, *, name: str) -> Any:
    """Switches and small whole numbers are settings; times, bytes and what is measured are none."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, datetime):
        return "<time>"
    if isinstance(value, int | float) and name not in MEASURED:
        is_setting = value == int(value) and abs(value) <= LARGEST_NUMBER
        return value if is_setting else "<measured>"
    return "<measured>" if isinstance(value, int | float) else "<bytes>"
