"""Captured requests and answers, decoded."""

import base64
import json
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from modelyard.drift.line_breaks import split_lines
from modelyard.operations.bucket import DataBucket, Stored
from modelyard.operations.screen.table import Table

# Behind endpoint and variant: year, month, day, hour (developer guide, "Capture data from real-time endpoint").
HOUR_PARTS = 4
LOOK_SECONDS = 2.0
# Small files, each a request of its own.
READERS = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """One captured call; what was not captured of it is empty."""

    variant: str
    hour: str
    time: str
    inference_id: str
    request: str
    answer: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Captures:
    """What is captured of one endpoint, below the prefix that the serving stack names."""

    bucket: DataBucket
    prefix: str

    def files(self) -> list[Stored]:
        """Return the files, oldest first."""
        found = [one for one in self.bucket.objects(f"{self.prefix}/") if one.key.endswith(".jsonl")]
        return sorted(found, key=lambda one: (_hour(one.key, prefix=self.prefix), one.key))

    def by_hour(self) -> Table:
        """Return how many records each variant has in each hour: every file is read, for it may hold several."""
        counted: Counter[tuple[str, str]] = Counter()
        for record in self.records(self.files()):
            counted[record.hour, record.variant] += 1
        rows = tuple((hour, variant, count) for (hour, variant), count in sorted(counted.items()))
        return Table(columns=("hour (UTC)", "variant", "records"), rows=rows, title=self.bucket.uri(self.prefix))

    def newest(self, most: int) -> list[Record]:
        """Return the last records, oldest of them first."""
        found: list[Record] = []
        for file in reversed(self.files()):
            if len(found) >= most:
                break
            found = [*self.records([file]), *found]
        return found[len(found) - most :] if len(found) > most else found

    def records(self, files: Iterable[Stored]) -> Iterator[Record]:
        """Yield all records of some files."""
        for key, line in self.lines(files):
            document = json.loads(line)
            captured, about = document["captureData"], document["eventMetadata"]
            yield Record(
                variant=key.removeprefix(f"{self.prefix}/").partition("/")[0],
                hour=_hour(key, prefix=self.prefix),
                time=about["inferenceTime"],
                inference_id=about.get("inferenceId", ""),
                request=_decoded(captured.get("endpointInput")),
                answer=_decoded(captured.get("endpointOutput")),
            )

    def lines(self, files: Iterable[Stored]) -> Iterator[tuple[str, bytes]]:
        """Yield the lines of some files, each with the file's key; what has expired since it was listed has none."""
        keys = [file.key for file in files]
        with ThreadPoolExecutor(max_workers=READERS) as pool:
            for key, content in zip(keys, pool.map(self.bucket.read, keys), strict=True):
                for line in split_lines(content) if content is not None else ():
                    if line.strip():
                        yield key, line

    def since(self, start: datetime) -> list[Stored]:
        """Return the files of the hours from that of a moment on, oldest first."""
        first = f"{start:%Y-%m-%d %H}:00"
        return [one for one in self.files() if _hour(one.key, prefix=self.prefix) >= first]

    def follow(self) -> Iterator[Record]:
        """Records as they arrive, for ever."""
        seen = {file.key for file in self.files()}
        while True:
            new = [file for file in self.files() if file.key not in seen]
            yield from self.records(new)
            seen |= {file.key for file in new}
            time.sleep(LOOK_SECONDS)


def table_of_records(records: Iterable[Record]) -> Table:
    """Records as rows."""
    rows = tuple((one.time, one.variant, _short(one.request), _short(one.answer)) for one in records)
    return Table(columns=("time", "variant", "request", "answer"), rows=rows)


def _decoded(side: dict[str, Any] | None) -> str:
    """The payload as text; BASE64 is what a content type gets that the manifest does not list."""
    if side is None:
        return ""
    data = str(side["data"])
    return base64.b64decode(data).decode(errors="replace") if side["encoding"] == "BASE64" else data


def _hour(key: str, *, prefix: str) -> str:
    parts = key.removeprefix(f"{prefix}/").split("/")[1 : 1 + HOUR_PARTS]
    return f"{'-'.join(parts[:3])} {parts[3]}:00" if len(parts) == HOUR_PARTS else "?"


def _short(text: str) -> str:
    text = text.strip().replace("\n", "⏎")
    return text if len(text) <= 60 else f"{text[:59]}…"
