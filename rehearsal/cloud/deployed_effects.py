"""Which effect the properties of the standing stacks have here, whoever's stacks they are."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from modelyard.rehearsal.cloud.coverage import Effect, Row, row_of, rows, template_paths

# Of a property without a row: it is not called done, though it may be.
NOT_KNOWN = "not known"
READ = "It was read; its effect was not compared with AWS's."
UNREAD = "Nothing has read it."


@dataclass(frozen=True, order=True, slots=True)
class PropertyEffect:
    """What becomes of a property of a type, in a sentence."""

    type: str
    property: str
    effect: str
    sentence: str


class DeployedEffects:
    """Holds templates against `coverage.toml`, and what has no row there against what was read of it."""

    def __init__(
        self,
        *,
        templates: Callable[[], Iterable[Mapping[str, Any]]],
        unread: Callable[[], Mapping[str, Sequence[str]]],
    ) -> None:
        self._templates = templates
        self._unread = unread
        self._table: dict[str, list[Row]] = defaultdict(list)
        for row in rows():
            self._table[row.type].append(row)

    def document(self) -> dict[str, Any]:
        """Return how many properties have which effect, and each that has less than on AWS, or may have."""
        unread = {(type_, path) for type_, found in self._unread().items() for path in found}
        declared = {found for template in self._templates() for found in template_paths(template)}
        # What lies below one row is one property: a definition has hundreds of parts.
        effects = {self._effect(type_, path, is_unread=(type_, path) in unread) for type_, path in declared}
        return {
            "counts": Counter(effect.effect for effect in effects),
            "limited": [asdict(effect) for effect in sorted(effects) if effect.effect != Effect.DONE],
        }

    def _effect(self, type_: str, path: str, *, is_unread: bool) -> PropertyEffect:
        row = row_of(type_=type_, path=path, table=self._table.get(type_, []))
        if row is not None:
            return PropertyEffect(type_, row.property, row.effect, row.sentence)
        effect, sentence = (Effect.IGNORED, UNREAD) if is_unread else (NOT_KNOWN, READ)
        return PropertyEffect(type_, path, effect, sentence)
