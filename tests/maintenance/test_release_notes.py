"""A release is published only when the tag, the version and the changelog agree."""

from pathlib import Path

import pytest

from maintenance.release_notes import NotAReleaseError, main, notes

CHANGELOG = """# Changelog

## Unreleased

## 1.2.3 - 2026-12-01

### Added

* A thing.

## 1.2.2 - 2026-11-01

* Old.
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text('[project]\nversion = "1.2.3"\n', encoding="utf-8")
    (tmp_path / "packaging" / "app").mkdir(parents=True)
    pin = 'dependencies = ["modelyard-drift==1.2.3", "rich==14.3.4"]\n'
    (tmp_path / "packaging" / "app" / "pyproject.toml").write_text(pin, encoding="utf-8")
    (tmp_path / "CHANGELOG.md").write_text(CHANGELOG, encoding="utf-8")
    return tmp_path


def replace(file: Path, before: str, after: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert before in text
    file.write_text(text.replace(before, after), encoding="utf-8")


def test_the_section_of_the_release_alone_is_printed(root: Path) -> None:
    assert notes(tag="v1.2.3", root=root) == "### Added\n\n* A thing.\n"


@pytest.mark.parametrize("tag", ["1.2.3", "v1.2.4", "v1.2.3-rc1"])
def test_a_tag_that_is_not_the_version_is_refused(root: Path, tag: str) -> None:
    with pytest.raises(NotAReleaseError, match=r"the tag must be v1\.2\.3"):
        notes(tag=tag, root=root)


def test_a_distribution_that_needs_another_version_of_ours_is_refused(root: Path) -> None:
    replace(root / "packaging" / "app" / "pyproject.toml", "drift==1.2.3", "drift==1.2.2")
    with pytest.raises(NotAReleaseError, match=r"modelyard-drift must be pinned to 1\.2\.3"):
        notes(tag="v1.2.3", root=root)


@pytest.mark.parametrize(
    ("before", "after"),
    [("## 1.2.3 - 2026-12-01", "## 1.2.3"), ("## 1.2.3", "## 1.2.4"), ("### Added\n\n* A thing.\n\n", "")],
)
def test_a_changelog_without_a_dated_section_and_a_text_is_refused(root: Path, before: str, after: str) -> None:
    replace(root / "CHANGELOG.md", before, after)
    with pytest.raises(NotAReleaseError, match="rename Unreleased"):
        notes(tag="v1.2.3", root=root)


def test_the_command_ends_with_1_and_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["v0.0.0"]) == 1
    assert "the tag must be v" in capsys.readouterr().err
