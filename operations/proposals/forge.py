"""Pull requests of GitHub and merge requests of GitLab: the few calls that a proposal needs, with the pipeline's token.

Sources: GitHub REST API, "Pulls"; GitLab REST API, "Merge requests"; of each the list and the creation.
"""

import base64
import os
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import quote, urlencode

from modelyard.operations.failures import Failure
from modelyard.operations.json_requests import JsonRequest

SECONDS = 30
GITHUB_API = "https://api.github.com"
GITHUB_VERSION = "2022-11-28"
# GitHub refuses so while the setting is off, as it is by default in organizations.
NOT_PERMITTED = "not permitted to create or approve pull requests"
CREATED, UNPROCESSABLE, CONFLICT = 201, 422, 409
UNAUTHORIZED = frozenset({401, 403})

State = Literal["open", "merged", "closed"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Proposal:
    """A pull request as the forge has it."""

    url: str
    state: State


@dataclass(frozen=True, kw_only=True, slots=True)
class Draft:
    """A pull request to be opened."""

    branch: str
    base: str
    title: str
    body: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Forge(ABC):
    """Where the repository lies; `token` is the pipeline's, and is shown to nobody but the forge.

    `job` is the page of the job that runs, whose artifacts it has.
    """

    api: str
    repository: str
    server: str
    token: str
    job: str | None = None

    @abstractmethod
    def find(self, branch: str) -> Proposal | None:
        """Return the newest pull request of a branch, or None.

        Raises:
            Failure: the forge does not answer, or refuses.
        """

    @abstractmethod
    def propose(self, draft: Draft) -> Proposal:
        """Open a pull request, or return the one that its branch has already.

        Raises:
            Failure: the forge does not answer, or refuses.
        """

    @property
    @abstractmethod
    def _user(self) -> str:
        """Whom git is to be when it shows the token."""

    @property
    def git_environment(self) -> dict[str, str]:
        """What git needs to push with the token: it is in no command line and in no file."""
        basic = base64.b64encode(f"{self._user}:{self.token}".encode()).decode()
        return {
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": f"http.{self.server}/.extraheader",
            "GIT_CONFIG_VALUE_0": f"Authorization: Basic {basic}",
        }

    def _ask(self, method: str, path: str, *, headers: Mapping[str, str], document: Any = None) -> tuple[int, Any]:
        request = JsonRequest(
            method=method,
            url=f"{self.api}{path}",
            whose="the forge's API",
            seconds=SECONDS,
            headers={"User-Agent": "modelyard-yard", **headers},
            document=document,
        )
        answer = request.send()
        return answer.status, answer.body


class GitHub(Forge):
    """GitHub, or a GitHub Enterprise Server."""

    def find(self, branch: str) -> Proposal | None:
        """See `Forge`."""
        owner = self.repository.partition("/")[0]
        query = urlencode({"head": f"{owner}:{branch}", "state": "all", "per_page": 1})
        status, found = self._call("GET", f"?{query}")
        if status != 200:
            raise self._refusal(status, found)
        return _of_github(found[0]) if found else None

    def propose(self, draft: Draft) -> Proposal:
        """See `Forge`."""
        document = {"title": draft.title, "head": draft.branch, "base": draft.base, "body": draft.body}
        status, found = self._call("POST", "", document=document)
        if status == CREATED:
            return _of_github(found)
        before = self.find(draft.branch) if status == UNPROCESSABLE else None
        if before is None:
            raise self._refusal(status, found)
        return before

    @property
    def _user(self) -> str:
        return "x-access-token"

    def _call(self, method: str, query: str, *, document: Any = None) -> tuple[int, Any]:
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": GITHUB_VERSION,
        }
        return self._ask(method, f"/repos/{self.repository}/pulls{query}", headers=headers, document=document)

    def _refusal(self, status: int, found: Any) -> Failure:
        message = _message(found)
        if NOT_PERMITTED in message:
            return Failure(
                f"GitHub refuses the pull request: {message}; allow it in Settings, Actions, General, Workflow "
                "permissions: Allow GitHub Actions to create and approve pull requests"
            )
        hint = "give the job the permissions contents: write and pull-requests: write"
        return Failure(f"GitHub answers {status} for {self.repository}: {message}; {_hint(status, hint)}")


class GitLab(Forge):
    """GitLab; the job's own token may not open merge requests, so that a project access token is needed."""

    def find(self, branch: str) -> Proposal | None:
        """See `Forge`."""
        query = urlencode({"source_branch": branch, "state": "all", "per_page": 1})
        status, found = self._call("GET", f"?{query}")
        if status != 200:
            raise self._refusal(status, found)
        return _of_gitlab(found[0]) if found else None

    def propose(self, draft: Draft) -> Proposal:
        """See `Forge`."""
        document = {
            "source_branch": draft.branch,
            "target_branch": draft.base,
            "title": draft.title,
            "description": draft.body,
            "remove_source_branch": True,
        }
        status, found = self._call("POST", "", document=document)
        if status == CREATED:
            return _of_gitlab(found)
        before = self.find(draft.branch) if status == CONFLICT else None
        if before is None:
            raise self._refusal(status, found)
        return before

    @property
    def _user(self) -> str:
        return "oauth2"

    def _call(self, method: str, query: str, *, document: Any = None) -> tuple[int, Any]:
        path = f"/projects/{quote(self.repository, safe='')}/merge_requests{query}"
        return self._ask(method, path, headers={"PRIVATE-TOKEN": self.token}, document=document)

    def _refusal(self, status: int, found: Any) -> Failure:
        hint = "give RETRAIN_TOKEN the scopes api and write_repository, and the role Developer"
        return Failure(f"GitLab answers {status} for {self.repository}: {_message(found)}; {_hint(status, hint)}")


def forge_here() -> Forge:
    """Return the forge whose pipeline this is, by the variables that GitHub and GitLab give a job.

    Raises:
        Failure: it is no pipeline's job, or it was given no token.
    """
    given = os.environ
    if "GITHUB_REPOSITORY" in given:
        server, repository = given.get("GITHUB_SERVER_URL", "https://github.com"), given["GITHUB_REPOSITORY"]
        run = given.get("GITHUB_RUN_ID")
        return GitHub(
            api=given.get("GITHUB_API_URL", GITHUB_API),
            repository=repository,
            server=server,
            job=None if run is None else f"{server}/{repository}/actions/runs/{run}",
            token=_token("GITHUB_TOKEN", "write GITHUB_TOKEN: ${{ github.token }} into the step's env"),
        )
    if "CI_API_V4_URL" in given:
        return GitLab(
            api=given["CI_API_V4_URL"],
            repository=given["CI_PROJECT_PATH"],
            server=given["CI_SERVER_URL"],
            job=given.get("CI_JOB_URL"),
            token=_token("RETRAIN_TOKEN", "add it to the variables of the project: a project access token"),
        )
    raise Failure(
        "yard propose must run in a pipeline of GitHub or GitLab to open a pull request, it does not; look at what it "
        "would propose: yard propose MODEL --dry-run"
    )


def _token(name: str, hint: str) -> str:
    token = os.environ.get(name, "")
    if not token:
        raise Failure(f"{name} must be given for a pull request to be opened, got nothing; {hint}")
    return token


def _of_github(found: Mapping[str, Any]) -> Proposal:
    state: State = "open" if found["state"] == "open" else "merged" if found.get("merged_at") else "closed"
    return Proposal(url=str(found["html_url"]), state=state)


def _of_gitlab(found: Mapping[str, Any]) -> Proposal:
    state: State = "merged" if found["state"] == "merged" else "closed" if found["state"] == "closed" else "open"
    return Proposal(url=str(found["web_url"]), state=state)


def _message(found: Any) -> str:
    message = found.get("message", found) if isinstance(found, Mapping) else found
    errors = found.get("errors", []) if isinstance(found, Mapping) else []
    details = [str(one.get("message", one)) if isinstance(one, Mapping) else str(one) for one in errors]
    return " ".join([str(message), *details]).rstrip(".")


def _hint(status: int, hint: str) -> str:
    return hint if status in UNAUTHORIZED or status == 404 else "look at what it says, and run the pipeline again"
