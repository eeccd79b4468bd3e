"""Documents as JSON and back."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.rehearsal.sagemaker.saved_documents import KIND, from_json, to_json

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary()
    | st.datetimes(timezones=st.just(UTC)).map(lambda moment: moment.replace(fold=0))
)
NAMES = st.text() | st.just(KIND)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner) | st.lists(inner).map(tuple) | st.dictionaries(NAMES | st.tuples(st.text(), st.text()), inner)
    ),
    max_leaves=20,
)


@given(VALUES)
def test_every_document_is_the_same_after_it_was_saved(value: Any) -> None:
    read = from_json(to_json(value))
    assert read == value
    assert repr(read) == repr(value)


@pytest.mark.parametrize("kind", ["time", "bytes", "tuple", "pairs", "other"])
def test_what_a_user_wrote_is_never_taken_for_what_is_written_of_it(kind: str) -> None:
    given_ = {"HyperParameters": {KIND: kind, "is": "2026-01-01"}}
    assert from_json(to_json(given_)) == given_


def test_what_no_document_has_is_not_left_out() -> None:
    with pytest.raises(TypeError):
        to_json({"Time": datetime(2026, 1, 1, tzinfo=UTC), "Body": object()})
