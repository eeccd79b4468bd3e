"""Build the zip that a Processing job runs: the sources, and the wheels that requirements.lock names.

    python -m modelyard.drift.container.build          # builds it, downloads missing wheels, prints its path
    python -m modelyard.drift.container.build --hash   # prints its hash, of the sources and the lock; no network

The zip is the same, byte for byte, wherever it is built: nothing in it is compressed, dated or owned. It is built anew
each time, and a wheel is taken for what its bytes hash to, never for what it is called: what stands in the folder of
wheels may come from a cache that others have written (docs/decisions/0104).
"""

import argparse
import hashlib
import os
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from modelyard.drift.errors import DriftError
from modelyard.drift.escaping import for_terminal
from modelyard.drift.line_breaks import split_lines

PACKAGE = Path(__file__).resolve().parents[1]
PLATFORM = (
    "--only-binary=:all:",
    "--platform=manylinux2014_x86_64",
    "--platform=manylinux_2_28_x86_64",
    "--implementation=cp",
    "--no-deps",
)
LEFT_OUT = ("__pycache__", "Dockerfile")
LOCKED = re.compile(r"(?P<name>[\w.-]+)==(?P<version>[\w.!+-]+)\s+--hash=sha256:(?P<digest>[0-9a-f]{64})", re.ASCII)
EPOCH = (1980, 1, 1, 0, 0, 0)
MODE = 0o644
READABLE = (0o100000 | MODE) << 16


@dataclass(frozen=True, kw_only=True, slots=True)
class Recipe:
    """What goes into the zip.

    A package's folder, a lock file, the folder that keeps wheels and zips (of the project, where the CDK CLI runs
    this), and the Python version (3.12) of the container.
    """

    package: Path = PACKAGE
    lock: Path = PACKAGE / "container" / "requirements.lock"
    wheels: Path = Path(".wheels")
    python: str = "3.12"

    def __post_init__(self) -> None:
        for path in (self.package, self.lock):
            if not path.exists():
                raise DriftError(f"{path} does not exist; install modelyard-drift again")


@dataclass(frozen=True, kw_only=True, slots=True)
class Wheel:
    """A wheel that a lock file names: `numpy-2.4.6`, and the SHA-256 of its bytes in hexadecimal."""

    name: str
    digest: str


def sources(*, recipe: Recipe) -> Iterator[tuple[str, bytes]]:
    """Yield the name in the zip and the bytes of each source file, in the order of the names.

    Raises:
        DriftError: a file or a folder of the package is a link, which would bring in what lies elsewhere.
    """
    yield "__main__.py", (recipe.package / "container" / "launch.py").read_bytes()
    for path in sorted(recipe.package.rglob("*"), key=lambda path: path.relative_to(recipe.package).as_posix()):
        parts = path.relative_to(recipe.package).parts
        if any(part in LEFT_OUT or part.startswith(".") for part in parts):
            continue
        if path.is_symlink():
            raise DriftError(f"{path} must be a file or a folder, it is a link; put in its place what it points to")
        if path.is_file():
            yield f"modelyard/drift/{'/'.join(parts)}", path.read_bytes()


def locked_wheels(*, recipe: Recipe) -> list[Wheel]:
    """Return the wheels of the lock file, in alphabetical order.

    Raises:
        DriftError: a line names no version, or not exactly one SHA-256.
    """
    text = recipe.lock.read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line.strip() for line in split_lines(text)]
    wheels = [_locked_wheel(line, lock=recipe.lock) for line in lines if line and not line.startswith("#")]
    return sorted(wheels, key=lambda wheel: (wheel.name, wheel.digest))


def _locked_wheel(line: str, *, lock: Path) -> Wheel:
    match = LOCKED.fullmatch(line)
    if match is None:
        raise DriftError(f"a line must be NAME==VERSION --hash=sha256:DIGEST, got {line} in {lock}; lock it again")
    return Wheel(name=f"{match['name']}-{match['version']}", digest=match["digest"])


def asset_hash(*, recipe: Recipe) -> str:
    """Return the SHA-256 of what the zip is made from: the same on every machine, and without any wheel at hand."""
    digest = hashlib.sha256()
    lock = "\n".join(f"{wheel.name} {wheel.digest}" for wheel in locked_wheels(recipe=recipe))
    for name, content in (*sources(recipe=recipe), ("lock", lock.encode())):
        digest.update(f"{name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def build(*, recipe: Recipe) -> Path:
    """Build the zip, in place of what stood there under its name, and return its path.

    Raises:
        DriftError: a wheel cannot be had, or the zip cannot be written.
    """
    archive = recipe.wheels / f"{asset_hash(recipe=recipe)}.zip"
    try:
        recipe.wheels.mkdir(parents=True, exist_ok=True)
        # a name that nobody can have foreseen: opening never follows a link
        handle, partial = tempfile.mkstemp(dir=recipe.wheels, suffix=".partial")
        try:
            with os.fdopen(handle, "wb") as written, zipfile.ZipFile(written, "w") as file:
                for name, content in sources(recipe=recipe):
                    _add(file=file, name=name, content=content)
                for wheel, content in wheel_contents(recipe=recipe):
                    _add(file=file, name=f"wheels/{wheel.name}.whl", content=content)
            Path(partial).chmod(MODE)
            Path(partial).replace(archive)
        finally:
            Path(partial).unlink(missing_ok=True)
    except OSError as error:
        raise DriftError(
            f"{archive} cannot be written ({error.strerror}: {error.filename}); remove what stands there"
        ) from error
    return archive


def _add(*, file: zipfile.ZipFile, name: str, content: bytes) -> None:
    entry = zipfile.ZipInfo(name, date_time=EPOCH)
    entry.external_attr = READABLE
    # the same everywhere: 0 would be written on Windows
    entry.create_system = 3
    file.writestr(entry, content)


def wheel_contents(*, recipe: Recipe) -> Iterator[tuple[Wheel, bytes]]:
    """Yield each wheel of the lock file and its bytes, from the folder or else from the package index.

    Raises:
        DriftError: a wheel cannot be downloaded, or is not the one that the lock names.
    """
    wheels = locked_wheels(recipe=recipe)
    by_digest = _wheels_by_digest(recipe=recipe)
    if not {wheel.digest for wheel in wheels} <= set(by_digest):
        # pip would read what stands under a wheel's name to its end, and there may be none
        with tempfile.TemporaryDirectory(dir=recipe.wheels) as fresh:
            _download(recipe=recipe, folder=Path(fresh))
            for path in Path(fresh).iterdir():
                path.replace(recipe.wheels / path.name)
        by_digest = _wheels_by_digest(recipe=recipe)
    for wheel in wheels:
        content = by_digest[wheel.digest].read_bytes() if wheel.digest in by_digest else b""
        # hashed once more: these are the bytes that go into the zip
        if hashlib.sha256(content).hexdigest() != wheel.digest:
            raise DriftError(
                f"{recipe.wheels} must hold a wheel for each line of {recipe.lock}, it does not; remove it"
            )
        yield wheel, content


def _wheels_by_digest(*, recipe: Recipe) -> dict[str, Path]:
    """Return where the wheels are, by the SHA-256 of what is there."""
    by_digest = {}
    for path in filter(Path.is_file, sorted(recipe.wheels.glob("*.whl"))):
        with path.open("rb") as file:
            by_digest[hashlib.file_digest(file, "sha256").hexdigest()] = path
    return by_digest


def _download(*, recipe: Recipe, folder: Path) -> None:
    version = (f"--python-version={recipe.python}", f"--abi=cp{recipe.python.replace('.', '')}")
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--disable-pip-version-check",
        *PLATFORM,
        *version,
    ]
    arguments = ["--dest", str(folder), "--require-hashes", "--requirement", str(recipe.lock)]
    done = subprocess.run([*command, *arguments], capture_output=True, text=True, check=False)  # noqa: S603  fixed words
    if done.returncode != 0:
        last = (split_lines(done.stderr.strip()) or ["pip said nothing"])[-1]
        raise DriftError(f"the wheels of {recipe.lock} cannot be downloaded ({last}); connect to a package index")


def main(*, arguments: Sequence[str] | None = None) -> int:
    """Print the path of the zip, or only its hash; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m modelyard.drift.container.build", description=__doc__.partition("\n")[0]
    )
    parser.add_argument("--hash", action="store_true", help="print the asset's hash, build nothing")
    parser.add_argument("--lock", type=Path, default=Recipe.__dataclass_fields__["lock"].default)
    parser.add_argument("--wheels", type=Path, default=Recipe.__dataclass_fields__["wheels"].default)
    parser.add_argument("--python", default="3.12", help="the container's Python, such as 3.12")
    options = parser.parse_args(arguments)
    try:
        recipe = Recipe(lock=options.lock, wheels=options.wheels, python=options.python)
        text = asset_hash(recipe=recipe) if options.hash else str(build(recipe=recipe))
    except DriftError as error:
        sys.stderr.write(f"{for_terminal(str(error))}\n")
        return 1
    sys.stdout.write(text + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
