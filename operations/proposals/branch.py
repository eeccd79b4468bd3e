"""A commit on a branch of its own, made beside the working tree: what is checked out stays as it is."""

import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from modelyard.operations.failures import Failure

REMOTE = "origin"
# Whoever merges it is its author's reviewer; the commit itself is a program's.
IDENTITY = {
    f"GIT_{role}_{part}": value
    for role in ("AUTHOR", "COMMITTER")
    for part, value in (("NAME", "Modelyard"), ("EMAIL", "modelyard@localhost"))
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Repository:
    """A clone; `environment` is what git is given to reach the remote."""

    root: Path
    environment: Mapping[str, str]

    def head(self) -> str:
        """Return the commit that is checked out.

        Raises:
            Failure: it is no repository of git.
        """
        return self._git("rev-parse", "--verify", "HEAD")

    def text_at(self, commit: str, file: Path) -> str:
        """Return a file as a commit has it.

        Raises:
            Failure: the commit has no such file.
        """
        return self._git("show", f"{commit}:{self._path(file)}", strip=False)

    def commit(self, *, onto: str, file: Path, text: str, message: str) -> str:
        """Return a new commit that changes one file, and that no branch has yet.

        Raises:
            Failure: git refuses.
        """
        with tempfile.TemporaryDirectory(prefix="yard-propose-") as folder:
            index = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
            self._git("read-tree", onto, variables=index)
            blob = self._git("hash-object", "-w", "--stdin", given=text)
            self._git("update-index", "--cacheinfo", f"100644,{blob},{self._path(file)}", variables=index)
            tree = self._git("write-tree", variables=index)
        return self._git("commit-tree", tree, "-p", onto, "-F", "-", given=message, variables=IDENTITY)

    def remote_commit(self, branch: str) -> str | None:
        """Return the commit of a branch of the remote, fetched, or None where there is no such branch.

        Raises:
            Failure: the remote cannot be reached.
        """
        listed = self._git("ls-remote", "--heads", REMOTE, f"refs/heads/{branch}")
        if not listed:
            return None
        self._git("fetch", "--quiet", "--no-tags", REMOTE, f"refs/heads/{branch}")
        return listed.split()[0]

    def push(self, commit: str, *, branch: str) -> None:
        """Make a new branch of the remote; one that is there is never overwritten.

        Raises:
            Failure: the remote refuses.
        """
        self._git("push", "--quiet", REMOTE, f"{commit}:refs/heads/{branch}")

    def _path(self, file: Path) -> str:
        top = Path(self._git("rev-parse", "--show-toplevel"))
        return file.resolve().relative_to(top.resolve()).as_posix()

    def _git(
        self,
        *arguments: str,
        given: str | None = None,
        variables: Mapping[str, str] | None = None,
        strip: bool = True,
    ) -> str:
        environment = {**os.environ, **self.environment, **({} if variables is None else variables)}
        answered = subprocess.run(  # noqa: S603 - our own commands: names are of models, runs and commits
            ["git", *arguments],  # noqa: S607 - the git of whoever runs this
            cwd=self.root,
            env=environment,
            input=given,
            capture_output=True,
            text=True,
            check=False,
        )
        if answered.returncode != 0:
            raise Failure(_refusal(arguments, words=answered.stderr))
        return answered.stdout.strip() if strip else answered.stdout


def _refusal(arguments: Sequence[str], *, words: str) -> str:
    said = " ".join(words.split())
    hint = "give the job's token leave to push" if arguments[0] == "push" else "run it in a clone of the repository"
    return f"git {arguments[0]} failed: {said.rstrip('.')}; {hint}"
