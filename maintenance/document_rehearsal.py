"""Write `docs/rehearsal-coverage.md` from the table of what becomes of each property in the local AWS.

make coverage
"""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

from modelyard.rehearsal.cloud.coverage import Effect, Row, rows

PAGE = Path(__file__).parent.parent / "docs" / "rehearsal-coverage.md"
HEAD = """# What a rehearsal proves, property by property

Everything that the templates of the example models set, and what becomes of it in the local AWS. **Done**: it has the
effect that it has on AWS. **In part**: as its sentence says. **Recorded**: a Describe call gives it back, and nothing
more. **Ignored**: nothing reads it. A row is for a property and all below it that has no row of its own.

Made from `rehearsal/cloud/coverage.toml` (`make coverage`). A test fails for a property without a row; another deploys
all stacks and compares what was read of the templates with what is called ignored here.
"""
TITLES = {
    "AWS": "Resources",
    "state": "The states of the state machines",
    "task": "What the state machines ask for",
}


def main() -> None:
    """Write the page anew."""
    PAGE.write_text(page(), encoding="utf-8")


def page() -> str:
    """The whole page."""
    table = rows()
    parts = [_part(title, of=[row for row in table if kind_of(row.type) == kind]) for kind, title in TITLES.items()]
    return HEAD + summary(table) + "".join(parts)


def summary(table: list[Row]) -> str:
    """How many rows have each effect."""
    counts = [f"{sum(row.effect is effect for row in table)} {effect}" for effect in Effect]
    return f"\nOf {len(table)} rows: {', '.join(counts)}.\n"


def kind_of(type_: str) -> str:
    """Which part of the page a type belongs to."""
    return "AWS" if type_.startswith("AWS::") else "state" if type_.endswith(" state") else "task"


def _part(title: str, *, of: list[Row]) -> str:
    sections = groupby(of, key=lambda row: row.type)
    return f"\n## {title}\n" + "".join(section(type_, list(own)) for type_, own in sections)


def section(type_: str, own: list[Row]) -> str:
    """One type: its properties, what becomes of them and why."""
    lines = "".join(f"| `{row.property}` | {row.effect} | {row.sentence} |\n" for row in own)
    return f"\n### {type_}\n\n| property | effect | |\n|---|---|---|\n{lines}"


if __name__ == "__main__":
    main()
