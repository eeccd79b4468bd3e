"""The steps of a review, run as the workflow runs them."""

import json
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from support.attempts import Attempts
from support.pipelines import GITLAB, TOOLS, read, step
from support.synth import ROOT

MANIFEST = "models/mnist_tf.toml"
MARK = "<!-- yard plan -->"
# Answers as GitHub's command line does when it lists, and keeps what it is asked to write.
GH = """
    #!{python}
    import json, os, pathlib, sys
    arguments, folder = sys.argv[1:], pathlib.Path(os.environ["SAID"])
    if "--method" in arguments:
        words = {{"words": [word for word in arguments if "=" not in word]}}
        fields = dict(word.split("=", 1) for word in arguments if "=" in word)
        body = pathlib.Path(fields["body"].removeprefix("@")).read_text()
        (folder / "written.json").write_text(json.dumps(words | {{"body": body}}))
    else:
        print((folder / "known").read_text(), end="")
"""


def git(folder: Path, *words: str) -> str:
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")
    said = subprocess.run(["git", *identity, *words], cwd=folder, capture_output=True, text=True, check=True)  # noqa: S607
    return said.stdout


def run(text: str, *, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a step as the runner does: https://docs.github.com/actions, `shell: bash`."""
    words = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", text]
    return subprocess.run(words, cwd=folder, env=TOOLS | variables, capture_output=True, text=True, check=False)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A clone as deep as the workflow's, whose last commit changes one model."""
    folder = tmp_path / "checkout"
    git(tmp_path, "clone", "--quiet", f"file://{ROOT}", "--depth", "1", str(folder))
    edited = git(ROOT, "diff", "--name-only", "HEAD") + git(ROOT, "ls-files", "--others", "--exclude-standard")
    for name in edited.split():
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    for manifest in (folder / "models").glob("*.toml"):
        if manifest.name != Path(MANIFEST).name:
            manifest.unlink()
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "before")
    (folder / ".venv").symlink_to(sys.prefix)
    return folder


def planned(checkout: Path, tmp_path: Path, *, stages: str) -> tuple[subprocess.CompletedProcess[str], str, str]:
    summary, output = tmp_path / "summary", tmp_path / "output"
    path = os.pathsep.join([str(checkout), TOOLS["PATH"]])
    done = run(
        step("review.yml", "Plan")["run"],
        folder=checkout,
        PATH=path,
        STAGES=stages,
        GITHUB_STEP_SUMMARY=str(summary),
        GITHUB_OUTPUT=str(output),
    )
    read = (file.read_text(encoding="utf-8") if file.exists() else "" for file in (summary, output))
    return (done, *read)  # type: ignore[return-value]


def test_the_plan_compares_with_the_first_parent_and_is_shown_in_the_summary(checkout: Path, tmp_path: Path) -> None:
    manifest = checkout / MANIFEST
    text = manifest.read_text(encoding="utf-8")
    manifest.write_text(f"# a comment changes nothing\n{text}", encoding="utf-8")
    git(checkout, "commit", "--quiet", "--all", "--message", "after")
    done, summary, output = planned(checkout, tmp_path, stages="prod")
    assert done.returncode == 0, done.stderr
    assert summary.startswith(f"{MARK}\n## prod\n\n### working tree over HEAD^1 (")
    assert "Nothing changes" in summary
    assert output == "code=0\n"
    assert (checkout / "plan.md").read_text(encoding="utf-8") == summary


def test_a_declaration_that_is_refused_fails_the_step(checkout: Path, tmp_path: Path) -> None:
    (checkout / MANIFEST).write_text("name = 7\n", encoding="utf-8")
    git(checkout, "commit", "--quiet", "--all", "--message", "after")
    done, summary, output = planned(checkout, tmp_path, stages="dev")
    assert (done.returncode, summary, output) == (1, "", "")
    assert "name must be a text in quotes, got 7" in done.stderr


@pytest.mark.parametrize("code", ["0", "2"])
def test_a_deploy_that_would_fail_fails_the_review_after_its_plan_is_kept(code: str, tmp_path: Path) -> None:
    done = run(step("review.yml", "Refuse a deploy that would fail")["run"], folder=tmp_path, CODE=code)
    assert done.returncode == int(code)


@pytest.mark.parametrize(
    ("known", "words"),
    [
        ("", ["api", "--method", "POST", "repos/octocat/models/issues/7/comments", "--field"]),
        ("41\n42\n", ["api", "--method", "PATCH", "repos/octocat/models/issues/comments/41", "--field"]),
    ],
)
def test_one_comment_is_written_and_then_kept_up_to_date(known: str, words: list[str], tmp_path: Path) -> None:
    (tmp_path / "known").write_text(known, encoding="utf-8")
    (tmp_path / "plan.md").write_text(f"{MARK}\nthe plan\n", encoding="utf-8")
    gh = tmp_path / "gh"
    gh.write_text(dedent(GH).strip().format(python=sys.executable), encoding="utf-8")
    gh.chmod(gh.stat().st_mode | stat.S_IXUSR)
    done = run(
        step("review.yml", "Comment")["run"],
        folder=tmp_path,
        PATH=f"{tmp_path}{os.pathsep}{TOOLS['PATH']}",
        SAID=str(tmp_path),
        REPOSITORY="octocat/models",
        NUMBER="7",
    )
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "written.json").read_text(encoding="utf-8")) == {
        "words": words,
        "body": f"{MARK}\nthe plan\n",
    }


REFUSALS = {
    "github": step("review.yml", "Refuse links")["run"],
    "gitlab": read(GITLAB)["links"]["script"][0],
}


@pytest.fixture
def request_of(tmp_path: Path) -> Path:
    """A repository as a request has it: declarations, scripts, and links elsewhere, which are nobody's business."""
    folder = tmp_path / "request"
    for name in ("models/churn.toml", "training_scripts/churn/train.py", "stages.toml", "docs/page.md"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("text", encoding="utf-8")
    (folder / "docs" / "again.md").symlink_to("page.md")
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "before")
    return folder


def added(folder: Path, *, mode: str, path: str) -> None:
    """Commit an entry of a mode, whether or not this machine could check it out."""
    git(folder, "rm", "-r", "--cached", "--quiet", "--ignore-unmatch", path)
    commit = git(folder, "rev-parse", "HEAD").strip()
    blob = git(folder, "rev-parse", "HEAD:docs/page.md").strip()
    git(folder, "update-index", "--add", "--cacheinfo", f"{mode},{commit if mode == '160000' else blob},{path}")
    git(folder, "commit", "--quiet", "--message", "after")


def test_both_platforms_refuse_links_by_the_same_words() -> None:
    assert REFUSALS["github"] == REFUSALS["gitlab"]


@pytest.mark.parametrize("platform", REFUSALS)
@pytest.mark.parametrize("mode", ["120000", "160000"])
@pytest.mark.parametrize(
    "path",
    [
        "models",
        "models/other.toml",
        "models/inner/other.toml",
        "training_scripts",
        "training_scripts/churn",
        "training_scripts/churn/notes.txt",
        "training_scripts/churn/.hidden",
        "training_scripts/churn/__pycache__/a.pyc",
        "training_scripts/a name\twith\nlines",
        "training_scripts/\N{SNOWMAN}",
        "stages.toml",
    ],
)
def test_a_review_refuses_a_link_and_a_submodule_before_anything_runs(
    platform: str, mode: str, path: str, request_of: Path, attempts: Attempts
) -> None:
    added(request_of, mode=mode, path=path)
    attempts.add()
    done = run(REFUSALS[platform], folder=request_of)
    first, *_, last = done.stdout.splitlines()
    assert done.returncode == 1
    assert first.startswith(f"{mode} ")
    assert last.startswith("What lies there must be a file by itself, got these links and submodules; ")
    assert len(done.stdout.splitlines()) == 2


@pytest.mark.parametrize("platform", REFUSALS)
def test_a_review_lets_files_pass_and_links_that_nothing_packs(platform: str, request_of: Path) -> None:
    done = run(REFUSALS[platform], folder=request_of)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("platform", REFUSALS)
def test_a_review_that_cannot_ask_git_does_not_pass(platform: str, tmp_path: Path) -> None:
    assert run(REFUSALS[platform], folder=tmp_path).returncode != 0
