"""The results of checks, brought here and read."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modelyard.drift.documents.constraints import read_constraints
from modelyard.drift.documents.violations import Violation, read_violations
from modelyard.drift.reporting.files import write_report
from modelyard.drift.reporting.summary import Finding, Summary
from modelyard.drift.verdict.sentences import CHECK, certainty, headline, sensitivity
from modelyard.manifest.data_layout import VIOLATIONS_FILE
from modelyard.operations.bucket import DataBucket
from modelyard.operations.failures import Failure
from modelyard.operations.monitoring.monitor import Monitor
from modelyard.operations.screen.table import Table
from modelyard.shared.object_path import object_path

STATISTICS, CONSTRAINTS = "statistics.json", "constraints.json"
HOUR = re.compile(r"\d{4}/\d\d/\d\d/\d\d")
NO_DRIFT, DRIFT, NO_DATA = 0, 2, 3
MOST_NOTED = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class Results:
    """Folders of results in the data bucket, one for each hour that was checked."""

    monitor: Monitor

    def folders(self) -> list[str]:
        """Return the folders, oldest first; what does not lie in the folder of an hour is no check's."""
        root = self.monitor.reports
        found = [one.key for one in self._bucket.objects(f"{root}/") if one.key.endswith(f"/{STATISTICS}")]
        folders = sorted(key.removesuffix(f"/{STATISTICS}") for key in found)
        return [folder for folder in folders if HOUR.fullmatch(folder.removeprefix(f"{root}/"))]

    def fetch(self, *, folders: list[str], into: Path, only: str | None = None) -> list[Path]:
        """Download them, each under its hour, or `only` one file of each, where it is there.

        Raises:
            Failure: see `DataBucket.download`.
        """
        try:
            places = [object_path(folder=into, key=folder, prefix=self.monitor.reports) for folder in folders]
        except ValueError as error:
            raise Failure(f"The checks' results cannot be downloaded: {error}") from error
        for folder, place in zip(folders, places, strict=True):
            self._bucket.download(prefix=folder, folder=place, only=only)
        return places

    def fetch_baseline(self, *, into: Path) -> Path | None:
        """Download the deployed baseline; None where the data bucket has no statistics of it to compare with.

        Raises:
            Failure: see `DataBucket.download`.
        """
        self._bucket.download(prefix=self.monitor.baseline, folder=into)
        return into if (into / STATISTICS).is_file() else None

    def page(self, *, runs: list[Path], baseline: Path | None, file: Path) -> str:
        """Write the page of these runs beside the baseline, and return its verdict.

        Raises:
            drift.errors.DriftError: the files cannot be used.
        """
        deployment = self.monitor.deployment
        subject = f"{deployment.model.name} in {deployment.stage}, endpoint {deployment.endpoint}"
        return write_report(
            runs=runs, baseline=baseline, page=file, subject=subject, answer=self.answer_column(baseline=baseline)
        )

    def answer_column(self, *, baseline: Path | None) -> str | None:
        """Return the column of a baseline that the traffic has the model's answer in: the first, of a drift check.

        Raises:
            DriftError: its constraints cannot be used.
        """
        if self.monitor.measures or baseline is None:
            return None
        return next((one.name for one in read_constraints(path=baseline / CONSTRAINTS).features), None)

    @property
    def _bucket(self) -> DataBucket:
        return DataBucket(aws=self.monitor.deployment.aws, name=self.monitor.deployment.bucket)


def violations_of(folder: Path) -> tuple[Violation, ...]:
    """Return what a check found; one that found nothing may leave no file."""
    file = folder / VIOLATIONS_FILE
    return read_violations(path=file) if file.is_file() else ()


def not_compared(folder: Path) -> tuple[str, ...]:
    """Return the columns that a check did not look at."""
    file = folder / CONSTRAINTS
    return read_constraints(path=file).not_compared if file.is_file() else ()


def change_record(summary: Summary) -> dict[str, Any] | None:
    """Return what the verdict says, and since when, for JSON; None where there is none."""
    verdict = summary.change
    if verdict is None:
        return None
    return {
        "answer": verdict.answer.value,
        "alarm_on": verdict.alarm.value,
        "changes": [
            {
                "feature": one.feature,
                "check": CHECK,
                "description": one.sentence,
                "since": None if one.since is None else one.since.window,
                "or_earlier": None if one.since is None else not one.since.is_first,
                "importance": one.importance,
            }
            for one in summary.changes
        ],
        "not_looked_at": [{"feature": name, "reason": reason} for name, reason in summary.left_out.reasons],
    }


def change_notes(summary: Summary) -> list[str]:
    """Return the same in words, up to a handful of changes."""
    verdict = summary.change
    if verdict is None:
        return []
    beyond = len(summary.changes) - MOST_NOTED
    left_out = [f"{name} ({reason})" for name, reason in summary.left_out.reasons]
    notes = (
        f"Verdict: {headline(verdict=verdict)}.",
        *(f"{one.feature}: {one.text}" for one in summary.changes[:MOST_NOTED]),
        f"… and {beyond} more changes." if beyond > 0 else None,
        sensitivity(verdict=verdict),
        f"Not looked at: {', '.join(left_out)}." if left_out else None,
        certainty(verdict=verdict),
    )
    return [note for note in notes if note is not None]


def table_of_violations(violations: tuple[Violation, ...]) -> Table:
    """Violations as rows, in the analyzer's own words."""
    rows = tuple((one.feature, one.check, one.description) for one in violations)
    return Table(columns=("feature", "check", "description"), rows=rows)


def table_of_findings(findings: tuple[Finding, ...], *, answer: str | None) -> Table:
    """Violations as rows, in plain words; that of the model's answer is marked."""
    names = [f"{one.feature} (the answer)" if one.feature == answer else one.feature for one in findings]
    rows = tuple((name, one.sentence) for name, one in zip(names, findings, strict=True))
    return Table(columns=("feature", "what is wrong"), rows=rows)
