"""Write `docs/rehearsal-coverage.md` from the table of what becomes of each property in the local AWS.

make coverage
"""

from itertools import groupby
from pathlib import Path

from modelyard.rehearsal.cloud.coverage import Effect, Row, rows

PAGE = Path(__file__).parent.parent / "docs" / "rehearsal-coverage.md"
HEAD = """# What a rehearsal proves, property by property

What the local AWS does with each property of the templates: those of the example models, and of manifests with what no
example has. **Done**: it has the same effect as on AWS. **In part**: as the sentence says. **Recorded**: Describe calls
return it, without any effect. **Ignored**: nothing reads it. A row covers a property and everything below it that has
no row of its own.

This page is generated from `rehearsal/cloud/coverage.toml` (`make coverage`). No test
synthesizes a property without a row; one deploys the examples and compares which of their properties were read with
those that are called ignored here.
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
    """Return the whole page."""
    table = rows()
    parts = [_part(title, of=[row for row in table if kind_of(row.type) == kind]) for kind, title in TITLES.items()]
    return HEAD + summary(table) + "".join(parts)


def summary(table: list[Row]) -> str:
    """Return how many rows have each effect."""
    counts = [f"{sum(row.effect is effect for row in table)} {effect}" for effect in Effect]
    return f"\nOf {len(table)} rows: {', '.join(counts)}.\n"


def kind_of(type_: str) -> str:
    """Return which part of the page a type belongs to."""
    return "AWS" if type_.startswith("AWS::") else "state" if type_.endswith(" state") else "task"


def _part(title: str, *, of: list[Row]) -> str:
    sections = groupby(of, key=lambda row: row.type)
    return f"\n## {title}\n" + "".join(section(type_, list(own)) for type_, own in sections)


def section(type_: str, own: list[Row]) -> str:
    """Return one type: its properties, what becomes of them and why."""
    lines = "".join(f"| `{row.property}` | {row.effect} | {row.sentence} |\n" for row in own)
    return f"\n### {type_}\n\n| property | effect | |\n|---|---|---|\n{lines}"


if __name__ == "__main__":
    main()
