"""How a container starts a training script, and what pip installs for it before: by the kind of its entry point.

Source: sagemaker-training 5.1.1, `_entry_point_type.py`, `entry_point.py` and `process.py`; sagemaker-containers 2.8.6,
`_modules.py`, for XGBoost.
"""

import stat
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from modelyard.rehearsal.containers.requirements import REQUIREMENTS
from modelyard.shared.container_families import ContainerFamily

SETUP = "setup.py"
SHELL = ("/bin/sh", "-c")


class EntryKind(StrEnum):
    """What a script is to its container."""

    PROGRAM = "a Python file"
    PACKAGE = "a module of a package, which is built first"
    COMMAND = "any file that can be executed"


@dataclass(frozen=True, kw_only=True, slots=True)
class EntryPoint:
    """A script in its folder."""

    folder: Path
    program: str
    kind: EntryKind

    @classmethod
    def of(cls, *, folder: Path, program: str, family: ContainerFamily | None) -> "EntryPoint":
        """Return what a container of a family makes of a script."""
        if family is not None and family.builds_training_script:
            kind = EntryKind.PACKAGE
        elif program.endswith(".sh"):
            kind = EntryKind.COMMAND
        elif (folder / SETUP).is_file():
            kind = EntryKind.PACKAGE
        else:
            kind = EntryKind.PROGRAM if program.endswith(".py") else EntryKind.COMMAND
        return cls(folder=folder, program=program, kind=kind)

    @property
    def installation(self) -> list[str]:
        """What is handed to `pip install`, nothing where that does not run."""
        if self.kind is EntryKind.COMMAND:
            return []
        required = ["-r", REQUIREMENTS] if (self.folder / REQUIREMENTS).is_file() else []
        return [*(["."] if self.kind is EntryKind.PACKAGE else []), *required]

    def command(self, *, arguments: Sequence[str], python: str = sys.executable) -> list[str]:
        """Return the command line that starts it in its folder, by an interpreter that has what it needs."""
        if self.kind is EntryKind.PROGRAM:
            return [python, self.program, *arguments]
        if self.kind is EntryKind.PACKAGE:
            return [python, "-m", self.program.removesuffix(".py"), *arguments]
        # The file says itself what runs it, or the shell does; it gets no line to take apart.
        return [*SHELL, '"$0" "$@"', f"./{self.program}", *arguments]

    def described(self, *, arguments: Sequence[str]) -> list[str]:
        """Return the command line as a failure's reason has it."""
        if self.kind is EntryKind.COMMAND:
            return [*SHELL, f"./{self.program}", *arguments]
        return self.command(arguments=arguments)

    def make_executable(self) -> None:
        """Let a command be executed, as containers do before they start it."""
        if self.kind is EntryKind.COMMAND:
            file = self.folder / self.program
            file.chmod(file.stat().st_mode | stat.S_IXUSR)
