"""What AWS asks for what is used: a dated table, in US dollars."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

TABLE = Path(__file__).parent / "prices.toml"


@cache
def table() -> dict[str, Any]:
    """The table as its file has it."""
    return tomllib.loads(TABLE.read_text(encoding="utf-8"))


def instance_hour(instance: str) -> float | None:
    """An instance's price an hour, or None for a type that the table does not have."""
    price: float | None = table()["hour"].get(instance)
    return price


KEY_MONTH: float = table()["month"]["key"]
STORAGE_GB_MONTH: float = table()["month"]["storage_gb"]
