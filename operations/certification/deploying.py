"""Stacks of the life, deployed by the CDK CLI as anybody deploys them."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from modelyard.drift.line_breaks import split_lines
from modelyard.operations.certification.workspace import STAGE, Workspace
from modelyard.operations.failures import Failure

LOOK_SECONDS = 0.5
END_SECONDS = 30
LAST_LINES = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class Cdk:
    """The CDK CLI in a project's folder, for the declarations of a workspace."""

    root: Path
    workspace: Workspace
    region: str

    def deploy(self, *stacks: str, look: Callable[[], None]) -> str | None:
        """Deploy stacks, and return the last lines of the CLI if it failed; `look` is called every half second.

        What `look` raises ends the CLI, and is raised.

        Raises:
            Failure: there is no CLI.
        """
        folders = [Path(sys.executable).parent, (self.root / "node_modules" / ".bin").resolve()]
        path = os.pathsep.join([*map(str, folders), os.environ.get("PATH", os.defpath)])
        program = shutil.which("cdk", path=path)
        if program is None:
            raise Failure("cdk must be on the PATH or in the project's node_modules, it is in neither; run make setup")
        context = {
            "stage": STAGE,
            "models": str(self.workspace.manifest.parent),
            "model": self.workspace.manifest.stem,
            "destroy_data": STAGE,
        }
        words = [word for key, value in context.items() for word in ("--context", f"{key}={value}")]
        log = self.workspace.folder / "cdk.log"
        with log.open("w", encoding="utf-8") as written:
            process = subprocess.Popen(  # noqa: S603 - the project's own CLI, with our words
                [
                    *(program, "deploy", *stacks, "--exclusively", *words, "--require-approval", "never"),
                    *("--no-color", "--no-notices", "--output", str(self.workspace.folder / "cdk.out")),
                ],
                cwd=self.root,
                env=os.environ | {"PATH": path, "AWS_REGION": self.region, "CDK_REGION": self.region, "CI": "true"},
                stdout=written,
                stderr=subprocess.STDOUT,
            )
            try:
                while process.poll() is None:
                    look()
                    time.sleep(LOOK_SECONDS)
            finally:
                _end(process)
        failed = process.returncode != 0
        return " ".join(split_lines(log.read_text(encoding="utf-8").strip())[-LAST_LINES:]) if failed else None


def _end(process: "subprocess.Popen[bytes]") -> None:
    """The CLI ends; what CloudFormation has begun goes on, and the teardown waits for it."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
