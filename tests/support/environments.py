"""An environment that has our wheels and not the repository."""

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from support.synth import ROOT

PARTS = ("drift", "rehearsal", "app")
Ended = subprocess.CompletedProcess[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Environment:
    """A virtual environment with our wheels; what they need it takes from the environment of the tests."""

    folder: Path

    def run(self, *words: str, folder: Path, code: int = 0) -> Ended:
        """Run a program of the environment in a folder; it must end with `code`."""
        tools = [self.folder / "bin", Path(sys.prefix) / "node", ROOT / "node_modules" / ".bin"]
        done = subprocess.run(
            [str(self.folder / "bin" / words[0]), *words[1:]],
            cwd=folder,
            env={
                "PATH": os.pathsep.join([*map(str, tools), os.environ["PATH"]]),
                "HOME": os.environ["HOME"],
                "JSII_NODE": str(Path(sys.prefix) / "node" / "node"),
                "CDK_VALIDATION": "false",
                "COLUMNS": "200",
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done

    def python(self, text: str, *, folder: Path) -> str:
        """What a program prints."""
        return self.run("python", "-c", text, folder=folder).stdout.strip()


def build_wheels(source: Path, *, folder: Path, parts: Sequence[str] = PARTS, repository: str | None = None) -> None:
    """Build distributions, as a workflow of a repository on GitHub does or as nobody's."""
    others = {name: value for name, value in os.environ.items() if not name.startswith("GITHUB_")}
    github = {"GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": repository} if repository else {}
    words = ["-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--no-index", "--no-deps"]
    folders = [str(source / "packaging" / part) for part in parts]
    subprocess.run(
        [sys.executable, *words, "--no-build-isolation", "--wheel-dir", str(folder), *folders],
        env=others | github,
        check=True,
    )
