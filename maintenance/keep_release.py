"""Keep what a release deploys, for the test that deploys the next one over it.

    python -m maintenance.keep_release 0.2.0 [REVISION]

The app of a revision (else of HEAD) is synthesized with the example models promoted, and the assembly is packed into
`releases/<version>/assembly.tar.gz`: templates, their lists of files, and the scripts' archives. The analyzer's archive
is not in it, for a deploy makes it. The same revision gives the same bytes.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from maintenance.promoted_examples import promote_examples
from modelyard.constructs.published_file import archive
from modelyard.rehearsal.containers.filtered_tarfile import tarfile

ROOT = Path(__file__).parent.parent
RELEASES = ROOT / "releases"
PACKED = "assembly.tar.gz"
VERSION = re.compile(r"\d+\.\d+\.\d+")
# What tools show of an assembly and no deploy reads; it names places of the machine that made it.
SHOWN = ("tree.json", "validation-report.json", ".metadata.json", ".cache")
README = """# What release {version} deployed

The templates of the example models, promoted, at commit {commit}: `python -m maintenance.keep_release {version}` made
them, `tests/upgrades/` deploys them (docs/upgrades.md).
"""


def main(arguments: list[str]) -> int:
    """Keep one release, and say where."""
    version, revision = (*arguments, "HEAD")[:2] if arguments else ("", "")
    if not VERSION.fullmatch(version) or len(arguments) > 2:
        sys.stderr.write(f"usage: python -m maintenance.keep_release VERSION [REVISION], got {arguments}\n")
        return 1
    try:
        commit = _git("rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}")
    except subprocess.CalledProcessError:
        sys.stderr.write(f"REVISION must be one of this repository's, got {revision}; leave it out for HEAD\n")
        return 1
    kept = keep(version=version, commit=commit, releases=RELEASES)
    sys.stdout.write(f"{kept} holds {kept.stat().st_size:,} bytes\n")
    return 0


def keep(*, version: str, commit: str, releases: Path) -> Path:
    """Pack the assembly of a commit, and return the archive."""
    with tempfile.TemporaryDirectory(prefix="release-") as folder:
        assembly = _synthesized(Path(folder), commit=commit)
        # Leave what a deploy reads.
        for file in assembly.iterdir():
            if file.name.endswith(SHOWN):
                file.unlink()
        manifest = assembly / "manifest.json"
        found: dict[str, Any] = json.loads(manifest.read_text(encoding="utf-8"))
        found["artifacts"].pop("Tree", None)
        for artifact in found["artifacts"].values():
            artifact.pop("metadata", None)
            artifact.pop("additionalMetadataFile", None)
        manifest.write_text(json.dumps(found, indent=1, sort_keys=True), encoding="utf-8")
        packed = archive(folder=assembly)
    kept = releases / version
    kept.mkdir(parents=True, exist_ok=True)
    (kept / "README.md").write_text(README.format(version=version, commit=commit[:7]), encoding="utf-8")
    (kept / PACKED).write_bytes(packed)
    return kept / PACKED


def unpack(*, version: str, folder: Path, releases: Path = RELEASES) -> Path:
    """Lay a kept assembly out below a folder, and return it: `cdk deploy --app` takes it."""
    with tarfile.open(releases / version / PACKED) as tar:
        tar.extractall(folder, filter="data")
    return folder


def versions(*, releases: Path = RELEASES) -> list[str]:
    """Return the releases that are kept, the oldest first."""
    found = (path.parent.name for path in releases.glob(f"*/{PACKED}"))
    return sorted(found, key=lambda version: tuple(map(int, version.split("."))))


def _synthesized(folder: Path, *, commit: str) -> Path:
    checkout, assembly = folder / "checkout", folder / "assembly"
    _git("worktree", "add", "--quiet", "--detach", str(checkout), commit)
    try:
        promote_examples(checkout / "models")
        context = json.loads((checkout / "cdk.json").read_text(encoding="utf-8"))["context"]
        asked = {"CDK_OUTDIR": str(assembly), "CDK_CONTEXT_JSON": json.dumps(context), "CDK_VALIDATION": "false"}
        subprocess.run([sys.executable, "app.py"], cwd=checkout, env=os.environ | asked, check=True)
    finally:
        _git("worktree", "remove", "--force", str(checkout))
    return assembly


def _git(*words: str) -> str:
    asked = ["git", *words]
    said = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603 - words of our own
    return said.stdout.strip()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
