"""What one pipeline leaves for another: nothing that a request has written reaches a job that holds credentials."""

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support.attempts import Attempts
from support.pipelines import ACTIONS, GITLAB, WORKFLOWS, jobs, read, steps
from support.synth import ROOT

# What a job with credentials may use of others': none of these takes anything from a cache or another run by itself.
USED = {
    "actions/checkout",
    "actions/setup-python",
    "actions/upload-artifact",
    "aws-actions/configure-aws-credentials",
}
# What a job that publishes uses: it takes what an earlier job of the same run has made, and publishes that.
PUBLISHES = {"actions/download-artifact", "actions/deploy-pages", "pypa/gh-action-pypi-publish"}
MAKES = USED | {"actions/upload-pages-artifact"}
# What pip and npm have fetched, and the wheels that the analyzer's archive is built from by their hashes.
CACHED = {"~/.cache/pip", "~/.npm", ".cache/", ".wheels/*.whl"}
# What a job with credentials may leave for whoever reads the repository: the pages of yard propose, nothing else.
LEFT = ["proposals/"]
ACTION = "./.github/actions/"


def holds_credentials(job: dict[str, Any]) -> bool:
    return "environment" in job or "id_tokens" in job or job.get("permissions", {}).get("id-token") == "write"


def used(job: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The steps of a job, with those of the repository's own actions in their place."""
    for step in job.get("steps", ()):
        name = step.get("uses", "")
        if name.startswith(ACTION):
            for inner in steps(ROOT / name / "action.yml"):
                yield from used({"steps": [inner]})
        else:
            yield step


def brings_in(job: dict[str, Any]) -> list[str]:
    """What a job of GitHub's takes from elsewhere than the commit and the package indexes."""
    return [
        step["uses"]
        for step in used(job)
        if "uses" in step
        and (step["uses"].partition("@")[0] not in USED or any("cache" in key for key in step.get("with", {})))
    ]


def whole(name: str, document: dict[str, Any]) -> dict[str, Any]:
    """A job of GitLab's with what it extends, and the defaults."""
    job: dict[str, Any] = document[name]
    base = whole(job["extends"], document) if "extends" in job else document["default"]
    return base | job


def with_credentials() -> list[Any]:
    """The jobs that deploy: those that publish are held to a rule of their own below."""
    return [
        pytest.param(job, id=f"{file.stem}-{name}")
        for file in WORKFLOWS
        for name, job in jobs(file).items()
        if holds_credentials(job) and name != "publish"
    ]


def gitlab_jobs(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    kept = {"default", "variables", "workflow"}
    names = [name for name, job in document.items() if isinstance(job, dict) and name not in kept]
    return {name: whole(name, document) for name in names}


def test_jobs_with_credentials_are_known_as_such() -> None:
    assert {param.id for param in with_credentials()} == {
        "deploy-dev",
        "deploy-prod",
        "deploy-stage-diff",
        "deploy-stage-deploy",
        "propose-dev",
    }
    found = {name for name, job in gitlab_jobs(read(GITLAB)).items() if holds_credentials(job)}
    assert found == {".aws", ".diff", ".deploy", "diff dev", "deploy dev", "diff prod", "deploy prod", "propose dev"}


@pytest.mark.parametrize("job", with_credentials())
def test_no_job_with_credentials_takes_from_a_cache_or_another_run(job: dict[str, Any]) -> None:
    assert brings_in(job) == []


@pytest.mark.parametrize("job", with_credentials())
def test_a_job_with_credentials_leaves_nothing_but_pages(job: dict[str, Any]) -> None:
    uploads = [
        step["with"]["path"] for step in used(job) if step.get("uses", "").startswith("actions/upload-artifact@")
    ]
    assert uploads in ([], LEFT)


def test_a_job_of_gitlab_with_credentials_leaves_nothing_but_pages() -> None:
    left = [job.get("artifacts", {}) for job in gitlab_jobs(read(GITLAB)).values() if holds_credentials(job)]
    assert all(set(one) <= {"when", "paths"} and one.get("paths", LEFT) == LEFT for one in left)


def publishers() -> list[Any]:
    return [pytest.param(file, id=file.stem) for file in WORKFLOWS if "publish" in jobs(file)]


@pytest.mark.parametrize("file", publishers())
def test_what_is_published_was_made_in_the_same_run_without_a_cache(file: Path) -> None:
    publish = jobs(file)["publish"]
    names = {step["uses"].partition("@")[0] for step in publish["steps"]}
    assert names <= PUBLISHES
    assert not any("run-id" in step.get("with", {}) for step in publish["steps"])
    needed = [publish["needs"]] if isinstance(publish["needs"], str) else publish["needs"]
    for name in needed:
        made = list(used(jobs(file)[name]))
        assert {step["uses"].partition("@")[0] for step in made if "uses" in step} <= MAKES, name
        assert not any("cache" in key for step in made for key in step.get("with", {})), name


@pytest.mark.parametrize("file", publishers())
def test_no_request_publishes(file: Path) -> None:
    triggers = read(file)["on"]
    assert "pull_request_target" not in triggers
    assert "pull_request" not in triggers or "github.event_name != 'pull_request'" in jobs(file)["publish"]["if"]


def test_no_job_of_gitlab_with_credentials_takes_from_a_cache_or_a_request() -> None:
    found = gitlab_jobs(read(GITLAB))
    for name, job in found.items():
        if holds_credentials(job):
            assert job.get("cache", []) == [], name
            assert all(holds_credentials(found[needed]) for needed in job.get("needs", ())), name


def test_a_cache_holds_what_was_fetched_and_nothing_that_was_built() -> None:
    caches = [
        step["with"] for file in (*WORKFLOWS, *ACTIONS) for step in steps(file) if "cache@" in step.get("uses", "")
    ]
    paths = [path for cache in caches for path in cache["path"].split()]
    paths += [path for job in gitlab_jobs(read(GITLAB)).values() if job.get("cache") for path in job["cache"]["paths"]]
    assert set(paths) == CACHED


def test_a_cache_is_taken_by_the_whole_of_its_key() -> None:
    for file in (*WORKFLOWS, *ACTIONS, GITLAB):
        text = file.read_text(encoding="utf-8")
        assert "restore-keys" not in text, file
        assert "fallback_keys" not in text, file


HOSTILE = [
    {"uses": "actions/cache@v5", "with": {"path": ".wheels", "key": "a"}},
    {"uses": "actions/cache/restore@v5", "with": {"path": ".venv", "key": "a"}},
    {"uses": "actions/setup-python@v6", "with": {"python-version": "3.11", "cache": "pip"}},
    {"uses": "actions/setup-node@v6", "with": {"node-version": "22"}},
    {"uses": "actions/setup-node@v6", "with": {"package-manager-cache": "true"}},
    {"uses": "actions/download-artifact@v8", "with": {"name": "plan"}},
    {"uses": "astral-sh/setup-uv@v7", "with": {"enable-cache": "true"}},
    {"uses": "./.github/actions/caches"},
]


@pytest.mark.parametrize("job", with_credentials())
@pytest.mark.parametrize("step", HOSTILE, ids=lambda step: step["uses"])
def test_the_rule_sees_a_cache_wherever_it_is_put(
    job: dict[str, Any], step: dict[str, Any], attempts: Attempts
) -> None:
    for place in range(len(job.get("steps", ())) + 1):
        changed = copy.deepcopy(job)
        changed.setdefault("steps", []).insert(place, step)
        attempts.add()
        assert len(brings_in(changed)) == 1


def test_the_setup_of_every_job_is_the_same_but_for_the_cache() -> None:
    for file in WORKFLOWS:
        for name, job in jobs(file).items():
            local = [
                Path(step["uses"]).name for step in job.get("steps", ()) if step.get("uses", "").startswith(ACTION)
            ]
            cached = local == ["caches", "setup"] and not holds_credentials(job)
            assert cached or local in ([], ["setup"]), f"{file.stem}-{name}"
