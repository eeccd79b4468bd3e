"""A small GitHub on the loopback: a bare repository, and the calls of its REST API that list and open pull requests.

It takes what GitHub documents and refuses what GitHub refuses ("REST API endpoints for pull requests"): a token, the
members of a request, a branch that is not there or has nothing new, a second pull request of a branch.
"""

import json
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

OWNER, REPOSITORY = "owner", "models"
TOKEN = "pipeline-token"  # noqa: S105 - of this process's own server
BRANCH = "main"
IDENTITY = ("-c", "user.name=Author", "-c", "user.email=author@localhost")


class LoopbackForge:
    """A project's repository on a server of its own; `pulls` are its pull requests as the API shows them."""

    def __init__(self, *, folder: Path, project: Path) -> None:
        self._bare = folder / "forge.git"
        self._project = project
        self.pulls: list[dict[str, Any]] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> Self:
        """Commit the project as it is, push it, and serve."""
        subprocess.run(["git", "init", "--quiet", "--bare", str(self._bare)], check=True)  # noqa: S603, S607
        if not (self._project / ".git").exists():
            self._git("init", "--quiet", "--initial-branch", BRANCH)
        self._git("add", "--all")
        self._git(*IDENTITY, "commit", "--quiet", "--allow-empty", "--message", "the project")
        self._git("remote", "add", "origin", str(self._bare))
        self._git("push", "--quiet", "origin", f"HEAD:refs/heads/{BRANCH}")
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        self._git("remote", "remove", "origin")

    @property
    def variables(self) -> dict[str, str]:
        """What GitHub gives a job, and the step that is shown the token."""
        address = f"http://127.0.0.1:{self._server.server_address[1]}"
        return {
            "GITHUB_REPOSITORY": f"{OWNER}/{REPOSITORY}",
            "GITHUB_API_URL": address,
            "GITHUB_SERVER_URL": address,
            "GITHUB_RUN_ID": "1",
            "GITHUB_TOKEN": TOKEN,
        }

    def changes(self, branch: str) -> list[str]:
        """Return the lines that a branch adds and removes."""
        shown = self._in_bare("diff", "--unified=0", BRANCH, branch)
        return [line for line in shown.split("\n") if line[:1] in "+-" and line[:3] not in ("+++", "---") and line]

    def close(self, number: int, *, merged: bool) -> None:
        """Close a pull request, as a reviewer does."""
        pull = self.pulls[number - 1]
        pull["state"] = "closed"
        pull["merged_at"] = "2026-11-28T10:00:00Z" if merged else None

    def listed(self, *, head: str, state: str) -> list[dict[str, Any]]:
        """Return the pull requests of a branch, newest first."""
        found = [one for one in self.pulls if one["head"]["label"] == head and state in ("all", one["state"])]
        return found[::-1]

    def opened(self, document: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Open a pull request, or say why not."""
        missing = [name for name in ("title", "head", "base") if not isinstance(document.get(name), str)]
        unknown = sorted(document.keys() - {"title", "head", "base", "body", "draft", "maintainer_can_modify"})
        if missing or unknown:
            return _refused(f"{', '.join([*missing, *unknown])} is missing or unknown")
        label = f"{OWNER}:{document['head']}"
        if self.listed(head=label, state="open"):
            return _refused(f"A pull request already exists for {label}.")
        for name in ("head", "base"):
            if self._in_bare("for-each-ref", f"refs/heads/{document[name]}") == "":
                return _refused(f"{name} is invalid")
        if self._in_bare("rev-list", "--count", f"{document['base']}..{document['head']}") == "0":
            return _refused(f"No commits between {document['base']} and {document['head']}")
        number = len(self.pulls) + 1
        pull = {
            **document,
            "number": number,
            "state": "open",
            "merged_at": None,
            "html_url": f"https://github.com/{OWNER}/{REPOSITORY}/pull/{number}",
            "head": {"label": label, "ref": document["head"]},
        }
        self.pulls.append(pull)
        return 201, pull

    def _git(self, *arguments: str) -> None:
        subprocess.run(["git", *arguments], cwd=self._project, check=True, capture_output=True)  # noqa: S603, S607

    def _in_bare(self, *arguments: str) -> str:
        answered = subprocess.run(  # noqa: S603
            ["git", *arguments],  # noqa: S607
            cwd=self._bare,
            check=True,
            capture_output=True,
            text=True,
        )
        return answered.stdout.strip()


def _refused(message: str) -> tuple[int, dict[str, Any]]:
    return 422, {"message": "Validation Failed", "errors": [{"resource": "PullRequest", "message": message}]}


def _handler(forge: LoopbackForge) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            query = parse_qs(urlsplit(self.path).query)
            if self._may():
                self._answer(200, forge.listed(head=query["head"][0], state=query["state"][0]))

        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            if self._may():
                self._answer(*forge.opened(json.loads(content)))

        def _may(self) -> bool:
            if self.headers.get("Authorization") != f"Bearer {TOKEN}":
                self._answer(401, {"message": "Bad credentials"})
            elif urlsplit(self.path).path != f"/repos/{OWNER}/{REPOSITORY}/pulls":
                self._answer(404, {"message": "Not Found"})
            else:
                return True
            return False

        def _answer(self, status: int, document: Any) -> None:
            content = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json; charset=utf-8")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Write nothing: the play has the screen."""

    return Handler
