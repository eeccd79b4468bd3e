from typing import Any

import pytest

from modelyard.manifest.delivery import Delivery
from modelyard.manifest.problems import Invalid

GITHUB: dict[str, Any] = {"provider": "github", "repository": "octocat/models", "environment": "dev"}
GITLAB: dict[str, Any] = {"provider": "gitlab", "repository": "science/churn/models"}
ONE_REPOSITORY = "leave out the host, and wildcards: the role trusts this one repository"
FORM = "owner/name, or owner@id/name@id as newer tokens of GitHub have it"


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        (GITHUB | {"repository": "models"}, f'repository must be {FORM}, got "models"; {ONE_REPOSITORY}'),
        (GITHUB | {"repository": "octocat/*"}, f'repository must be {FORM}, got "octocat/*"; {ONE_REPOSITORY}'),
        (
            GITHUB | {"repository": "https://github.com/octocat/models"},
            f'repository must be {FORM}, got "https://github.com/octocat/models"; {ONE_REPOSITORY}',
        ),
        (
            GITHUB | {"repository": "science/churn/models"},
            'repository must be owner/name with github, got "science/churn/models"; '
            "GitHub knows no groups below the owner",
        ),
        (
            GITHUB | {"environment": None},
            "environment must be given with github, got nothing; name the environment whose reviewers approve a deploy",
        ),
        (
            GITHUB | {"environment": "prod:eu"},
            'environment must be letters, digits, dots, hyphens and underscores, got "prod:eu"; rename the environment',
        ),
        (
            GITLAB | {"environment": "dev"},
            'environment must be left out with gitlab, got "dev"; '
            "its tokens name the branch only: protect the branch, and the environment in GitLab",
        ),
        (
            GITHUB | {"branch": "release/*"},
            'branch must be the name of one branch, got "release/*"; leave out refs/heads/ and wildcards',
        ),
        (
            GITLAB | {"host": "https://gitlab.example.com"},
            'host must be a host such as gitlab.example.com, got "https://gitlab.example.com"; leave out https://',
        ),
        (
            GITHUB | {"host": "github.example.com"},
            'host must be left out with github, got "github.example.com"; only GitLab is known on a host of your own',
        ),
    ],
)
def test_a_pipeline_that_cannot_be_trusted_is_refused(values: dict[str, Any], sentence: str) -> None:
    with pytest.raises(Invalid) as refused:
        Delivery(**values)
    assert str(refused.value) == sentence


def test_a_job_of_github_looks_as_its_branch_and_deploys_as_its_environment() -> None:
    found = Delivery(**GITHUB)
    assert found.looking == "repo:octocat/models:ref:refs/heads/main"
    assert found.deploying == "repo:octocat/models:environment:dev"


def test_a_repository_whose_tokens_carry_ids_is_trusted_with_them() -> None:
    found = Delivery(**GITHUB | {"repository": "octocat@583231/models@1296269"})
    assert found.looking == "repo:octocat@583231/models@1296269:ref:refs/heads/main"


def test_a_job_of_gitlab_looks_and_deploys_as_its_branch() -> None:
    found = Delivery(**GITLAB | {"branch": "release/7"})
    assert found.looking == found.deploying
    assert found.looking == "project_path:science/churn/models:ref_type:branch:ref:release/7"


@pytest.mark.parametrize(
    ("values", "issuer", "audience"),
    [
        (GITHUB, "token.actions.githubusercontent.com", "sts.amazonaws.com"),
        (GITLAB, "gitlab.com", "https://gitlab.com"),
        (GITLAB | {"host": "git.example.com"}, "git.example.com", "https://git.example.com"),
    ],
)
def test_a_token_is_signed_by_its_platform_and_meant_for_aws(
    values: dict[str, Any], issuer: str, audience: str
) -> None:
    found = Delivery(**values)
    assert (found.issuer, found.audience) == (issuer, audience)
