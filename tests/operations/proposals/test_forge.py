"""Pull requests and merge requests over real HTTP, as GitHub and GitLab document the calls."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from modelyard.operations.failures import Failure
from modelyard.operations.proposals.forge import Draft, Forge, GitHub, GitLab, Proposal, forge_here
from support.recorded_http import RecordedServer

DRAFT = Draft(branch="retrain/churn/retrain-20261122", base="main", title="models: promote", body="why")


def github(server: RecordedServer) -> Forge:
    return GitHub(api=server.address, repository="owner/models", server="https://github.com", token="t0ken")


def gitlab(server: RecordedServer) -> Forge:
    return GitLab(api=server.address, repository="group/models", server="https://gitlab.com", token="t0ken")


def pull(**changes: Any) -> dict[str, Any]:
    return {"html_url": "https://github.com/owner/models/pull/7", "state": "open", "merged_at": None, **changes}


def test_githubs_pull_request_is_opened_with_the_members_that_it_documents(server: RecordedServer) -> None:
    server.answer(201, pull())

    assert github(server).propose(DRAFT) == Proposal(url="https://github.com/owner/models/pull/7", state="open")
    ((method, path, headers, document),) = server.asked
    assert (method, path) == ("POST", "/repos/owner/models/pulls")
    assert headers["Authorization"] == "Bearer t0ken"
    assert headers["Accept"] == "application/vnd.github+json"
    assert headers["X-GitHub-Api-Version"] == "2022-11-28"
    assert document == {"title": "models: promote", "head": DRAFT.branch, "base": "main", "body": "why"}


@pytest.mark.parametrize(
    ("found", "state"),
    [
        (pull(), "open"),
        (pull(state="closed"), "closed"),
        (pull(state="closed", merged_at="2026-11-28T10:00:00Z"), "merged"),
    ],
)
def test_githubs_pull_request_of_a_branch_is_found_in_its_state(
    server: RecordedServer, found: dict[str, Any], state: str
) -> None:
    server.answer(200, [found])
    proposal = github(server).find(DRAFT.branch)

    assert proposal is not None
    assert proposal.state == state
    query = parse_qs(urlsplit(server.asked[0][1]).query)
    assert query == {"head": [f"owner:{DRAFT.branch}"], "state": ["all"], "per_page": ["1"]}


def test_a_branch_without_a_pull_request_has_none(server: RecordedServer) -> None:
    server.answer(200, [])
    assert github(server).find(DRAFT.branch) is None


def test_the_pull_request_that_a_branch_has_already_is_the_proposal(server: RecordedServer) -> None:
    server.answer(422, {"message": "Validation Failed", "errors": [{"message": "A pull request already exists"}]})
    server.answer(200, [pull()])

    assert github(server).propose(DRAFT).url == "https://github.com/owner/models/pull/7"


def test_a_pull_request_that_github_actions_may_not_open_says_which_setting_allows_it(server: RecordedServer) -> None:
    server.answer(403, {"message": "GitHub Actions is not permitted to create or approve pull requests."})

    with pytest.raises(Failure) as refused:
        github(server).propose(DRAFT)
    assert str(refused.value) == (
        "GitHub refuses the pull request: GitHub Actions is not permitted to create or approve pull requests; allow "
        "it in Settings, Actions, General, Workflow permissions: Allow GitHub Actions to create and approve pull "
        "requests"
    )


@pytest.mark.parametrize(
    ("status", "document", "sentence"),
    [
        (
            401,
            {"message": "Bad credentials"},
            "GitHub answers 401 for owner/models: Bad credentials; give the job the permissions contents: write and "
            "pull-requests: write",
        ),
        (
            500,
            {"message": "Server Error"},
            "GitHub answers 500 for owner/models: Server Error; look at what it says, and run the pipeline again",
        ),
    ],
)
def test_what_github_refuses_is_said_in_a_sentence(
    server: RecordedServer, status: int, document: dict[str, Any], sentence: str
) -> None:
    server.answer(status, document)
    with pytest.raises(Failure) as refused:
        github(server).find(DRAFT.branch)
    assert str(refused.value) == sentence


def test_a_refusal_of_an_invalid_request_is_not_taken_for_an_earlier_one(server: RecordedServer) -> None:
    server.answer(422, {"message": "Validation Failed", "errors": [{"message": "No commits between main and x"}]})
    server.answer(200, [])

    with pytest.raises(Failure, match="GitHub answers 422 for owner/models: Validation Failed No commits between"):
        github(server).propose(DRAFT)


def test_gitlabs_merge_request_is_opened_with_the_members_that_it_documents(server: RecordedServer) -> None:
    server.answer(201, {"web_url": "https://gitlab.com/group/models/-/merge_requests/3", "state": "opened"})

    proposal = gitlab(server).propose(DRAFT)
    assert proposal == Proposal(url="https://gitlab.com/group/models/-/merge_requests/3", state="open")
    ((method, path, headers, document),) = server.asked
    assert (method, path) == ("POST", "/projects/group%2Fmodels/merge_requests")
    assert headers["PRIVATE-TOKEN"] == "t0ken"
    assert document == {
        "source_branch": DRAFT.branch,
        "target_branch": "main",
        "title": "models: promote",
        "description": "why",
        "remove_source_branch": True,
    }


@pytest.mark.parametrize(
    ("said", "state"), [("opened", "open"), ("locked", "open"), ("merged", "merged"), ("closed", "closed")]
)
def test_gitlabs_merge_request_of_a_branch_is_found_in_its_state(server: RecordedServer, said: str, state: str) -> None:
    server.answer(200, [{"web_url": "https://gitlab.com/g/-/merge_requests/3", "state": said}])
    proposal = gitlab(server).find(DRAFT.branch)

    assert proposal is not None
    assert proposal.state == state
    assert parse_qs(urlsplit(server.asked[0][1]).query)["source_branch"] == [DRAFT.branch]


def test_the_merge_request_that_a_branch_has_already_is_the_proposal(server: RecordedServer) -> None:
    server.answer(409, {"message": ["Another open merge request already exists for this source branch: !3"]})
    server.answer(200, [{"web_url": "https://gitlab.com/g/-/merge_requests/3", "state": "opened"}])

    assert gitlab(server).propose(DRAFT).url == "https://gitlab.com/g/-/merge_requests/3"


def test_what_gitlab_refuses_says_which_token_it_takes(server: RecordedServer) -> None:
    server.answer(401, {"message": "401 Unauthorized"})
    with pytest.raises(Failure) as refused:
        gitlab(server).find(DRAFT.branch)
    assert str(refused.value) == (
        "GitLab answers 401 for group/models: 401 Unauthorized; give RETRAIN_TOKEN the scopes api and "
        "write_repository, and the role Developer"
    )


def test_git_is_shown_the_token_by_its_environment_alone(server: RecordedServer) -> None:
    environment = github(server).git_environment

    assert environment["GIT_CONFIG_KEY_0"] == "http.https://github.com/.extraheader"
    # x-access-token:t0ken
    assert environment["GIT_CONFIG_VALUE_0"] == "Authorization: Basic eC1hY2Nlc3MtdG9rZW46dDBrZW4="


def test_the_forge_is_the_one_whose_pipeline_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GITHUB_REPOSITORY", "CI_API_V4_URL"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(Failure, match="yard propose must run in a pipeline of GitHub or GitLab"):
        forge_here()

    monkeypatch.setenv("CI_API_V4_URL", "https://gitlab.com/api/v4")
    monkeypatch.setenv("CI_PROJECT_PATH", "group/models")
    monkeypatch.setenv("CI_SERVER_URL", "https://gitlab.com")
    monkeypatch.setenv("RETRAIN_TOKEN", "t0ken")
    monkeypatch.setenv("CI_JOB_URL", "https://gitlab.com/group/models/-/jobs/7")
    gitlab = forge_here()
    assert isinstance(gitlab, GitLab)
    assert gitlab.job == "https://gitlab.com/group/models/-/jobs/7"

    monkeypatch.setenv("GITHUB_REPOSITORY", "owner/models")
    monkeypatch.delenv("GITHUB_TOKEN", raising=False)
    with pytest.raises(Failure, match="GITHUB_TOKEN must be given for a pull request to be opened, got nothing"):
        forge_here()
    monkeypatch.setenv("GITHUB_TOKEN", "t0ken")
    monkeypatch.setenv("GITHUB_RUN_ID", "7")
    monkeypatch.delenv("GITHUB_SERVER_URL", raising=False)
    github = forge_here()
    assert isinstance(github, GitHub)
    assert github.job == "https://github.com/owner/models/actions/runs/7"
