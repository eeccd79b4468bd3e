"""A batch transform of one file: up, through the job, and down again."""

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from modelyard.drift.reading.json_rows import csv_record
from modelyard.manifest.batch import Batch
from modelyard.manifest.names import MARK
from modelyard.operations.bucket import DataBucket
from modelyard.operations.deployment import Deployment
from modelyard.operations.executions import Execution, Machine, run_name
from modelyard.operations.failures import Failure
from modelyard.operations.logs.streams import job_source, last_lines
from modelyard.operations.screen.table import Table

# SageMaker adds this to the name of each input (developer guide, "Batch transform").
SUFFIX = ".out"
LONGEST_CELL = 60
CSV = "text/csv"
# How every gzip file begins (RFC 1952, 2.3.1).
GZIP = b"\x1f\x8b"


@dataclass(frozen=True, kw_only=True, slots=True)
class Transform:
    """A file to score, under the name of the run that scores it."""

    deployment: Deployment
    batch: Batch
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
    model = deployment.model
    if model.batch is None:
        raise Failure(f"{model.name} declares no [batch]; add that table to its manifest and deploy it")
    if not file.is_file():
        raise Failure(f"{file} must be a file to score, there is none; name one")
    if file.stat().st_size == 0:
        raise Failure(f"{file} must hold records, it is empty; name another")
    with file.open("rb") as content:
        if content.read(len(GZIP)) == GZIP:
            raise Failure(f"{file} must not be compressed, got gzip, which the model would read as records; unpack it")
    return Transform(deployment=deployment, batch=model.batch, file=file, run=run_name(moment=deployment.aws.now()))


def preview(*, source: Path, scored: Path, batch: Batch, rows: int) -> Table:
    """The first scores, each beside its record; alone where the file does not tell whose they are.

    Blank lines are no records, and a record of CSV may have line breaks in quotes. A joined output tells by itself: its
    records begin with those that were scored, which are not shown twice. Else as many scores as records are in order.
    """
    records, scores = _records(source, media=batch.content_type), _records(scored, media=batch.accept)
    joined, shown, alone, paired = batch.join == "Input", [], [], True
    for number, (record, answer) in enumerate(zip_longest(records, scores), 1):
        paired = paired and record is not None and answer is not None
        score = None if answer is None else answer.cells
        if paired and joined and record is not None and score is not None:
            paired, score = score[: len(record.cells)] == record.cells, score[len(record.cells) :]
        if number <= rows and record is not None and score is not None:
            shown.append((record.line, _short(record.cells), _short(score)))
        if number <= rows and answer is not None:
            alone.append((answer.line, _short(answer.cells)))
    if paired:
        return Table(columns=("line", "record", "score"), rows=tuple(shown), title=f"{scored} (first {len(shown)})")
    title = f"{scored} (first {len(alone)}; its lines cannot be paired with those of {source})"
    return Table(columns=("line", "score"), rows=tuple(alone), title=title)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Row:
    """One record of a file, and the line that it begins in; what is not CSV has one cell."""

    line: int
    cells: list[str]


def _records(file: Path, *, media: str) -> Iterator[_Row]:
    if media.partition(";")[0].strip().lower() != CSV:
        with file.open(encoding="utf-8", errors="replace") as lines:
            rows = ((number, line.rstrip("\r\n")) for number, line in enumerate(lines, 1))
            yield from (_Row(line=number, cells=[line]) for number, line in rows if line.strip())
        return
    with file.open(encoding="utf-8", errors="replace", newline="") as lines:
        reader = csv.reader(lines)
        begin = 1
        try:
            for cells in reader:
                if any(map(str.strip, cells)):
                    yield _Row(line=begin, cells=cells)
                begin = reader.line_num + 1
        except csv.Error:  # a cell longer than the reader takes: what follows is not shown, and so pairs with nothing
            return


def _short(cells: list[str]) -> str:
    text = csv_record(values=cells) if len(cells) > 1 else cells[0]
    text = text.replace("\r", "\\r").replace("\n", "\\n")
    return text if len(text) <= LONGEST_CELL else f"{text[: LONGEST_CELL - 1]}…"
