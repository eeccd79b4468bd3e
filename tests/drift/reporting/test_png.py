import io
from collections.abc import Callable

import pytest
from PIL import Image

from modelyard.drift.profiling.profile import Profile
from modelyard.drift.reporting.png import as_png
from modelyard.drift.reporting.summary import summarize
from support.drift.summaries import TYPES, run_of, statistics

ProfileText = Callable[..., Profile]


@pytest.mark.parametrize("violations", [0, 1, 60])
def test_the_picture_is_a_png_of_a_card(profile_csv_text: ProfileText, violations: int) -> None:
    found = statistics(profile_csv_text, "1\n")
    made = summarize(runs=[run_of(found), run_of(found, *[TYPES] * violations)], baseline=None)
    assert Image.open(io.BytesIO(as_png(summary=made))).size == (1200, 630)
