"""The releases that are kept, and how they are."""

import re
from pathlib import Path

import pytest

from maintenance.keep_release import PACKED, RELEASES, main, unpack, versions
from maintenance.promoted_examples import promote_examples
from modelyard.operations.planning.revision import read_assembly
from support.deployed_examples import promoted_models


def test_a_release_is_kept() -> None:
    assert "0.1.0" in versions()


@pytest.mark.parametrize("version", versions())
def test_a_kept_release_is_an_assembly_with_endpoints(version: str, tmp_path: Path) -> None:
    names = {one.name for one in read_assembly(unpack(version=version, folder=tmp_path)).templates}
    assert names >= {"dev-foundation", "dev-churn-serving", "dev-churn-monitoring", "dev-churn-forest-serving"}


@pytest.mark.parametrize("version", versions())
def test_a_kept_release_is_small_and_names_no_place_of_a_machine(version: str, tmp_path: Path) -> None:
    assert (RELEASES / version / PACKED).stat().st_size < 200_000
    for file in unpack(version=version, folder=tmp_path).glob("*.json"):
        assert not re.search(r"/(home|tmp|work|Users)/", file.read_text(encoding="utf-8")), file.name


def test_releases_are_ordered_as_versions_and_not_as_words(tmp_path: Path) -> None:
    for version in ("0.10.0", "0.9.1", "0.9.0"):
        (tmp_path / version).mkdir()
        (tmp_path / version / PACKED).touch()
    assert versions(releases=tmp_path) == ["0.9.0", "0.9.1", "0.10.0"]


@pytest.mark.parametrize("arguments", [[], ["latest"], ["0.2"], ["0.2.0", "main", "more"]])
def test_a_version_is_asked_for(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 1
    assert capsys.readouterr().err == (
        f"usage: python -m maintenance.keep_release VERSION [REVISION], got {arguments}\n"
    )


def test_a_revision_that_is_none_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["0.2.0", "no-such-revision"]) == 1
    assert capsys.readouterr().err == (
        "REVISION must be one of this repository's, got no-such-revision; leave it out for HEAD\n"
    )


def test_a_manifest_without_the_line_that_a_promotion_follows_is_refused(tmp_path: Path) -> None:
    folder = promoted_models(tmp_path / "models")
    text = (folder / "churn.toml").read_text(encoding="utf-8")
    (folder / "churn.toml").write_text(text.replace('name = "primary"', 'name = "first"'), encoding="utf-8")
    with pytest.raises(
        ValueError, match=r'churn.toml must have one line that matches \^name = "primary"\$, got 0; change'
    ):
        promote_examples(folder)
