"""A batch transform of one file: up, through the job, and down again."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from modelyard.manifest.names import MARK
from modelyard.operations.bucket import DataBucket
from modelyard.operations.data.rows import rows
from modelyard.operations.data.schema import batch_records
from modelyard.operations.deployment import Deployment
from modelyard.operations.executions import Execution, Machine, run_name
from modelyard.operations.failures import Failure
from modelyard.operations.logs.streams import job_source, last_lines
from modelyard.operations.screen.table import Table

# SageMaker adds this to the name of each input (developer guide, "Batch transform").
SUFFIX = ".out"
LONGEST_CELL = 60
# How every gzip file begins (RFC 1952, 2.3.1).
GZIP = b"\x1f\x8b"


@dataclass(frozen=True, kw_only=True, slots=True)
class Transform:
    """A file to score, under the name of the run that scores it."""

    deployment: Deployment
    file: Path
    run: str

    @property
    def key(self) -> str:
        """Where the file waits in the data bucket."""
        return f"{self.deployment.model.layout.transform_input(run=self.run)}{self.file.name}"

    def start(self, *, sent: Callable[[int], None]) -> str:
        """Upload the file, start the transform and return the execution's ARN."""
        self._bucket.upload(file=self.file, key=self.key, notes={}, sent=sent)
        path = self.key.removeprefix(f"{self.deployment.model.name}/")
        return self.machine.start(name=self.run, payload={"input": path})

    @property
    def machine(self) -> Machine:
        """The state machine that transforms."""
        return Machine(aws=self.deployment.aws, arn=self.deployment.output("batch", "BatchStateMachineArn"))

    def fetch(self, *, execution: Execution, folder: Path) -> Path:
        """Download what was scored.

        Raises:
            Failure: the transform failed, with what its job's log says of the file, or left nothing for it.
        """
        try:
            result = execution.result(what="The transform")
        except Failure as failure:
            said = self._said_of_the_file()
            if said is None:
                raise
            raise Failure(
                f"{failure}; its data log ends with: {said}; mend what the model refuses in {self.file}"
            ) from failure
        key = f"{self._bucket.key_of(result['output'])}/{self.file.name}{SUFFIX}"
        content = self._bucket.read(key)
        if content is None:
            raise Failure(f"The transform {self.run} left nothing at {self._bucket.uri(key)}; look at its job's log")
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{self.file.name}{SUFFIX}"
        path.write_bytes(content)
        return path

    def _said_of_the_file(self) -> str | None:
        """The data log's last line, where SageMaker writes what the model answered; None if it has none."""
        job = f"{self.deployment.stage}-{self.deployment.model.slug}{MARK}{self.run}"
        source = job_source(kind="Transform", name=job, label=job)
        lines = last_lines(aws=self.deployment.aws, source=source, stream_suffix="/data-log")
        said = [line.partition("[sagemaker logs]: ")[2] or line for line in lines]
        return next((line for line in reversed(said) if line.strip()), None)

    @property
    def _bucket(self) -> DataBucket:
        return DataBucket(aws=self.deployment.aws, name=self.deployment.bucket)


def transform_of(*, deployment: Deployment, file: Path) -> Transform:
    """Return a transform that begins now.

    Raises:
        Failure: the file cannot be scored.
    """
    if not file.is_file():
        raise Failure(f"{file} must be a file to score, there is none; name one")
    if file.stat().st_size == 0:
        raise Failure(f"{file} must hold records, it is empty; name another")
    with file.open("rb") as content:
        if content.read(len(GZIP)) == GZIP:
            raise Failure(f"{file} must not be compressed, got gzip, which the model would read as records; unpack it")
    form, columns = batch_records(deployment.model)
    faults = (
        (fault for row in rows(file, columns=columns, form=form) for fault in row.faults.values()) if columns else ()
    )
    fault = next(iter(faults), None)
    if fault is not None:
        raise Failure(fault)
    return Transform(deployment=deployment, file=file, run=run_name(moment=deployment.aws.now()))


def preview(*, source: Path, scored: Path, rows: int) -> Table:
    """The first records beside their scores; a joined output begins with the record, which is not shown twice."""
    pairs = zip_longest(_lines(source, rows), _lines(scored, rows), fillvalue="")
    shown = tuple(
        (number, _short(record), _score(record=record, line=line)) for number, (record, line) in enumerate(pairs, 1)
    )
    return Table(columns=("line", "record", "score"), rows=shown, title=f"{scored} (first {len(shown)})")


def _lines(file: Path, most: int) -> list[str]:
    with file.open(encoding="utf-8", errors="replace") as lines:
        return [line.rstrip("\r\n") for _, line in zip(range(most), lines, strict=False)]


def _score(*, record: str, line: str) -> str:
    return _short(line.removeprefix(record).lstrip(",") if record and line.startswith(record) else line)


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_CELL else f"{text[: LONGEST_CELL - 1]}…"
