"""What AWS limits, under which name an account can be asked for it, and what it is where nobody asked for more."""

import functools
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Kind = Literal[
    "stacks",
    "roles",
    "rules",
    "schedules",
    "machines",
    "targets",
    "lifecycle",
    "endpoints",
    "mlflow_apps",
    "hosting",
    "training",
    "spot",
    "processing",
    "transform",
]
TABLE = Path(__file__).parent / "limits.toml"


@dataclass(frozen=True, kw_only=True, slots=True)
class Limit:
    """One of AWS's limits; `service` and `name` are empty where Service Quotas does not have it.

    `default` is None where no trustworthy number is known.
    """

    what: str
    service: str = ""
    name: str = ""
    default: int | None = None
    source: str = ""

    def label(self, *, instance: str) -> str:
        """Return what is limited, in words."""
        return self.what.format(instance=instance)

    def is_named(self, name: str, *, instance: str) -> bool:
        """Return whether a quota of Service Quotas is this limit."""
        pattern = self.name.format(instance=re.escape(instance))
        return re.fullmatch(pattern, name, flags=re.IGNORECASE) is not None


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """All of them, with the date of the pages they are from."""

    date: str
    by_kind: Mapping[str, Limit]


@functools.cache
def limits() -> Limits:
    """Return the table that is shipped."""
    table = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    by_kind = {kind: Limit(**given) for kind, given in table.items() if kind != "date"}
    return Limits(date=table["date"], by_kind=by_kind)
