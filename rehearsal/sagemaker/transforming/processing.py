"""What becomes of a record on its way to the model, and of the model's answer on its way to the output.

Source: "Associate Prediction Results with Input Records" in AWS's developer guide; DataProcessing and
BatchDataCaptureConfig in the API reference.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from modelyard.rehearsal.sagemaker.transforming.json_paths import JsonPath
from modelyard.rehearsal.sagemaker.transforming.records import Format, Record, RecordError, lines_of, read, write

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

    `input_format` and `output_format` are None for what cannot be looked into. `whole` says that objects are not
    split.

    Raises:
        ValueError: a filter, a join or a stamp asks to look into what is neither CSV nor JSON, or a join would mix
            the two.

    """

    input_format: Format | None
    output_format: Format | None
    whole: bool = False
    input_filter: JsonPath = field(default_factory=JsonPath)
    output_filter: JsonPath = field(default_factory=JsonPath)
    join: bool = False
    stamp: Stamp | None = None

    def __post_init__(self) -> None:
        known = ", ".join(kind.value for kind in Format)
        if self.input_format is None and (self.join or not self.input_filter.whole):
            raise ValueError(f"ContentType must be one of {known} for a filter or a join; set it in TransformInput")
        if self.output_format is None and self._changes_output:
            raise ValueError(f"Accept must be one of {known} for a filter, a join or an id; set it in TransformOutput")
        if self.join and (self.input_format is Format.CSV) != (self.output_format is Format.CSV):
            raise ValueError("a join needs the same ContentType and Accept, got CSV and JSON; make them the same")

    @property
    def _changes_output(self) -> bool:
        return self.join or not self.output_filter.whole or self.stamp is not None

    def records(self, sources: Sequence[bytes]) -> list[Record]:
        """Return each record with what the model is to see of it.

        A whole object of CSV is filtered row by row and stays one record.

        Raises:
            ValueError: a record is not of its format, or does not have what the filter selects.

        """
        kind = self.input_format
        if self.input_filter.whole or kind is None:
            return [Record(source=source, payload=source) for source in sources]
        records: list[Record] = []
        for source in sources:
            rows = [read(text=row, kind=kind) for row in lines_of(body=source, kind=kind, whole=self.whole)]
            selected = [write(value=self.input_filter.select(row), kind=kind) for row in rows]
            records.append(Record(source=source, payload=b"".join(row + b"\n" for row in selected)))
        return records

    def answer(self, *, records: Sequence[Record], body: bytes) -> bytes:
        """Return what is to be kept of the model's answer to some records.

        Raises:
            ValueError: the answer is not of its format or has another count of records than the request, or a joined
                record does not have what the filter selects.

        """
        kind = self.output_format
        if not self._changes_output or kind is None:
            return body
        outputs = lines_of(body=body, kind=kind, whole=self.whole)
        inputs: list[bytes] = []
        if self.join and self.input_format is not None:
            for record in records:
                inputs += lines_of(body=record.source, kind=self.input_format, whole=self.whole)
            if len(inputs) != len(outputs):
                raise RecordError(MISMATCH)

        kept: list[bytes] = []
        for number, output in enumerate(outputs):
            value = read(text=output, kind=kind)
            if self.join and self.input_format is not None:
                value = _joined(read(text=inputs[number], kind=self.input_format), value, kind=kind)
            if not self.output_filter.whole:
                value = self.output_filter.select(value)
            if self.stamp is not None:
                value = _stamped(value, stamp=self.stamp, kind=kind)
            kept.append(write(value=value, kind=kind))
        return b"\n".join(kept)


def _joined(source: Any, output: Any, *, kind: Format) -> Any:
    if kind is Format.CSV:
        return [*source, *output]
    return {**source, OUTPUT: output} if isinstance(source, dict) else {INPUT: source, OUTPUT: output}


def _stamped(value: Any, *, stamp: Stamp, kind: Format) -> Any:
    identifier = stamp.identifier()
    if kind is Format.CSV:
        return [*(value if isinstance(value, list) else [value]), identifier, stamp.time]
    members = value if isinstance(value, dict) else {OUTPUT: value}
    return {**members, IDENTIFIER: identifier, TIME: stamp.time}
