"""A commit beside the working tree, in a real clone with a real remote."""

import subprocess
from pathlib import Path

import pytest

from modelyard.operations.failures import Failure
from modelyard.operations.proposals.branch import Repository

BRANCH = "retrain/churn/retrain-20261122"


def git(folder: Path, *arguments: str) -> str:
    answered = subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, text=True)  # noqa: S607
    return answered.stdout.strip()


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone with one commit on main, and something unfinished in its working tree."""
    bare, folder = tmp_path / "remote.git", tmp_path / "clone"
    git(tmp_path, "init", "--quiet", "--bare", str(bare))
    git(tmp_path, "init", "--quiet", "--initial-branch", "main", str(folder))
    (folder / "models").mkdir()
    (folder / "models/churn.toml").write_text('name = "churn"\n')
    (folder / "other.txt").write_text("committed\n")
    git(folder, "add", "--all")
    git(folder, "-c", "user.name=A", "-c", "user.email=a@b", "commit", "--quiet", "-m", "first")
    git(folder, "remote", "add", "origin", str(bare))
    git(folder, "push", "--quiet", "origin", "main")
    (folder / "other.txt").write_text("unfinished\n")
    return folder


def committed(clone: Path) -> tuple[Repository, str]:
    repository = Repository(root=clone, environment={})
    commit = repository.commit(
        onto=repository.head(), file=clone / "models/churn.toml", text='name = "changed"\n', message="models: promote"
    )
    return repository, commit


def test_a_commit_changes_one_file_and_not_the_working_tree(clone: Path) -> None:
    before = git(clone, "status", "--porcelain")
    _, commit = committed(clone)

    assert git(clone, "diff", "--name-only", "HEAD", commit) == "models/churn.toml"
    assert git(clone, "show", f"{commit}:models/churn.toml") == 'name = "changed"'
    assert git(clone, "status", "--porcelain") == before == "M other.txt"
    assert git(clone, "show", "--no-patch", "--format=%an %s", commit) == "Modelyard models: promote"


def test_a_branch_of_the_remote_is_made_and_found_again(clone: Path) -> None:
    repository, commit = committed(clone)
    assert repository.remote_commit(BRANCH) is None
    repository.push(commit, branch=BRANCH)

    assert repository.remote_commit(BRANCH) == commit
    assert repository.text_at(commit, clone / "models/churn.toml") == 'name = "changed"\n'


def test_a_branch_that_somebody_else_has_made_is_not_overwritten(clone: Path) -> None:
    repository, first = committed(clone)
    repository.push(first, branch=BRANCH)
    other = repository.commit(
        onto=repository.head(), file=clone / "models/churn.toml", text="other\n", message="another"
    )

    with pytest.raises(Failure, match=r"git push failed: .*; give the job's token leave to push"):
        repository.push(other, branch=BRANCH)
    assert repository.remote_commit(BRANCH) == first


def test_outside_of_a_clone_nothing_can_be_proposed(tmp_path: Path) -> None:
    with pytest.raises(Failure, match=r"git rev-parse failed: .*; run it in a clone of the repository"):
        Repository(root=tmp_path, environment={"GIT_CEILING_DIRECTORIES": str(tmp_path.parent)}).head()
