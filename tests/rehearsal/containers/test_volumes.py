from pathlib import Path

from modelyard.rehearsal.containers.volumes import used_by


def test_a_folder_is_as_large_as_its_files(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "a").write_bytes(bytes(10))
    (tmp_path / "b").write_bytes(bytes(5))
    assert used_by(tmp_path).size == 15
