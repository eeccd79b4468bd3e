"""Texts that somebody would evaluate, or that nobody can see, in places where a text is only a text."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from modelyard.manifest.problems import Problem, problem_if
from modelyard.manifest.texts import invisible
from modelyard.template_checks.template import Template, as_text, table

DYNAMIC = re.compile(r"\{\{\s*resolve:", re.IGNORECASE)
# `${!Name}` is how Fn::Sub itself writes `${Name}`.
SUBSTITUTION = re.compile(r"\$\{(?!!)[^}]*\}?")
EXPRESSION = re.compile(r"\s*\{%(?P<inner>.*)%\}\s*", re.DOTALL)
# One text in quotes: an expression that evaluates to itself.
QUOTED = re.compile(r"""\s*('[^']*'|"([^"\\]|\\.)*")\s*""", re.DOTALL)
# Nearly every text: visible, and without the brace that each reference, substitution and expression begins with.
PLAIN = re.compile(r"[ -z|}~\n\r\t]*")
# What lines of code and of Velocity are made of.
LAYOUT = str.maketrans("", "", "\n\r\t")

# Why a reference may stand there: the property is a secret, which no template should hold (user guide, "Dynamic
# references"). Anywhere else it is read with CloudFormation's role and shown to whoever may describe the resource.
SECRET = re.compile(r"(Password|SecretString|AuthToken|ClientSecret|SecretKey)$")
# Why `${` may stand there: programs and mapping templates have variables of their own, and so have policies; the
# definition of a state machine has the substitutions that stand beside it.
PROGRAMS = ("RequestTemplates", "ResponseTemplates", "requestTemplates", "responseTemplates", "ZipFile", "UserData")
POLICY_VARIABLE = re.compile(r"\$\{(aws|s3|sts|saml|iam|ec2|cognito-identity\.amazonaws\.com|www\.amazon\.com):?")
STATE_MACHINE = "AWS::StepFunctions::StateMachine"
# Members of requests that take what a person has written, as data: a state that computes them gives the whole table.
DATA_TABLES = ("HyperParameters", "StaticHyperParameters", "hyperparameters", "MetricDefinitions", "ParameterRanges")
DATA_MEMBERS = ("ContentType", "Accept", "ChannelName")

Path = tuple[str, ...]


def texts_are_only_texts(template: Template) -> Iterator[Problem | None]:
    """S23: no dynamic reference, no `${` out of Fn::Sub, no expression where data stand, nothing invisible."""
    for path, text in _texts(template.body, path=()):
        if PLAIN.fullmatch(text):
            continue
        key = ".".join(path[1:] if path[:1] == ("Resources",) else path)
        yield problem_if(
            DYNAMIC.search(text) is not None and not any(SECRET.search(step) for step in path),
            key=key,
            allowed="a text that CloudFormation does not resolve, where no secret belongs",
            got=text,
            hint="write the value, or let the program that needs the secret read it with its own role",
        )
        yield problem_if(
            _is_substituted(text, path=path, template=template),
            key=key,
            allowed="a text without ${, which means something to Fn::Sub alone",
            got=text,
            hint="write the value, or use Fn::Sub",
        )
        yield problem_if(
            _computes_data(text, path=path),
            key=key,
            allowed="data and no expression of a state machine",
            got=text,
            hint="write the value, or compute the whole table",
        )
        unseen = invisible(text.translate(LAYOUT))
        yield problem_if(
            unseen is not None,
            key=key,
            allowed="a text of visible characters",
            got=text,
            hint=f"leave out {unseen}",
        )


def _texts(value: Any, *, path: Path) -> Iterator[tuple[Path, str]]:
    """Every text of a template with where it stands, keys and joined texts too; what Fn::Sub takes by its own rules."""
    match value:
        case {"Fn::Join": _}:
            yield path, as_text(value)
        case {"Fn::Sub": str(text)}:
            yield (*path, "Fn::Sub"), text
        case {"Fn::Sub": [str(text), values]}:
            yield (*path, "Fn::Sub"), text
            yield from _texts(values, path=path)
        case Mapping():
            for key, inner in value.items():
                yield (*path, str(key)), str(key)
                yield from _texts(inner, path=(*path, str(key)))
        case list():
            for index, inner in enumerate(value):
                yield from _texts(inner, path=(*path, str(index)))
        case str():
            yield path, value


def _is_substituted(text: str, *, path: Path, template: Template) -> bool:
    if path[-1:] == ("Fn::Sub",) or any(step in PROGRAMS for step in path):
        return False
    # A state machine's definition may have names substituted, by its own property.
    resource = template.resource(path[1]) if path[:1] == ("Resources",) and len(path) > 1 else None
    machine = resource is not None and resource.type == STATE_MACHINE
    own = table(resource.properties.get("DefinitionSubstitutions")) if resource is not None and machine else {}
    return any(
        POLICY_VARIABLE.match(found[0]) is None and found[0].strip("${}") not in own
        for found in SUBSTITUTION.finditer(text)
    )


def _computes_data(text: str, *, path: Path) -> bool:
    """Whether a text below a table of data, or in a member that takes data, is evaluated to something else."""
    found = EXPRESSION.fullmatch(text)
    if "Definition" not in path or found is None or QUOTED.fullmatch(found["inner"]):
        return False
    return path[-1] in DATA_MEMBERS or any(step in DATA_TABLES for step in path[:-1])
