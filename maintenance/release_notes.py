"""Print what the changelog says of a release, once the tag, the version and the changelog agree.

    python -m maintenance.release_notes v0.2.0

Ends with 1 and a sentence when they do not: nothing is published then.
"""

import argparse
import re
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parent.parent


class NotAReleaseError(Exception):
    """Tag, version and changelog do not agree; the message says how, and what to do."""


def notes(*, tag: str, root: Path = ROOT) -> str:
    """Return the section of the changelog for a tag.

    Raises:
        NotAReleaseError: the tag is not the version's, a distribution needs another version of ours, or the changelog
            has no section of that version with its date.
    """
    version = str(tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"])
    if tag != f"v{version}":
        raise NotAReleaseError(f"the tag must be v{version} as pyproject.toml has it, got {tag}; correct one of them")
    for file in sorted((root / "packaging").glob("*/pyproject.toml")):
        text = file.read_text(encoding="utf-8")
        for name, pinned in re.findall(r'"(modelyard[a-z-]*)==([^"]+)"', text):
            if pinned != version:
                raise NotAReleaseError(f"{name} must be pinned to {version} in {file}, got {pinned}; correct it there")
    changelog = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    section = re.compile(rf"^## {re.escape(version)} - \d{{4}}-\d\d-\d\d\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
    found = section.search(changelog)
    if found is None or not found[1].strip():
        raise NotAReleaseError(
            f"CHANGELOG.md must have a section ## {version} - YYYY-MM-DD, and has none with a text; rename Unreleased"
        )
    return found[1].strip() + "\n"


def main(arguments: Sequence[str]) -> int:
    """Print the section, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m maintenance.release_notes", description=__doc__.partition("\n")[0])
    parser.add_argument("tag", help="such as v0.2.0")
    try:
        sys.stdout.write(notes(tag=parser.parse_args(arguments).tag))
    except NotAReleaseError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
