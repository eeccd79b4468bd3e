import gzip
from pathlib import Path

import pytest

from modelyard.drift.errors import DriftError
from modelyard.drift.reading import file_chunks
from modelyard.drift.reading.source import Format, Source, profiled


def test_gzip_is_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "data.csv.gz"
    path.write_bytes(gzip.compress(b"1,2\n3,4\n"))
    assert profiled(source=Source(path=path, format=Format.CSV, header=False)).rows == 2


def test_a_cut_off_gzip_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "data.csv.gz"
    path.write_bytes(gzip.compress(b"1,2\n3,4\n" * 1000)[:-20])
    with pytest.raises(DriftError, match="cannot be read to its end"):
        profiled(source=Source(path=path, format=Format.CSV, header=False))


def test_a_file_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DriftError, match="does not exist; give a file or a folder of data"):
        profiled(source=Source(path=tmp_path / "none.csv", format=Format.CSV))


def test_records_across_chunks_are_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "data.csv"
    path.write_text("".join(f'{n},"x, {n % 7}\n"\n' for n in range(500)))
    whole = profiled(source=Source(path=path, format=Format.CSV, header=False))
    monkeypatch.setattr(file_chunks, "CHUNK", 64)
    cut = profiled(source=Source(path=path, format=Format.CSV, header=False))
    assert (cut.rows, cut.features[1].categories) == (whole.rows, whole.features[1].categories)


def test_a_quote_that_is_never_closed_is_refused_before_it_fills_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_chunks, "LONGEST", 1 << 20)
    path = tmp_path / "data.csv"
    path.write_text('1,"open\n' + "2,3\n" * 1_000_000)
    with pytest.raises(DriftError, match="close its quote or break the line"):
        profiled(source=Source(path=path, format=Format.CSV, header=False))
