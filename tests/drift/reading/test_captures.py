import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from modelyard.drift.errors import DriftError
from modelyard.drift.profiling.profile import Profile
from modelyard.drift.reading.source import Format, Source, profiled
from support.drift.columns import values

Line = Callable[..., str]


ProfileCaptures = Callable[..., Profile]


def test_the_answer_comes_first_then_the_request(capture_line: Line, profile_captures: ProfileCaptures) -> None:
    assert values(profile_captures(capture_line("0.5", "1,a"))) == [["0.5"], ["1"], ["a"]]


def test_line_breaks_at_the_end_of_a_payload_are_no_data(capture_line: Line, profile_captures: ProfileCaptures) -> None:
    assert values(profile_captures(capture_line("0.5\n", "1,2\r\n"))) == [["0.5"], ["1"], ["2"]]


def test_columns_that_a_ragged_request_lacks_are_missing(capture_line: Line, profile_captures: ProfileCaptures) -> None:
    profile = profile_captures(capture_line("0", "1,2"), capture_line("0", "1"))
    assert profile.features[2].type_counts.missing == 1


def test_a_wider_record_widens_the_data_set(capture_line: Line, profile_captures: ProfileCaptures) -> None:
    profile = profile_captures(capture_line("0", "1"), capture_line("0", "1,2,3"))
    assert (profile.width, profile.features[3].type_counts.missing) == (4, 1)


def test_a_record_with_only_the_request_is_read(capture_line: Line, profile_captures: ProfileCaptures) -> None:
    assert values(profile_captures(capture_line(None, "1,2"))) == [["1"], ["2"]]


def test_a_quoted_field_keeps_its_comma(capture_line: Line, profile_captures: ProfileCaptures) -> None:
    assert values(profile_captures(capture_line("0", '"a,b",c'))) == [["0"], ["a,b"], ["c"]]


def test_a_quote_left_open_does_not_swallow_the_next_record(
    capture_line: Line, profile_captures: ProfileCaptures
) -> None:
    assert profile_captures(capture_line("0", '"a'), capture_line("0", "b")).rows == 2


def test_json_objects_have_their_columns_in_alphabetical_order(
    capture_line: Line, profile_captures: ProfileCaptures
) -> None:
    line = capture_line('{"score": 0.5}', '{"b": {"y": 1, "x": "t"}, "a": null}', encoding="JSON")
    assert [feature.name for feature in profile_captures(line).features] == ["score", "a", "b.x", "b.y"]


def test_a_member_that_some_records_lack_is_missing_there(
    capture_line: Line, profile_captures: ProfileCaptures
) -> None:
    lines = [capture_line(None, text, encoding="JSON") for text in ('{"a": 1}', '{"b": 2, "a": 3}')]
    assert profile_captures(*lines).features[1].type_counts.missing == 1


@pytest.mark.parametrize(
    ("line", "cause"),
    [
        ("{", "they are not JSON"),
        ("[1]", "they have no captureData"),
        ('{"captureData": {"endpointInput": {}}}', "their payload has no data"),
        ('{"captureData": {}}', "neither the input nor the output was captured"),
        ("[" * 100_000, "they are not JSON"),
    ],
)
def test_a_line_that_is_no_record_is_counted_with_its_cause(
    capture_line: Line, profile_captures: ProfileCaptures, line: str, cause: str
) -> None:
    profile = profile_captures(capture_line("0", "1"), line, capture_line("0", "1"))
    assert (profile.rows, dict(profile.reading.unreadable)) == (2, {cause: 1})


def test_a_time_that_is_a_template_does_not_matter(profile_captures: ProfileCaptures, capture_line: Line) -> None:
    line = capture_line("0", "1").replace("2026-06-12T10:33:28Z", "{%s}")
    assert profile_captures(line).rows == 1


def test_the_order_of_keys_does_not_matter(profile_captures: ProfileCaptures, capture_line: Line) -> None:
    record = json.loads(capture_line("0.5", "1,2"))
    turned = {key: record[key] for key in reversed(record)}
    turned["captureData"] = dict(reversed(record["captureData"].items()))
    assert values(profile_captures(json.dumps(turned, indent=None))) == [["0.5"], ["1"], ["2"]]


def test_an_escaped_character_in_a_payload_is_read(profile_captures: ProfileCaptures, capture_line: Line) -> None:
    assert values(profile_captures(capture_line("0", "é/\\,\tb"))) == [["0"], ["é/\\"], ["\tb"]]


def test_the_fast_reader_and_python_give_the_same_profile(tmp_path: Path, capture_line: Line) -> None:
    lines = [capture_line(f"0.{n}", f"{n},{n * 0.37!r},t{n % 5}\n") for n in range(3000)]
    # an unknown escape sends a line to Python
    slow = [line.replace('"data": "0.', '"data": "\\u0030.') for line in lines]
    (tmp_path / "fast.jsonl").write_text("\n".join(lines))
    (tmp_path / "slow.jsonl").write_text("\n".join(slow))
    fast, python = (
        profiled(source=Source(path=tmp_path / name, format=Format.CAPTURE)) for name in ("fast.jsonl", "slow.jsonl")
    )
    assert [feature.type_counts for feature in fast.features] == [feature.type_counts for feature in python.features]


def test_gzipped_capture_files_are_read(tmp_path: Path, capture_line: Line) -> None:
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(capture_line("0", "1").encode()))
    assert profiled(source=Source(path=tmp_path, format=Format.CAPTURE)).rows == 1


def test_files_of_all_hours_are_read(tmp_path: Path, capture_line: Line) -> None:
    for hour in ("10", "11"):
        folder = tmp_path / "endpoint" / "AllTraffic" / "2026" / "11" / "22" / hour
        folder.mkdir(parents=True)
        (folder / "00-00-000-x.jsonl").write_text(capture_line("0", "1") + "\n")
    assert profiled(source=Source(path=tmp_path, format=Format.CAPTURE)).rows == 2


def test_only_the_answer_is_read_when_asked(tmp_path: Path, capture_line: Line) -> None:
    (tmp_path / "a.jsonl").write_text(capture_line("0", "1,2"))
    profile = profiled(source=Source(path=tmp_path, format=Format.CAPTURE, sides=("endpointOutput",)))
    assert profile.width == 1


def test_sides_that_do_not_exist_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DriftError, match="sides must be one or both of endpointInput, endpointOutput"):
        Source(path=tmp_path, format=Format.CAPTURE, sides=("endpoint",))
