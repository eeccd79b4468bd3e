import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from modelyard.drift.profiling.profile import FeatureProfile, Profile
from modelyard.drift.reading.source import Format, Source, profiled


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
