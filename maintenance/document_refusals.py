"""Write `docs/refusals.md` from the ledger of refusals.

make reference
"""

from collections.abc import Iterable
from pathlib import Path

from maintenance.refusals import Refusal, read_ledger

PAGE = Path(__file__).parent.parent / "docs" / "refusals.md"
HEAD = """# What AWS refuses, and who refuses it first

What AWS does not take, or does otherwise than one would think, and the side that says so before: the **manifest** at
synth, a **template check** at synth, the **local AWS** in a rehearsal (it refuses the same, or does what AWS does), or
**operations**: a command of `yard` that asks the account. Each side is a link to the test that shows it. *Sure* is what
a source at hand says; *believed* carries how sure we are, and there the design is right in either case.

This page is generated from the tables below `manifest/tables/refusals` (`make reference`).
"""
SIDES = {
    "manifest": "manifest",
    "template_check": "template check",
    "local_aws": "local AWS",
    "operations": "operations",
}


def main() -> None:
    """Write the page anew."""
    PAGE.write_text(page(), encoding="utf-8")


def page() -> str:
    """Return the whole page."""
    ledger = read_ledger()
    rows = [row for subject in ledger.values() for row in subject]
    return HEAD + summary(rows) + "".join(section(name, of) for name, of in ledger.items())


def summary(rows: list[Refusal]) -> str:
    """Return how many rules are sure, and how many each side refuses."""
    sure = sum(row.certainty == "sure" for row in rows)
    sides = [f"{sum(side in row.tests for row in rows)} by {said}" for side, said in SIDES.items()]
    nobody = sum(not row.tests for row in rows)
    return (
        f"\nOf {len(rows)} rules {sure} are sure and {len(rows) - sure} believed. "
        f"Refused: {', '.join(sides)}; {nobody} by nobody.\n"
    )


def section(name: str, rows: Iterable[Refusal]) -> str:
    """Return the rules of one subject."""
    head = "| rule | what AWS says or does | source | | who refuses |\n|---|---|---|---|---|\n"
    return f"\n## {name.replace('_', ' ').capitalize()}\n\n{head}{''.join(map(line, rows))}"


def line(row: Refusal) -> str:
    """Return one rule as a line of the table."""
    tests = {SIDES[side]: test.partition("::")[0] for side, test in row.tests.items()}
    links = ", ".join(f"[{side}](../{file})" for side, file in tests.items())
    reasons = (row.not_local and f"not the local AWS: {row.not_local}", row.nobody and f"nobody: {row.nobody}")
    who = "; ".join(part for part in (links, *reasons) if part)
    cells = (row.rule, row.aws, row.source, row.certainty, who)
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |\n"


if __name__ == "__main__":
    main()
