"""Build the zip that a Processing job runs: the sources, and the wheels that requirements.lock names.

    python -m modelyard.drift.container.build          # builds it, downloads wheels that are not there, prints its
    path python -m modelyard.drift.container.build --hash   # prints its name's hash: from the sources and the lock,
    no network

The zip is the same, byte for byte, wherever it is built: nothing in it is compressed, dated or owned.
"""

import argparse
import hashlib
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from modelyard.drift.errors import DriftError

_PACKAGE = Path(__file__).resolve().parents[1]
_PLATFORM = (
    "--only-binary=:all:",
    "--platform=manylinux2014_x86_64",
    "--platform=manylinux_2_28_x86_64",
    "--implementation=cp",
    "--no-deps",
)
_LEFT_OUT = ("__pycache__", "Dockerfile")
_EPOCH = (1980, 1, 1, 0, 0, 0)
_READABLE = 0o100644 << 16


@dataclass(frozen=True, kw_only=True, slots=True)
class Recipe:
    """What goes into the zip.

    A package's folder, a lock file, the folder that keeps wheels and zips (of the project, where the CDK CLI runs
    this), and the Python version (3.12) of the container.
    """

    package: Path = _PACKAGE
    lock: Path = _PACKAGE / "container" / "requirements.lock"
    wheels: Path = Path(".wheels")
    python: str = "3.12"

    def __post_init__(self) -> None:
        """Raise DriftError when there is nothing to build from."""
        for path in (self.package, self.lock):
            if not path.exists():
                raise DriftError(f"{path} does not exist; install modelyard-drift again")


def sources(*, recipe: Recipe) -> Iterator[tuple[str, bytes]]:
    """Yield the name in the zip and the bytes of each source file, in the order of the names."""
    files = (path for path in recipe.package.rglob("*") if path.is_file())
    named = sorted((path.relative_to(recipe.package).as_posix(), path) for path in files)
    yield "__main__.py", (recipe.package / "container" / "launch.py").read_bytes()
    for name, path in named:
        if not any(part in _LEFT_OUT or part.startswith(".") for part in name.split("/")):
            yield f"modelyard/drift/{name}", path.read_bytes()


def locked(*, recipe: Recipe) -> list[str]:
    """Return the requirements of the lock file, comments and line continuations taken out.

    In alphabetical order.
    """
    text = recipe.lock.read_text(encoding="utf-8").replace("\\\n", " ")
    lines = (" ".join(line.split()) for line in text.splitlines())
    return sorted(line for line in lines if line and not line.startswith("#"))


def asset_hash(*, recipe: Recipe) -> str:
    """Return the SHA-256 of what the zip is made from.

    The same on every machine, and without any wheel at hand.
    """
    digest = hashlib.sha256()
    for name, content in (*sources(recipe=recipe), ("lock", "\n".join(locked(recipe=recipe)).encode())):
        digest.update(f"{name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def build(*, recipe: Recipe) -> Path:
    """Return the path of the zip, built if it is not there yet.

    Raise DriftError when a wheel cannot be had.
    """
    archive = recipe.wheels / f"{asset_hash(recipe=recipe)}.zip"
    if not archive.exists():
        wheels = downloaded(recipe=recipe)
        partial = archive.with_suffix(".partial")
        with zipfile.ZipFile(partial, "w") as file:
            for name, content in sources(recipe=recipe):
                _add(file=file, name=name, content=content)
            for wheel in wheels:
                _add(file=file, name=f"wheels/{wheel.name}", content=wheel.read_bytes())
        partial.rename(archive)
    return archive


def _add(*, file: zipfile.ZipFile, name: str, content: bytes) -> None:
    entry = zipfile.ZipInfo(name, date_time=_EPOCH)
    entry.external_attr = _READABLE
    # the same everywhere: 0 would be written on Windows
    entry.create_system = 3
    file.writestr(entry, content)


def downloaded(*, recipe: Recipe) -> list[Path]:
    """Return the wheels of the lock file, from the cache or else from the package index.

    In alphabetical order.

    Raise DriftError when a wheel cannot be downloaded, or is not the one that the lock names.
    """
    hashes = {part for line in locked(recipe=recipe) for part in line.split() if part.startswith("--hash=sha256:")}
    if len(_cached(recipe=recipe, hashes=hashes)) < len(locked(recipe=recipe)):
        _download(recipe=recipe)
    wheels = _cached(recipe=recipe, hashes=hashes)
    if len(wheels) != len(locked(recipe=recipe)):
        raise DriftError(f"{recipe.wheels} must hold a wheel for each line of {recipe.lock}, it does not; remove it")
    return wheels


def _cached(*, recipe: Recipe, hashes: set[str]) -> list[Path]:
    found = sorted(recipe.wheels.glob("*.whl"))
    return [wheel for wheel in found if f"--hash=sha256:{_digest(wheel)}" in hashes]


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _download(*, recipe: Recipe) -> None:
    version = (f"--python-version={recipe.python}", f"--abi=cp{recipe.python.replace('.', '')}")
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--disable-pip-version-check",
        *_PLATFORM,
        *version,
    ]
    places = ["--dest", str(recipe.wheels), "--require-hashes", "--requirement", str(recipe.lock)]
    done = subprocess.run([*command, *places], capture_output=True, text=True, check=False)  # noqa: S603  fixed words
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["pip said nothing"])[-1]
        raise DriftError(f"the wheels of {recipe.lock} cannot be downloaded ({last}); connect to a package index")


def main(*, arguments: Sequence[str] | None = None) -> int:
    """Print the path of the zip, or only its hash; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m modelyard.drift.container.build", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--hash", action="store_true", help="print the asset's hash, build nothing")
    parser.add_argument("--lock", type=Path, default=Recipe.__dataclass_fields__["lock"].default)
    parser.add_argument("--wheels", type=Path, default=Recipe.__dataclass_fields__["wheels"].default)
    parser.add_argument("--python", default="3.12", help="the container's Python, such as 3.12")
    given = parser.parse_args(arguments)
    try:
        recipe = Recipe(lock=given.lock, wheels=given.wheels, python=given.python)
        text = asset_hash(recipe=recipe) if given.hash else str(build(recipe=recipe))
    except DriftError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(text + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
