"""Which files are the data, which format they are in, and the profile of them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import reduce
from pathlib import Path

from modelyard.drift.documents.constraints import Constraints
from modelyard.drift.documents.profile_bytes import read_profile
from modelyard.drift.errors import DriftError
from modelyard.drift.profiling.profile import Profile
from modelyard.drift.reading.answers import DeclaredAnswer
from modelyard.drift.reading.captures import BOTH_SIDES, OUTPUT, CaptureReader, Preprocessor, looks_captured
from modelyard.drift.reading.csv_dialect import check_dialect
from modelyard.drift.reading.csv_files import profile_csv
from modelyard.drift.reading.json_lines import profile_json_lines
from modelyard.drift.reading.row_batcher import RowBatcher


class Format(StrEnum):
    """What the data files are; profiles are what was found in others."""

    CSV = "csv"
    JSON_LINES = "json"
    PARQUET = "parquet"
    CAPTURE = "capture"
    PROFILE = "profile"


# As a sentence calls them.
BINARY = {Format.PARQUET: "Parquet", Format.PROFILE: "profiles"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """Where the data are and how to read them.

    A header is only for CSV, sides, a declared answer and a preprocessor only for captured records. A file is one
    partition, or as many as it has parts of `partition_bytes`: their numbers are summed up apart and merged.
    """

    path: Path
    format: Format
    header: bool = True
    sides: tuple[str, ...] = BOTH_SIDES
    preprocessor: Preprocessor | None = None
    answer: DeclaredAnswer | None = None
    partition_bytes: int | None = None

    def __post_init__(self) -> None:
        if len(self.sides) == 0 or not set(self.sides) <= set(BOTH_SIDES):
            raise DriftError(f"sides must be one or both of {', '.join(BOTH_SIDES)}, got {self.sides}; name one")

    @property
    def begins_with_answers(self) -> bool:
        """Whether the first column holds what a model answered, where the baseline has labels."""
        return self.format is Format.CAPTURE and OUTPUT in self.sides

    def files(self) -> list[Path]:
        """Return the data files, in the order of their paths.

        Markers such as _SUCCESS are none, and neither is what is hidden or lies in a hidden folder.
        """
        if not self.path.exists():
            raise DriftError(f"{self.path} does not exist; give a file or a folder of data")
        if self.path.is_file():
            return [self.path]
        files = (path for path in self.path.rglob("*") if path.is_file() and not path.name.startswith("_"))
        return sorted(
            path for path in files if not any(part.startswith(".") for part in path.relative_to(self.path).parts)
        )


def guess_format(*, path: Path) -> Format:
    """Return the format that a file's name, or the first of a folder, says.

    Raises:
        DriftError: the name says none.
    """
    files = Source(path=path, format=Format.CSV).files()
    if len(files) == 0:
        return Format.CAPTURE
    suffixes = [suffix.lower() for suffix in files[0].suffixes if suffix.lower() != ".gz"]
    last = suffixes[-1] if suffixes else ""
    if last in (".csv", ".txt", ".out", ""):
        return Format.CSV
    if last in (".json", ".jsonl", ".ndjson"):
        return Format.CAPTURE if looks_captured(path=files[0]) else Format.JSON_LINES
    if last == ".parquet":
        return Format.PARQUET
    if last == ".profile":
        return Format.PROFILE
    raise DriftError(f"format must be one of {', '.join(Format)}, {files[0]} says none; say it with --format")


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """The baseline's columns, and the texts of each that are counted however many others there are."""

    known: tuple[str, ...] = ()
    watch: tuple[tuple[str, ...], ...] = ()

    @classmethod
    def of(cls, constraints: Constraints | None) -> "Wanted":
        """Return what these constraints need to be checked."""
        features = constraints.features if constraints is not None else ()
        return cls(
            known=tuple(feature.name for feature in features),
            watch=tuple(tuple(feature.domains) if feature.domains is not None else () for feature in features),
        )


def profiled(*, source: Source, constraints: Constraints | None = None, processes: int | None = 1) -> Profile:
    """Return the profile of the source.

    With constraints, columns get the baseline's names and domains are counted. Several processes read a file each; None
    are as many as read it fastest. The profile does not depend on how many there are.

    Raises:
        DriftError: the data cannot be read, or not by several processes.
    """
    wanted = Wanted.of(constraints)
    if source.preprocessor is not None and source.format in BINARY:
        raise DriftError(
            f"a preprocessor takes lines of text, the data are {BINARY[source.format]}; "
            "give CSV, JSON lines or captures"
        )
    files = source.files()
    if source.format is Format.CSV and source.preprocessor is None:
        for path in files:
            check_dialect(path=path)
    profile: Profile | None = None
    if processes != 1:
        # it imports this module
        from modelyard.drift.reading.processes import profiled_by_processes

        profile = profiled_by_processes(source=source, wanted=wanted, processes=processes)
    if profile is None:
        profile = profile_files(source=source, wanted=wanted, paths=files)
    return replace(profile, begins_with_answers=True) if source.begins_with_answers else profile


def profile_part(*, source: Source, constraints: Constraints | None, processes: int | None) -> Profile:
    """Return the profile of a source that is a part of what will be checked; see `profiled`.

    Raises:
        DriftError: as of `profiled`.
    """
    wanted = Wanted.of(constraints)
    profile = profiled(source=source, constraints=constraints, processes=processes)
    return profile.with_columns(names=wanted.known, watch=wanted.watch) if profile.rows > 0 else profile


def profile_files(
    *, source: Source, wanted: Wanted, paths: Sequence[Path], first: tuple[str, ...] | None = None
) -> Profile:
    """Return the profile of some files of the source, in one pass.

    Where they are not all of them, `first` is what the first file says of the columns of CSV and Parquet.

    Raises:
        DriftError: the data cannot be read.
    """
    if source.format is Format.CAPTURE or source.preprocessor is not None:
        reader = CaptureReader(
            batcher=RowBatcher(known=wanted.known, watch=wanted.watch),
            sides=source.sides,
            preprocessor=source.preprocessor,
            captured=source.format is Format.CAPTURE,
            answer=source.answer,
            label=wanted.known[0] if wanted.known else "",
            partition_bytes=source.partition_bytes,
        )
        for path in paths:
            reader.read(path=path)
        return reader.finish()
    if source.format is Format.CSV:
        return profile_csv(
            paths=paths,
            header=source.header,
            known=wanted.known,
            watch=wanted.watch,
            partition_bytes=source.partition_bytes,
            first=first,
        )
    if source.format is Format.JSON_LINES:
        return profile_json_lines(
            paths=paths,
            known=wanted.known,
            watch=wanted.watch,
            partition_bytes=source.partition_bytes,
        )
    if source.format is Format.PROFILE:
        merged = reduce(Profile.merge, map(read_profile, paths), Profile(rows=0, width=0, features=()))
        # of the columns that a part was given to be merged, those that no record reached at all
        return replace(merged, features=merged.features[: merged.width])
    # polars is needed, and loaded, for Parquet alone
    from modelyard.drift.reading.parquet import profile_parquet

    return profile_parquet(paths=paths, known=wanted.known, watch=wanted.watch, first=first)
