from pathlib import Path

from modelyard.rehearsal.containers.saved_models import version_folder


def test_the_highest_version_is_served(tmp_path: Path) -> None:
    for version in ("2", "10", "draft"):
        (tmp_path / version).mkdir()
        (tmp_path / version / "saved_model.pb").write_bytes(b"")

    assert version_folder(model=tmp_path) == tmp_path / "10"


def test_a_folder_without_a_saved_model_has_no_version(tmp_path: Path) -> None:
    (tmp_path / "1").mkdir()

    assert version_folder(model=tmp_path) is None
