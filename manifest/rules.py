"""What a single value of a manifest must be: declared at its field, and checked in one place.

A field says `volume_gb: Annotated[int, Between(1, 16_384)] = 30`; a table's `check_combination` says what its values
must be to one another. Both are checked when the table is made. Where some values could not be read, the rules of the
others are checked all the same, so that a user learns of every problem at once.
"""

import difflib
import functools
import re
import typing
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, cast

from modelyard.manifest import catalogue
from modelyard.manifest.catalogue import JobKind, Scope
from modelyard.manifest.problems import Problem, problem_if, refuse

LONGEST_NAME = 63
# Of the 1,024 characters of an S3 URI (SageMaker API reference, S3Uri), bucket, model and file have the other half.
LONGEST_PATH = 512
# SageMaker API reference: ContainerImage, JsonPath.
LONGEST_IMAGE = 255
OWN_IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/NAME:TAG"
LONGEST_FILTER = 63
# The name of a script is the value of a variable of its container (EnvironmentValue).
LONGEST_SCRIPT = 1024
SAGEMAKER_NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9])*")
DATA_PATH = re.compile(r"[\w.-]+(/[\w.-]+)*")
# A media type and its parameters (RFC 9110, section 8.3.1); the API takes any line of at most 256 characters.
CONTENT_TYPE = re.compile(
    r"""(?=.{1,256}$)[\w.+-]+/[\w.+-]+( *; *[\w.+-]+=([\w.+-]+|"[^"\\]*"))*""",
    re.ASCII,
)
JSON_PATH = re.compile(
    r"\$(\.[\w-]+|\['[^']+'(,\s*'[^']+')*\]|\[-?[0-9]+(,\s*-?[0-9]+)*\]|\[-?[0-9]*:-?[0-9]*\]|\.\*|\[\*\])*"
)


class Rule(Protocol):
    """What a value must be by itself."""

    def problem(self, *, key: str, value: Any) -> Problem | None:
        """Return what is wrong with the value of a key, or nothing."""


class Declared:
    """A table that checks itself when it is made.

    Raises:
        Invalid: with every problem of its values.
    """

    __slots__ = ()

    def __post_init__(self) -> None:
        values = {key: getattr(self, key) for key in rules_of(cast(Any, type(self)))}
        refuse(*value_problems(type(self), values=values), *self.check_combination())

    def check_combination(self) -> Iterable[Problem | None]:
        """Return what is wrong with the values as a whole, though each could be taken by itself."""
        return ()


@functools.cache
def rules_of(kind: Any) -> Mapping[str, tuple[Rule, ...]]:
    """Return the rules of each field that has any."""
    hints = typing.get_type_hints(kind, include_extras=True)
    return {key: rules for key, hint in hints.items() if (rules := tuple(getattr(hint, "__metadata__", ())))}


def value_problems(kind: type, *, values: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield the problems of values by themselves; a value that was left out has none."""
    for key, rules in rules_of(kind).items():
        value = values.get(key)
        found = (rule.problem(key=key, value=value) for rule in rules if value is not None)
        yield from (problem for problem in found if problem is not None)


@dataclass(frozen=True, slots=True)
class Between:
    """A number within bounds, both of which are allowed."""

    low: float
    high: float
    hint: str = "choose a number within the bounds"

    def problem(self, *, key: str, value: float) -> Problem | None:
        """See `Rule`."""
        return problem_if(
            not self.low <= value <= self.high,
            key=key,
            allowed=f"between {self.low} and {self.high}",
            got=value,
            hint=self.hint,
        )


@dataclass(frozen=True, slots=True)
class Count:
    """A list or table of so many elements."""

    low: int
    high: int
    hint: str

    def problem(self, *, key: str, value: Any) -> Problem | None:
        """See `Rule`."""
        allowed = f"a list of {self.low} to {self.high}"
        return problem_if(
            not self.low <= len(value) <= self.high, key=key, allowed=allowed, got=len(value), hint=self.hint
        )


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of the choices."""

    choices: tuple[Any, ...]
    hint: str

    def problem(self, *, key: str, value: Any) -> Problem | None:
        """See `Rule`."""
        allowed = f"one of {', '.join(map(str, self.choices))}"
        return problem_if(value not in self.choices, key=key, allowed=allowed, got=value, hint=self.hint)


@dataclass(frozen=True, slots=True)
class Matches:
    """A text of a certain form."""

    pattern: re.Pattern[str]
    form: str
    hint: str

    def problem(self, *, key: str, value: str) -> Problem | None:
        """See `Rule`."""
        fits = self.pattern.fullmatch(value) is not None
        return problem_if(not fits, key=key, allowed=self.form, got=value, hint=self.hint)


MEDIA_TYPE = Matches(
    CONTENT_TYPE,
    form="a media type such as text/csv or text/csv; label_size=0",
    hint="write type/subtype, and parameters after a semicolon",
)
# Not an alias, which no policy takes for a key.
KMS_KEY = Matches(
    re.compile(r"arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[\w-]+"),
    form="the ARN of a key of KMS",
    hint="check it against the AWS console",
)


@dataclass(frozen=True, slots=True)
class Each:
    """A rule for each element of a list, or each key of a table."""

    rule: Rule

    def problem(self, *, key: str, value: Iterable[Any]) -> Problem | None:
        """Return the problem of the first element that has one."""
        found = (self.rule.problem(key=key, value=element) for element in value)
        return next((problem for problem in found if problem is not None), None)


@dataclass(frozen=True, slots=True)
class EachValue:
    """A rule for each value of a table whose keys are the user's."""

    rule: Rule

    def problem(self, *, key: str, value: Mapping[str, Any]) -> Problem | None:
        """Return the problem of the first value that has one."""
        found = (self.rule.problem(key=f'{key}."{name}"', value=one) for name, one in value.items())
        return next((problem for problem in found if problem is not None), None)


@dataclass(frozen=True, slots=True)
class AtMost:
    """A text of at most so many characters, or a value whose text is."""

    longest: int

    def problem(self, *, key: str, value: Any) -> Problem | None:
        """See `Rule`."""
        length = len(str(value))
        allowed = f"at most {self.longest} characters"
        return problem_if(length > self.longest, key=key, allowed=allowed, got=length, hint="shorten it")


@dataclass(frozen=True, slots=True)
class TimeZone:
    """A time zone by its name in the database of time zones, which EventBridge Scheduler takes."""

    def problem(self, *, key: str, value: str) -> Problem | None:
        """See `Rule`."""
        known = catalogue.time_zones()
        if value in known:
            return None
        near = difflib.get_close_matches(value, known, n=1, cutoff=0.0)
        return Problem(
            key=key,
            allowed="a time zone such as UTC or Europe/Berlin",
            got=value,
            hint=f"the nearest name is {near[0]}",
        )


@dataclass(frozen=True, slots=True)
class AwsName:
    """A name that SageMaker takes; CloudFormation's schema would allow one character more than the API."""

    longest: int = LONGEST_NAME

    def problem(self, *, key: str, value: str) -> Problem | None:
        """See `Rule`."""
        fits = len(value) <= self.longest and SAGEMAKER_NAME.fullmatch(value) is not None
        return problem_if(
            not fits,
            key=key,
            allowed=f"1 to {self.longest} letters, digits and inner hyphens",
            got=value,
            hint="shorten it or replace the other characters",
        )


@dataclass(frozen=True, slots=True)
class Instance:
    """An instance type that some region offers for a kind of job."""

    kind: JobKind

    def problem(self, *, key: str, value: str) -> Problem | None:
        """See `Rule`."""
        known = catalogue.instance_types(kind=self.kind)
        if value in known:  # asked first: the nearest of hundreds of names takes longer than all else of a manifest
            return None
        near = difflib.get_close_matches(value, sorted(known), n=1, cutoff=0.0)
        return Problem(
            key=key,
            allowed=f"an instance type for {self.kind}, such as ml.m5.xlarge",
            got=value,
            hint=f"the nearest name is {near[0]}",
        )


@dataclass(frozen=True, slots=True)
class Container:
    """One of AWS's containers for a scope, or the URI of an image in ECR."""

    scope: Scope

    def problem(self, *, key: str, value: str) -> Problem | None:
        """See `Rule`."""
        known = catalogue.versions(family=value.partition(":")[0], scope=self.scope)
        if catalogue.OWN_IMAGE.fullmatch(value):
            return AtMost(LONGEST_IMAGE).problem(key=key, value=value)
        return self._version_problem(key=key, value=value) if known else self._family_problem(key=key, value=value)

    def _version_problem(self, *, key: str, value: str) -> Problem | None:
        family = value.partition(":")[0]
        known = catalogue.versions(family=family, scope=self.scope)
        return problem_if(
            catalogue.resolved_version(container=value, scope=self.scope) is None,
            key=key,
            allowed=f"{family} in one of its versions for {self.scope} ({', '.join(known)})",
            got=value,
            hint=f'write for instance "{family}:{self._advised(value)}',
        )

    def _advised(self, value: str) -> str:
        """The newest version that trains and serves, where the family does both, near what was asked for."""
        family, _, version = value.partition(":")
        trained, served = (catalogue.versions(family=family, scope=scope) for scope in ("training", "inference"))
        fitting = [one for one in served if one in trained or not trained]
        near = [one for one in fitting if version and one.startswith(version)]
        return f'{(near if near else fitting)[-1]}", which {"trains and serves" if trained else "serves"}'

    def _family_problem(self, *, key: str, value: str) -> Problem:
        known = catalogue.families(scope=self.scope)
        family = value.partition(":")[0]
        serves = bool(catalogue.versions(family=family, scope="inference"))
        whose = f"{family} serves, and trains nothing: train with another, or" if serves else "no other family has any:"
        return Problem(
            key=key,
            allowed=f"family:version of {', '.join(known)}, or the URI of an image in ECR",
            got=value,
            hint=f"{whose} write the image's URI, such as {OWN_IMAGE}",
        )


@dataclass(frozen=True, slots=True)
class DataPath:
    """A path in the data bucket, written from the model's own prefix."""

    def problem(self, *, key: str, value: str) -> Problem | None:
        """See `Rule`."""
        form = problem_if(
            DATA_PATH.fullmatch(value) is None or ".." in value.split("/"),
            key=key,
            allowed="a path such as datasets/train",
            got=value,
            hint="leave out s3://, the bucket and slashes at either end",
        )
        return form if form is not None else AtMost(LONGEST_PATH).problem(key=key, value=value)


@dataclass(frozen=True, slots=True)
class JsonPath:
    """The part of JSONPath that batch transform understands.

    Source: developer guide, "Associate prediction results with input records", supported JSONPath operators.
    """

    def problem(self, *, key: str, value: str) -> Problem | None:
        """See `Rule`."""
        form = problem_if(
            JSON_PATH.fullmatch(value) is None,
            key=key,
            allowed="a JSONPath of names, indices and slices, such as $[1:] or $.features",
            got=value,
            hint="use only $, .name, ['a','b'], [i,j], [a:b] and *",
        )
        return form if form is not None else AtMost(LONGEST_FILTER).problem(key=key, value=value)
