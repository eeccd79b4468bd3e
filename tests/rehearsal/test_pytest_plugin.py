"""The fixtures of pytest, in a project that knows nothing of this repository's tests."""

import os
import subprocess
import sys
from pathlib import Path

from support.synth import ROOT
from support.tested_project import PASSED, write_tested_project


def test_each_test_has_a_clean_account_that_plain_clients_reach(tmp_path: Path) -> None:
    write_tested_project(tmp_path)
    words = [sys.executable, "-m", "pytest", "-q", "-p", "modelyard.rehearsal.pytest_plugin", "-p", "no:cacheprovider"]
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PYTEST_"))}
    ended = subprocess.run(
        words,
        cwd=tmp_path,
        env=kept | {"PYTHONPATH": f"{ROOT}{os.pathsep}{tmp_path}", "AWS_PROFILE": "production"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert PASSED in ended.stdout


def test_a_project_that_uses_no_fixture_pays_for_no_import() -> None:
    late = ("boto3", "botocore", "ministack", "modelyard.rehearsal.session")
    text = f"import sys, modelyard.rehearsal.pytest_plugin; print([name for name in {late} if name in sys.modules])"
    ended = subprocess.run([sys.executable, "-c", text], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "[]"
