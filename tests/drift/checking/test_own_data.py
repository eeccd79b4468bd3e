from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modelyard.drift.analysis import Baseline, suggest_baseline, write_baseline
from modelyard.drift.checking.own_data import NUMBER, BrokenColumn, broken_columns_message
from modelyard.drift.kernels.fields import STRING, read_field
from modelyard.drift.profiling.profile import Profile
from modelyard.drift.reading.frames import profile_frame
from modelyard.drift.reading.source import Format, Source, profiled
from modelyard.drift.source_analysis import check

ProfileText = Callable[..., Profile]


def broken(profile: Profile) -> list[str]:
    return [column.sentence for column in suggest_baseline(profile=profile).broken]


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        (
            ["34", "NA", "NA", "nan", "12", "7", "8"],
            'x: 3 of 7 values are words among numbers ("NA", "nan"); leave the field empty where no value is.',
        ),
        (
            ["0.5", "inf", "1.5"],
            'x: 1 of 3 values are words among numbers ("inf"); write the largest number that can occur.',
        ),
        (
            ["1", "2.5"] * 10,
            "x: 10 of 20 values are whole numbers among fractions, another type to a check; write them with a decimal "
            "point, or allow a datatype_check_threshold of 0.29 for the column.",
        ),
        (["true", "1", "0"], "x: 1 of 3 values are true or false among numbers; write 1 and 0 for them."),
        (
            ["A1", "B2", "C3", "17"],
            "x: 1 of 4 values are numbers among texts; allow a datatype_check_threshold of 0.55 for the column.",
        ),
        (
            ["0.5", "1e999"],
            "x: a value is infinite, which leaves the column without a mean and a deviation; leave it out, or write "
            "the largest number that can occur.",
        ),
    ],
)
def test_a_column_that_breaks_its_own_baseline_is_named_with_its_cause(
    profile_csv_text: ProfileText, values: list[str], sentence: str
) -> None:
    assert broken(profile_csv_text("x\n" + "\n".join(values), header=True)) == [sentence]


def test_words_among_many_numbers_are_named_without_examples(profile_csv_text: ProfileText) -> None:
    text = "x\nNA\n" + "\n".join(map(str, range(2000)))
    assert broken(profile_csv_text(text, header=True)) == [
        "x: 1 of 2,001 values are words among numbers; leave the field empty where no value is."
    ]


def test_records_of_more_fields_than_columns_are_named(profile_csv_text: ProfileText) -> None:
    assert broken(profile_csv_text("a,b\n1,2\n3,4,5\n", header=True)) == [
        "Column 3: 1 of 2 records have more fields than there are columns; put fields with commas in quotes, or name "
        "all columns."
    ]


def test_an_infinity_in_a_typed_column_is_named_and_breaks_no_check() -> None:
    profile = profile_frame(frame=polars.DataFrame({"x": [1.0, float("inf")], "y": [1, 2]}))
    baseline = suggest_baseline(profile=profile)
    assert [column.feature for column in baseline.broken] == ["x"]
    assert baseline.constraints.features[0].inferred.value == "Fractional"


@given(
    rows=st.lists(
        st.tuples(*[st.sampled_from(["", "1", "-2", "0.5", "1e999", "true", "NA", "a,b", "x", "- 3"])] * 3),
        min_size=1,
        max_size=30,
    )
)
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_data_keep_to_their_own_baseline_but_for_the_columns_that_are_named(
    tmp_path: Path, rows: list[tuple[str, ...]]
) -> None:
    lines = (",".join(f'"{field}"' if "," in field else field for field in row) for row in rows)
    (tmp_path / "data.csv").write_text("a,b,c\n" + "\n".join(lines))
    source = Source(path=tmp_path / "data.csv", format=Format.CSV)
    baseline = write_baseline(profile=profiled(source=source), folder=tmp_path)
    found = {violation.feature for violation in check(source=source, baseline=baseline).violations}
    assert found <= {column.feature for column in baseline.broken}


@given(text=st.from_regex(r"[-+]? ?[0-9.eE+-]{0,6}", fullmatch=True))
@settings(deadline=None, max_examples=300)
def test_a_word_is_what_the_pass_takes_for_a_text(text: str) -> None:
    kind, _, _ = read_field(np.frombuffer(text.encode(), dtype=np.uint8), 0, len(text))
    assert (NUMBER.fullmatch(text) is None) == (kind == STRING)


def test_a_clean_table_breaks_nothing_and_says_nothing(profile_csv_text: ProfileText) -> None:
    baseline: Baseline = suggest_baseline(profile=profile_csv_text("a,b,c\n1,x,0.5\n,y,1.0\n", header=True))
    assert broken_columns_message(baseline.broken) == ""


def test_a_message_names_eight_columns_and_counts_the_others() -> None:
    columns = [BrokenColumn(feature=f"c{number}", cause="is", remedy="do") for number in range(10)]
    message = broken_columns_message(columns)
    assert message.startswith(" The data do not keep to their own baseline: c0: is; do. c1: is; do.")
    assert message.endswith("c7: is; do. And 2 more.")
