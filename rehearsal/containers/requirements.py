"""What `pip install` would do before a script runs, told from the packages that are there: there is no network.

Source: sagemaker-training 5.1.1, `modules.py` and `errors.py`; sagemaker-containers 2.8.6, `_modules.py`; "Requirements
File Format" in pip's documentation.
"""

import importlib.metadata
from collections.abc import Iterator, Mapping
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement

from modelyard.drift.line_breaks import split_lines
from modelyard.shared.container_families import NO_BUILD_ISOLATION

REQUIREMENTS = "requirements.txt"
# Variables by which pip reaches packages where it does not reach PyPI.
MIRRORS = ("PIP_INDEX_URL", "PIP_FIND_LINKS", "PIP_NO_INDEX", "CA_REPOSITORY_ARN")


def install_problem(*, folder: Path) -> str | None:
    """Return why the requirements beside a script cannot be installed, in pip's words, or None where all are there."""
    file = folder / REQUIREMENTS
    if not file.is_file():
        return None
    return next(_problems(file.read_text(encoding="utf-8", errors="replace")), None)


def build_problem(*, environment: Mapping[str, str]) -> str | None:
    """Return why a script's folder cannot be built without a way to PyPI, or None where it can.

    pip builds in an environment of its own, for which it fetches setuptools.
    """
    (name, value), *_ = NO_BUILD_ISOLATION.items()
    if environment.get(name) == value or any(mirror in environment for mirror in MIRRORS):
        return None
    return (
        "Could not find a version that satisfies the requirement setuptools>=40.8.0: the job's VPC may have no way "
        f"to PyPI; set {name} to {value} in its Environment"
    )


def _problems(text: str) -> Iterator[str]:
    for line in split_lines(text.replace("\\\n", " ")):
        written = line.partition(" #")[0].strip()
        # Options name places to fetch from, and what is there already is not fetched.
        if not written or written.startswith(("#", "-")):
            continue
        try:
            wanted = Requirement(written.partition(" --")[0])
        except InvalidRequirement as error:
            yield f"Invalid requirement: {written!r}: {split_lines(str(error))[0]}"
            continue
        if wanted.marker is not None and not wanted.marker.evaluate():
            continue
        try:
            version = importlib.metadata.version(wanted.name)
        except importlib.metadata.PackageNotFoundError:
            yield f"No matching distribution found for {wanted}: it is not installed here, and nothing is fetched"
            continue
        if not wanted.specifier.contains(version, prereleases=True):
            yield f"No matching distribution found for {wanted}: {version} is installed here, and nothing is fetched"
