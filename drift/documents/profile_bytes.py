"""A profile as bytes, for another process, another machine or another day.

They are a zip archive, neither packed nor dated: the same profile has the same bytes. `profile.json` has the version,
texts and counts; three members are arrays of all columns, one after the other, their numbers little-endian.
"""

import io
import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

import numpy as np

from modelyard.drift.documents.jackson import Json
from modelyard.drift.documents.node import Node
from modelyard.drift.errors import DriftError
from modelyard.drift.kernels.arrays import REGISTERS, Doubles
from modelyard.drift.profiling.number_state import LONGS, NumberState
from modelyard.drift.profiling.profile import FeatureProfile, Profile, Reading
from modelyard.drift.profiling.sketch import SketchState
from modelyard.drift.profiling.value_types import TypeCounts

FORMAT, VERSION = "modelyard drift profile", 1
DOCUMENT = "profile.json"
# registers of distinct counts; sum, mean, squares, minimum and maximum; the levels of the sketch, lowest first
BYTES, DOUBLES = np.dtype("u1"), np.dtype("<f8")
MEMBERS: dict[str, np.dtype[Any]] = {"registers": BYTES, "moments": DOUBLES, "sketches": DOUBLES}
MOMENTS = 5
TYPES = ("missing", "fractional", "integral", "boolean", "string")


def profile_to_bytes(*, profile: Profile) -> bytes:
    """Return the profile as bytes, from which `profile_from_bytes` makes an equal one."""
    states = [feature.state for feature in profile.features]
    moments = [(one.sum, one.mean, one.squares, one.minimum, one.maximum) for one in states]
    sketches = [level for one in states for level in one.sketch.levels]
    members = {
        DOCUMENT: json.dumps(_document(profile)).encode(),
        "registers": b"".join(feature.registers for feature in profile.features),
        "moments": np.array(moments, dtype=DOUBLES).tobytes(),
        "sketches": np.concatenate([np.zeros(0), *sketches]).astype(DOUBLES, copy=False).tobytes(),
    }
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, member in members.items():
            # made of a name alone it has no date
            archive.writestr(zipfile.ZipInfo(name), member)
    return content.getvalue()


def read_profile(path: Path) -> Profile:
    """Read a profile that was written to a file.

    Raises:
        DriftError: the file cannot be read; see `profile_from_bytes`.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DriftError(f"{path} cannot be read ({error.strerror}); give a file that exists") from error
    return profile_from_bytes(content=content, origin=str(path))


def profile_from_bytes(*, content: bytes, origin: str) -> Profile:
    """Return the profile of which these are the bytes; origin is where they are from, for the message.

    Raises:
        DriftError: they are none of a profile, or of one that a newer release has written.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if any(member.compress_type != zipfile.ZIP_STORED for member in archive.infolist()):
                raise _no_profile(origin, "it is packed")
            document = Node(file=origin, key="the document", value=json.loads(archive.read(DOCUMENT)))
            arrays = {name: np.frombuffer(archive.read(name), dtype=dtype) for name, dtype in MEMBERS.items()}
    except KeyError as error:
        raise _no_profile(origin, str(error.args[0])) from error
    except (zipfile.BadZipFile, ValueError, RecursionError, RuntimeError, EOFError, OSError) as error:
        raise _no_profile(origin, str(error)) from error
    if document.get("format").value != FORMAT:
        raise _no_profile(origin, "it is of another format")
    if document.get("version").count() != VERSION:
        raise DriftError(
            f"version must be {VERSION}, got {document.get('version').count()} in {origin}, which another release has "
            "written; read it with that release"
        )
    nodes = list(document.get("columns").items())
    sizes = [[size.count() for size in node.get("levels").items()] for node in nodes]
    expected = (len(nodes) * REGISTERS, len(nodes) * MOMENTS, sum(map(sum, sizes)))
    for (name, array), size in zip(arrays.items(), expected, strict=True):
        if len(array) != size:
            raise _no_profile(origin, f"its {name} must be {size} numbers, they are {len(array)}")
    levels = _cut(arrays["sketches"].astype(np.float64, copy=False), sizes)
    registers = arrays["registers"].reshape(-1, REGISTERS)
    moments = arrays["moments"].reshape(-1, MOMENTS)
    columns = zip(nodes, registers, moments.tolist(), levels, strict=True)
    return Profile(
        rows=document.get("rows").count(),
        width=document.get("width").count(),
        features=tuple(
            FeatureProfile(
                name=node.get("name").text(),
                type_counts=TypeCounts(**{kind: node.get(kind).count() for kind in TYPES}),
                registers=own.tobytes(),
                state=_read_state(node, numbers, sketch),
                categories=node.read("categories", _counts, default=None),
                watched=_counts(node.get("watched")),
            )
            for node, own, numbers, sketch in columns
        ),
        reading=_read_reading(document.get("reading")),
        typed=document.get("typed").switch(),
        begins_with_answers=document.get("begins_with_answers").switch(),
    )


def _no_profile(origin: str, why: str) -> DriftError:
    return DriftError(f"{origin} is no profile that can be read ({why}); profile the data again")


def _document(profile: Profile) -> dict[str, Json]:
    reading = profile.reading
    return {
        "format": FORMAT,
        "version": VERSION,
        "rows": profile.rows,
        "width": profile.width,
        "typed": profile.typed,
        "begins_with_answers": profile.begins_with_answers,
        "reading": {
            "short_rows": reading.short_rows,
            "long_rows": reading.long_rows,
            "dropped_by_preprocessor": reading.dropped_by_preprocessor,
            "unreadable": dict(reading.unreadable),
        },
        "columns": [
            {
                "name": feature.name,
                **{kind: getattr(feature.counted, kind) for kind in TYPES},
                "categories": None if feature.categories is None else dict(feature.categories),
                "watched": dict(feature.watched),
                "partitions": feature.state.partitions,
                "count": feature.state.count,
                "whole": feature.state.whole,
                "levels": [len(level) for level in feature.state.sketch.levels],
                "compactions": list(feature.state.sketch.compactions),
            }
            for feature in profile.features
        ],
    }


def _cut(values: Doubles, sizes: Sequence[Sequence[int]]) -> Iterator[tuple[Doubles, ...]]:
    """Cut what stands one after the other into the levels of each column; a copy each, which keeps no other alive."""
    bounds = pairwise(accumulate((size for column in sizes for size in column), initial=0))
    for column in sizes:
        yield tuple(values[start:stop].copy() for start, stop in (next(bounds) for _ in column))


def _read_state(node: Node, moments: Sequence[float], levels: tuple[Doubles, ...]) -> NumberState:
    total, mean, squares, minimum, maximum = moments
    compactions = tuple(count.count() for count in node.get("compactions").items())
    if len(compactions) != len(levels):
        raise node.get("compactions").error(allowed="as many as there are levels", hint="profile the data again")
    return NumberState(
        partitions=node.get("partitions").count(),
        count=node.get("count").count(),
        sum=total,
        whole=_whole(node.get("whole")),
        mean=mean,
        squares=squares,
        minimum=minimum,
        maximum=maximum,
        sketch=SketchState(levels=levels, compactions=compactions),
    )


def _whole(node: Node) -> int:
    """The sum of whole numbers, to its last bit: as a double, which other counts are read as, it would have 53."""
    if type(node.value) is not int or not -LONGS // 2 <= node.value < LONGS // 2:
        raise node.error(allowed="a whole number of 64 bits", hint="profile the data again")
    return node.value


def _counts(node: Node) -> Mapping[str, int]:
    counts = {text: count for text, count in node.members().items() if type(count) is int and count >= 0}
    if len(counts) != len(node.members()):
        raise node.error(allowed="texts with whole numbers of 0 or more", hint="profile the data again")
    return counts


def _read_reading(node: Node) -> Reading:
    return Reading(
        short_rows=node.get("short_rows").count(),
        long_rows=node.get("long_rows").count(),
        unreadable=_counts(node.get("unreadable")),
        dropped_by_preprocessor=node.get("dropped_by_preprocessor").count(),
    )
