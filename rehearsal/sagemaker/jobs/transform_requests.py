"""What a CreateTransformJob request asks for, read once; what this service cannot do is refused in a sentence."""

from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from modelyard.rehearsal.sagemaker.errors import invalid
from modelyard.rehearsal.sagemaker.store import Document
from modelyard.rehearsal.sagemaker.transforming.json_paths import JsonPath
from modelyard.rehearsal.sagemaker.transforming.processing import DataProcessing, Stamp
from modelyard.rehearsal.sagemaker.transforming.records import Split, Strategy, format_of

SPLITS = tuple(kind.value for kind in Split)
# "The value of (MaxConcurrentTransforms * MaxPayloadInMB) also cannot exceed 100 MB" (CreateTransformJob).
MOST_MEGABYTES = 100
DEFAULT_MEGABYTES = 6
STRATEGIES = {"SINGLE_RECORD": Strategy.SINGLE, "MULTI_RECORD": Strategy.MULTI}


@dataclass(frozen=True, kw_only=True, slots=True)
class BatchSettings:
    """How requests are made: how many at once, how large (0: an object at once), and how they are put together."""

    concurrent: int
    megabytes: int
    strategy: Strategy

    @classmethod
    def of(cls, *, request: Document, container: Document) -> "BatchSettings":
        """Return what the request says, else what the container does at /execution-parameters, else the default."""
        concurrent = request.get("MaxConcurrentTransforms", 0)
        strategy = STRATEGIES.get(str(container.get("BatchStrategy")), Strategy.MULTI)
        return cls(
            concurrent=concurrent if concurrent > 0 else int(container.get("MaxConcurrentTransforms", 1)),
            megabytes=request.get("MaxPayloadInMB", int(container.get("MaxPayloadInMB", DEFAULT_MEGABYTES))),
            strategy=Strategy(request.get("BatchStrategy", strategy)),
        )

    @property
    def most_bytes(self) -> int:
        """The longest body of a request."""
        return (self.megabytes if self.megabytes > 0 else MOST_MEGABYTES) * 1024**2

    def described(self) -> str:
        """Return the tempo as AWS's log has it."""
        strategy = next(name for name, value in STRATEGIES.items() if value is self.strategy)
        return f"MaxConcurrentTransforms={self.concurrent}, MaxPayloadInMB={self.megabytes}, BatchStrategy={strategy}"


def check_transform(request: Document) -> None:
    """Refuse what is not rehearsed, and what AWS refuses.

    Raises:
        ServiceError: ValidationException, with what to change.

    """
    given = request["TransformInput"]
    source = given["DataSource"]["S3DataSource"]
    if source["S3DataType"] != "S3Prefix":
        raise invalid(f"S3DataType must be S3Prefix here, got {source['S3DataType']}; name a prefix")
    if given.get("SplitType", "None") not in SPLITS:
        raise invalid(f"SplitType must be {' or '.join(SPLITS)} here, got {given['SplitType']}; split by lines")
    if given.get("CompressionType", "None") not in ("None", "Gzip"):
        raise invalid(f"CompressionType must be None or Gzip here, got {given['CompressionType']}")
    _check_payload(request)
    data_processing(request, started=datetime.min)


def split_of(request: Document) -> Split:
    """Return how objects are split."""
    return Split(request["TransformInput"].get("SplitType", "None"))


def data_processing(request: Document, *, started: datetime) -> DataProcessing:
    """Return what becomes of records.

    Raises:
        ServiceError: ValidationException, filters that cannot be read or that do not go with the content types.

    """
    wanted = request.get("DataProcessing", {})
    try:
        return DataProcessing(
            input_format=format_of(request["TransformInput"].get("ContentType")),
            output_format=format_of(_accept(request)),
            whole=split_of(request) is Split.NONE,
            input_filter=JsonPath(text=wanted.get("InputFilter", "$")),
            output_filter=JsonPath(text=wanted.get("OutputFilter", "$")),
            join=wanted.get("JoinSource", "None") == "Input",
            stamp=_stamp(request, started=started),
        )
    except ValueError as error:
        raise invalid(str(error)) from error


def _accept(request: Document) -> str | None:
    """Return the output's type; without one a container answers in the type that it was asked in."""
    given: str | None = request["TransformInput"].get("ContentType")
    accept: str | None = request["TransformOutput"].get("Accept", given)
    return accept


def _stamp(request: Document, *, started: datetime) -> Stamp | None:
    if not request.get("DataCaptureConfig", {}).get("GenerateInferenceId", False):
        return None
    return Stamp(started=started, identifier=lambda: str(uuid4()))


def _check_payload(request: Document) -> None:
    megabytes = request.get("MaxPayloadInMB", DEFAULT_MEGABYTES)
    concurrent = request.get("MaxConcurrentTransforms", 0)
    if megabytes > MOST_MEGABYTES or megabytes * concurrent > MOST_MEGABYTES:
        raise invalid(
            f"MaxPayloadInMB and its product with MaxConcurrentTransforms must be at most {MOST_MEGABYTES}, got "
            f"{megabytes} and {concurrent}; lower one of them"
        )
