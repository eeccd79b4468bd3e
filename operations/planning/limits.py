"""The limits of checks that a deploy changes: of the deploy itself only another baseline would show."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from modelyard.manifest.limits import LIMITS_METADATA
from modelyard.manifest.structuring import BARE_KEY
from modelyard.operations.planning.comparison import Comparison

# A baseline's own suggestion holds where nothing is declared.
SUGGESTED = "the baseline's own"


@dataclass(frozen=True, kw_only=True, slots=True)
class LimitChange:
    """A limit of one stack's check, by its key in the manifest; None where the baseline's own holds."""

    stack: str
    key: str
    before: Any
    after: Any

    @property
    def sentence(self) -> str:
        """What the check allows from the deploy on."""
        before, after = (SUGGESTED if one is None else json.dumps(one) for one in (self.before, self.after))
        return f"{self.stack} checks by another limit: {self.key} {after}, before it {before}"


def limit_changes(comparison: Comparison) -> tuple[LimitChange, ...]:
    """Return the limits that are others after the deploy, of stacks that stay."""
    found: list[LimitChange] = []
    for stack in comparison.stacks:
        if stack.old is None or stack.new is None:
            continue
        before, after = (dict(_leaves(_declared(one.section("Metadata")), path=())) for one in (stack.old, stack.new))
        found += [
            LimitChange(stack=stack.name, key=key, before=before.get(key), after=after.get(key))
            for key in sorted(before.keys() | after.keys())
            if before.get(key) != after.get(key)
        ]
    return tuple(found)


def _declared(metadata: Mapping[str, Any]) -> Any:
    """The limits in a template's metadata: a text, and in templates of earlier versions a table."""
    limits = metadata.get(LIMITS_METADATA, {})
    return json.loads(limits) if isinstance(limits, str) else limits


def _leaves(value: Any, *, path: tuple[str, ...]) -> list[tuple[str, Any]]:
    """Every value of a table, however deep, with its key as TOML writes it."""
    if isinstance(value, Mapping):
        return [leaf for key, inner in value.items() for leaf in _leaves(inner, path=(*path, key))]
    return [(".".join(key if BARE_KEY.fullmatch(key) else json.dumps(key) for key in path), value)]
