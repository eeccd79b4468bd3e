import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from modelyard.drift.analysis import Baseline, Check
from modelyard.drift.documents.constraints import (
    MonitoringConfig,
    suggest_constraints,
)
from modelyard.drift.documents.statistics import profile_statistics
from modelyard.drift.profiling.profile import FeatureProfile, Profile, Reading
from modelyard.drift.quality.analysis import merged_pairs
from modelyard.drift.quality.merging import MergedLines
from modelyard.drift.quality.statistics import QualityStatistics, quality_statistics
from modelyard.drift.quality.task import Task
from modelyard.drift.reading.source import Format, Source, profiled
from modelyard.drift.source_analysis import check
from modelyard.drift.verdict.earlier import Earlier
from modelyard.drift.verdict.verdict import Alarm, Budget, Verdict, give_verdict
from support.drift.checks import with_monitoring

HOURLY = Budget()


@pytest.fixture
def profile_csv_text(tmp_path: Path) -> Callable[..., Profile]:
    """Profile CSV text the way a user's file is."""

    def profile(text: str | bytes, *, header: bool = False) -> Profile:
        path = tmp_path / "data.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return profiled(source=Source(path=path, format=Format.CSV, header=header))

    return profile


@pytest.fixture
def column(profile_csv_text: Callable[..., Profile]) -> Callable[[Sequence[str]], FeatureProfile]:
    """Profile one column; a second one keeps its empty values from being blank lines."""

    def profile(values: Sequence[str]) -> FeatureProfile:
        return profile_csv_text("".join(f"{value},x\n" for value in values)).features[0]

    return profile


@pytest.fixture
def capture_line() -> Callable[..., str]:
    """One line of a capture file, as the service writes it."""

    def line(answer: str | None, request: str | None, *, encoding: str = "CSV", media: str = "text/csv") -> str:
        sides = {}
        if request is not None:
            sides["endpointInput"] = {
                "observedContentType": media,
                "mode": "INPUT",
                "data": request,
                "encoding": encoding,
            }
        if answer is not None:
            sides["endpointOutput"] = {
                "observedContentType": media,
                "mode": "OUTPUT",
                "data": answer,
                "encoding": encoding,
            }
        metadata = {"eventId": "3f6c", "inferenceTime": "2026-06-12T10:33:28Z"}
        return json.dumps({"captureData": sides, "eventMetadata": metadata, "eventVersion": "0"})

    return line


@pytest.fixture
def profile_captures(tmp_path: Path) -> Callable[..., Profile]:
    """Profile lines of a capture file."""

    def profile(*lines: str) -> Profile:
        path = tmp_path / "captured.jsonl"
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        return profiled(source=Source(path=path, format=Format.CAPTURE))

    return profile


@pytest.fixture
def captured_line() -> Callable[..., str]:
    """One line of a capture file."""

    def line(name: str, answer: str, *, encoding: str = "CSV", inference: str | None = None) -> str:
        media = "text/csv" if encoding == "CSV" else "application/json"
        output = {"observedContentType": media, "mode": "OUTPUT", "data": answer, "encoding": encoding}
        sent = {"observedContentType": "text/csv", "mode": "INPUT", "data": "1,2", "encoding": "CSV"}
        metadata = {"eventId": name, "inferenceTime": "2026-11-22T09:10:00Z"}
        if inference is not None:
            metadata["inferenceId"] = inference
        sides = {"endpointInput": sent, "endpointOutput": output}
        return json.dumps({"captureData": sides, "eventMetadata": metadata, "eventVersion": "0"})

    return line


@pytest.fixture
def label_line() -> Callable[..., str]:
    """One line of ground truth."""

    def line(name: str, label: str, *, encoding: str = "CSV") -> str:
        truth = {"data": label, "encoding": encoding}
        return json.dumps({"groundTruthData": truth, "eventMetadata": {"eventId": name}, "eventVersion": "0"})

    return line


@pytest.fixture
def merged_line(captured_line: Callable[..., str]) -> Callable[..., bytes]:
    """One merged line."""

    def line(answer: str, label: str, *, encoding: str = "CSV", label_encoding: str = "CSV") -> bytes:
        record = json.loads(captured_line("a", answer, encoding=encoding))
        return json.dumps({**record, "groundTruthData": {"data": label, "encoding": label_encoding}}).encode()

    return line


@pytest.fixture
def measure() -> Callable[..., tuple[QualityStatistics, Reading]]:
    """Measure merged lines."""

    def measure(task: Task, *lines: bytes) -> tuple[QualityStatistics, Reading]:
        pairs, reading = merged_pairs(lines=[MergedLines(path=Path("x.jsonl"), text=b"\n".join(lines))], task=task)
        return quality_statistics(problem=task.problem, pairs=pairs), reading

    return measure


@pytest.fixture
def write_lines() -> Callable[[Path, Sequence[str]], Path]:
    """Write lines to a file and the folders that it needs."""

    def write(path: Path, lines: Sequence[str]) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        return path

    return write


@pytest.fixture
def values() -> Callable[[QualityStatistics], Mapping[str, float]]:
    """Return the metrics without their deviations."""

    def plain(statistics: QualityStatistics) -> Mapping[str, float]:
        return {name: metric.value for name, metric in statistics.metrics.items()}

    return plain


CheckCsv = Callable[..., Check]


@pytest.fixture
def check_csv(tmp_path: Path) -> CheckCsv:
    """Hold CSV text against the baseline that other CSV text makes; features may be with_monitoring in between."""

    def hold(training: str, live: str, *, header: bool = False, monitoring: MonitoringConfig | None = None) -> Check:
        (tmp_path / "train.csv").write_text(training)
        (tmp_path / "live.csv").write_text(live)
        profile = profiled(source=Source(path=tmp_path / "train.csv", format=Format.CSV, header=header))
        constraints = suggest_constraints(profile=profile)
        if monitoring is not None:
            constraints = with_monitoring(constraints, monitoring)
        baseline = Baseline(constraints=constraints, statistics=profile_statistics(profile=profile))
        return check(source=Source(path=tmp_path / "live.csv", format=Format.CSV, header=header), baseline=baseline)

    return hold


@pytest.fixture
def verdict_on(profile_csv_text: Callable[..., Profile]) -> Callable[..., Verdict]:
    """Hold one column of values against another; a second column of x keeps empty values from being blank lines."""

    def verdict(
        known: Sequence[object],
        live: Sequence[object],
        *,
        budget: Budget = HOURLY,
        alarm: Alarm = Alarm.CONSTRAINTS,
        earlier: Earlier | None = None,
    ) -> Verdict:
        def profile(values: Sequence[object]) -> Profile:
            return profile_csv_text("label,value\n" + "".join(f"x,{value}\n" for value in values), header=True)

        baseline = profile(known)
        return give_verdict(
            profile=profile(live),
            constraints=suggest_constraints(profile=baseline),
            baseline=profile_statistics(profile=baseline),
            budget=budget,
            alarm=alarm,
            earlier=earlier,
        )

    return verdict
