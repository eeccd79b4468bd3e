import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from modelyard.drift.profiling.profile import Reading
from modelyard.drift.quality.analysis import measured_lines
from modelyard.drift.quality.measuring import Measured
from modelyard.drift.quality.merging import Merged
from modelyard.drift.quality.task import Task


@pytest.fixture
def captured() -> Callable[..., str]:
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
def labelled() -> Callable[..., str]:
    """One line of ground truth."""

    def line(name: str, label: str, *, encoding: str = "CSV") -> str:
        truth = {"data": label, "encoding": encoding}
        return json.dumps({"groundTruthData": truth, "eventMetadata": {"eventId": name}, "eventVersion": "0"})

    return line


@pytest.fixture
def merged_line(captured: Callable[..., str]) -> Callable[..., bytes]:
    """One merged line."""

    def line(answer: str, label: str, *, encoding: str = "CSV", label_encoding: str = "CSV") -> bytes:
        record = json.loads(captured("a", answer, encoding=encoding))
        return json.dumps({**record, "groundTruthData": {"data": label, "encoding": label_encoding}}).encode()

    return line


@pytest.fixture
def measure() -> Callable[..., tuple[Measured, Reading]]:
    """Measure merged lines."""

    def measure(task: Task, *lines: bytes) -> tuple[Measured, Reading]:
        return measured_lines(lines=[Merged(path=Path("x.jsonl"), text=b"\n".join(lines))], task=task)

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
def values() -> Callable[[Measured], Mapping[str, float]]:
    """Return the metrics without their deviations."""

    def plain(measured: Measured) -> Mapping[str, float]:
        return {name: metric.value for name, metric in measured.metrics.items()}

    return plain
