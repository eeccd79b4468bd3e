"""Which properties of the deployed templates nobody read: the local AWS ignores those.

A resource is made from properties that keep count of what is asked of them. A property that was read may still
be no more than recorded: `coverage.toml` says what became of each.
"""

import copy
from collections import defaultdict
from collections.abc import Callable, ItemsView, Iterator, Mapping, ValuesView
from threading import Lock
from typing import Any

from modelyard.rehearsal.cloud.coverage import paths

Handlers = dict[str, dict[str, Any]]
Take = Callable[[str], None]


class UnusedProperties:
    """What of all templates was given to the handlers of the types, and what they read of it."""

    def __init__(self) -> None:
        self._given: dict[str, set[str]] = defaultdict(set)
        self._read: dict[str, set[str]] = defaultdict(set)
        # Resources are made by threads, and the page asks meanwhile.
        self._lock = Lock()

    def install(self, *, handlers: Handlers) -> None:
        """Have each handler make its resources from properties that are counted; to be called last of all patches."""
        for type_, own in handlers.items():
            own["create"] = self._counting(type_, own["create"])

    def clear(self) -> None:
        """Forget what was given and read."""
        with self._lock:
            self._given.clear()
            self._read.clear()

    def by_type(self) -> dict[str, list[str]]:
        """Return the properties that were given and that nobody read, such as `Targets[].Arn`, by type."""
        with self._lock:
            unread = {
                type_: sorted(path for path in self._given[type_] if not is_read(path, read=self._read[type_]))
                for type_ in sorted(self._given)
            }
        return {type_: properties for type_, properties in unread.items() if properties}

    def _counting(self, type_: str, create: Callable[..., Any]) -> Callable[..., Any]:
        def create_counted(logical_id: str, properties: Mapping[str, Any], *others: Any) -> Any:
            with self._lock:
                self._given[type_].update(paths(properties))
            # Of its own: what is read after a resource was made, by a schedule that fires, say, is not counted.
            read: set[str] = set()
            try:
                return create(logical_id, TrackedDict.of(properties, take=read.add), *others)
            finally:
                with self._lock:
                    self._read[type_] |= read

        return create_counted


class TrackedDict(dict[str, Any]):
    """Properties that tell `take` the path of each that is read; to ask for their names is not to read them."""

    _path: str
    _take: Take

    @classmethod
    def of(cls, values: Mapping[str, Any], *, take: Take, path: str = "") -> "TrackedDict":
        """Return properties at a path, and all that lie in them, counted."""
        counted = cls({name: tracked(value, take=take, path=f"{path}{name}") for name, value in values.items()})
        counted._path, counted._take = path, take
        return counted

    def __getitem__(self, name: str) -> Any:
        """Return a property, which is taken by this."""
        value = super().__getitem__(name)
        self._take(f"{self._path}{name}")
        return value

    def get(self, name: str, default: Any = None) -> Any:
        """Return a property, which is taken by this, or what holds without it."""
        # Not dict's own, which would not be counted.
        return self[name] if name in self else default  # noqa: SIM401

    def pop(self, name: str, *default: Any) -> Any:
        """Take a property away."""
        if name in self:
            self._take(f"{self._path}{name}")
        return super().pop(name, *default)

    def __iter__(self) -> Iterator[str]:
        # A class that says how it is iterated is copied by asking for each value, which is then counted.
        return super().__iter__()

    def items(self) -> ItemsView[str, Any]:  # type: ignore[override] # a view that counts
        """Return all properties, each of which is taken by this."""
        return {name: self[name] for name in self}.items()

    def values(self) -> ValuesView[Any]:  # type: ignore[override] # a view that counts
        """Return all properties, each of which is taken by this."""
        return {name: self[name] for name in self}.values()

    def copy(self) -> dict[str, Any]:
        """Return a plain copy; all is taken by this."""
        return dict(self.items())

    def __deepcopy__(self, memo: dict[int, Any]) -> dict[str, Any]:
        return {name: copy.deepcopy(value, memo) for name, value in self.items()}


def tracked(value: Any, *, take: Take, path: str) -> Any:
    """Return a value with all properties that lie in it tracked."""
    if isinstance(value, dict):
        return TrackedDict.of(value, take=take, path=f"{path}.")
    if isinstance(value, list):
        return [tracked(item, take=take, path=f"{path}[]") for item in value]
    return value


def is_read(path: str, *, read: set[str]) -> bool:
    """Return whether a property was read, or the nearest that it lies in was, and handed on unopened."""
    if path in read:
        return True
    above = [other for other in read if path.startswith((f"{other}.", f"{other}["))]
    nearest = max(above, key=len, default=None)
    return nearest is not None and not any(other.startswith((f"{nearest}.", f"{nearest}[")) for other in read)
