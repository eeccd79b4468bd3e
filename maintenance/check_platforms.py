"""Ask the package index whether every pin of constraints.txt can be installed on every supported system.

    python -m maintenance.check_platforms [--index URL]

A pin is held to the systems and Pythons for which its environment marker is true; it needs a wheel there, for what is
built from source on a user's machine is not what was tested. Ends with 1 and a line for each wheel that is not there.

Source: PEP 691 (the index's JSON), PEP 425 and PEP 600 (which wheels a system takes).
"""

import argparse
import json
import sys
import urllib.request
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.tags import Tag, compatible_tags, cpython_tags, mac_platforms
from packaging.utils import InvalidWheelFilename, parse_wheel_filename
from packaging.version import Version

from modelyard.drift.line_breaks import split_lines

CONSTRAINTS = Path(__file__).parent.parent / "constraints.txt"
INDEX = "https://pypi.org/simple"
PYTHONS = ((3, 11), (3, 12), (3, 13), (3, 14))
# Of the oldest systems that are supported, Ubuntu 22.04 and Amazon Linux 2023.
GLIBC_MINORS = range(34, 4, -1)
OLDER = ("manylinux2014", "manylinux2010", "manylinux1")


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """One system with one Python."""

    system: str
    python: tuple[int, int]
    platforms: tuple[str, ...]
    environment: Mapping[str, str]

    @property
    def tags(self) -> frozenset[Tag]:
        """The tags of the wheels that it takes."""
        interpreter = f"cp{self.python[0]}{self.python[1]}"
        own = cpython_tags(python_version=self.python, platforms=self.platforms)
        return frozenset([*own, *compatible_tags(self.python, interpreter, self.platforms)])

    def __str__(self) -> str:
        return f"{self.system}, Python {self.python[0]}.{self.python[1]}"


def targets() -> Iterator[Target]:
    """Yield every supported system with every supported Python."""
    for python in PYTHONS:
        for machine in ("x86_64", "aarch64"):
            yield _target(
                system=f"Linux {machine}",
                python=python,
                platforms=[f"{one}_{machine}" for one in (*(f"manylinux_2_{n}" for n in GLIBC_MINORS), *OLDER)],
                environment={"sys_platform": "linux", "platform_system": "Linux", "platform_machine": machine},
            )
        yield _target(
            system="macOS arm64",
            python=python,
            platforms=mac_platforms((14, 0), "arm64"),
            environment={"sys_platform": "darwin", "platform_system": "Darwin", "platform_machine": "arm64"},
        )


def _target(
    *, system: str, python: tuple[int, int], platforms: Iterable[str], environment: Mapping[str, str]
) -> Target:
    version = f"{python[0]}.{python[1]}"
    described = {
        **environment,
        "python_version": version,
        "python_full_version": f"{version}.0",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
    }
    return Target(system=system, python=python, platforms=tuple(platforms), environment=described)


def missing(*, pins: Sequence[Requirement], index: str) -> list[str]:
    """Return a line for each pin and target without a wheel."""
    with ThreadPoolExecutor(max_workers=8) as pool:
        pages = list(pool.map(lambda pin: _files(index=index, name=pin.name), pins))
    return [
        f"{pin.name} {pin.specifier}: no wheel for {target}"
        for pin, files in zip(pins, pages, strict=True)
        for target in targets()
        if pin.marker is None or pin.marker.evaluate({**target.environment})
        if not _has_wheel(files, pin=pin, target=target)
    ]


def _has_wheel(files: Sequence[Mapping[str, Any]], *, pin: Requirement, target: Target) -> bool:
    for file in files:
        try:
            _, version, _, tags = parse_wheel_filename(file["filename"])
        except InvalidWheelFilename:
            continue
        if pin.specifier.contains(version, prereleases=True) and not target.tags.isdisjoint(tags):
            return _python_allowed(file.get("requires-python"), python=target.python)
    return False


def _python_allowed(required: str | None, *, python: tuple[int, int]) -> bool:
    if required is None:
        return True
    return Version(f"{python[0]}.{python[1]}.9") in Requirement(f"python{required}").specifier


def _files(*, index: str, name: str) -> list[Mapping[str, Any]]:
    accept = {"Accept": "application/vnd.pypi.simple.v1+json"}
    request = urllib.request.Request(f"{index.rstrip('/')}/{name}/", headers=accept)  # noqa: S310 - the index that was named
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
        files: list[Mapping[str, Any]] = json.load(answer)["files"]
    return files


def read_pins(path: Path) -> list[Requirement]:
    """Return the pins of a constraints file."""
    lines = (line.partition("#")[0].strip() for line in split_lines(path.read_text(encoding="utf-8")))
    return [Requirement(line) for line in lines if line]


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what is missing; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m maintenance.check_platforms", description=__doc__.partition("\n")[0]
    )
    parser.add_argument("--index", default=INDEX, help=f"the package index, without it {INDEX}")
    parser.add_argument("--constraints", type=Path, default=CONSTRAINTS, help="the file with the pins")
    options = parser.parse_args(arguments)
    pins = read_pins(options.constraints)
    lines = missing(pins=pins, index=options.index)
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    systems = len(list(targets()))
    sys.stdout.write(f"{len(pins)} pins on {systems} systems: {len(lines)} wheels are not there\n")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
