"""Where two values of two records differ: which member, and how."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any

PLACEHOLDER = re.compile(r"<([a-z]+)-\d+>")
# What is neither the same twice nor anybody's setting.
UNCOMPARED = {"<time>": "times", "<measured>": "measured numbers", "<bytes>": "bodies"}
# How a list is cut into pages is the service's own choice.
PAGING = frozenset(
    {
        "ContinuationToken",
        "IsTruncated",
        "KeyCount",
        "KeyMarker",
        "Marker",
        "MaxItems",
        "MaxKeys",
        "NextContinuationToken",
        "NextKeyMarker",
        "NextMarker",
        "NextToken",
        "NextVersionIdMarker",
        "VersionIdMarker",
        "nextToken",
    }
)
NOTHING = "nothing"

# A member's path, what they have and what we have.
Deviation = tuple[str, str, str]


@dataclass(kw_only=True)
class Values:
    """Compares values of one thing: a hidden value must agree with those that its counterpart agrees with.

    `uncompared` counts what is not compared, by what it is.
    """

    uncompared: Counter[str]
    _ours_of: dict[str, str] = field(default_factory=dict)
    _theirs_of: dict[str, str] = field(default_factory=dict)

    def deviations(self, theirs: Any, ours: Any, *, path: str) -> Iterator[Deviation]:
        """Yield each difference of two values, by its path below `path`."""
        if isinstance(theirs, Mapping) and isinstance(ours, Mapping):
            for key in [*theirs, *(key for key in ours if key not in theirs)]:
                if key not in PAGING:
                    yield from self._members(theirs, ours, key=key, path=f"{path}.{key}" if path else key)
        elif isinstance(theirs, list | tuple) and isinstance(ours, list | tuple):
            yield from self._items(theirs, ours, path=path)
        elif isinstance(theirs, str) and isinstance(ours, str):
            yield from self._texts(theirs, ours, path=path)
        elif theirs != ours or type(theirs) is not type(ours):
            yield path, shown(theirs), shown(ours)

    def _members(
        self, theirs: Mapping[str, Any], ours: Mapping[str, Any], *, key: str, path: str
    ) -> Iterator[Deviation]:
        if key in theirs and key in ours:
            yield from self.deviations(theirs[key], ours[key], path=path)
        elif key in theirs:
            yield path, shown(theirs[key]), NOTHING
        else:
            yield path, NOTHING, shown(ours[key])

    def _items(self, theirs: Sequence[Any], ours: Sequence[Any], *, path: str) -> Iterator[Deviation]:
        """Items are matched by what is shown of them; the same items in another order are one difference."""
        left, right = [like(item) for item in theirs], [like(item) for item in ours]
        if left != right and sorted(left) == sorted(right):
            yield f"{path}, order", shown(theirs), shown(ours)
            return
        for kind, begin, end, start, stop in SequenceMatcher(a=left, b=right, autojunk=False).get_opcodes():
            pairs = min(end - begin, stop - start) if kind in ("equal", "replace") else 0
            for index in range(pairs):
                yield from self.deviations(theirs[begin + index], ours[start + index], path=f"{path}[{start + index}]")
            for item in theirs[begin + pairs : end]:
                yield f"{path}, item", shown(item), NOTHING
            for item in ours[start + pairs : stop]:
                yield f"{path}, item", NOTHING, shown(item)

    def _texts(self, theirs: str, ours: str, *, path: str) -> Iterator[Deviation]:
        if theirs == ours and theirs in UNCOMPARED:
            self.uncompared[UNCOMPARED[theirs]] += 1
            return
        if PLACEHOLDER.sub(r"<\1>", theirs) != PLACEHOLDER.sub(r"<\1>", ours):
            yield path, theirs, ours
            return
        for one, other in zip(PLACEHOLDER.finditer(theirs), PLACEHOLDER.finditer(ours), strict=True):
            self.uncompared["hidden values, beyond which of them agree"] += 1
            their, our = one[0], other[0]
            known = self._ours_of.setdefault(their, our), self._theirs_of.setdefault(our, their)
            if known != (our, their):
                yield path, f"{theirs}, which stands for {known[0]}", ours


def like(value: Any) -> str:
    """Return a value as a text in which hidden values of one form are alike."""
    return PLACEHOLDER.sub(r"<\1>", json.dumps(value, sort_keys=True))


def shown(value: Any) -> str:
    """Return a value in one line."""
    return value if isinstance(value, str) else json.dumps(value)
