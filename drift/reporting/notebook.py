"""Profiles, baselines and checks as the HTML of a notebook's cell: no script, and nothing from a network."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from modelyard.drift.analysis import Baseline, Check
from modelyard.drift.checking.outcome import Status
from modelyard.drift.documents.statistics import FeatureStatistics, feature_statistics
from modelyard.drift.documents.violations import Violation
from modelyard.drift.escaping import for_html
from modelyard.drift.profiling.profile import Profile
from modelyard.drift.reporting.distribution import Distribution, distribution
from modelyard.drift.reporting.fragments import asset, header_cells
from modelyard.drift.reporting.plain_sentences import plain_sentence
from modelyard.drift.reporting.summary import robust_distance

MOST_COLUMNS = 200
MOST_VALUES = 8
WIDTH, HEIGHT = 168, 36
LIVE, BASELINE = "#2b7bba", "#8a8f98"


@dataclass(frozen=True, kw_only=True, slots=True)
class _Table:
    """A table with a row a column of the data, under a heading and sentences about all of them."""

    heading: str
    kind: str
    about: str
    notes: Sequence[str]
    names: Sequence[str]
    rows: Iterable[Sequence[str]]


def profile_html(*, profile: Profile) -> str:
    """Return a profile: each column's type, values, moments and distribution."""
    rows = (
        [
            for_html(feature.name),
            feature.inferred.value,
            *_numbers(feature_statistics(feature=feature)),
            _bars(distribution(live=feature_statistics(feature=feature), baseline=None)),
        ]
        for feature in profile.features
    )
    unread = [f"{profile.reading.unreadable_records:,} records could not be read: {for_html(profile.reading.causes)}."]
    return _html(
        _Table(
            heading="Profile",
            kind="plain",
            about=_size(profile.rows, len(profile.features)),
            notes=unread if profile.reading.unreadable_records > 0 else (),
            names=("Column", "Type", "Present", "Different, about", "Mean", "Deviation", "Min", "Max", "Distribution"),
            rows=rows,
        ),
        count=len(profile.features),
    )


def baseline_html(*, baseline: Baseline) -> str:
    """Return a baseline: what each column has to keep to, and which columns' own data do not."""
    statistics = baseline.statistics.by_name() if baseline.statistics is not None else {}
    rows = (
        [
            for_html(feature.name),
            feature.inferred.value,
            "" if feature.completeness is None else f"{feature.completeness:.0%} or more",
            _values(feature.domains),
            _bars(distribution(live=None, baseline=statistics.get(feature.name))),
        ]
        for feature in baseline.constraints.features
    )
    columns = len(baseline.constraints.features)
    rows_seen = baseline.statistics.rows if baseline.statistics is not None else None
    return _html(
        _Table(
            heading="Baseline",
            kind="bad" if baseline.broken else "plain",
            about=f"{columns:,} columns" if rows_seen is None else _size(rows_seen, columns),
            notes=[
                f"<b>{for_html(one.feature)}</b> does not keep to its own baseline: "
                f"{for_html(one.cause)}; {for_html(one.remedy)}."
                for one in baseline.broken
            ],
            names=("Column", "Type", "Present", "Values", "Distribution"),
            rows=rows,
        ),
        count=columns,
    )


def check_html(*, check: Check) -> str:
    """Return a check: its violations, and each column over the baseline, columns with violations first."""
    known = check.statistics.by_name() if check.statistics is not None else {}
    broken: dict[str, list[Violation]] = {}
    for violation in check.violations:
        broken.setdefault(violation.feature, []).append(violation)
    features = sorted(check.profile.features, key=lambda feature: feature.name not in broken)
    heading, kind = {
        Status.COMPLETED: ("No violations", "good"),
        Status.COMPLETED_WITH_VIOLATIONS: (_violations(len(check.violations)), "bad"),
        Status.NO_DATA: ("No data", "plain"),
    }[check.outcome.status]
    rows = (_checked(feature_statistics(feature=feature), known.get(feature.name), broken) for feature in features)
    return _html(
        _Table(
            heading=heading,
            kind=kind,
            about=_size(check.profile.rows, len(features)),
            notes=[
                f"<b>{for_html(violation.feature)}</b>: {for_html(plain_sentence(violation=violation))}"
                for violation in check.violations[:MOST_COLUMNS]
            ],
            names=("Column", "Violations", "Present", "was", "Mean", "was", "Distance", "Live over baseline"),
            rows=rows,
        ),
        count=len(features),
    )


def _checked(
    live: FeatureStatistics, baseline: FeatureStatistics | None, broken: Mapping[str, Sequence[Violation]]
) -> list[str]:
    distance = robust_distance(live=live, baseline=baseline)
    return [
        for_html(live.name),
        str(len(broken[live.name])) if live.name in broken else "",
        f"{live.completeness:.1%}",
        "" if baseline is None else f"{baseline.completeness:.1%}",
        _mean(live),
        "" if baseline is None else _mean(baseline),
        "" if distance is None else f"{distance:.3f}",
        _bars(distribution(live=live, baseline=baseline)),
    ]


def _violations(count: int) -> str:
    return f"{count:,} violation{'s' * (count != 1)}"


def _size(rows: int, columns: int) -> str:
    return f"{rows:,} row{'s' * (rows != 1)}, {columns:,} column{'s' * (columns != 1)}"


def _numbers(feature: FeatureStatistics) -> list[str]:
    shown = [f"{feature.completeness:.1%}", f"{feature.approximate_distinct:,}"]
    moments = feature.moments
    if moments is None:
        return [*shown, "", "", "", ""]
    return [*shown, *map(_short, (moments.mean, moments.deviation, moments.minimum, moments.maximum))]


def _mean(feature: FeatureStatistics) -> str:
    return "" if feature.moments is None else _short(feature.moments.mean)


def _short(value: float) -> str:
    return f"{value:,.5g}"


def _values(domains: Sequence[str] | None) -> str:
    if domains is None:
        return ""
    beyond = len(domains) - MOST_VALUES
    more = f" and {beyond:,} more" if beyond > 0 else ""
    return ", ".join(map(for_html, domains[:MOST_VALUES])) + more


def _bars(bars: Distribution | None) -> str:
    """A small drawing: the live data filled, the baseline as an outline; its words say the most frequent values."""
    if bars is None:
        return ""
    sides = [side for side in (bars.live, bars.baseline) if side is not None]
    most = max(max(side) for side in sides)
    drawn = _rectangles(bars, bars.live, most, f'fill="{LIVE}" fill-opacity="0.75"', inset=0.5)
    drawn += _rectangles(bars, bars.baseline, most, f'fill="none" stroke="{BASELINE}" stroke-width="1.5"', inset=1.0)
    top = max(range(len(bars.labels)), key=lambda bar: sides[0][bar])
    words = for_html(f"most frequent: {bars.labels[top]}, {sides[0][top]:.1%}")
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" role="img" '
        f'aria-label="{words}">{drawn}</svg>'
    )


def _rectangles(bars: Distribution, shares: Sequence[float] | None, most: float, style: str, *, inset: float) -> str:
    if shares is None or most == 0:
        return ""
    step = WIDTH / len(bars.labels)
    return "".join(
        f'<rect x="{at * step + inset:.1f}" y="{HEIGHT - HEIGHT * share / most:.1f}" '
        f'width="{max(step - 2 * inset, 0.5):.1f}" height="{HEIGHT * share / most:.1f}" {style}>'
        f"<title>{for_html(label)}: {share:.1%}</title></rect>"
        for at, (label, share) in enumerate(zip(bars.labels, shares, strict=True))
        if share > 0
    )


def _html(table: _Table, *, count: int) -> str:
    rows = ""
    for _, (name, *cells) in zip(range(MOST_COLUMNS), table.rows, strict=False):
        rows += f'<tr><th scope="row">{name}</th>{"".join(f"<td>{cell}</td>" for cell in cells)}</tr>'
    beyond = count - MOST_COLUMNS
    more = f"<p>… and {beyond:,} more columns.</p>" if beyond > 0 else ""
    notes = f"<ul>{''.join(f'<li>{note}</li>' for note in table.notes)}</ul>" if table.notes else ""
    return (
        f'<div class="modelyard-drift"><style>{asset(name="notebook.css")}</style>'
        f'<p class="{table.kind}"><b>{table.heading}</b> {table.about}</p>{notes}'
        f"<table><thead><tr>{header_cells(table.names)}</tr></thead><tbody>{rows}</tbody></table>{more}</div>"
    )
