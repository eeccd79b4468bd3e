"""The commands of the scenario: those that a user types, with the local AWS's address in their environment."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from modelyard.rehearsal.containers.processes import ContainerProcess
from modelyard.rehearsal.import_path import import_path
from modelyard.rehearsal.session import Connection

LINES_SHOWN = 25
PYTHON = sys.executable


class CommandFailed(Exception):
    """A command cannot be started, or its exit code was not expected; the message has its last lines."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Output:
    """What a command printed (standard output and error), how it ended and how long it took."""

    lines: tuple[str, ...]
    errors: tuple[str, ...]
    code: int
    seconds: float

    @property
    def text(self) -> str:
        """What it printed as its result."""
        return "\n".join(self.lines)


class Running:
    """A command that runs beside others."""

    def __init__(self, *, words: Sequence[str], environment: dict[str, str], folder: Path) -> None:
        self.words = tuple(words)
        self._lines: dict[str, list[str]] = {"stdout": [], "stderr": []}
        self._started = time.monotonic()
        self._process = ContainerProcess(
            command=self.words,
            environment=environment,
            folder=folder,
            on_line=lambda stream, line: self._lines[stream].append(line),
        )

    @property
    def running(self) -> bool:
        """Whether it has not ended yet."""
        return self._process.exit_code is None

    def wait(self, *, timeout: float | None = None) -> Output | None:
        """Wait for its end, or None if it still runs after `timeout` seconds."""
        code = self._process.wait(timeout=timeout)
        if code is None:
            return None
        seconds = time.monotonic() - self._started
        return Output(
            lines=tuple(self._lines["stdout"]), errors=tuple(self._lines["stderr"]), code=code, seconds=seconds
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """End it at once, if it has not ended."""
        self._process.kill()


@dataclass(frozen=True, kw_only=True, slots=True)
class Commands:
    """`cdk` and `yard`, run in a workspace against a local AWS; each is logged with what it printed."""

    connection: Connection
    folder: Path
    log: Path

    def cdk(self, *arguments: str, expect: Sequence[int] = (0,), folder: Path | None = None) -> Output:
        """Run the CDK CLI; raises as `run` does."""
        return self.run("cdk", *arguments, "--no-color", expect=expect, folder=folder)

    def yard(self, *arguments: str, expect: Sequence[int] = (0,), variables: Mapping[str, str] | None = None) -> Output:
        """Run `yard`, with some more variables; raises as `run` does."""
        return self.run(*_yard(arguments), expect=expect, variables=variables)

    def run(
        self,
        *words: str,
        expect: Sequence[int] = (0,),
        folder: Path | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> Output:
        """Run a command to its end.

        Raises:
            CommandFailed: its exit code is none of those that are expected.

        """
        return self.finish(self.start(*words, folder=folder, variables=variables), expect=expect)

    def start(self, *words: str, folder: Path | None = None, variables: Mapping[str, str] | None = None) -> Running:
        """Start a command; it ends with the `with` of whoever starts it.

        Raises:
            CommandFailed: there is no such program.

        """
        node = Path(sys.prefix) / "node"
        tools = [node, Path(sys.prefix) / "bin", self.folder / "node_modules" / ".bin"]
        own = {"JSII_NODE": str(node / "node")} if (node / "node").exists() else {}
        environment = self.connection.environment(os.environ) | {
            **own,
            "PATH": os.pathsep.join([*map(str, tools), os.environ.get("PATH", os.defpath)]),
            "PYTHONPATH": import_path(),
            "CDK_DISABLE_CLI_TELEMETRY": "true",
            "CDK_DISABLE_NOTICES": "1",
            "CDK_VALIDATION": "false",
            "CI": "true",
            **({} if variables is None else variables),
        }
        if shutil.which(words[0], path=environment["PATH"]) is None:
            raise CommandFailed(
                f"{words[0]} must be on the PATH or in node_modules/.bin of the project, it is in neither; install it: "
                "make setup"
            )
        return Running(words=words, environment=environment, folder=self.folder if folder is None else folder)

    def start_yard(self, *arguments: str) -> Running:
        """Start `yard`, as `start` does."""
        return self.start(*_yard(arguments))

    def finish(self, running: Running, *, expect: Sequence[int] = (0,)) -> Output:
        """Wait for a command's end; raises as `run` does."""
        with running:
            output = running.wait()
        assert output is not None  # noqa: S101 - it waits without a limit
        with self.log.open("a", encoding="utf-8") as log:
            log.write(f"$ {shown(running.words)}\n")
            log.writelines(f"{line}\n" for line in (*output.lines, *output.errors))
            log.write(f"({output.code}, {output.seconds:.1f} s)\n\n")
        if output.code not in expect:
            last = "\n".join([*output.lines, *output.errors][-LINES_SHOWN:])
            raise CommandFailed(f"`{shown(running.words)}` ended with {output.code}:\n{last}")
        return output


def shown(words: Sequence[str]) -> str:
    """Return a command as a user would type it."""
    typed = ["yard", *words[3:]] if list(words[:3]) == list(_yard(())) else list(words)
    return subprocess.list2cmdline([word for word in typed if word != "--no-color"])


def _yard(arguments: Sequence[str]) -> tuple[str, ...]:
    return (PYTHON, "-m", "modelyard.operations", *arguments)
