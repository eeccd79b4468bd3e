import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon

from modelyard.drift.measures.jensen_shannon import jensen_shannon
from modelyard.drift.measures.samples import category_shares

COUNTS = st.dictionaries(st.sampled_from("abcdefghij"), st.integers(1, 500), min_size=2)


@given(ours=COUNTS, theirs=COUNTS)
@settings(deadline=None, max_examples=100)
def test_the_jensen_shannon_distance_is_that_of_scipy(ours: dict[str, int], theirs: dict[str, int]) -> None:
    current, baseline = category_shares(current=ours, baseline=theirs)
    expected = float(jensenshannon(current, baseline, base=2))
    assert jensen_shannon(current=current, baseline=baseline) == pytest.approx(expected, abs=1e-7)
