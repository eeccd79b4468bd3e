"""Record preprocessor and post-processor scripts, which the model's owner writes.

Source of the contract: AWS's developer guide on preprocessing and postprocessing, and the scripts of its
samples.
"""

import inspect
import logging
import runpy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from modelyard.drift.errors import DriftError
from modelyard.drift.reading.json_rows import Row
from modelyard.drift.reading.records import Payload, Record

LOGGER = logging.getLogger("modelyard.drift.preprocessor")
BROKEN = "Exception performing analysis: Preprocess Handler not implemented correctly in customer script."


@dataclass(frozen=True, kw_only=True, slots=True)
class EventData:
    """One side of a record, as a script sees it."""

    data: str
    encoding: str
    observed_content_type: str
    mode: str


@dataclass(frozen=True, kw_only=True, slots=True)
class EventMetadata:
    """What is known of the request beside its payload."""

    event_id: str
    event_time: str
    custom_attribute: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class CapturedData:
    """Both sides of a record, under both spellings that AWS's samples use."""

    endpoint_input: EventData | None
    endpoint_output: EventData | None
    batch_transform_output: EventData | None

    @property
    def endpointInput(self) -> EventData | None:  # noqa: N802  the contract's name
        """The request."""
        return self.endpoint_input

    @property
    def endpointOutput(self) -> EventData | None:  # noqa: N802  the contract's name
        """The response."""
        return self.endpoint_output


@dataclass(frozen=True, kw_only=True, slots=True)
class InferenceRecord:
    """What a preprocess_handler is given."""

    event_data: CapturedData
    event_metadata: EventMetadata
    event_version: str
    ground_truth: None = None

    @property
    def endpoint(self) -> CapturedData:
        """The same as event_data."""
        return self.event_data

    @property
    def endpoint_input(self) -> EventData | None:
        """The request."""
        return self.event_data.endpoint_input

    @property
    def endpoint_output(self) -> EventData | None:
        """The response."""
        return self.event_data.endpoint_output


def load_preprocessor(*, script: Path) -> Callable[[Record], Sequence[Row]]:
    """Return the script's preprocess_handler as a function from a record to rows.

    The handler returns a dict for one row, a list of dicts for several, an empty list to drop the record; anything else
    is an error.

    Raises:
        DriftError: the script cannot be run or has no handler; the returned function raises it when the handler fails.
    """
    handler = _handler(script=script, name="preprocess_handler")
    takes_logger = len(inspect.signature(handler).parameters) > 1

    def preprocess(record: Record) -> Sequence[Row]:
        arguments = (_inference_record(record), LOGGER) if takes_logger else (_inference_record(record),)
        try:
            returned = handler(*arguments)
        except Exception as error:
            raise ScriptError(f"{BROKEN} ({type(error).__name__}: {error} in {script})") from error
        rows = returned if isinstance(returned, list) else [returned]
        for row in rows:
            if not isinstance(row, Mapping) or len(row) == 0:
                raise ScriptError(f"{BROKEN} (a row must be a dict with keys, got {row!r} from {script})")
        return cast("Sequence[Row]", rows)

    return preprocess


class ScriptError(DriftError):
    """The owner's script failed: the run fails, where a record that cannot be read is only counted."""


def run_postprocessor(*, script: Path) -> None:
    """Run the script's postprocess_handler, which takes no argument.

    Raises:
        DriftError: the script fails.
    """
    handler = _handler(script=script, name="postprocess_handler")
    try:
        handler()
    except Exception as error:
        raise ScriptError(
            f"postprocess_handler of {script} failed ({type(error).__name__}: {error}); mend it"
        ) from error


def _handler(*, script: Path, name: str) -> Callable[..., object]:
    if not script.is_file():
        raise ScriptError(f"{script} does not exist; give the path of a Python script with {name}")
    try:
        handler = runpy.run_path(str(script)).get(name)
    except Exception as error:
        raise ScriptError(f"{script} cannot be run ({type(error).__name__}: {error}); mend it") from error
    if not callable(handler):
        raise ScriptError(f"{script} must define {name}, it does not; define it")
    return cast("Callable[..., object]", handler)


def _side(payload: Payload | None) -> EventData | None:
    if payload is None:
        return None
    return EventData(
        data=payload.data,
        encoding=payload.encoding,
        observed_content_type=payload.content_type,
        mode=payload.mode,
    )


def _inference_record(record: Record) -> InferenceRecord:
    return InferenceRecord(
        event_data=CapturedData(
            endpoint_input=_side(record.request),
            endpoint_output=_side(record.response),
            batch_transform_output=_side(record.response),
        ),
        event_metadata=EventMetadata(
            event_id=record.event_id, event_time=record.event_time, custom_attribute=record.custom_attributes
        ),
        event_version=record.version,
    )
