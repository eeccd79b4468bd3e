"""What every page has: its assets, and the sections of a summary as plain HTML."""

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from modelyard.drift.escaping import for_html
from modelyard.drift.reporting.summary import Finding, Summary

ASSETS = Path(__file__).parent / "assets"
MOST_LISTED = 200
NEWEST = 8


def fill_template(*, template: str, values: Mapping[str, str]) -> str:
    """Return an asset with its placeholders filled, in one pass: a column's name may look like a placeholder."""
    return re.sub(r"\{\{(\w+)\}\}", lambda placeholder: values[placeholder.group(1)], asset(name=template))


def asset(*, name: str) -> str:
    """Return the text of an asset."""
    return (ASSETS / name).read_text(encoding="utf-8")


def content_hash(*, text: str) -> str:
    """Return how a content security policy names a style or a script that stands in the page."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def diagnoses_section(*, summary: Summary) -> str:
    """Return the section of what is worth knowing, nothing when there is nothing."""
    if not summary.diagnoses:
        return ""
    items = "".join(f"<li>{for_html(sentence)}</li>" for sentence in summary.diagnoses)
    heading = '<h2 id="behind">Worth knowing</h2>'
    return f'<section aria-labelledby="behind">{heading}<ul class="behind">{items}</ul></section>'


def findings_section(*, summary: Summary, rest: str) -> str:
    """Return the section of violations; the rest says where those are that the list leaves out."""
    if not summary.findings:
        return ""
    items = "".join(map(_finding, summary.findings[:MOST_LISTED]))
    beyond = len(summary.findings) - MOST_LISTED
    more = f"<p>… and {beyond:,} more; {rest}.</p>" if beyond > 0 else ""
    heading = '<h2 id="violations">Violations</h2>'
    return f'<section aria-labelledby="violations">{heading}<ul class="findings">{items}</ul>{more}</section>'


def _finding(finding: Finding) -> str:
    name, sentence, check = map(for_html, (finding.feature, finding.sentence, finding.check))
    return f"<li><strong>{name}</strong> <span>{sentence}</span> <small>{check}</small></li>"


def trend_section(*, summary: Summary) -> str:
    """Return the section of the last runs, nothing for a single one."""
    if len(summary.trend) < 2:
        return ""
    newest = list(reversed(summary.trend))
    older = newest[NEWEST:]
    more = f"<details><summary>{len(older)} runs before</summary>{_runs(older)}</details>" if older else ""
    heading = f'<h2 id="trend">Last {len(newest)} runs, newest first</h2>'
    return f'<section aria-labelledby="trend">{heading}{_runs(newest[:NEWEST])}{more}</section>'


def _runs(runs: Sequence[tuple[str, int, int]]) -> str:
    most = max(1, *(count for _, _, count in runs))
    rows = "".join(
        f'<tr><th scope="row">{for_html(run)}</th><td>{rows:,}</td><td>{count:,}</td>'
        f'<td class="meter"><meter min="0" max="{most}" value="{count}">{count}</meter></td></tr>'
        for run, rows, count in runs
    )
    names = "".join(f'<th scope="col">{name}</th>' for name in ("Run", "Rows", "Violations"))
    head = f'<tr>{names}<td class="meter"></td></tr>'
    return f"<table><thead>{head}</thead><tbody>{rows}</tbody></table>"
