"""What every page has: its assets, and the sections of a summary as plain HTML."""

import base64
import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from modelyard.drift.escaping import for_html
from modelyard.drift.reporting.changes import Change
from modelyard.drift.reporting.plots import bars_over_windows
from modelyard.drift.reporting.summary import Status, Summary
from modelyard.drift.verdict.sentences import certainty, headline, sensitivity

ASSETS = Path(__file__).parent / "assets"
MOST_LISTED = 200
MOST_CHANGES = 20
NEWEST = 8
# As many as a small drawing has room for.
MOST_WINDOWS = 24


@dataclass(frozen=True, kw_only=True, slots=True)
class Frame:
    """What stands above every page: a title, the verdict, and in `about`, which is HTML, what it is on."""

    title: str
    status: Status
    verdict: str
    about: str


def fill_template(*, template: str, values: Mapping[str, str]) -> str:
    """Return an asset with its placeholders filled, in one pass: a column's name may look like a placeholder."""
    return re.sub(r"\{\{(\w+)\}\}", lambda placeholder: values[placeholder.group(1)], asset(name=template))


def standalone_page(
    *, frame: Frame, style: str, content: Iterable[str], skip: str = "", script: str = "", data: str = ""
) -> str:
    """Return a page that needs no network, and of which a browser runs nothing but the `script` that is given.

    `content` are its sections, `data` what the script reads, in which nothing can end its element; `skip` is a link.
    """
    policies = ["default-src 'none'", f"style-src '{content_hash(text=style)}'"]
    scripts = ""
    if script:
        policies.append(f"script-src '{content_hash(text=script)}'")
        scripts = f'<script type="application/json" id="data">{data}</script>\n<script>{script}</script>'
    values = {
        "policy": "; ".join(policies),
        "title": for_html(frame.title),
        "style": style,
        "skip": skip,
        "status": frame.status.replace(" ", "-"),
        "verdict": for_html(frame.verdict),
        "about": frame.about,
        "content": "\n".join(filter(None, content)),
        "script": scripts,
    }
    return fill_template(template="frame.html", values=values)


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
    """Return the section of the verdict: how sure it is, what was not looked at, and what changed."""
    verdict = summary.change
    if verdict is None:
        return ""
    answer, sure = map(for_html, (headline(verdict=verdict), certainty(verdict=verdict)))
    body = f"<p><strong>{answer}.</strong> <small>{sure}</small></p>"
    if summary.left_out.counts:
        reasons = [f"<li>{for_html(name)}: {for_html(reason)}</li>" for name, reason in summary.left_out.reasons]
        counts = for_html(", ".join(summary.left_out.counts))
        body += f"<details><summary><b>Not looked at: {counts}</b></summary><ul>{_first(reasons)}</ul></details>"
    if summary.changes:
        has_bars = any(len(one.trend) > 1 for one in summary.changes)
        notes = filter(None, (summary.order, "The bars are the difference in each window." if has_bars else None))
        changes = _first([_change(one) for one in summary.changes])
        body += f'<p><small>{" ".join(notes)}</small></p><ol class="changes">{changes}</ol>'
    found = sensitivity(verdict=verdict)
    body += "" if found is None else f"<p>{found}</p>"
    return section(name="change", title="Has it changed more than chance explains?", body=body)


def _change(change: Change) -> str:
    feature, sentence, details = map(for_html, (change.feature, change.sentence, change.details))
    shown = [one if one is None else (100 * abs(one[0]), one[1]) for one in change.trend[-MOST_WINDOWS:]]
    drawing = ""
    if len(shown) > 1:
        points = ", ".join("not tested" if one is None else f"{one[0]:.1f}" for one in shown)
        drawing = bars_over_windows(values=shown, title=f"Difference in points, window by window: {points}")
    return f"<li>{drawing}<strong>{feature}</strong> <small>{details}</small><p>{sentence}</p></li>"


def _first(items: Sequence[str]) -> str:
    """Return the first items, and how many there are beyond them."""
    beyond = len(items) - MOST_CHANGES
    more = f" … and {beyond:,} more" if beyond > 0 else ""
    return "".join(items[:MOST_CHANGES]) + more


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
        check = finding.check if finding.since is None else f"{finding.check}, {finding.since}"
        feature, sentence, check = map(for_html, (finding.feature, finding.sentence, check))
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


def _runs(runs: Sequence[tuple[str, int, int | None]]) -> str:
    most = max([1, *(count for _, _, count in runs if count is not None)])
    rows = ""
    for run, size, count in runs:
        cells = '<td>not known</td><td class="meter"></td>'
        if count is not None:
            cells = f'<td>{count:,}</td><td class="meter"><meter max="{most}" value="{count}">{count}</meter></td>'
        rows += f'<tr><th scope="row">{for_html(run)}</th><td>{size:,}</td>{cells}</tr>'
    head = f'<tr>{header_cells(("Run", "Rows", "Violations"))}<td class="meter"></td></tr>'
    return f"<table><thead>{head}</thead><tbody>{rows}</tbody></table>"
