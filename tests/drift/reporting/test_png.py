import io
from collections.abc import Callable

import pytest
from PIL import Image

from modelyard.drift.documents.statistics import Statistics
from modelyard.drift.profiling.profile import Profile
from modelyard.drift.reporting.png import as_png
from modelyard.drift.reporting.summary import summarize
from support.drift.summaries import TYPES, run_of, statistics
from support.drift.verdicts import verdict_of

ProfileText = Callable[..., Profile]


@pytest.mark.parametrize("violations", [0, 1, 60])
def test_the_picture_is_a_png_of_a_card(profile_csv_text: ProfileText, violations: int) -> None:
    found = statistics(profile_csv_text, "1\n")
    made = summarize(runs=[run_of(found), run_of(found, *[TYPES] * violations)], baseline=None)
    assert Image.open(io.BytesIO(as_png(summary=made))).size == (1200, 630)


def test_the_picture_names_what_changed() -> None:
    found = Statistics(rows=100, features=())
    pictures = [
        as_png(summary=summarize(runs=[run_of(found, verdict=verdict_of({name: 0.2}))], baseline=None))
        for name in ("a", "another")
    ]
    assert pictures[0] != pictures[1]
