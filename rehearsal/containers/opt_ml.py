"""Whether the processes of a container find its folder at /opt/ml here, as they do on AWS."""

import functools
import tempfile
from pathlib import Path

from modelyard.rehearsal.containers.namespaces import obstacle_to

ROOT = Path("/opt/ml")
MARK = "here"


def seen(root: Path) -> Path:
    """Return where the processes of a container find the folder that stands for its /opt/ml."""
    return ROOT if obstacle() is None else root


@functools.cache
def obstacle() -> str | None:
    """Return why this system lets the user mount nothing at /opt/ml, or None where it does; tried once a process."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, MARK).touch()
        return obstacle_to(options=("--opt-ml", folder), command=("/bin/sh", "-c", f"test -f {ROOT / MARK}"))
