"""The upload mode Continuous: files go to S3 as they are written, and once more if they change."""

import logging
import threading
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from modelyard.rehearsal.sagemaker.jobs.failures import JobFailed
from modelyard.rehearsal.sagemaker.jobs.transfers import Transfers
from modelyard.shared.s3_uri import S3Uri

_logger = logging.getLogger(__name__)
EVERY_SECONDS = 0.5


@dataclass(frozen=True, kw_only=True, slots=True)
class Mirror:
    """A folder and the prefix at which its files are to be found; remembers what it has uploaded.

    A file has settled when two looks at it, one after the other, see the same.
    """

    folder: Path
    target: S3Uri
    transfers: Transfers
    key_id: str | None = None
    _seen: dict[Path, tuple[int, int]] = field(default_factory=dict)
    _uploaded: dict[Path, tuple[int, int]] = field(default_factory=dict)

    def upload(self, *, settled: bool) -> None:
        """Upload what is new or has changed, with `settled` only what has not changed since the look before.

        Raises:
            JobFailed: the role may not write it, or S3 has no key for it.

        """
        for path in sorted(path for path in self.folder.rglob("*") if path.is_file()):
            state = path.stat()
            mark = (state.st_mtime_ns, state.st_size)
            seen, self._seen[path] = self._seen.get(path), mark
            if self._uploaded.get(path) == mark or (settled and seen != mark):
                continue
            name = path.relative_to(self.folder).as_posix()
            self.transfers.upload(path=path, target=self.target, name=name, key_id=self.key_id)
            self._uploaded[path] = mark


class ContinuousUpload:
    """Keeps mirrors up to date while used as a context; the last state is the caller's to upload."""

    def __init__(self, mirrors: list[Mirror]) -> None:
        self._mirrors = mirrors
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._go, name="continuous upload", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def _go(self) -> None:
        while self._mirrors and not self._over.wait(EVERY_SECONDS):
            try:
                for mirror in self._mirrors:
                    mirror.upload(settled=True)
            except (JobFailed, FileNotFoundError) as failure:
                # The last upload, at the end of the job, tries again and fails the job if it must.
                _logger.info("a continuous upload is put off: %s", failure)
