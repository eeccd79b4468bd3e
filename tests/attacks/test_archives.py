"""Archives that want to land outside of their folder, fill the disk, or end a job without a sentence."""

import gzip
import io
import itertools
import os
import random
import tarfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from modelyard.rehearsal.containers.archives import unpack
from modelyard.rehearsal.containers.servers import ModelServer, ServedModel
from modelyard.rehearsal.containers.training import TrainingSpec, run_training
from modelyard.rehearsal.containers.volumes import Volume
from support.attempts import Attempts
from support.endpoints import Endpoints, variant
from support.jobs import JobRequests, packed
from support.local_aws import SharedLocalAws

MEGABYTE = 1024**2
SENTENCE = "must be a tar.gz that unpacks into one folder: "
NAMES = (
    "file",
    "a/b/c",
    "/etc/absolute",
    "//etc/twice",
    "../outside",
    "a/../../outside",
    "..",
    ".",
    "",
    "a/./b",
    "./here",
    "n" * 300,
    f"a/{'n' * 300}/b",
    "/".join(["deep"] * 1200),
    "line\nbreak",
    "escape\x1b[2J",
    "right\u202eto left",
    "caf\xe9",
    "cafe\u0301",
    "\udcff\udcfe",
    "a/b/",
    "train.py",
    "train.py/inside",
)
TYPES: Mapping[str, bytes] = {
    "file": tarfile.REGTYPE,
    "folder": tarfile.DIRTYPE,
    "symbolic link": tarfile.SYMTYPE,
    "hard link": tarfile.LNKTYPE,
    "pipe": tarfile.FIFOTYPE,
    "character device": tarfile.CHRTYPE,
    "block device": tarfile.BLKTYPE,
    "contiguous file": tarfile.CONTTYPE,
    "sparse file": tarfile.GNUTYPE_SPARSE,
    "unknown": b"Z",
}
TARGETS = (
    "train.py",
    "../train.py",
    "/etc/passwd",
    "../../outside",
    "../folder/train.py",
    ".",
    "",
    "missing",
    "/proc/self/mem",
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where archives are unpacked, in a place of which everything is known."""
    (tmp_path / "place" / "folder").mkdir(parents=True)
    return tmp_path / "place" / "folder"


def entry(name: str, kind: bytes, *, target: str = "", size: int = 0) -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type, made.linkname, made.size, made.mode = kind, target, size, 0o4777
    return made


def archive(*entries: tarfile.TarInfo, format: int = tarfile.PAX_FORMAT) -> bytes:  # noqa: A002 - as tarfile's
    """A tar.gz of a program and these entries behind it, whatever they are."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=format) as tar:
        for one in (entry("train.py", tarfile.REGTYPE, size=1), *entries):
            tar.addfile(one, io.BytesIO(b"1" * one.size))
    return gzip.compress(buffer.getvalue(), 1)


def refusal(content: bytes, *, folder: Path, most_bytes: int = 64 * MEGABYTE) -> str | None:
    """Unpack, and return the sentence of the refusal; nothing may lie outside, or be a link or a device."""
    source = folder.parent.parent / "source.tar.gz"
    source.write_bytes(content)
    try:
        unpack(source=source, volume=Volume(folder=folder, most_bytes=most_bytes), folder=folder)
        said = None
    except ValueError as error:
        said = str(error)
        assert said.startswith(f"{source} {SENTENCE}")
    assert [path.name for path in folder.parent.iterdir()] == ["folder"]
    assert {path.name for path in folder.parent.parent.iterdir()} == {"place", "source.tar.gz"}
    for place, _, names in os.walk(folder):
        assert all((Path(place) / name).is_file() and not (Path(place) / name).is_symlink() for name in names)
    return said


@pytest.mark.parametrize("kind", TYPES)
def test_whatever_a_member_is_it_lands_inside_or_is_refused(kind: str, folder: Path, attempts: Attempts) -> None:
    for format_, name, target in itertools.product((tarfile.PAX_FORMAT, tarfile.GNU_FORMAT), NAMES, TARGETS):
        if kind not in ("symbolic link", "hard link") and target != TARGETS[0]:
            continue
        attempts.add()
        refusal(archive(entry(name, TYPES[kind], target=target), format=format_), folder=folder)


@pytest.mark.parametrize("kinds", [*itertools.product(("file", "folder", "symbolic link", "hard link"), repeat=2)])
def test_two_members_of_which_one_needs_the_other_land_inside_or_are_refused(
    kinds: tuple[str, str], folder: Path, attempts: Attempts
) -> None:
    first, second = (TYPES[kind] for kind in kinds)
    for names, targets in itertools.product(
        [("a", "a/b"), ("a/b", "a"), ("a", "a"), ("a/b", "a/b/../../c")], itertools.product(TARGETS, TARGETS)
    ):
        attempts.add()
        entries = [entry(names[0], first, target=targets[0]), entry(names[1], second, target=targets[1])]
        refusal(archive(*entries), folder=folder)


def test_a_link_is_unpacked_as_the_file_that_it_points_at(folder: Path) -> None:
    links = [entry("again", tarfile.LNKTYPE, target="train.py"), entry("a/b", tarfile.SYMTYPE, target="../train.py")]

    assert refusal(archive(*links), folder=folder) is None

    assert [(folder / name).read_bytes() for name in ("again", "a/b")] == [b"1", b"1"]


@pytest.mark.parametrize(
    ("hostile", "said"),
    [
        (entry("n" * 300, tarfile.REGTYPE), "File name too long"),
        (entry("train.py/inside", tarfile.REGTYPE), "Not a directory"),
        (entry("/dev/null", tarfile.CHRTYPE), "is a special file"),
        (entry("../outside", tarfile.REGTYPE), "outside the destination"),
        (entry("a", tarfile.SYMTYPE, target="/etc/passwd"), "absolute"),
        (
            entry("a", tarfile.SYMTYPE, target="b"),
            "is a link to 'b', which is no file that the archive holds before it",
        ),
        (entry("a", tarfile.LNKTYPE, target="."), "is a link to '.', which is no file"),
    ],
    ids=["long", "below a file", "device", "outside", "absolute link", "dangling link", "link to a folder"],
)
def test_the_sentence_says_what_is_wrong(hostile: tarfile.TarInfo, said: str, folder: Path) -> None:
    found = refusal(archive(hostile), folder=folder)

    assert found is not None
    assert said in found


def zeros(size: int) -> bytes:
    """A tar.gz of one file of zeros, written without holding them in memory."""
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb", compresslevel=1) as file:
        file.write(entry("zeros", tarfile.REGTYPE, size=size).tobuf())
        for _ in range(size // MEGABYTE):
            file.write(bytes(MEGABYTE))
        file.write(bytes(1024))
    return buffer.getvalue()


def header(**changes: object) -> bytes:
    """The header of a member that says of itself what is not so."""
    made = entry("x", tarfile.REGTYPE)
    for name, value in changes.items():
        setattr(made, name, value)
    return made.tobuf(format=tarfile.PAX_FORMAT)


def bombs() -> Iterator[tuple[str, Callable[[], bytes]]]:
    yield "many zeros", lambda: zeros(256 * MEGABYTE)
    yield "more than there is", lambda: gzip.compress(header(size=10**12))
    yield "more than a number holds", lambda: gzip.compress(header(pax_headers={"size": str(10**30)}))
    yield "less than nothing", lambda: gzip.compress(header(pax_headers={"size": "-1000"}))
    yield "a name of 64 MiB", lambda: extension(tarfile.GNUTYPE_LONGNAME, b"n" * 64 * MEGABYTE)
    yield "a link of 64 MiB", lambda: extension(tarfile.GNUTYPE_LONGLINK, b"n" * 64 * MEGABYTE)
    yield "an extension of 64 MiB", lambda: extension(tarfile.XHDTYPE, b"0" * 64 * MEGABYTE)
    yield "extensions of everything of 64 MiB", lambda: extension(tarfile.XGLTYPE, b"0" * 64 * MEGABYTE)
    yield "extensions of extensions", lambda: gzip.compress(pax(b"") * 5000 + header())
    yield (
        "a sparse file of a terabyte",
        lambda: gzip.compress(
            header(pax_headers={"GNU.sparse.map": "0,1", "GNU.sparse.realsize": str(10**12), "GNU.sparse.name": "s"})
        ),
    )
    yield (
        "a sparse map of more than there is",
        lambda: gzip.compress(
            header(pax_headers={"GNU.sparse.map": f"0,{10**12}", "GNU.sparse.size": "1"}) + bytes(64 * MEGABYTE), 1
        ),
    )
    yield "five thousand files", lambda: many(5000)


def extension(kind: bytes, content: bytes) -> bytes:
    return gzip.compress(entry("x", kind, size=len(content)).tobuf(format=tarfile.GNU_FORMAT) + content + header(), 1)


def pax(content: bytes) -> bytes:
    return entry("x", tarfile.XHDTYPE, size=len(content)).tobuf(format=tarfile.USTAR_FORMAT) + content


def many(count: int) -> bytes:
    return gzip.compress(b"".join(entry(f"{n}", tarfile.REGTYPE).tobuf() for n in range(count)) + bytes(1024), 1)


@pytest.mark.parametrize(("bomb"), [make for _, make in bombs()], ids=[name for name, _ in bombs()])
def test_no_archive_unpacks_to_more_than_its_volume(
    bomb: Callable[[], bytes], folder: Path, attempts: Attempts
) -> None:
    attempts.add()

    said = refusal(bomb(), folder=folder, most_bytes=8 * MEGABYTE)

    assert said is not None
    assert sum(path.lstat().st_size for path in folder.rglob("*")) <= 8 * MEGABYTE
    assert len(list(folder.rglob("*"))) <= 8 * MEGABYTE // 16_384


@pytest.mark.parametrize("seed", range(20))
def test_an_archive_that_is_damaged_anywhere_is_unpacked_or_refused_with_a_sentence(
    seed: int, folder: Path, attempts: Attempts
) -> None:
    chance = random.Random(seed)  # noqa: S311 - damage is no secret
    sizes = {kind: 7 if kind == tarfile.REGTYPE else 0 for kind in TYPES.values()}
    entries = [entry(name, kind, size=size) for name in ("a/b", "c") for kind, size in sizes.items()]
    whole = gzip.decompress(archive(*chance.sample(entries, k=5), format=chance.choice([0, 1, 2])))
    for _ in range(40):
        attempts.add(2)
        damaged = bytearray(whole)
        for _ in range(chance.randint(1, 8)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        refusal(gzip.compress(damaged[: chance.randint(0, len(damaged))], 1), folder=folder)
        squeezed = bytearray(gzip.compress(whole, 1))
        squeezed[chance.randrange(len(squeezed))] ^= 1 << chance.randrange(8)
        refusal(bytes(squeezed), folder=folder)


def test_a_damaged_header_is_not_taken_for_the_end(folder: Path) -> None:
    whole = bytearray(gzip.decompress(archive(entry("second", tarfile.REGTYPE))))
    whole[1024] ^= 1

    said = refusal(gzip.compress(whole), folder=folder)

    assert said is not None
    assert "a header is damaged" in said


def test_a_disk_that_is_full_is_a_sentence(folder: Path) -> None:
    """As nothing may be left of the volume, so nothing may be left of the disk: the least of both counts."""
    said = refusal(archive(), folder=folder, most_bytes=0)

    assert said is not None
    assert "it needs more space than its volume has left; raise VolumeSizeInGB" in said


PROGRAMS = (
    "../x.py",
    "/abs.py",
    "a/../../x.py",
    "./x.py",
    "a//x.py",
    "..",
    "x\0.py",
    "x\n.py",
    "/opt/ml/input/data/train/x.py",
)


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_outside_of_its_archive_does_not_run(program: str, tmp_path: Path, attempts: Attempts) -> None:
    attempts.add(2)
    (tmp_path / "source").mkdir()

    with pytest.raises(ValueError, match=r"program .*(has |must end)"):
        TrainingSpec(name="job", channels={}, source=tmp_path / "source", program=program)
    with pytest.raises(ValueError, match=r"program .* has "):
        ServedModel(archive=tmp_path, program=program)


@pytest.fixture
def job_requests(local_aws: SharedLocalAws) -> JobRequests:
    """A place for jobs on the shared rehearsal, with a bucket of its own."""
    return JobRequests(local_aws=local_aws, bucket=local_aws.bucket())


@pytest.mark.parametrize(
    "directory", ["/etc", "/opt/ml/input/data/../../../../etc", "../x", "/opt/ml/input/data/", "file:///etc"]
)
def test_a_submit_directory_outside_of_the_channels_is_refused(
    directory: str, job_requests: JobRequests, attempts: Attempts
) -> None:
    attempts.add()
    request = job_requests.training("")
    request["HyperParameters"]["sagemaker_submit_directory"] = directory

    with pytest.raises(job_requests.sagemaker.exceptions.ClientError, match="sagemaker_submit_directory"):
        job_requests.sagemaker.create_training_job(**request)


HOSTILE: Mapping[str, Callable[[], bytes]] = {
    "a long name": lambda: archive(entry("n" * 300, tarfile.REGTYPE)),
    "a beside a/b": lambda: archive(entry("a", tarfile.REGTYPE), entry("a/b", tarfile.REGTYPE)),
    "a device": lambda: archive(entry("d", tarfile.BLKTYPE)),
    "more than the volume": lambda: gzip.compress(header(size=40 * 1024**3)),
    "no archive": lambda: b"print()",
    "half an archive": lambda: packed({"train.py": "import time\n" * 10_000})[:-30],
    "nothing": lambda: b"",
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_training_job_of_a_hostile_archive_fails_with_a_sentence(
    what: str, job_requests: JobRequests, attempts: Attempts
) -> None:
    attempts.add()
    request = job_requests.training("")
    archive_uri = job_requests.put("hostile.tar.gz", HOSTILE[what]())
    request["HyperParameters"]["sagemaker_submit_directory"] = archive_uri

    ended = job_requests.train(request)

    assert ended["TrainingJobStatus"] == "Failed"
    assert ended["FailureReason"].startswith("ClientError: ")
    assert SENTENCE in ended["FailureReason"]


@pytest.mark.parametrize("what", HOSTILE)
def test_a_server_of_a_hostile_archive_does_not_start_and_says_why(
    what: str, tmp_path: Path, attempts: Attempts
) -> None:
    attempts.add()
    (tmp_path / "model.tar.gz").write_bytes(HOSTILE[what]())

    with pytest.raises(ValueError, match=SENTENCE):
        ModelServer(model=ServedModel(archive=tmp_path / "model.tar.gz", program="x.py"), folder=tmp_path / "tree")


@pytest.mark.parametrize("what", ["a long name", "more than the volume"])
def test_an_endpoint_of_a_hostile_archive_fails_and_its_log_says_why(
    what: str, local_aws: SharedLocalAws, attempts: Attempts
) -> None:
    attempts.add()
    host = Endpoints(aws=local_aws, bucket=local_aws.bucket(), role=local_aws.role())
    name = host.model()
    local_aws.client("s3").put_object(Bucket=host.bucket, Key=f"{name}/model.tar.gz", Body=HOSTILE[what]())

    endpoint = host.begin(host.config(variant(name)))

    assert host.settled(endpoint)["EndpointStatus"] == "Failed"
    local_aws.connection.flush()
    group = f"/aws/sagemaker/Endpoints/{endpoint}"
    events = local_aws.client("logs").filter_log_events(logGroupName=group)["events"]
    assert any(SENTENCE in event["message"] for event in events)


def test_what_a_script_left_that_cannot_be_packed_is_a_sentence(tmp_path: Path, attempts: Attempts) -> None:
    attempts.add()
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "train.py").write_text(
        "import os, shutil\nos.symlink('/nowhere', os.path.join(os.environ['SM_MODEL_DIR'], 'link'))\n"
    )
    job = TrainingSpec(name="job", channels={}, source=tmp_path / "source", program="train.py")

    reason = run_training(job=job, folder=tmp_path / "run").failure_reason

    assert reason is not None
    assert reason.startswith("ClientError: artifact upload failed: ")
