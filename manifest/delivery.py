"""The `delivery` table of a stage: which repository's pipeline may deploy it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Literal

from modelyard.manifest.problems import NOTHING, Problem, problem_if
from modelyard.manifest.rules import Declared, Matches

GITHUB_HOST = "token.actions.githubusercontent.com"
GITLAB_HOST = "gitlab.com"
# What GitHub's and GitLab's actions for AWS ask for when nobody says otherwise.
GITHUB_AUDIENCE = "sts.amazonaws.com"

WORD = r"[A-Za-z0-9_.-]+(?:@[0-9]+)?"
REPOSITORY = Matches(
    re.compile(rf"{WORD}(?:/{WORD})+"),
    form="owner/name, or owner@id/name@id as newer tokens of GitHub have it",
    hint="leave out the host, and wildcards: the role trusts this one repository",
)
NAME = Matches(
    re.compile(r"[A-Za-z0-9_.-]+"), form="letters, digits, dots, hyphens and underscores", hint="rename the environment"
)
BRANCH = Matches(
    re.compile(r"[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*"),
    form="the name of one branch",
    hint="leave out refs/heads/ and wildcards",
)
HOST = Matches(
    re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+"), form="a host such as gitlab.example.com", hint="leave out https://"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivery(Declared):
    """Which repository's jobs may plan and deploy a stage, with their own tokens and without AWS keys.

    `environment` is the GitHub environment whose reviewers approve a deploy; GitLab's tokens do not name one, so there
    only the branch decides. `host` is your own GitLab. An account has one identity provider for each host:
    `provider_exists = true` if another stack or stage has created it. With `proposals` there is a third role, with
    which the pipeline opens pull requests for models that were retrained, or approved in the registry.
    """

    provider: Literal["github", "gitlab"]
    repository: Annotated[str, REPOSITORY]
    environment: Annotated[str | None, NAME] = None
    branch: Annotated[str, BRANCH] = "main"
    host: Annotated[str | None, HOST] = None
    provider_exists: bool = False
    proposals: bool = False

    def check_combination(self) -> Iterable[Problem | None]:
        """See `Declared`."""
        return (
            problem_if(
                self.provider == "github" and re.fullmatch(f"{WORD}/{WORD}(/{WORD})+", self.repository) is not None,
                key="repository",
                allowed="owner/name with github",
                got=self.repository,
                hint="GitHub knows no groups below the owner",
            ),
            problem_if(
                self.provider == "github" and self.environment is None,
                key="environment",
                allowed="given with github",
                got=NOTHING,
                hint="name the environment whose reviewers approve a deploy",
            ),
            problem_if(
                self.provider == "gitlab" and self.environment is not None,
                key="environment",
                allowed="left out with gitlab",
                got=self.environment,
                hint="its tokens name the branch only: protect the branch, and the environment in GitLab",
            ),
            problem_if(
                self.provider == "github" and self.host is not None,
                key="host",
                allowed="left out with github",
                got=self.host,
                hint="only GitLab is known on a host of your own",
            ),
        )

    @property
    def issuer(self) -> str:
        """The host that signs the tokens."""
        if self.provider == "github":
            return GITHUB_HOST
        return self.host if self.host is not None else GITLAB_HOST

    @property
    def audience(self) -> str:
        """Whom a token must be meant for."""
        return GITHUB_AUDIENCE if self.provider == "github" else f"https://{self.issuer}"

    @property
    def looking(self) -> str:
        """The subject of a job that only looks: one of the branch.

        Sources: GitHub's "OpenID Connect reference", GitLab's "ID token authentication", the claim `sub`.
        """
        if self.provider == "github":
            return f"repo:{self.repository}:ref:refs/heads/{self.branch}"
        return f"project_path:{self.repository}:ref_type:branch:ref:{self.branch}"

    @property
    def deploying(self) -> str:
        """The subject of a job that deploys: on GitHub, one that the environment's reviewers have approved."""
        return f"repo:{self.repository}:environment:{self.environment}" if self.provider == "github" else self.looking
