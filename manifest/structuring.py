"""Tables of TOML as dataclasses, by cattrs: strict about kinds, and every problem with the key the user wrote."""

import dataclasses
import difflib
import re
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal, TypeVar, get_args, get_origin

import cattrs
import cattrs.cols
import cattrs.gen
from cattrs.errors import AttributeValidationNote, ForbiddenExtraKeysError, IterableValidationNote

from modelyard.manifest.channel import Channel
from modelyard.manifest.problems import NOTHING, Invalid, Problem, Refused, shown
from modelyard.manifest.rules import value_problems
from modelyard.manifest.scaling_policies import ScalingMetric
from modelyard.manifest.serving import Serving
from modelyard.manifest.texts import EVALUATED_KEY, evaluated, invisible
from modelyard.manifest.tuning import Range

T = TypeVar("T")
Hook = Callable[[Any, Any], Any]
Factory = Callable[[Any, cattrs.Converter], Hook]


@dataclasses.dataclass(frozen=True, slots=True)
class Shorthand:
    """What may stand in place of a table that says nothing more: the value of one of its keys."""

    kind: type
    key: str


SHORTHANDS = {
    Channel: Shorthand(str, "path"),
    Range: Shorthand(list, "values"),
    ScalingMetric: Shorthand(str, "preset"),
}


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Absence:
    """Why a table has no such key, as the rest of "must be left out: …", and what to do instead."""

    why: str
    hint: str


# Keys that a user may look for, and that their tables do not have.
ABSENT: Mapping[tuple[type, str], Absence] = {
    # Developer guide, "Supported Instance Types and Frameworks" of SageMaker Neo.
    (Serving, "compile"): Absence(
        why="SageMaker Neo compiles XGBoost up to 1.3, PyTorch up to 2.0 and TensorFlow up to 2.9, and none of "
        "today's versions",
        hint="export the model to ONNX in the training script, and serve it from a smaller instance: "
        "docs/training-scripts.md",
    )
}
BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
INDEX = re.compile(r"\[\d+\]")
SCALARS: dict[type, str] = {
    str: "a text in quotes",
    int: "a whole number",
    bool: "true or false",
    float: "a number",
}


def structured(table: dict[str, Any], kind: type[T], *, file: str) -> T:
    """Return the table as a dataclass.

    Raises:
        Refused: with a problem for each value that cannot be taken.
    """
    try:
        return CONVERTER.structure(table, kind)
    except cattrs.ClassValidationError as error:
        raise Refused(problem.within(file=file) for problem in _problems(error, path="", table=table)) from error


def _problems(error: BaseException, *, path: str, table: Any) -> Iterator[Problem]:
    """Every problem below an error, with its key as TOML writes it."""
    if isinstance(error, cattrs.ClassValidationError | cattrs.IterableValidationError):
        for inner in error.exceptions:
            step, value = _step(inner, table=table)
            yield from _problems(inner, path=_joined(path, step), table=value)
        yield from _problems_beside(error, path=path, table=table)
    elif isinstance(error, Invalid):
        yield from (problem.below(path=path) for problem in error.problems)
    elif isinstance(error, ForbiddenExtraKeysError):
        yield from (
            _unknown_key(key=key, path=path, kind=error.cl, value=table.get(key)) for key in sorted(error.extra_fields)
        )
    elif isinstance(error, KeyError):
        yield Problem(key=path, allowed="given", got=NOTHING, hint="add it")
    elif isinstance(error, _Mismatch):
        yield Problem(key=path, allowed=error.allowed, got=error.got, hint=error.hint)
    else:
        raise error


def _problems_beside(error: BaseExceptionGroup[Any], *, path: str, table: Any) -> Iterator[Problem]:
    """The problems of the values that could be read, in a table that could not be made for the sake of others."""
    made = any(isinstance(inner, Invalid) for inner in error.exceptions)
    if made or not isinstance(error, cattrs.ClassValidationError) or not isinstance(table, dict):
        return
    unread = {_step(inner, table=table)[0] for inner in error.exceptions}
    readable = {key: value for key, value in table.items() if key not in unread}
    yield from (problem.below(path=path) for problem in value_problems(error.cl, values=readable))


def _step(error: BaseException, *, table: Any) -> tuple[str, Any]:
    """The key or index at which an error happened, and the value there."""
    for note in getattr(error, "__notes__", ()):
        if isinstance(note, AttributeValidationNote):
            return note.name, table.get(note.name) if isinstance(table, dict) else None
        if isinstance(note, IterableValidationNote):
            return _index(note.index, table=table), _at(table, index=note.index)
    return "", table


def _index(index: int | str, *, table: Any) -> str:
    """A list's element by its name where it has one: people do not count tables."""
    element = _at(table, index=index)
    if isinstance(element, dict) and isinstance(element.get("name"), str):
        return str(element["name"])
    return f"[{index}]" if isinstance(index, int) else str(index)


def _at(table: Any, *, index: int | str) -> Any:
    try:
        return table[index]
    except (KeyError, IndexError, TypeError):
        return None


def _joined(path: str, step: str) -> str:
    """A key below another, in quotes where TOML would want them."""
    if not step or INDEX.fullmatch(step):
        return path + step
    key = step if BARE_KEY.fullmatch(step) else shown(step)
    return f"{path}.{key}" if path else key


def _unknown_key(*, key: str, path: str, kind: type, value: Any) -> Problem:
    absence = ABSENT.get((kind, key))
    if absence is not None:
        return Problem(key=_joined(path, key), allowed=f"left out: {absence.why}", got=value, hint=absence.hint)
    known = [field.name for field in dataclasses.fields(kind)]
    near = difflib.get_close_matches(key, known, n=1)
    return Problem(
        key=_joined(path, key),
        allowed=f"one of the keys {', '.join(known)}",
        got=key,
        hint=f"did you mean {near[0]}?" if near else "remove it",
    )


class _Key(str):
    """The kind of a free table's keys: any text that could be a value, and one more that could not."""

    __slots__ = ()


class _Mismatch(ValueError):
    """A value of another kind than the key takes."""

    def __init__(self, *, allowed: str, got: Any, hint: str = "write a value of that kind") -> None:
        self.allowed = allowed
        self.got = got
        self.hint = hint
        super().__init__(f"{allowed}, got {shown(got)}")


def _scalar(value: Any, kind: type) -> Any:
    """The value itself: a number in quotes is a text, and true is no number."""
    accepted: tuple[type, ...] = (int, float) if kind is float else (kind,)
    if type(value) not in accepted:
        raise _Mismatch(allowed=SCALARS[kind], got=value)
    return _inert(value) if kind is str else value


def _inert(value: str) -> str:
    """A text that stays a text wherever it goes: every one of a manifest comes by here."""
    found = evaluated(value)
    if found is not None:
        mark, why = found
        raise _Mismatch(allowed=f"a text without {mark} ({why})", got=value, hint="write the value itself")
    unseen = invisible(value)
    if unseen is not None:
        raise _Mismatch(allowed="a text of visible characters", got=value, hint=f"leave out {unseen}")
    return value


def _key(value: str, _: Any) -> str:
    if value.endswith(EVALUATED_KEY):
        raise _Mismatch(
            allowed=f"a key that does not end in {EVALUATED_KEY} (a state machine evaluates its value)",
            got=value,
            hint="name it otherwise",
        )
    return _inert(value)


def _table(kind: Any, converter: cattrs.Converter) -> Hook:
    return cattrs.gen.mapping_structure_factory(kind, converter, key_type=_Key)


def _choice(value: Any, kind: Any) -> Any:
    choices = get_args(kind)
    if value not in choices or type(value) is not type(choices[0]):
        raise _Mismatch(allowed=f"one of {', '.join(map(str, choices))}", got=value)
    return value


def _optional(value: Any, kind: Any) -> Any:
    """A key that may be left out: TOML has no null, so what is given is of the other kind."""
    inner = [argument for argument in get_args(kind) if argument is not type(None)]
    return CONVERTER.structure(value, inner[0])


def _hyperparameter(value: Any, _: Any) -> Any:
    if type(value) not in (bool, int, float, str):
        raise _Mismatch(allowed="a number, a text or true or false", got=value)
    return _inert(value) if isinstance(value, str) else value


def _or_short(structure: Hook, *, short: Shorthand) -> Hook:
    def read(value: Any, kind: Any) -> Any:
        return structure({short.key: value} if isinstance(value, short.kind) else value, kind)

    return read


def _is_optional(kind: Any) -> bool:
    return (
        get_origin(kind) in (typing.Union, types.UnionType)
        and len(get_args(kind)) == 2
        and type(None) in get_args(kind)
    )


def _is_hyperparameter(kind: Any) -> bool:
    return get_origin(kind) in (typing.Union, types.UnionType) and set(get_args(kind)) == {
        bool,
        int,
        float,
        str,
    }


def _is(origin: Any) -> Callable[[Any], bool]:
    return lambda kind: bool(dataclasses.is_dataclass(kind) if origin is object else get_origin(kind) is origin)


def _checked_factory(origin: Any, build: Factory) -> Factory:
    """The library's own reading of a table or list, once it is one: of a number it would only say a TypeError."""
    container, name = (list, "a list") if origin is tuple else (dict, "a table")

    def factory(kind: Any, converter: cattrs.Converter) -> Hook:
        structure = build(kind, converter)

        def read(value: Any, inner: Any) -> Any:
            if not isinstance(value, container):
                raise _Mismatch(allowed=name, got=value)
            return structure(value, inner)

        return read

    return factory


FACTORIES: dict[Any, Factory] = {
    tuple: cattrs.cols.homogenous_tuple_structure_factory,
    dict: _table,
    object: cattrs.gen.make_dict_structure_fn,
}


def _converter() -> cattrs.Converter:
    converter = cattrs.Converter(forbid_extra_keys=True, detailed_validation=True)
    for scalar in SCALARS:
        converter.register_structure_hook(scalar, _scalar)
    converter.register_structure_hook(_Key, _key)
    converter.register_structure_hook_func(_is(Literal), _choice)
    converter.register_structure_hook_func(_is_optional, _optional)
    converter.register_structure_hook_func(_is_hyperparameter, _hyperparameter)
    for kind, build in FACTORIES.items():
        converter.register_structure_hook_factory(_is(kind), _checked_factory(kind, build))
    return converter


CONVERTER = _converter()
for _table, _short in SHORTHANDS.items():
    CONVERTER.register_structure_hook(_table, _or_short(CONVERTER.get_structure_hook(_table), short=_short))
