"""What is packed, digested or sent is what a folder itself holds: links and other entries are refused by name."""

import functools
import io
import itertools
import os
import shutil
import socket
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modelyard.constructs.published_file import archive
from modelyard.manifest import Refused, Stage, folder_digest, read_models, read_stage
from modelyard.manifest.folder_digest import contents, digest, files
from modelyard.manifest.reading import read_model
from modelyard.operations.data.pushing import left_out
from modelyard.operations.data.schema import declared
from modelyard.operations.training.request import stale_scripts
from modelyard.rehearsal.containers.archives import pack
from support.attempts import Attempts
from support.synth import ROOT, synthesize

SCRIPT = "churn_xgboost"
CHURN = read_model(ROOT / "models" / "churn.toml")


def _socket(path: Path) -> None:
    # A socket's path has some hundred characters at most: it is bound by its name alone, from where it lies.
    here = Path.cwd()
    os.chdir(path.parent)
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(path.name)
    finally:
        os.chdir(here)


def _link(target: str) -> Callable[[Path], None]:
    return lambda path: path.symlink_to(target)


HOSTILE: dict[str, Callable[[Path], None]] = {
    "the environment of whoever packs": _link("/proc/self/environ"),
    "a file of the machine": _link("/etc/passwd"),
    "a folder of the machine": _link("/etc"),
    "the root": _link("/"),
    "a file outside": _link("../../../outside.txt"),
    "a file beside it": _link("train.py"),
    "nothing": _link("nowhere"),
    "itself": lambda path: path.symlink_to(path.name),
    "the folder that holds it": _link("."),
    "an open file of the process": _link("/proc/self/fd/0"),
    "a device": _link("/dev/zero"),
    "a named pipe": os.mkfifo,
    "a socket": _socket,
}
PLACES = ("notes.txt", "inner/notes.txt", "inner/deeper/train.py", "data")
LEFT_OUT = ("__pycache__/train.pyc", ".venv/bin/python", ".hidden", "train.pyc")


@pytest.fixture
def scripts(tmp_path: Path) -> Path:
    """The folder of scripts with one of them, and a file beside it that no archive may hold."""
    (tmp_path / "outside.txt").write_text("AWS_SECRET_ACCESS_KEY=canary", encoding="utf-8")
    folder = tmp_path / "training_scripts"
    shutil.copytree(ROOT / "training_scripts" / SCRIPT, folder / SCRIPT, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def put(folder: Path, *, place: str, made: Callable[[Path], None]) -> None:
    path = folder / place
    path.parent.mkdir(parents=True, exist_ok=True)
    made(path)


def packers(scripts: Path, *, folder: Path) -> Iterator[Callable[[], object]]:
    """Everything that reads a folder whole."""
    yield lambda: files(folder=folder)
    yield lambda: contents(folder=folder)
    yield lambda: digest(folder=folder)
    yield lambda: archive(folder=folder)
    yield lambda: stale_scripts(model=CHURN, definition="", scripts=scripts)
    yield lambda: read_models(ROOT / "models", stage=Stage(name="dev"), scripts=scripts, only="churn")
    yield lambda: declared(model=CHURN, folder=folder)
    yield lambda: left_out(model=CHURN, folder=folder)


@pytest.mark.parametrize("kind", HOSTILE)
@pytest.mark.parametrize("place", PLACES)
def test_what_is_no_file_of_the_folder_is_refused_by_its_name_wherever_a_folder_is_read(
    kind: str, place: str, scripts: Path, attempts: Attempts
) -> None:
    put(scripts / SCRIPT, place=place, made=HOSTILE[kind])
    for packer in packers(scripts, folder=scripts / SCRIPT):
        attempts.add()
        with pytest.raises(Refused) as refused:
            packer()
        (problem,) = refused.value.problems
        assert problem.sentence.startswith(f"{place} must be a file or a folder by itself, got a ")
        assert problem.sentence.endswith(f" in {scripts / SCRIPT}; put there what it stands for, or remove it")


def test_every_entry_that_cannot_be_packed_is_named_at_once(scripts: Path, attempts: Attempts) -> None:
    for number, made in enumerate(HOSTILE.values()):
        put(scripts / SCRIPT, place=f"{number:02}", made=made)
        attempts.add()
    with pytest.raises(Refused) as refused:
        archive(folder=scripts / SCRIPT)
    assert [problem.key for problem in refused.value.problems] == [f"{number:02}" for number in range(len(HOSTILE))]


def test_a_synth_says_which_entry_it_refuses_and_makes_no_archive(
    scripts: Path, tmp_path: Path, attempts: Attempts
) -> None:
    (scripts / SCRIPT / "notes.txt").symlink_to("/proc/self/environ")
    attempts.add()
    models = tmp_path / "models"
    models.mkdir()
    shutil.copy(ROOT / "models" / "churn.toml", models)
    with pytest.raises(Refused, match=r"^notes.txt must be a file or a folder by itself, got a symbolic link in "):
        synthesize(tmp_path / "out", models=models, scripts=scripts)
    assert list((tmp_path / "out").glob("asset.*")) == []


def test_two_models_of_one_script_hear_of_its_link_once(scripts: Path, tmp_path: Path, attempts: Attempts) -> None:
    (scripts / SCRIPT / "notes.txt").symlink_to("/proc/self/environ")
    attempts.add()
    models = tmp_path / "models"
    models.mkdir()
    for name in ("churn", "other"):
        text = (ROOT / "models" / "churn.toml").read_text(encoding="utf-8")
        (models / f"{name}.toml").write_text(text.replace('name = "churn"', f'name = "{name}"'), encoding="utf-8")
    with pytest.raises(Refused) as refused:
        read_models(models, stage=Stage(name="dev"), scripts=scripts)
    assert len(refused.value.problems) == 1


@pytest.mark.parametrize("elsewhere", ["elsewhere", "training_scripts/other"])
@pytest.mark.parametrize("linked", ["team", "team/churn"])
def test_no_folder_on_the_way_to_a_script_may_be_a_link(
    elsewhere: str, linked: str, scripts: Path, tmp_path: Path, attempts: Attempts
) -> None:
    script = "team/churn/train.py"
    real = tmp_path / elsewhere / Path(script).relative_to(linked)
    real.parent.mkdir(parents=True)
    real.touch()
    (scripts / linked).parent.mkdir(exist_ok=True)
    (scripts / linked).symlink_to(tmp_path / elsewhere)
    models = tmp_path / "models"
    models.mkdir()
    text = (ROOT / "models" / "churn.toml").read_text(encoding="utf-8")
    (models / "churn.toml").write_text(text.replace("churn_xgboost/train.py", script), encoding="utf-8")
    attempts.add()
    with pytest.raises(Refused) as refused:
        read_models(models, stage=Stage(name="dev"), scripts=scripts)
    place = scripts / linked
    expected = f"{place.name} must be a file or a folder by itself, got a symbolic link in {place.parent}; "
    assert [problem.sentence.startswith(expected) for problem in refused.value.problems] == [True]


@pytest.mark.parametrize("file", ["models/churn.toml", "stages.toml"])
@pytest.mark.parametrize("target", ["/etc/passwd", "../outside.toml", "/dev/zero", "nowhere"])
def test_a_declaration_that_is_a_link_is_not_read(file: str, target: str, tmp_path: Path, attempts: Attempts) -> None:
    (tmp_path / "outside.toml").write_text('name = "churn"\n', encoding="utf-8")
    (tmp_path / "models").mkdir()
    (tmp_path / file).symlink_to(target)
    attempts.add()
    read: Callable[[Path], object] = functools.partial(read_stage, name="dev") if file == "stages.toml" else read_model
    with pytest.raises(Refused, match=r"the file must be TOML that can be read, got a symbolic link in "):
        read(tmp_path / file)


@pytest.mark.parametrize(
    "name", ["a\x1b[31m.py", "a\nb.py", "a\u202eyp.py", "a\u200b.py", b"a\xff.py".decode("utf-8", "surrogateescape")]
)
@pytest.mark.parametrize("inner", ["", "inner/"])
def test_a_name_that_cannot_be_shown_is_refused_in_characters_that_can(
    name: str, inner: str, scripts: Path, attempts: Attempts
) -> None:
    put(scripts / SCRIPT, place=f"{inner}{name}", made=Path.touch)
    attempts.add()
    with pytest.raises(Refused, match="got a name with characters that cannot be seen") as refused:
        digest(folder=scripts / SCRIPT)
    (problem,) = refused.value.problems
    assert problem.sentence.isprintable()


def test_a_file_that_becomes_a_link_while_a_folder_is_read_is_not_followed(
    scripts: Path, monkeypatch: pytest.MonkeyPatch, attempts: Attempts
) -> None:
    listed = files(folder=scripts / SCRIPT)
    (scripts / SCRIPT / "train.py").unlink()
    (scripts / SCRIPT / "train.py").symlink_to("/proc/self/environ")
    monkeypatch.setattr(folder_digest, "files", lambda *, folder: listed)
    attempts.add()
    with pytest.raises(Refused, match=r"train.py must be readable, got Too many levels of symbolic links in "):
        archive(folder=scripts / SCRIPT)


def test_a_folder_that_is_not_there_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"must be readable, got No such file or directory in "):
        digest(folder=tmp_path / "nowhere")


@pytest.mark.parametrize("kind", HOSTILE)
@pytest.mark.parametrize("place", LEFT_OUT)
def test_what_is_left_out_is_neither_refused_nor_packed(
    kind: str, place: str, scripts: Path, attempts: Attempts
) -> None:
    before = archive(folder=scripts / SCRIPT)
    put(scripts / SCRIPT, place=place, made=HOSTILE[kind])
    attempts.add()
    assert archive(folder=scripts / SCRIPT) == before


ENTRIES = st.dictionaries(
    st.sampled_from([f"{one}/{two}" for one, two in itertools.product("ab", ("x.py", "y.txt", ".z", "w.pyc"))]),
    st.sampled_from(["file", "link", "pipe"]),
    max_size=6,
)


@given(entries=ENTRIES)
@settings(deadline=None, max_examples=150, suppress_health_check=list(HealthCheck))
def test_digest_and_archive_hold_the_same_files_or_refuse_the_same(
    entries: dict[str, str], tmp_path_factory: pytest.TempPathFactory, attempts: Attempts
) -> None:
    folder = tmp_path_factory.mktemp("tree")
    made: dict[str, Callable[[Path], None]] = {"file": Path.touch, "link": _link("/etc/passwd"), "pipe": os.mkfifo}
    for place, kind in entries.items():
        put(folder, place=place, made=made[kind])
    attempts.add()
    kept = {place: kind for place, kind in entries.items() if place.endswith(("x.py", "y.txt"))}
    refused = sorted(place for place, kind in kept.items() if kind != "file")
    if refused:
        for packer in (digest, archive):
            with pytest.raises(Refused) as error:
                packer(folder=folder)
            assert [problem.key for problem in error.value.problems] == refused
        return
    with tarfile.open(fileobj=io.BytesIO(archive(folder=folder)), mode="r:gz") as tar:
        assert tar.getnames() == sorted(kept) == [name for name, _ in contents(folder=folder)]


def test_data_that_an_operator_names_by_a_link_are_sent(tmp_path: Path) -> None:
    (tmp_path / "real" / "train").mkdir(parents=True)
    (tmp_path / "real" / "train" / "part.csv").write_text("1,2\n", encoding="utf-8")
    (tmp_path / "data").symlink_to(tmp_path / "real")
    train = next(one for one in declared(model=CHURN, folder=tmp_path / "data") if one.path == "datasets/train")
    assert train.files == (tmp_path / "data" / "train" / "part.csv",)


@pytest.mark.parametrize("target", ["/etc/passwd", "/proc/self/environ", "../outside.txt", "/dev/null"])
def test_the_archive_of_a_job_holds_nothing_from_outside_of_its_folders(
    target: str, tmp_path: Path, attempts: Attempts
) -> None:
    (tmp_path / "outside.txt").write_text("secret", encoding="utf-8")
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "weights").symlink_to(target)
    attempts.add()
    with pytest.raises(ValueError, match=r"weights must be a file .* to be packed, got a link"):
        pack(folders=[folder], archive=tmp_path / "model.tar.gz")
    assert not (tmp_path / "model.tar.gz").exists()
