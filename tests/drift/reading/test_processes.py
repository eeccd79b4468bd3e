import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars
import pytest

from modelyard.drift.documents.constraints import Constraints, suggest_constraints
from modelyard.drift.documents.jackson import document_text
from modelyard.drift.documents.profile_bytes import profile_to_bytes
from modelyard.drift.documents.statistics import Edition, statistics_document
from modelyard.drift.errors import DriftError
from modelyard.drift.profiling.profile import Profile
from modelyard.drift.reading import processes
from modelyard.drift.reading.source import Format, Source, Wanted, profiled
from support.synth import ROOT

TABLE = [
    {"x": number * 0.37, "flag": None if number % 3 else "b", "city": f"city {number * 7 % 130}", "n": number % 5 - 2}
    for number in range(9000)
]
CUTS = (0, 4100, 4101, 6000, 9000)
# In another order than they come, and one that never comes.
DOMAINS = {"flag": ["z", "b"], "city": ["city 7", "city 0", "nowhere"]}


def write_files(folder: Path, texts: Sequence[str], *, kind: Format, header: bool = False) -> Source:
    folder.mkdir()
    for number, text in enumerate(texts):
        (folder / f"{number}.txt").write_text(text)
    return Source(path=folder, format=kind, header=header)


def cut(lines: Sequence[str]) -> list[str]:
    return ["".join(lines[start:stop]) for start, stop in pairwise(CUTS)]


CSV = [f"{row['x']!r},{row['flag'] or ''},{row['city']},{row['n']}\n" for row in TABLE]
JSON = [json.dumps(row) + "\n" for row in TABLE]


@pytest.fixture
def captures(capture_line: Callable[..., str]) -> list[str]:
    lines = [capture_line(str(row["x"]), f"{row['flag'] or ''},{row['city']},{row['n']}") + "\n" for row in TABLE]
    lines[5] = lines[4500] = "no record\n"
    lines[6] = lines[8000] = (
        capture_line('{"x": null}', '{"n": null}', encoding="JSON", media="application/json") + "\n"
    )
    lines[7000] = capture_line("1", json.dumps(TABLE[7]), encoding="JSON", media="application/json") + "\n"
    return lines


@pytest.fixture
def baseline(profile_csv_text: Callable[..., Profile]) -> Constraints:
    rows = zip(*DOMAINS.values(), strict=False)
    text = "".join(f"1.5,{flag},{city},1\n" for flag, city in [*rows, ("b", DOMAINS["city"][2])])
    return suggest_constraints(profile=profile_csv_text("x,flag,city,n\n" + text, header=True))


def write_parquet(folder: Path) -> Source:
    folder.mkdir()
    for number, (start, stop) in enumerate(pairwise(CUTS)):
        polars.DataFrame(TABLE[start:stop], schema_overrides={"flag": polars.String}).write_parquet(
            folder / f"{number}.parquet"
        )
    return Source(path=folder, format=Format.PARQUET)


@pytest.mark.parametrize("against", ["nothing", "a baseline"])
@pytest.mark.parametrize("kind", ["csv with a header", "csv", "json", "parquet"])
def test_several_processes_find_in_files_what_one_finds_to_the_last_bit(
    tmp_path: Path, baseline: Constraints, kind: str, against: str
) -> None:
    make: dict[str, Callable[[Path], Source]] = {
        "csv with a header": lambda folder: write_files(
            folder, [f"x,flag,city,n\n{text}" for text in cut(CSV)], kind=Format.CSV, header=True
        ),
        "csv": lambda folder: write_files(folder, cut(CSV), kind=Format.CSV),
        "json": lambda folder: write_files(folder, cut(JSON), kind=Format.JSON_LINES),
        "parquet": write_parquet,
    }
    source, constraints = make[kind](tmp_path / "data"), baseline if against == "a baseline" else None
    one = profiled(source=source, constraints=constraints)
    assert one.rows == len(TABLE)
    several = profiled(source=source, constraints=constraints, processes=2)
    assert profile_to_bytes(profile=several) == profile_to_bytes(profile=one)


def test_several_processes_find_in_captures_what_one_finds_to_the_last_bit(
    tmp_path: Path, captures: list[str], baseline: Constraints
) -> None:
    source = write_files(tmp_path / "data", cut(captures), kind=Format.CAPTURE)
    one = profiled(source=source, constraints=baseline)
    assert (one.rows, one.reading.unreadable_records) == (len(TABLE) - 2, 2)
    several = profiled(source=source, constraints=baseline, processes=2)
    assert profile_to_bytes(profile=several) == profile_to_bytes(profile=one)


@pytest.mark.parametrize(
    ("texts", "kind"),
    [
        (["a,A,\n1,2,3\n", "a,A,\n1,2,4\n"], Format.CSV),
        (["", "a,b\n", "a,b\n1,2\n", "a,b\n\n", "a,b\n1,3\n"], Format.CSV),
        (['{"a": 1}\n{"a": 0.5}\n', '{"a": "x"}\n', "no\n", '{"a": 2}\n'], Format.JSON_LINES),
        (['{"a": 1}\n', '{"b": 1}\n', '{"a": 1, "b": 2}\n'], Format.JSON_LINES),
        (["", ""], Format.JSON_LINES),
    ],
    ids=["names that Spark changes", "files without records", "types that differ", "columns that differ", "nothing"],
)
def test_several_processes_write_what_one_writes(tmp_path: Path, texts: Sequence[str], kind: Format) -> None:
    source = write_files(tmp_path / "data", texts, kind=kind, header=True)
    one, several = (profiled(source=source, processes=count) for count in (1, 2))
    documents = [
        document_text(statistics_document(profile=profile, edition=Edition.SINCE_2024)) for profile in (one, several)
    ]
    assert documents[0] == documents[1]
    assert [one.reading, one.width, one.typed] == [several.reading, several.width, several.typed]
    assert [list((feature.categories or {}).items()) for feature in one.features] == [
        list((feature.categories or {}).items()) for feature in several.features
    ]


def test_records_that_are_wider_than_the_baseline_are_read_by_one_process(
    tmp_path: Path, capture_line: Callable[..., str], baseline: Constraints
) -> None:
    lines = [capture_line("1", request) + "\n" for request in ("b,c,1", ",,", "b,c,1,9", "b")]
    source = write_files(tmp_path / "data", lines, kind=Format.CAPTURE)
    assert profiled(source=source, constraints=baseline, processes=2) == profiled(source=source, constraints=baseline)


@pytest.mark.parametrize(
    ("texts", "kind"),
    [
        (["a,b\n1,2\n", "a,c\n1,2\n"], Format.CSV),
        (["a,b\n1,2\n", "PAR1"], Format.PARQUET),
        (["a;b\n1;2\n"], Format.CSV),
    ],
)
def test_the_error_of_a_process_is_the_sentence_that_it_is_without(
    tmp_path: Path, texts: Sequence[str], kind: Format
) -> None:
    source = write_files(tmp_path / "data", texts, kind=kind, header=True)
    sentences = []
    for count in (1, 2):
        with pytest.raises(DriftError) as caught:
            profiled(source=source, processes=count)
        sentences.append(str(caught.value))
    assert sentences[0] == sentences[1]


class Fatal:
    """What ends the process that receives it."""

    def __reduce__(self) -> tuple[Callable[[int], Any], tuple[int]]:
        return os._exit, (9,)


def test_a_process_that_ends_is_a_sentence(tmp_path: Path) -> None:
    written = write_files(tmp_path / "data", ["1,2\n", "3,4\n"], kind=Format.CSV)
    source = Source(path=written.path, format=Format.CSV, header=False, answer=Fatal())  # type: ignore[arg-type]
    with pytest.raises(DriftError, match=r"a process that read files of .*data has ended before it was done"):
        profiled(source=source, processes=2)


def test_an_archive_that_is_run_as_a_program_starts_processes_too(tmp_path: Path) -> None:
    write_files(tmp_path / "data", cut(CSV), kind=Format.CSV)
    with zipfile.ZipFile(tmp_path / "code.zip", "w") as archive:
        lines = [
            f"import sys; sys.path[:0] = [{str(ROOT)!r}]",
            "from modelyard.drift.cli import main",
            "sys.exit(main())",
        ]
        archive.writestr("__main__.py", "\n".join(lines))
    words = ("baseline", "data", "--no-header", "--output", "base", "--processes", "2")
    done = subprocess.run([sys.executable, "code.zip", *words], capture_output=True, text=True, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"preprocessor": lambda _: []}, "a preprocessor may remember the records before"),
        ({"partition_bytes": 1 << 22}, "files of the edition 2022 have several partitions each"),
        ({"format": Format.PROFILE}, "profiles are merged one after the other"),
        ({"format": Format.CAPTURE}, "captured records without a baseline are placed as those before them were"),
    ],
)
def test_what_only_one_process_can_read_is_refused_for_several(
    tmp_path: Path, change: dict[str, Any], why: str
) -> None:
    source = replace(Source(path=tmp_path, format=Format.CSV), **change)
    with pytest.raises(DriftError, match=f"processes must be 1, got 2: {why}; leave the option out"):
        profiled(source=source, processes=2)


def test_no_process_at_all_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DriftError, match="processes must be 1 or more, got 0"):
        profiled(source=Source(path=tmp_path, format=Format.CSV), processes=0)


def test_a_small_folder_is_read_by_one_process_if_not_said_otherwise(tmp_path: Path) -> None:
    source = write_files(tmp_path / "data", cut(CSV), kind=Format.CSV)
    assert processes.profiled_by_processes(source=source, wanted=Wanted(), processes=None) is None


def test_a_large_folder_is_read_by_several_processes_if_not_said_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(processes.WORTH_BYTES, Format.CSV, 1)
    monkeypatch.setattr(processes, "RUN_BYTES", 1)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})
    source = write_files(tmp_path / "data", cut(CSV), kind=Format.CSV)
    found = processes.profiled_by_processes(source=source, wanted=Wanted(), processes=None)
    assert found == profiled(source=source)


def test_captures_that_python_reads_line_by_line_are_worth_several_processes_sooner(
    tmp_path: Path, captures: list[str], baseline: Constraints, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(processes.WORTH_BYTES, Format.JSON_LINES, 1)
    monkeypatch.setattr(processes, "RUN_BYTES", 1)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})
    source, wanted = write_files(tmp_path / "data", cut(captures), kind=Format.CAPTURE), Wanted.of(baseline)
    answers = replace(source, sides=("endpointOutput",))
    assert processes.profiled_by_processes(source=source, wanted=wanted, processes=None) is None
    found = processes.profiled_by_processes(source=answers, wanted=wanted, processes=None)
    assert found == replace(profiled(source=answers, constraints=baseline), begins_with_answers=False)


def test_one_file_is_read_by_one_process_however_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(processes.WORTH_BYTES, Format.CSV, 1)
    source = write_files(tmp_path / "data", ["1,2\n"], kind=Format.CSV)
    assert processes.profiled_by_processes(source=source, wanted=Wanted(), processes=None) is None
