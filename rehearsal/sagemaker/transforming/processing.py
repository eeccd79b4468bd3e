"""What becomes of a record on its way to the model, and of the model's answer on its way to the output.

Source: "Associate Prediction Results with Input Records" in AWS's developer guide; DataProcessing and
BatchDataCaptureConfig in the API reference.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from modelyard.rehearsal.sagemaker.transforming.formats import Format, RecordError, lines_of, read, write
from modelyard.rehearsal.sagemaker.transforming.json_paths import JsonPath
from modelyard.rehearsal.sagemaker.transforming.splitting import Record

OUTPUT, INPUT = "SageMakerOutput", "SageMakerInput"
IDENTIFIER, TIME = "SageMakerInferenceId", "SageMakerInferenceTime"
MISMATCH = "Fail to join data: mismatched line count between the input and the output"


@dataclass(frozen=True, kw_only=True, slots=True)
class Stamp:
    """What GenerateInferenceId adds to each output record: an identifier and the job's start."""

    started: datetime
    identifier: Callable[[], str]

    @property
    def time(self) -> str:
        """The job's start, in UTC."""
        return self.started.strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True, kw_only=True, slots=True)
class DataProcessing:
    """The filters and the join of a transform job; with none of them bytes pass unread.

    `given` is the format of the input, `made` that of the output. `whole` says that objects are not split.

    Raises:
        ValueError: a filter, a join or a stamp asks to look into what is neither CSV nor JSON, or a join would mix
            the two.

    """

    given: Format | None
    made: Format | None
    whole: bool = False
    input_filter: JsonPath = field(default_factory=JsonPath)
    output_filter: JsonPath = field(default_factory=JsonPath)
    join: bool = False
    stamp: Stamp | None = None

    def __post_init__(self) -> None:
        known = ", ".join(kind.value for kind in Format)
        if self.given is None and (self.join or not self.input_filter.whole):
            raise ValueError(f"ContentType must be one of {known} for a filter or a join; set it in TransformInput")
        if self.made is None and self._looks_into_output:
            raise ValueError(f"Accept must be one of {known} for a filter, a join or an id; set it in TransformOutput")
        if self.join and (self.given is Format.CSV) != (self.made is Format.CSV):
            raise ValueError("a join needs the same ContentType and Accept, got CSV and JSON; make them the same")

    @property
    def _looks_into_output(self) -> bool:
        return self.join or not self.output_filter.whole or self.stamp is not None

    def records(self, sources: Sequence[bytes]) -> list[Record]:
        """Return each record with what the model is to see of it.

        Raises:
            ValueError: a record is not of its format, or does not have what the filter selects.

        """
        if self.input_filter.whole or self.given is None:
            return [Record(source=source, payload=source) for source in sources]
        return [record for source in sources for record in self._filtered(source=source, kind=self.given)]

    def answer(self, *, records: Sequence[Record], body: bytes) -> bytes:
        """Return what is to be kept of the model's answer to some records.

        Raises:
            ValueError: the answer is not of its format or has another count of records than the request, or a joined
                record does not have what the filter selects.

        """
        if not self._looks_into_output or self.made is None:
            return body
        made = lines_of(body=body, kind=self.made, whole=self.whole)
        sources = self._sources(records) if self.join else [b""] * len(made)
        if len(sources) != len(made):
            raise RecordError(MISMATCH)
        pairs = zip(sources, made, strict=True)
        return b"\n".join(self._kept(source=source, made=output, kind=self.made) for source, output in pairs)

    def _filtered(self, *, source: bytes, kind: Format) -> list[Record]:
        """Filter a record; a whole object of CSV is filtered row by row and stays one record."""
        rows = lines_of(body=source, kind=kind, whole=self.whole)
        chosen = [write(value=self.input_filter.select(read(text=row, kind=kind)), kind=kind) for row in rows]
        return [Record(source=source, payload=b"".join(row + b"\n" for row in chosen))]

    def _sources(self, records: Sequence[Record]) -> list[bytes]:
        if self.given is None:
            return []
        return [line for record in records for line in lines_of(body=record.source, kind=self.given, whole=self.whole)]

    def _kept(self, *, source: bytes, made: bytes, kind: Format) -> bytes:
        value = read(text=made, kind=kind)
        if self.join and self.given is not None:
            value = _joined(given=read(text=source, kind=self.given), made=value, kind=kind)
        value = value if self.output_filter.whole else self.output_filter.select(value)
        value = value if self.stamp is None else _stamped(value=value, stamp=self.stamp, kind=kind)
        return write(value=value, kind=kind)


def _joined(*, given: Any, made: Any, kind: Format) -> Any:
    if kind is Format.CSV:
        return [*given, *made]
    return {**given, OUTPUT: made} if isinstance(given, dict) else {INPUT: given, OUTPUT: made}


def _stamped(*, value: Any, stamp: Stamp, kind: Format) -> Any:
    identifier = stamp.identifier()
    if kind is Format.CSV:
        return [*(value if isinstance(value, list) else [value]), identifier, stamp.time]
    members = value if isinstance(value, dict) else {OUTPUT: value}
    return {**members, IDENTIFIER: identifier, TIME: stamp.time}
