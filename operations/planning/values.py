"""Values of templates: what they refer to, and what they come to as far as a template says it."""

from collections.abc import Mapping
from typing import Any

from modelyard.template_checks.template import NO_VALUE, SUBSTITUTED, Template, table, values_at

LEFT_OUT = object()


def settled(value: Any, *, template: Template) -> Any:
    """Return the value with parameters by their defaults and maps by what they hold, so that a change of those shows.

    A deploy without parameters takes the defaults, as `cdk deploy` does.
    """
    match value:
        case {"Ref": str(name)} if name in template.section("Parameters"):
            return {"Parameter": name, "Default": template.section("Parameters")[name].get("Default")}
        case {"Fn::FindInMap": [str(name), *keys]}:
            held = template.section("Mappings").get(name)
            path = tuple(key for key in keys if isinstance(key, str))
            if len(path) == len(keys):
                held = at(held, path)
            return {"Fn::FindInMap": [None if held is LEFT_OUT else held, *keys]}
        case Mapping():
            kept = {key: settled(one, template=template) for key, one in value.items() if one != NO_VALUE}
            match kept:  # a join of texts only is the text: the CDK writes either
                case {"Fn::Join": [str(separator), [*parts]]} if all(isinstance(part, str) for part in parts):
                    return separator.join(parts)
            return kept
        case list():
            return [settled(one, template=template) for one in value if one != NO_VALUE]
        case _:
            return value


def references(value: Any) -> frozenset[str]:
    """Return the logical ids and parameters that a value refers to, however deep."""
    match value:
        case {"Ref": str(name)}:
            return frozenset({name})
        case {"Fn::GetAtt": [str(name), *_]}:
            return frozenset({name})
        case {"Fn::GetAtt": str(dotted)}:
            return frozenset({dotted.partition(".")[0]})
        case {"Fn::Sub": str(text)}:
            return _substituted(text)
        case {"Fn::Sub": [str(text), Mapping() as given]}:
            return (_substituted(text) - frozenset(given)) | references(list(given.values()))
        case Mapping():
            return references(list(value.values()))
        case list():
            return frozenset[str]().union(*map(references, value))
        case _:
            return frozenset()


def imports_of(body: Any) -> frozenset[str]:
    """Return the exports that a template imports by literal names."""
    return frozenset(name for name in values_at(body, "Fn::ImportValue") if isinstance(name, str))


def at(value: Any, path: tuple[str, ...]) -> Any:
    """Return what lies at a path of a schema, where `*` is each element of a list; LEFT_OUT when nothing does."""
    if not path:
        return value
    head, rest = path[0], path[1:]
    if head == "*":
        return [at(one, rest) for one in value] if isinstance(value, list) else LEFT_OUT
    return at(value[head], rest) if head in table(value) else LEFT_OUT


def literal(value: Any) -> str | None:
    """Return a name where the template itself says it."""
    return value if isinstance(value, str) else None


def _substituted(text: str) -> frozenset[str]:
    return frozenset(found[1].partition(".")[0] for found in SUBSTITUTED.finditer(text))
