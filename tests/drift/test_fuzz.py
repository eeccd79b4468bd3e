"""Whatever the bytes, the answer is a result or one sentence: no traceback, no hang.

DRIFT_FUZZ sets how many inputs each test tries (200 without it).
"""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modelyard.drift.analysis import Baseline, read_baseline, write_baseline, write_check
from modelyard.drift.container.contract import read_job
from modelyard.drift.documents.constraints import read_constraints, suggest_constraints
from modelyard.drift.documents.statistics import profile_statistics, read_statistics, statistics_document
from modelyard.drift.documents.violations import read_violations
from modelyard.drift.errors import DriftError
from modelyard.drift.profiling.profile import Profile
from modelyard.drift.reading.source import Format, Source, profiled
from modelyard.drift.reporting.files import write_report
from modelyard.drift.source_analysis import check
from modelyard.drift.verdict.document import read_verdict

EXAMPLES = int(os.environ.get("DRIFT_FUZZ", "200"))
fuzzed = settings(
    max_examples=EXAMPLES,
    deadline=5000,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

pieces = st.sampled_from(
    [
        b",",
        b"\n",
        b"\r",
        b'"',
        b'""',
        b" ",
        b"1",
        b"-",
        b"1e5",
        b".",
        b"e",
        b"true",
        b"\x00",
        b"\xff",
        b"\\",
        b"a",
        b"9" * 30,
    ]
)
csv_bytes = st.one_of(st.binary(max_size=300), st.lists(pieces, max_size=80).map(b"".join))
json_pieces = st.sampled_from(
    [
        b"{",
        b"}",
        b"[",
        b"]",
        b":",
        b",",
        b'"a"',
        b'"b"',
        b"1",
        b"1.5",
        b"null",
        b"true",
        b"\n",
        b'"',
        b"\\",
        b"-",
        b"\xff",
    ]
)
json_bytes = st.one_of(st.binary(max_size=300), st.lists(json_pieces, max_size=60).map(b"".join))
leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)
sides = st.fixed_dictionaries(
    {},
    optional={
        "data": st.one_of(st.text(max_size=40), values),
        "encoding": st.sampled_from(["CSV", "JSON", "BASE64", "", "XML"]) | values,
        "observedContentType": st.sampled_from(["text/csv", "application/json", "image/png"]) | values,
    },
)
records = st.fixed_dictionaries(
    {"captureData": st.dictionaries(st.sampled_from(["endpointInput", "endpointOutput", "other"]), sides) | values}
)
capture_bytes = st.one_of(
    json_bytes,
    st.lists(records | values, max_size=6).map(lambda all_: "\n".join(map(json.dumps, all_)).encode()),
)


def answered(act: Callable[[], object]) -> None:
    """Do it; the only error may be a sentence."""
    sentence = "a result"
    try:
        act()
    except DriftError as error:
        sentence = str(error)
    assert sentence.strip()
    assert "\n" not in sentence


@given(data=csv_bytes, header=st.booleans())
@fuzzed
def test_any_bytes_as_csv(tmp_path: Path, data: bytes, header: bool) -> None:  # noqa: FBT001  hypothesis names it
    (tmp_path / "data.csv").write_bytes(data)
    source = Source(path=tmp_path / "data.csv", format=Format.CSV, header=header)
    answered(lambda: write_baseline(profile=profiled(source=source), folder=tmp_path / "out"))


@given(data=json_bytes)
@fuzzed
def test_any_bytes_as_json_lines(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "data.jsonl").write_bytes(data)
    source = Source(path=tmp_path / "data.jsonl", format=Format.JSON_LINES)
    answered(lambda: write_baseline(profile=profiled(source=source), folder=tmp_path / "out"))


@given(data=capture_bytes)
@fuzzed
def test_any_bytes_as_captures(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "data.jsonl").write_bytes(data)
    source = Source(path=tmp_path / "data.jsonl", format=Format.CAPTURE)
    answered(lambda: write_baseline(profile=profiled(source=source), folder=tmp_path / "out"))


@given(rows=st.lists(st.tuples(st.text(max_size=8), st.text(max_size=8)), max_size=8))
@fuzzed
def test_captured_csv_is_never_lost_without_a_count(tmp_path: Path, rows: list[tuple[str, str]]) -> None:
    lines = [
        json.dumps(
            {
                "captureData": {
                    "endpointOutput": {
                        "data": f"{answer},",
                        "encoding": "CSV",
                        "observedContentType": "text/csv",
                    },
                    "endpointInput": {
                        "data": f"{sent},",
                        "encoding": "CSV",
                        "observedContentType": "text/csv",
                    },
                }
            }
        )
        for answer, sent in rows
    ]
    (tmp_path / "data.jsonl").write_text("\n".join(lines))
    profile = profiled(source=Source(path=tmp_path / "data.jsonl", format=Format.CAPTURE))
    assert profile.rows + profile.reading.unreadable_records >= len(rows)


@given(data=json_bytes | values.map(lambda value: json.dumps(value).encode()))
@fuzzed
def test_any_bytes_as_the_baselines_files(tmp_path: Path, data: bytes) -> None:
    for name, read in (
        ("statistics.json", read_statistics),
        ("constraints.json", read_constraints),
        ("constraint_violations.json", read_violations),
        ("verdict.json", read_verdict),
    ):
        (tmp_path / name).write_bytes(data)
        answered(lambda read=read, name=name: read(path=tmp_path / name))  # type: ignore[misc]


@pytest.fixture
def baseline_files(tmp_path: Path, profile_csv_text: Callable[..., Profile]) -> dict[str, object]:
    """The text of a real baseline's files, as JSON."""
    profile = profile_csv_text("n,f,s\n" + "1,0.5,a\n2,1.5,b\n3,2.5,a\n" * 10, header=True)
    write_baseline(profile=profile, folder=tmp_path / "base")
    names = ("statistics.json", "constraints.json")
    return {name: json.loads((tmp_path / "base" / name).read_text()) for name in names}


def places(value: object, path: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
    """Return where every value of a document is."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, item in inside for place in places(item, (*path, key)))]


def changed(document: object, place: tuple[object, ...], new: object) -> object:
    """Return the document with another value in one place."""
    if not place:
        return new
    key, *rest = place
    copy = dict(document) if isinstance(document, dict) else list(document)  # type: ignore[call-overload]
    copy[key] = changed(copy[key], tuple(rest), new)
    return copy


@given(chosen=st.data())
@fuzzed
def test_one_value_of_a_baseline_changed(
    tmp_path: Path, baseline_files: dict[str, object], chosen: st.DataObject
) -> None:
    name = chosen.draw(st.sampled_from(sorted(baseline_files)))
    document = baseline_files[name]
    place = chosen.draw(st.sampled_from(places(document)))
    new = changed(document, place, chosen.draw(values))
    for other, content in baseline_files.items():
        (tmp_path / "base" / other).write_text(json.dumps(new if other == name else content))
    (tmp_path / "live.csv").write_text("n,f,s\n" + "1,0.5,a\n9,x,c\n" * 15)
    answered(lambda: checked_and_reported(tmp_path))


def checked_and_reported(folder: Path) -> None:
    source = Source(path=folder / "live.csv", format=Format.CSV)
    write_check(check=check(source=source, baseline=read_baseline(folder=folder / "base")), folder=folder / "run")
    write_report(
        runs=[folder / "base", folder / "run"],
        baseline=folder / "base",
        page=folder / "report.html",
        markdown=folder / "report.md",
    )


@given(training=csv_bytes, live=csv_bytes)
@fuzzed
def test_any_bytes_held_against_any_bytes(tmp_path: Path, training: bytes, live: bytes) -> None:
    for name, data in (("train.csv", training), ("live.csv", live)):
        (tmp_path / name).write_bytes(data)
    answered(lambda: check_live(tmp_path))


def check_live(folder: Path) -> None:
    training = profiled(source=Source(path=folder / "train.csv", format=Format.CSV, header=False))
    baseline = Baseline(
        constraints=suggest_constraints(profile=training), statistics=profile_statistics(profile=training)
    )
    found = check(source=Source(path=folder / "live.csv", format=Format.CSV, header=False), baseline=baseline)
    statistics_document(profile=found.profile)


@given(
    environment=st.dictionaries(
        st.sampled_from(
            ["dataset_format", "dataset_source", "output_path", "publish_cloudwatch_metrics", "analysis_type"]
        ),
        st.sampled_from(
            [
                "",
                "{",
                "[]",
                "{}",
                '{"csv": 1}',
                '{"sagemakerCaptureJson": {"captureIndexNames": 5}}',
                "Enabled",
                "x",
            ]
        ),
    )
)
@fuzzed
def test_any_environment(tmp_path: Path, environment: dict[str, str]) -> None:
    answered(lambda: read_job(environment=environment, root=tmp_path))
