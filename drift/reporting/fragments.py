"""What every page has: its assets, and the sections of a summary as plain HTML."""

import base64
import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from modelyard.drift.escaping import for_html
from modelyard.drift.reporting.summary import Summary
from modelyard.drift.verdict.sentences import certainty, change_violations, headline, not_looked_at, sensitivity

ASSETS = Path(__file__).parent / "assets"
MOST_LISTED = 200
MOST_CHANGES = 20
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


def section(*, name: str, title: str, body: str) -> str:
    """Return a section of a page under its heading, which is also its name for who cannot see it."""
    return f'<section aria-labelledby="{name}"><h2 id="{name}">{title}</h2>{body}</section>'


def header_cells(names: Iterable[str]) -> str:
    """Return the cells of a table's head."""
    return "".join(f'<th scope="col">{name}</th>' for name in names)


def change_section(*, summary: Summary) -> str:
    """Return the section of the verdict: what changed, how sure that is, and what was not looked at."""
    verdict = summary.change
    if verdict is None:
        return ""
    changes = [
        f"<li><strong>{for_html(one.feature)}</strong> <span>{for_html(one.description)}</span></li>"
        for one in change_violations(verdict=verdict)
    ]
    left_out = [f"{for_html(name)} ({for_html(reason)})" for name, reason in not_looked_at(verdict=verdict)]
    paragraphs = [
        f"<strong>{for_html(headline(verdict=verdict))}.</strong>",
        sensitivity(verdict=verdict),
        f"Not looked at: {_first(left_out, between=', ')}." if left_out else None,
        f"<small>{certainty(verdict=verdict)}</small>",
    ]
    first, *rest = (f"<p>{text}</p>" for text in paragraphs if text is not None)
    found = f'<ul class="findings">{_first(changes, between="")}</ul>' if changes else ""
    return section(
        name="change", title="Has it changed more than chance explains?", body="".join([first, found, *rest])
    )


def _first(items: Sequence[str], *, between: str) -> str:
    """Return the first items, and how many there are beyond them."""
    beyond = len(items) - MOST_CHANGES
    more = f" … and {beyond:,} more" if beyond > 0 else ""
    return between.join(items[:MOST_CHANGES]) + more


def diagnoses_section(*, summary: Summary) -> str:
    """Return the section of what is worth knowing, nothing when there is nothing."""
    if not summary.diagnoses:
        return ""
    items = "".join(f"<li>{for_html(sentence)}</li>" for sentence in summary.diagnoses)
    return section(name="behind", title="Worth knowing", body=f'<ul class="behind">{items}</ul>')


def findings_section(*, summary: Summary, rest: str) -> str:
    """Return the section of violations; the rest says where those are that the list leaves out."""
    if not summary.findings:
        return ""
    items = ""
    for finding in summary.findings[:MOST_LISTED]:
        feature, sentence, check = map(for_html, (finding.feature, finding.sentence, finding.check))
        items += f"<li><strong>{feature}</strong> <span>{sentence}</span> <small>{check}</small></li>"
    beyond = len(summary.findings) - MOST_LISTED
    more = f"<p>… and {beyond:,} more; {rest}.</p>" if beyond > 0 else ""
    return section(name="violations", title="Violations", body=f'<ul class="findings">{items}</ul>{more}')


def trend_section(*, summary: Summary) -> str:
    """Return the section of the last runs, nothing for a single one."""
    if len(summary.trend) < 2:
        return ""
    newest = list(reversed(summary.trend))
    older = newest[NEWEST:]
    more = f"<details><summary>{len(older)} runs before</summary>{_runs(older)}</details>" if older else ""
    title = f"Last {len(newest)} runs, newest first"
    return section(name="trend", title=title, body=f"{_runs(newest[:NEWEST])}{more}")


def _runs(runs: Sequence[tuple[str, int, int]]) -> str:
    most = max(1, *(count for _, _, count in runs))
    rows = "".join(
        f'<tr><th scope="row">{for_html(run)}</th><td>{rows:,}</td><td>{count:,}</td>'
        f'<td class="meter"><meter min="0" max="{most}" value="{count}">{count}</meter></td></tr>'
        for run, rows, count in runs
    )
    head = f'<tr>{header_cells(("Run", "Rows", "Violations"))}<td class="meter"></td></tr>'
    return f"<table><thead>{head}</thead><tbody>{rows}</tbody></table>"
