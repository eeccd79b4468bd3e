"""The pipelines: what a linter says, what they may do, and that every command in them is one."""

import re
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from modelyard.operations.cli.main import command as yard
from support.pipelines import ACTIONS, GITLAB, TOOLS, WORKFLOWS, commands, jobs, read, scripts, steps
from support.synth import ROOT

PINNED = re.compile(r"uses: [\w.-]+/[\w.-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$")
LINTERS = [
    line.strip()
    for line in re.findall(
        r"^\t(actionlint|zizmor.*|check-jsonschema.*)$",
        (ROOT / "Makefile").read_text(encoding="utf-8"),
        flags=re.MULTILINE,
    )
]


def of_jobs() -> list[Any]:
    return [pytest.param(job, id=f"{file.stem}-{name}") for file in WORKFLOWS for name, job in jobs(file).items()]


def test_three_linters_are_asked() -> None:
    assert [line.split()[0] for line in LINTERS] == ["actionlint", "zizmor", "check-jsonschema"]


@pytest.mark.parametrize("line", LINTERS)
def test_a_linter_finds_nothing(line: str) -> None:
    said = subprocess.run(line.split(), cwd=ROOT, env=TOOLS, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stdout + said.stderr


@pytest.mark.parametrize("file", [*WORKFLOWS, *ACTIONS], ids=lambda file: file.stem)
def test_what_others_wrote_is_pinned_by_its_commit(file: Path) -> None:
    used = [line for line in file.read_text(encoding="utf-8").splitlines() if "uses:" in line and "./" not in line]
    assert not [line for line in used if not PINNED.search(line)]


def test_one_action_has_one_version() -> None:
    text = "".join(file.read_text(encoding="utf-8") for file in (*WORKFLOWS, *ACTIONS))
    pins = set(re.findall(r"uses: ([\w.-]+/[\w.-]+@.*)", text))
    assert len(pins) == len({pin.partition("@")[0] for pin in pins})


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)
def test_a_workflow_may_do_nothing_that_a_job_does_not_ask_for(file: Path) -> None:
    assert read(file)["permissions"] == {}


def test_a_job_may_write_nothing_but_a_comment_a_proposal_a_release_the_site_or_a_token_of_its_own() -> None:
    writes = {
        (file.stem, name, access)
        for file in WORKFLOWS
        for name, job in jobs(file).items()
        for access, level in job["permissions"].items()
        if level == "write" and access != "id-token"
    }
    assert writes == {
        ("review", "comment", "pull-requests"),
        ("release", "announce", "contents"),
        ("docs", "publish", "pages"),
        ("propose", "dev", "contents"),
        ("propose", "dev", "pull-requests"),
    }


def test_no_job_that_may_publish_runs_anything_of_the_repository() -> None:
    found = jobs(ROOT / ".github" / "workflows" / "release.yml")
    for name in ("publish", "announce"):
        assert not [one for one in found[name]["steps"] if "checkout" in one.get("uses", "")]
    assert found["publish"]["environment"] == "pypi"
    assert set(found["publish"]["needs"]) == {"build", "install"}


@pytest.mark.parametrize("job", of_jobs())
def test_a_job_ends_within_a_time(job: dict[str, Any]) -> None:
    assert "uses" in job or 5 <= job["timeout-minutes"] <= 240


def test_no_job_of_a_pull_request_can_ask_aws_for_credentials() -> None:
    (review,) = [file for file in WORKFLOWS if file.stem == "review"]
    assert not [job for job in jobs(review).values() if "id-token" in job["permissions"]]
    assert "aws-actions" not in review.read_text(encoding="utf-8")
    assert "secrets" not in review.read_text(encoding="utf-8")


def test_the_job_that_may_comment_runs_nothing_of_the_pull_request() -> None:
    (review,) = [file for file in WORKFLOWS if file.stem == "review"]
    comment = jobs(review)["comment"]
    assert [one.get("uses", "").partition("@")[0] for one in comment["steps"]] == ["actions/download-artifact", ""]


def test_nothing_of_a_request_runs_before_its_links_are_refused() -> None:
    (review,) = [file for file in WORKFLOWS if file.stem == "review"]
    asked = jobs(review)
    assert {name: job["needs"] for name, job in asked.items() if name != "links"} == {
        "check": "links",
        "plan": "links",
        "comment": "plan",
        "rehearse": "links",
    }
    assert [one.get("uses", "").partition("@")[0] for one in asked["links"]["steps"]] == ["actions/checkout", ""]
    document = read(GITLAB)
    assert document["stages"][0] == document["links"]["stage"] == "links"
    assert document["links"]["before_script"] == document["links"]["cache"] == []
    assert [name for name, job in document.items() if isinstance(job, dict) and job.get("stage") == "links"] == [
        "links"
    ]


def test_nothing_runs_by_the_rights_of_the_branch_on_what_a_stranger_sent() -> None:
    for file in WORKFLOWS:
        assert set(read(file)["on"]).isdisjoint({"pull_request_target", "workflow_run", "issue_comment"}), file


def test_no_value_is_written_into_a_command() -> None:
    for file in (*WORKFLOWS, *ACTIONS):
        assert not [one for one in steps(file) if "${{" in one.get("run", "")], file


def test_no_checkout_leaves_its_token_behind() -> None:
    for file in WORKFLOWS:
        for one in steps(file):
            if one.get("uses", "").startswith("actions/checkout@"):
                assert one["with"]["persist-credentials"] == "false" or one["with"]["persist-credentials"] is False


def test_a_newer_push_ends_a_review_and_never_a_deploy() -> None:
    cancels = {
        file.stem: read(file)["concurrency"]["cancel-in-progress"] for file in WORKFLOWS if file.stem != "deploy"
    }
    of_a_request = "${{ github.event_name == 'pull_request' }}"
    never = dict.fromkeys(("deploy-stage", "propose", "release"), False)
    assert cancels == {"review": True, "systems": True, "docs": of_a_request, **never}


def test_a_deploy_waits_for_its_environment_and_a_diff_does_not() -> None:
    (stage,) = [file for file in WORKFLOWS if file.stem == "deploy-stage"]
    found = jobs(stage)
    assert found["deploy"]["environment"] == "${{ inputs.stage }}"
    assert "environment" not in found["diff"]
    assert found["deploy"]["needs"] == "diff"


def test_every_make_target_is_there() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))
    asked = {words[0] for words in commands("make")}
    assert asked == {"clients", "lint", "rehearse", "setup", "site", "synth", "test", "wheels"}
    assert asked <= targets


def test_every_command_of_yard_is_one() -> None:
    called = [words for words in commands("yard") if words != ["plan", "--"]]  # the comment's mark
    assert {words[0] for words in called} == {"plan", "propose", "verify"}
    assert not [words for words in called if not parsed(words)]


@pytest.mark.parametrize("command", ["diff", "deploy"])
def test_every_option_of_the_cdk_is_one(command: str) -> None:
    said = subprocess.run(
        ["cdk", command, "--help"],  # noqa: S607
        env=TOOLS,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    asked = {word for words in commands("cdk") if words[0] == command for word in words if word.startswith("--")}
    # What its help does not name, and the scenario uses.
    assert asked - {"--all"} <= set(re.findall(r"--[a-z-]+", said))


def test_nothing_else_of_the_cdk_is_asked_for() -> None:
    assert {words[0] for words in commands("cdk")} == {"diff", "deploy"}


def test_gitlab_asks_the_same_of_a_request_as_github() -> None:
    document = read(GITLAB)
    (review,) = [file for file in WORKFLOWS if file.stem == "review"]
    assert {name for name, job in document.items() if isinstance(job, dict) and job.get("extends") == ".review"} == {
        *jobs(review)
    } - {"comment"}


def test_no_job_of_a_merge_request_gets_a_token_for_aws() -> None:
    document = read(GITLAB)
    for name in (".aws", "deploy dev", "deploy prod"):
        for rule in document[name]["rules"]:
            not_reviewed = '$CI_PIPELINE_SOURCE != "merge_request_event" && $CI_PIPELINE_SOURCE != "schedule"'
            assert rule["if"] == f'$DELIVERY == "on" && {not_reviewed}', name
    assert [name for name, job in document.items() if isinstance(job, dict) and "id_tokens" in job] == [".aws"]


def test_who_proposes_runs_by_the_clock_and_by_nothing_that_a_request_brings() -> None:
    (file,) = [one for one in WORKFLOWS if one.stem == "propose"]
    assert set(read(file)["on"]) == {"schedule", "workflow_dispatch"}
    (rule,) = read(GITLAB)["propose dev"]["rules"]
    assert rule["if"] == '$DELIVERY == "on" && $RETRAIN_TOKEN && $CI_PIPELINE_SOURCE == "schedule"'


def test_every_deploy_of_gitlab_is_started_by_a_person() -> None:
    document = read(GITLAB)
    assert {rule["when"] for name in ("deploy dev", "deploy prod") for rule in document[name]["rules"]} == {"manual"}


def test_the_scripts_are_what_bash_can_read() -> None:
    for text in scripts():
        subprocess.run(["bash", "-n", "-c", text], check=True)  # noqa: S607


def parsed(words: Sequence[str]) -> bool:
    """Whether `yard` knows the command and every option of it."""
    root = yard()
    command = root.commands[words[0]]
    known = {option for one in (root, command) for parameter in one.params for option in parameter.opts}
    return {word for word in words if word.startswith("-")} <= known


def owner_of(path: str) -> str:
    """The owner that both platforms find: the last line whose pattern matches."""
    lines = (ROOT / "CODEOWNERS").read_text(encoding="utf-8").splitlines()
    rules = [line.split() for line in lines if line and not line.startswith("#")]
    return [owner for pattern, owner in rules if pattern == "*" or f"/{path}".startswith(pattern)][-1]


def test_authors_of_models_own_declarations_and_scripts_and_nothing_else() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S607
    owners = {path: owner_of(path) for path in tracked.stdout.splitlines()}
    theirs = {path.split("/")[0] for path, owner in owners.items() if owner.endswith("/data-science")}
    assert theirs == {"models", "training_scripts"}
    assert set(owners.values()) == {"@your-organization/platform", "@your-organization/data-science"}
    assert {owner_of(path) for path in ("CODEOWNERS", "stages.toml", ".gitlab-ci.yml", "models.py")} == {
        "@your-organization/platform"
    }


def test_what_a_deploy_would_do_is_shown_before_anybody_approves_it() -> None:
    (stage,) = [file for file in WORKFLOWS if file.stem == "deploy-stage"]
    shown = [one["run"] for one in jobs(stage)["diff"]["steps"] if one.get("name") in ("Plan", "Diff")]
    assert shown[0].endswith('tee -a "$GITHUB_STEP_SUMMARY"')
    assert shown[1].startswith("cdk diff --all")
    assert read(ROOT / ".github/workflows/deploy.yml")["on"]["push"] == {"branches": ["main"]}
