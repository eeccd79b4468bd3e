"""Environment variables of the contract, read one by one, each with its own error."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from modelyard.drift.errors import DriftError

UNIX = "/opt/ml"


@dataclass(frozen=True, kw_only=True, slots=True)
class Variables:
    """The environment, and the folder that takes the place of /opt/ml. An empty variable is none."""

    environment: Mapping[str, str]
    root: Path

    def optional(self, *, name: str) -> str | None:
        """Return the variable, None when it is missing."""
        value = self.environment.get(name)
        return value if value != "" else None

    def first(self, *, names: tuple[str, ...]) -> str | None:
        """Return the first of the variables that is there."""
        given = (self.optional(name=name) for name in names)
        return next((value for value in given if value is not None), None)

    def required(self, *, name: str) -> str:
        """Return the variable.

        Raises:
            DriftError: it is missing.
        """
        value = self.optional(name=name)
        if value is None:
            raise DriftError(f"{name} must be given, it is missing in the environment; set it on the job")
        return value

    def path(self, *, name: str) -> Path:
        """Return the path, under the root when it is one under /opt/ml.

        Raises:
            DriftError: it is missing.
        """
        return self._relocated(self.required(name=name))

    def optional_path(self, *, name: str) -> Path | None:
        """Return the path as path() does, None when it is missing."""
        value = self.optional(name=name)
        return self._relocated(value) if value is not None else None

    def _relocated(self, path: str) -> Path:
        plain = Path(path.removeprefix("file://"))
        return self.root / plain.relative_to(UNIX) if plain.is_relative_to(UNIX) else plain

    def switch(self, *, name: str, default: bool = False) -> bool:
        """Return whether the variable is Enabled, or the default when it is missing.

        Raises:
            DriftError: the variable is neither Enabled nor Disabled.
        """
        value = self.environment.get(name, "Enabled" if default else "Disabled")
        if value not in ("Enabled", "Disabled"):
            raise DriftError(
                f"{name} must be Enabled or Disabled, got {value} in the environment; write one of the two"
            )
        return value == "Enabled"

    def number(self, *, name: str, default: float) -> float:
        """Return the number, or the default when it is missing.

        Raises:
            DriftError: the variable is no number.
        """
        text = self.optional(name=name)
        try:
            return float(text) if text is not None else default
        except ValueError as error:
            raise DriftError(f"{name} must be a number, got {text} in the environment; give one") from error

    def moment(self, *, name: str) -> datetime | None:
        """Return the time of ISO 8601, in UTC where it has no zone, None when it is missing.

        Raises:
            DriftError: the variable is no time.
        """
        text = self.optional(name=name)
        try:
            moment = None if text is None else datetime.fromisoformat(text)
            return moment if moment is None or moment.tzinfo is not None else moment.replace(tzinfo=UTC)
        except ValueError as error:
            raise DriftError(
                f"{name} must be a time such as 2026-11-22T10:00:00Z, got {text} in the environment; give one"
            ) from error

    def one_key(self, *, name: str) -> tuple[str, Mapping[str, object]]:
        """Return the key, in small letters, and the options of a JSON object that has one key.

        Raises:
            DriftError: the variable is anything else.
        """
        text = self.required(name=name)
        try:
            value = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise DriftError(f"{name} must be JSON, got {text[:60]} in the environment; give an object") from error
        if not isinstance(value, dict) or len(value) != 1:
            raise DriftError(f"{name} must be an object of one key, got {text[:60]} in the environment; name one")
        (key, options), *_ = value.items()
        return key.lower(), options if isinstance(options, dict) else {}
