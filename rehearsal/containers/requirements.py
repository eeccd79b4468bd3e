"""What `pip install` would do before a script runs or serves, told from the packages that are there.

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


def install_problem(*, folder: Path, builds: bool, reaches_pypi: bool, environment: Mapping[str, str]) -> str | None:
    """Return why pip cannot install what a script needs, in pip's words, or None where all is there.

    `folder` is the script's, with its requirements. A container that `builds` the folder does so in an environment of
    pip's own, for which pip fetches setuptools where `reaches_pypi` is false as well.
    """
    file = folder / REQUIREMENTS
    if file.is_file():
        problem = next(_problems(file.read_text(encoding="utf-8", errors="replace")), None)
        if problem is not None:
            return problem
    (name, value), *_ = NO_BUILD_ISOLATION.items()
    isolated = environment.get(name) != value and not any(mirror in environment for mirror in MIRRORS)
    if not (builds and isolated and not reaches_pypi):
        return None
    return (
        "Could not find a version that satisfies the requirement setuptools>=40.8.0: the VPC may have no way to PyPI; "
        f"set {name} to {value} in the Environment"
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
