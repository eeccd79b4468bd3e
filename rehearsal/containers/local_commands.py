"""Which command of this machine stands for an image: `local_commands.toml`, which lies where `stages.toml` lies.

    ["123456789012.dkr.ecr.eu-west-1.amazonaws.com/ranker:3"]
    serve = ["python", "ranker/server.py"]
    train = ["python", "ranker/train.py"]

No image is pulled in a rehearsal, and no container is started: the command runs in the file's folder, with what a
container would be given. It is read whenever an image is to run, so that a change counts at once; a synth reads it
never.
"""

import os
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

FILE = "local_commands.toml"
# On AWS a container's files lie below /opt/ml. This variable says where they lie, as AWS's own toolkits read it
# (sagemaker-training 5.1.1, `environment.py`; sagemaker-containers 2.8.6, `_env.py`).
BASE_DIR = "SAGEMAKER_BASE_DIR"
# The port that a server listens at ("Use your own inference code with hosting services", AWS's developer guide).
PORT = "SAGEMAKER_BIND_TO_PORT"

Purpose = Literal["serve", "train"]
PURPOSES: tuple[Purpose, ...] = ("serve", "train")


class LocalCommandError(Exception):
    """An image that no local command stands for."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LocalCommand:
    """A program with its arguments, and the folder in which it runs."""

    words: tuple[str, ...]
    folder: Path

    def variables(self, *, root: Path) -> dict[str, str]:
        """Return where it finds its files and programs: those beside the interpreter that runs here come first."""
        path = os.environ.get("PATH", os.defpath)
        return {BASE_DIR: str(root), "PATH": f"{Path(sys.executable).parent}{os.pathsep}{path}"}


@dataclass(frozen=True, kw_only=True, slots=True)
class LocalCommands:
    """The commands of one file, which need not be there."""

    file: Path

    def find(self, *, image: str, purpose: Purpose) -> LocalCommand | None:
        """Return what stands for an image, or None for one that the file does not name.

        Raises:
            LocalCommandError: the file cannot be read, or holds something else than commands.

        """
        table = self._tables().get(image, {})
        words = table.get(purpose)
        if words is None:
            return None
        return LocalCommand(words=tuple(words), folder=self.file.parent.resolve())

    def needed(self, *, image: str, purpose: Purpose) -> LocalCommand:
        """Return what stands for an image.

        Raises:
            LocalCommandError: the file names no such image, cannot be read, or holds something else than commands.

        """
        found = self.find(image=image, purpose=purpose)
        if found is not None:
            return found
        raise LocalCommandError(self.missing(image=image, purpose=purpose))

    def missing(self, *, image: str, purpose: Purpose) -> str:
        """Return what to do about an image that no command stands for."""
        return (
            f"the image {image} has no local command, and no image is pulled here: write below [{image!r}] in "
            f'{self.file} what stands for it, as {purpose} = ["python", "{purpose}.py"]'
        )

    def _tables(self) -> dict[str, dict[Purpose, list[str]]]:
        try:
            tables = tomllib.loads(self.file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise LocalCommandError(f"{self.file} must be TOML that can be read, it is not ({error})") from error
        for image, table in tables.items():
            if (
                not isinstance(table, dict)
                or not set(table) <= set(PURPOSES)
                or not all(map(_is_command, table.values()))
            ):
                raise LocalCommandError(
                    f"{image!r} in {self.file} must be a table of {' and '.join(PURPOSES)}, each a program and its "
                    f'arguments, such as ["python", "server.py"], got {table!r}'
                )
        return tables


def _is_command(words: object) -> bool:
    return isinstance(words, list) and bool(words) and all(isinstance(word, str) and word for word in words)
