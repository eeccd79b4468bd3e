"""What `pip install` does before a script runs or serves: into an environment of the script's own, never this one.

The environment sees the packages that are here, as a container's script sees the image's, and has what its
requirements ask for besides. It is kept by what it was made of, so that the next job of the same script has it at once.

Source: sagemaker-training 5.1.1, `modules.py` and `errors.py`; sagemaker-containers 2.8.6, `_modules.py`; "Requirements
File Format" in pip's documentation.
"""

import fcntl
import hashlib
import importlib.metadata
import os
import platform
import shutil
import site
import sys
import venv
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement

from modelyard.drift.line_breaks import split_lines
from modelyard.rehearsal.containers.environment import ContainerTree
from modelyard.rehearsal.containers.networks import Network
from modelyard.rehearsal.containers.processes import ContainerProcess
from modelyard.shared.container_families import NO_BUILD_ISOLATION

REQUIREMENTS = "requirements.txt"
# Variables by which pip reaches packages where it does not reach PyPI.
MIRRORS = {
    Network.INTERNET: (),
    Network.VPC: ("PIP_INDEX_URL", "PIP_FIND_LINKS", "PIP_NO_INDEX", "CA_REPOSITORY_ARN"),
    Network.NONE: ("PIP_FIND_LINKS",),
}
# Why it does not.
UNREACHED = {
    Network.VPC: "the VPC may have no way to PyPI",
    Network.NONE: "the container is isolated from the network",
}
# Lines that say where packages are fetched, and ask for none.
PLACES = ("-i", "-f", "--index-url", "--extra-index-url", "--find-links", "--no-index", "--trusted-host", "--pre")
# What pip needs of the user's own shell: its configuration, and the way to an index.
OF_THE_USER = ("PATH", "HOME", "LANG", "TMPDIR", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE")
PROXIES = ("http_proxy", "https_proxy", "no_proxy", "all_proxy")
FOLDER = "script-environments"
# Below a container's home.
OWN_PYTHON = Path("python", "bin", "python")
READY = ".ready"
SECONDS = 600


class InstallError(Exception):
    """What a script needs cannot be installed; the message is pip's last words."""


def script_python(
    *,
    folder: Path,
    builds: bool,
    network: Network,
    environment: Mapping[str, str],
    on_line: Callable[[str], None],
) -> str:
    """Return the interpreter that has what a script needs: this one where all is there, else one of its own.

    `folder` is the script's, with its requirements. A container that `builds` the folder does so in an environment of
    pip's own, for which pip fetches setuptools whatever its `network`. `on_line` gets what pip prints.

    Raises:
        InstallError: pip cannot install them.

    """
    file = folder / REQUIREMENTS
    text = file.read_text(encoding="utf-8", errors="replace") if file.is_file() else ""
    missing = _missing(text)
    has_mirror = any(mirror in environment for mirror in MIRRORS[network])
    (name, value), *_ = NO_BUILD_ISOLATION.items()
    if network is not Network.INTERNET and not has_mirror:
        if builds and environment.get(name) != value:
            raise InstallError(
                f"Could not find a version that satisfies the requirement setuptools>=40.8.0: {UNREACHED[network]}; "
                f"set {name} to {value} in the Environment"
            )
        # Of an isolated container pip itself says so, as it needs no network for files of the folder.
        if missing is not None and network is Network.VPC:
            raise InstallError(
                f"No matching distribution found for {missing}: {UNREACHED[network]}; set PIP_INDEX_URL to an index "
                "that it reaches in the Environment"
            )
    if missing is None:
        return sys.executable
    try:
        return _python_of_its_own(text=text, folder=folder, environment=environment, network=network, on_line=on_line)
    except InstallError as error:
        if network is not Network.NONE:
            raise
        raise InstallError(
            f"{error}: {UNREACHED[network]}; bring wheels beside {REQUIREMENTS}, or set EnableNetworkIsolation to false"
        ) from error


def own_python(
    *, tree: ContainerTree, seen: ContainerTree, network: Network, python: str = sys.executable
) -> dict[str, str]:
    """Make an environment of a container's own at OWN_PYTHON of its home, and return the variables of its processes.

    It sees the packages of an interpreter, as a container sees its image's. What its program has pip install is the
    container's alone, and goes with it. `seen` is the tree as the container's processes find it.
    """
    made = tree.home / OWN_PYTHON
    folder = made.parents[1]
    _make_environment(folder, packages=site.getsitepackages() if python == sys.executable else [_packages(python)])
    for name in ("pip", "pip3"):
        program = made.with_name(name)
        program.write_text('#!/bin/sh\nexec "$(dirname "$0")/python" -m pip "$@"\n', encoding="utf-8")
        program.chmod(0o755)
    places = [(seen.home / OWN_PYTHON).parent, Path(python).parent, os.environ.get("PATH", os.defpath)]
    return _pip_settings(network) | {"PATH": os.pathsep.join(map(str, places)), "PIP_DISABLE_PIP_VERSION_CHECK": "1"}


def _pip_settings(network: Network) -> dict[str, str]:
    """Return the variables that tell pip where packages are: the user's own, or that there are none to be had."""
    if network is Network.NONE:
        return {"PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": os.devnull}
    return {name: value for name, value in os.environ.items() if name.startswith("PIP_")}


def _make_environment(folder: Path, *, packages: Sequence[str]) -> None:
    """Make an environment without packages of its own, which sees those of other folders."""
    venv.create(folder, symlinks=True)
    links = [f"import site; site.addsitedir({place!r})\n" for place in packages]
    Path(_packages(str(folder / "bin" / "python")), "container.pth").write_text("".join(links), encoding="utf-8")


def _packages(python: str) -> str:
    """Return the folder of the packages of an environment by its interpreter."""
    (packages,) = Path(python).parents[1].glob("lib/python*/site-packages")
    return str(packages)


def _missing(text: str) -> str | None:
    """Return the first requirement that is not met by the packages that are here, or None."""
    for line in split_lines(text.replace("\\\n", " ")):
        written = line.partition(" #")[0].strip()
        if not written or written.startswith(("#", *PLACES)):
            continue
        try:
            wanted = Requirement(written.partition(" --")[0])
        except InvalidRequirement:
            # A file, an option or a mistake: pip knows.
            return written
        if wanted.marker is not None and not wanted.marker.evaluate():
            continue
        try:
            version = importlib.metadata.version(wanted.name)
        except importlib.metadata.PackageNotFoundError:
            return str(wanted)
        if not wanted.specifier.contains(version, prereleases=True):
            return str(wanted)
    return None


def _python_of_its_own(
    *, text: str, folder: Path, environment: Mapping[str, str], network: Network, on_line: Callable[[str], None]
) -> str:
    """Return the interpreter of the environment with these requirements, which is made if there is none yet."""
    variables = _pip_environment(environment, network=network)
    made = _environments() / _digest(text=text, folder=folder, variables=variables)
    python = made / "bin" / "python"
    with _locked(made.with_suffix(".lock")):
        if (made / READY).is_file():
            return str(python)
        # What a job that was killed has left.
        shutil.rmtree(made, ignore_errors=True)
        _make_environment(made, packages=site.getsitepackages())
        pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--disable-pip-version-check"]
        command = [*pip, "--no-input", "-r", REQUIREMENTS]
        _run(command, folder=folder, variables=variables, network=network, on_line=on_line)
        (made / READY).touch()
    return str(python)


def _environments() -> Path:
    """Where environments are kept: beside the packages that they are added to, else in the user's cache."""
    home = Path(sys.prefix)
    folder = home / FOLDER if os.access(home, os.W_OK) else Path.home() / ".cache" / "modelyard" / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _pip_environment(environment: Mapping[str, str], *, network: Network) -> dict[str, str]:
    """What pip runs with: the user's own way to an index, if there is a network, and before it what the job says."""
    users = {
        name: value
        for name, value in os.environ.items()
        if name in OF_THE_USER or (name.lower() in PROXIES and network is not Network.NONE)
    }
    return (
        users | _pip_settings(network) | {name: value for name, value in environment.items() if name.startswith("PIP_")}
    )


def _digest(*, text: str, folder: Path, variables: Mapping[str, str]) -> str:
    """Name an environment by its requirements, the packages and the Python that it is added to, and pip's settings."""
    installed = sorted(f"{one.name}=={one.version}" for one in importlib.metadata.distributions())
    settings = [f"{name}={value}" for name, value in sorted(variables.items()) if name.startswith("PIP_")]
    digest = hashlib.sha256("\0".join([text, sys.version, platform.machine(), *installed, *settings]).encode())
    lines = [line.strip() for line in split_lines(text)]
    if any(line.startswith(("-r", "-c", "-e", ".", "--requirement", "--constraint", "--editable")) for line in lines):
        # They name files of the folder.
        for file in sorted(path for path in folder.rglob("*") if path.is_file()):
            digest.update(f"\0{file.relative_to(folder)}\0".encode() + file.read_bytes())
    return digest.hexdigest()[:24]


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    """Hold a lock that ends with this process: two jobs may need the same environment at once."""
    with file.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _run(
    command: Sequence[str],
    *,
    folder: Path,
    variables: Mapping[str, str],
    network: Network,
    on_line: Callable[[str], None],
) -> None:
    errors: list[str] = []

    def handle(stream: str, line: str) -> None:
        if stream == "stderr":
            errors.append(line)
        on_line(line)

    process = ContainerProcess(command=command, environment=variables, folder=folder, on_line=handle, network=network)
    try:
        code = process.wait(timeout=SECONDS)
    finally:
        process.kill()
    if code is None:
        raise InstallError(f"pip must end within {SECONDS} s, it did not; is the index reached from here?")
    if code != 0:
        said = [line.removeprefix("ERROR: ") for line in errors if line.startswith("ERROR: ")]
        raise InstallError("\n".join(said) if said else "\n".join(errors[-3:]))
