import csv
import io
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modelyard.drift.errors import DriftError
from modelyard.drift.profiling.profile import Profile
from modelyard.drift.reading.source import Format, Source, profiled
from support.drift.columns import categories

ProfileText = Callable[..., Profile]


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)


as_data = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=80)


def names(profile: Profile) -> list[str]:
    return [feature.name for feature in profile.features]


def test_columns_are_named_by_the_header(profile_csv_text: ProfileText) -> None:
    assert names(profile_csv_text('a,"b c",d\n1,2,3\n', header=True)) == ["a", "b c", "d"]


def test_columns_without_a_header_are_named_as_in_spark(profile_csv_text: ProfileText) -> None:
    assert names(profile_csv_text("1,2\n")) == ["_c0", "_c1"]


def test_a_column_that_the_header_leaves_unnamed_is_named_as_in_spark(profile_csv_text: ProfileText) -> None:
    assert names(profile_csv_text("a,,c\n1,2,3\n", header=True)) == ["a", "_c1", "c"]


def test_a_header_is_no_row(profile_csv_text: ProfileText) -> None:
    assert profile_csv_text("a\n1\n2\n", header=True).rows == 2


@pytest.mark.parametrize(
    ("header", "names"),
    [("a,a,b", ["a0", "a1", "b"]), ("a,b,A", ["a0", "b", "A2"]), (",a,a", ["_c0", "a1", "a2"])],
)
def test_columns_of_one_name_are_told_apart_as_spark_does_it(
    profile_csv_text: ProfileText, header: str, names: list[str]
) -> None:
    found = profile_csv_text(f"{header}\n1,2,3\n", header=True)
    assert [feature.name for feature in found.features] == names


def test_columns_that_have_one_name_even_so_are_refused(profile_csv_text: ProfileText) -> None:
    with pytest.raises(DriftError, match="header must have different names, got 'a1' 2 times"):
        profile_csv_text("a,a,a1\n1,2,3\n", header=True)


def test_an_empty_field_in_quotes_is_missing_as_spark_reads_it(profile_csv_text: ProfileText) -> None:
    found = profile_csv_text('"1","2"\n"","3"\n').features[0]
    assert (found.type_counts.missing, found.type_counts.integral) == (1, 1)


def test_an_empty_field_is_missing(profile_csv_text: ProfileText) -> None:
    assert profile_csv_text("1,\n,2\n").features[1].type_counts.missing == 1


def test_columns_that_a_short_row_lacks_are_missing_there(profile_csv_text: ProfileText) -> None:
    assert profile_csv_text("1,2,3\n4\n").features[2].type_counts.missing == 1


def test_short_rows_are_counted(profile_csv_text: ProfileText) -> None:
    assert profile_csv_text("1,2,3\n4\n5,6\n").reading.short_rows == 2


def test_fields_beyond_the_columns_are_counted_as_long_rows(profile_csv_text: ProfileText) -> None:
    assert profile_csv_text("1,2\n3,4,5\n").reading.long_rows == 1


def test_the_width_is_that_of_the_widest_row(profile_csv_text: ProfileText) -> None:
    assert profile_csv_text("1,2\n3,4,5\n").width == 3


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r"])
def test_every_kind_of_line_break_ends_a_record(profile_csv_text: ProfileText, line_break: str) -> None:
    assert categories(profile_csv_text(f"a,1{line_break}b,2{line_break}")) == {"a": 1, "b": 1}


def test_the_last_record_needs_no_line_break(profile_csv_text: ProfileText) -> None:
    assert profile_csv_text("1,2\n3,4").rows == 2


def test_blank_lines_are_no_records(profile_csv_text: ProfileText) -> None:
    assert profile_csv_text("\n  \n1,2\n\n\t\n3,4\n\n").rows == 2


def test_a_comma_in_quotes_belongs_to_the_field(profile_csv_text: ProfileText) -> None:
    assert categories(profile_csv_text('"a,b",1\n')) == {"a,b": 1}


def test_a_line_break_in_quotes_belongs_to_the_field(profile_csv_text: ProfileText) -> None:
    assert categories(profile_csv_text('"a\nb",1\nc,2\n')) == {"a\nb": 1, "c": 1}


def test_a_doubled_quote_is_a_quote(profile_csv_text: ProfileText) -> None:
    assert categories(profile_csv_text('"say ""a""",1\n')) == {'say "a"': 1}


def test_a_quote_inside_a_plain_field_is_a_character(profile_csv_text: ProfileText) -> None:
    assert categories(profile_csv_text('5" disk,1\n6" disk,2\n')) == {'5" disk': 1, '6" disk': 1}


def test_a_backslash_is_a_character(profile_csv_text: ProfileText) -> None:
    assert categories(profile_csv_text('"C:\\dir\\",1\n')) == {"C:\\dir\\": 1}


def test_spaces_belong_to_the_field(profile_csv_text: ProfileText) -> None:
    assert categories(profile_csv_text("a ,1\n a,2\n")) == {"a ": 1, " a": 1}


def test_a_byte_order_mark_is_no_part_of_the_first_name(profile_csv_text: ProfileText) -> None:
    assert names(profile_csv_text(b"\xef\xbb\xbfa,b\n1,2\n", header=True)) == ["a", "b"]


def test_bytes_that_are_not_utf_8_are_read_as_text(profile_csv_text: ProfileText) -> None:
    assert categories(profile_csv_text(b"caf\xe9,1\n")) == {"caf\ufffd": 1}


@given(rows=st.lists(st.lists(texts, min_size=3, max_size=3).filter(lambda row: any(row)), min_size=1, max_size=20))
@as_data
def test_what_python_writes_is_read_back(profile_csv_text: ProfileText, rows: list[list[str]]) -> None:
    written = io.StringIO()
    csv.writer(written, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(rows)
    counted = categories(profile_csv_text(written.getvalue()), column=1)
    expected = [row[1] for row in rows]
    assert counted == {text: expected.count(text) for text in expected if text}


def test_files_of_a_folder_are_one_data_set(tmp_path: Path) -> None:
    for number in range(3):
        (tmp_path / f"part-{number}.csv").write_text("a,b\n1,2\n")
    (tmp_path / "_SUCCESS").write_text("")
    assert profiled(source=Source(path=tmp_path, format=Format.CSV)).rows == 3


def test_files_with_different_headers_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,b\n1,2\n")
    (tmp_path / "b.csv").write_text("a,c\n1,2\n")
    with pytest.raises(DriftError, match="header must be a,b as in the files before, got a,c"):
        profiled(source=Source(path=tmp_path, format=Format.CSV))


def test_a_header_that_is_no_csv_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_text("x" * 200_000 + "\n1\n")
    with pytest.raises(DriftError, match="must begin with a CSV record"):
        profiled(source=Source(path=path, format=Format.CSV))


def test_an_empty_file_has_no_rows(profile_csv_text: ProfileText) -> None:
    assert profile_csv_text("").rows == 0


def test_files_of_the_same_header_are_of_one_table_also_where_spark_names_its_columns(tmp_path: Path) -> None:
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text("n,,N\n1,2,3\n")
    found = profiled(source=Source(path=tmp_path, format=Format.CSV))
    assert (found.rows, [feature.name for feature in found.features]) == (2, ["n0", "_c1", "N2"])
