"""Somebody with a model.tar.gz that was trained elsewhere and brings its own code/inference.py."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.strangers import Deployed, Stranger, arrived, deployed

SHIFTS = {"sugar": 5.0}
NOT_PLAYED = {
    "Push the data": "not declared: [training]",
    "Train the trials, register the best": "not declared: [training]",
    "An alarm trains anew; a better model is proposed": "not declared: [training]",
    "Scale out under load, and in again": "not declared: [serving.scaling]",
    "Another model, by a canary": "not declared: [training]",
    "A bad model is rolled back": "not declared: [training]",
}
ARCHIVE = "promoted/orchard/model.tar.gz"


@pytest.fixture
def stranger(tmp_path: Path) -> Stranger:
    return arrived("orchard", folder=tmp_path)


@pytest.mark.week
def test_the_whole_life_is_rehearsed(stranger: Stranger) -> None:
    assert stranger.play() == NOT_PLAYED


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    folder = tmp_path_factory.mktemp("life")
    with deployed(arrived("orchard", folder=folder), log=folder / "commands.log") as made:
        yield made


def test_the_archive_s_own_code_answers_with_the_manifest_s_variables(life: Deployed) -> None:
    assert life.ask("9.1,200.5,16.2\n1.2,100.5,8.4\n") == "1\n0\n"


def test_the_lineage_leads_from_the_archive_to_the_endpoint(life: Deployed) -> None:
    links = life.yard("lineage", "orchard")

    steps = ["imported from", "artifact", "model package", "baseline", "endpoint"]
    assert [link["step"] for link in links] == steps
    assert links[0]["what"] == ARCHIVE


@pytest.mark.week
def test_quiet_hours_ring_nothing_and_the_first_check_after_a_drift_does(life: Deployed, quiet_hours: int) -> None:
    life.watch(SHIFTS, hours=quiet_hours)


def test_without_an_archive_it_is_told_where_to_put_one(stranger: Stranger) -> None:
    (stranger.project / ARCHIVE).unlink()

    assert stranger.refusal() == (
        f"{ARCHIVE} must be the archive of orchard, which is neither trained nor promoted, there is no such file; "
        "copy the one there that you would give to yard import, or promote a model\n"
    )


def test_an_archive_without_the_code_that_its_container_needs_is_told_before_anything_starts(
    stranger: Stranger,
) -> None:
    pack(stranger, "apples.json")

    assert stranger.refusal() == (
        f"{ARCHIVE} must hold code/inference.py for scikit-learn's container to serve it, and does not; pack it into "
        "the archive\n"
    )


def test_an_archive_with_a_link_is_told_before_anything_starts(stranger: Stranger) -> None:
    (stranger.folder / "archive" / "latest.json").symlink_to("apples.json")
    pack(stranger, "latest.json", "apples.json", "code")

    assert stranger.refusal() == (
        f"{ARCHIVE} must hold files alone, got the link or device 'latest.json'; copy it in\n"
    )


def pack(stranger: Stranger, *names: str) -> None:
    """Pack the archive anew."""
    archive = str(stranger.project / ARCHIVE)
    assert stranger.run("tar", "-czf", archive, "-C", "archive", *names, folder=stranger.folder).returncode == 0
