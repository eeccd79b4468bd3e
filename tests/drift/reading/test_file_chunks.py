import gzip
from pathlib import Path

import pytest

from modelyard.drift.errors import DriftError
from modelyard.drift.reading import file_chunks
from modelyard.drift.reading.file_chunks import line_partitions, record_partitions
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


def partitions(path: Path, *, size: int | None, records: bool = False) -> list[bytes]:
    found: list[bytes] = []
    for data, stop, begins in (record_partitions if records else line_partitions)(path=path, size=size):
        found += [b""] if begins else []
        found[-1] += data[:stop].tobytes()
    return found


@pytest.mark.parametrize("chunk", [8, 1 << 20])
def test_a_line_belongs_to_the_part_before_if_it_begins_at_its_first_byte(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    monkeypatch.setattr(file_chunks, "CHUNK", chunk)
    path = tmp_path / "lines"
    path.write_bytes(b"aaa\nbbb\nccc\nddd\neeeee\nf")
    assert partitions(path, size=8) == [b"aaa\nbbb\nccc\n", b"ddd\neeeee\n", b"f"]
    assert partitions(path, size=None) == [path.read_bytes()]


def test_a_line_that_is_longer_than_a_part_leaves_parts_without_any(tmp_path: Path) -> None:
    (tmp_path / "lines").write_bytes(b"a" * 50 + b"\nb\nc\n")
    assert partitions(tmp_path / "lines", size=10) == [b"a" * 50 + b"\n", b"b\nc\n"]


def test_a_part_ends_with_a_whole_record(tmp_path: Path) -> None:
    (tmp_path / "records").write_bytes(b'1,"a\nb\nc"\n2,d\n3,e\n')
    assert partitions(tmp_path / "records", size=5, records=True) == [b'1,"a\nb\nc"\n', b"2,d\n", b"3,e\n"]


def test_a_packed_file_is_one_part(tmp_path: Path) -> None:
    (tmp_path / "lines.gz").write_bytes(gzip.compress(b"aaa\nbbb\nccc\n"))
    assert partitions(tmp_path / "lines.gz", size=4) == [b"aaa\nbbb\nccc\n"]
