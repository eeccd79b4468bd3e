import io
import json
import zipfile
from collections.abc import Callable
from functools import reduce
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelyard.drift.documents.profile_bytes import DOCUMENT, profile_from_bytes, profile_to_bytes, read_profile
from modelyard.drift.errors import DriftError
from modelyard.drift.kernels.arrays import REGISTERS
from modelyard.drift.profiling.number_state import NumberState
from modelyard.drift.profiling.profile import FeatureProfile, Profile, Reading
from modelyard.drift.profiling.sketch import Sketches, SketchState
from modelyard.drift.profiling.value_types import TypeCounts
from modelyard.drift.reading.csv_files import profile_csv

counts = st.integers(0, 2**53)
texts = st.text(max_size=8)
finite = st.floats(allow_nan=False)
categories = st.dictionaries(texts, counts, max_size=5)


@st.composite
def sketches(draw: st.DrawFn) -> SketchState:
    """A sketch of some numbers, of more than a level now and then."""
    values = np.array(draw(st.lists(finite, max_size=6)))
    repeated = np.tile(values, draw(st.sampled_from([0, 1, 700])))[np.newaxis]
    sketch = Sketches(columns=1)
    sketch.extend(values=repeated, counts=np.array([repeated.shape[1]]))
    return sketch.state(column=0)


states = st.builds(
    NumberState,
    partitions=counts,
    count=counts,
    sum=finite,
    whole=st.integers(-(2**63), 2**63 - 1),
    mean=finite,
    squares=finite,
    minimum=finite,
    maximum=finite,
    sketch=sketches(),
)
features = st.builds(
    FeatureProfile,
    name=texts,
    type_counts=st.builds(
        TypeCounts, missing=counts, fractional=counts, integral=counts, boolean=counts, string=counts
    ),
    registers=st.binary(min_size=REGISTERS, max_size=REGISTERS),
    state=states,
    categories=st.none() | categories,
    watched=categories,
)
profiles = st.builds(
    Profile,
    rows=counts,
    width=counts,
    features=st.lists(features, max_size=3).map(tuple),
    reading=st.builds(
        Reading, short_rows=counts, long_rows=counts, unreadable=categories, dropped_by_preprocessor=counts
    ),
    typed=st.booleans(),
    begins_with_answers=st.booleans(),
)


def read(content: bytes) -> Profile:
    return profile_from_bytes(content=content, origin="part 3")


@given(profile=profiles)
@settings(deadline=None)
def test_what_was_written_is_read_to_the_last_bit(profile: Profile) -> None:
    content = profile_to_bytes(profile=profile)
    found = read(content)
    assert found == profile
    assert profile_to_bytes(profile=found) == content
    for ours, theirs in zip(found.features, profile.features, strict=True):
        assert list((ours.categories or {}).items()) == list((theirs.categories or {}).items())


def test_a_mean_that_is_no_number_is_kept_with_its_bits() -> None:
    state = NumberState(partitions=1, count=2, mean=float(np.array(0x7FF8000000000001).view(np.float64)), sum=-0.0)
    profile = Profile(
        rows=2,
        width=1,
        features=(FeatureProfile(name="x", type_counts=TypeCounts(missing=0), state=state, categories=None),),
    )
    assert profile_to_bytes(profile=read(profile_to_bytes(profile=profile))) == profile_to_bytes(profile=profile)


@given(cuts=st.lists(st.integers(1, 3998), min_size=1, max_size=4, unique=True).map(sorted))
@settings(deadline=None, max_examples=10)
def test_profiles_that_were_written_merge_as_they_would_have_without(
    tmp_path_factory: pytest.TempPathFactory, cuts: list[int]
) -> None:
    rows = [f"{number * 0.37:.4},{number % 5 - 2},city {number % 130}\n" for number in range(4000)]
    parts = []
    for start, stop in pairwise([0, *cuts, 4000]):
        path = tmp_path_factory.mktemp("part") / "data.csv"
        path.write_text("".join(rows[start:stop]))
        parts.append(profile_csv(paths=[path], header=False))
    sent = [read(profile_to_bytes(profile=part)) for part in parts]
    assert reduce(Profile.merge, sent) == reduce(Profile.merge, parts)


def test_nobody_can_change_the_sketch_that_was_read(written: bytes) -> None:
    with pytest.raises(ValueError, match="read-only"):
        read(written).features[0].state.sketch.levels[0][0] = 7.0


@pytest.fixture(scope="module")
def written() -> bytes:
    sketch = SketchState(levels=(np.array([1.0, 2.5]),))
    state = NumberState(
        partitions=1, count=2, sum=3.5, mean=1.75, squares=1.125, minimum=1.0, maximum=2.5, sketch=sketch
    )
    feature = FeatureProfile(
        name="x", type_counts=TypeCounts(missing=1, fractional=2), state=state, categories={"1": 1, "2.5": 1}
    )
    return profile_to_bytes(profile=Profile(rows=3, width=1, features=(feature,)))


def changed(content: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    """The bytes with another member, whose check sum is right."""
    result = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as archive, zipfile.ZipFile(result, "w") as other:
        for member in archive.namelist():
            other.writestr(member, change(archive.read(member)) if member == name else archive.read(member))
    return result.getvalue()


def with_value(content: bytes, *keys: str | int, value: object) -> bytes:
    def change(text: bytes) -> bytes:
        document = json.loads(text)
        *above, last = keys
        reduce(lambda inner, key: inner[key], above, document)[last] = value
        return json.dumps(document).encode()

    return changed(content, DOCUMENT, change)


@given(data=st.data())
@settings(deadline=None)
def test_damaged_bytes_are_refused_in_a_sentence_or_have_lost_nothing(written: bytes, data: st.DataObject) -> None:
    damaged = bytearray(written)
    for place in data.draw(st.lists(st.integers(0, len(written) - 1), min_size=1, max_size=4)):
        damaged[place] = data.draw(st.integers(0, 255))
    try:
        found: Profile | str = read(bytes(damaged))
    except DriftError as error:
        found = str(error)
    assert "part 3" in found if isinstance(found, str) else found == read(written)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DriftError, match=r"1\.profile cannot be read \(No such file or directory\)"):
        read_profile(tmp_path / "1.profile")


@pytest.mark.parametrize("size", [0, 10, 500, -1])
def test_bytes_that_were_cut_are_refused(written: bytes, size: int) -> None:
    with pytest.raises(DriftError, match=r"^part 3 is no profile that can be read \(.*\); profile the data again$"):
        read(written[:size])


@pytest.mark.parametrize("content", [b"a,b\n1,2\n", b"PAR1", b"{}"])
def test_other_files_are_refused(content: bytes) -> None:
    with pytest.raises(DriftError, match=r"^part 3 is no profile that can be read"):
        read(content)


def test_another_archive_is_refused() -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("a.csv", "1,2")
    with pytest.raises(DriftError, match=r"no item named 'profile.json' in the archive"):
        read(content.getvalue())


def test_a_packed_archive_is_refused_before_it_is_unpacked() -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(DOCUMENT, "0" * 100)
    with pytest.raises(DriftError, match="it is packed"):
        read(content.getvalue())


def test_a_document_of_another_format_is_refused(written: bytes) -> None:
    with pytest.raises(DriftError, match="it is of another format"):
        read(with_value(written, "format", value="something else"))


def test_the_profile_of_a_newer_release_is_refused_with_its_version(written: bytes) -> None:
    with pytest.raises(DriftError, match="version must be 1, got 2 in part 3, which another release has written"):
        read(with_value(written, "version", value=2))


@pytest.mark.parametrize("name", ["registers", "moments", "sketches"])
def test_arrays_of_another_size_than_the_columns_are_refused(written: bytes, name: str) -> None:
    with pytest.raises(DriftError, match=f"its {name} must be"):
        read(changed(written, name, lambda array: array[8:]))


@pytest.mark.parametrize(
    ("keys", "value", "sentence"),
    [
        (("columns", 0, "whole"), 2**63, r"columns\[0\].whole must be a whole number of 64 bits"),
        (("columns", 0, "compactions"), [0, 0], r"columns\[0\].compactions must be as many as there are levels"),
        (("columns", 0, "categories"), {"a": -1}, r"columns\[0\].categories must be texts with whole numbers"),
        (("columns", 0, "string"), -1, r"columns\[0\].string must be a whole number of 0 or more"),
        (("rows",), None, "rows must be given, it is missing in part 3"),
    ],
)
def test_a_value_that_cannot_be_is_named(
    written: bytes, keys: tuple[str | int, ...], value: object, sentence: str
) -> None:
    with pytest.raises(DriftError, match=sentence):
        read(with_value(written, *keys, value=value))
