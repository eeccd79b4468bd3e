import sys
from pathlib import Path

import pytest

from modelyard.rehearsal.containers import namespaces, networks, opt_ml
from modelyard.rehearsal.containers.namespaces import obstacle_to

OPTIONS = ("--network", "none")


@pytest.mark.parametrize(
    ("guard", "said"),
    [
        ("raise PermissionError(1, 'Operation not permitted')", "PermissionError: [Errno 1] Operation not permitted"),
        ("raise SystemExit(3)", "exit code 3"),
        ("import time; time.sleep(60)", "did not end within 0.5 s"),
    ],
)
def test_a_system_without_is_known_by_a_trial(
    guard: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "guard.py").write_text(guard)
    monkeypatch.setattr(namespaces, "GUARD", tmp_path / "guard.py")
    monkeypatch.setattr(namespaces, "TRIAL_SECONDS", 0.5 if "sleep" in guard else 10)
    monkeypatch.setattr(sys, "platform", "linux")

    obstacle = obstacle_to(options=OPTIONS, command=("true",))

    assert obstacle is not None
    assert obstacle.endswith(said)


def test_other_systems_than_linux_are_not_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")

    assert opt_ml.obstacle.__wrapped__() == "only Linux has what it takes"
    assert networks.obstacle.__wrapped__() == "only Linux has what it takes"
