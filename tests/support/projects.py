"""A project of a test's own: its manifests and its stage, the repository's app and scripts."""

import shutil
import subprocess
import tarfile
from collections.abc import Mapping
from pathlib import Path

from support.synth import ROOT

LINKED = ("app.py", "cdk.json", "modelyard", "training_scripts")


def make_project(folder: Path, *, stage: str, manifests: Mapping[str, str]) -> Path:
    """Write the manifests below `models/`, and link what they are made with."""
    (folder / "models").mkdir(parents=True)
    for name in LINKED:
        (folder / name).symlink_to(ROOT / name)
    for name, text in manifests.items():
        (folder / "models" / f"{name}.toml").write_text(text)
    settings = 'removal = "destroy"\ntermination_protection = false\napi_log_role = true\n'
    (folder / "stages.toml").write_text(f"[{stage}]\n{settings}")
    return folder


def pack(archive: Path, *, files: Mapping[str, str]) -> None:
    """Write texts into an archive of a model, each at its path."""
    with tarfile.open(archive, "w:gz") as tar:
        for name, text in files.items():
            file = archive.parent / "content" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
            tar.add(file, arcname=name)


def cdk(*arguments: str, folder: Path, stage: str, environment: Mapping[str, str]) -> str:
    """Run the CDK's own command in a project, and return what it says."""
    found = shutil.which("cdk")
    assert found is not None, "make setup installs the CDK's command"
    context = ["-c", f"stage={stage}", "-c", f"destroy_data={stage}", "--no-notices"]
    command = [found, *arguments, *context]
    ended = subprocess.run(command, cwd=folder, env=dict(environment), capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout
