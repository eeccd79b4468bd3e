"""What AWS asks for what is used, in US dollars: a dated table, the one of this folder or an operator's own."""

import tomllib
from dataclasses import dataclass, fields, replace
from functools import cache
from pathlib import Path

from modelyard.operations.failures import Failure

HOURS_A_MONTH = 730
TABLE = Path(__file__).parent / "prices.toml"
MONTHLY = ("key", "storage_gb", "log_storage_gb", "web_acl", "web_acl_rule", "alarm", "metric", "dashboard")
BY_MILLION = {one: f"{one}_million" for one in ("api", "web_acl", "traces", "transitions")}
OTHERS = frozenset({*MONTHLY, *BY_MILLION.values(), "log_gb"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Prices:
    """Prices of one region; `note` says what they are worth.

    `hour` has the types of instances, by which hosting, training and processing are billed alike. What ends with
    `_million` is for a million requests, traces or states of a workflow, `log_gb` for a GB that is written; all others
    are for a month.

    Raises:
        ValueError: a price is below 0.
    """

    date: str
    region: str
    note: str
    key: float
    storage_gb: float
    log_storage_gb: float
    web_acl: float
    web_acl_rule: float
    alarm: float
    metric: float
    dashboard: float
    api_million: float
    web_acl_million: float
    traces_million: float
    transitions_million: float
    log_gb: float
    hour: dict[str, float]

    def __post_init__(self) -> None:
        for name, price in {
            **{field.name: getattr(self, field.name) for field in fields(self) if field.name in OTHERS},
            **self.hour,
        }.items():
            if not price >= 0:
                raise ValueError(f"{name} must cost 0 or more, got {price}")

    @property
    def sentence(self) -> str:
        """Where and when they hold, and what they are worth."""
        return f"{self.region}'s prices of {self.date}, {self.note}"

    def instance_hour(self, instance: str) -> float | None:
        """Return an instance's price an hour, or None for a type that is not known."""
        return self.hour.get(instance)

    def with_hours(self, hour: dict[str, float], *, region: str, date: str) -> "Prices":
        """Return these, with what AWS says of instances in its place; what it does not say stays."""
        note = (
            f"asked of AWS for instances; key and storage are the table's of {self.date} ({self.region}), {self.note}"
        )
        return replace(self, hour={**self.hour, **hour}, region=region, date=date, note=note)


@cache
def shipped() -> Prices:
    """Return the table of this folder."""
    return read_prices(TABLE)


def read_prices(file: Path) -> Prices:
    """Return a table of prices in the form of the one that is shipped.

    Raises:
        Failure: the file is not there, or is not such a table.
    """
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
        hour = {str(name): float(price) for name, price in table["hour"].items()}
        month = {name: float(table["month"][name]) for name in MONTHLY}
        million = {name: float(table["million"][key]) for key, name in BY_MILLION.items()}
        return Prices(
            date=str(table["date"]),
            region=str(table["region"]),
            note=str(table["note"]),
            log_gb=float(table["gigabyte"]["log"]),
            hour=hour,
            **month,
            **million,
        )
    except (OSError, UnicodeDecodeError, KeyError, TypeError, ValueError) as error:
        what = f"misses {error}" if isinstance(error, KeyError) else str(error)
        sentence = f"--prices must name a table as {TABLE.name} is one, got {file}: {what}; copy that and edit it"
        raise Failure(sentence) from error
