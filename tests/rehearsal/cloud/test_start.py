"""What a start of the local AWS does not wait for: libraries of which it needs nothing yet."""

import subprocess
import sys

import pytest

from support.synth import ROOT

PREPARED = """
from modelyard.rehearsal.cloud import engine
engine.prepare(key="111122223333", secret="secret", region="us-east-1")
"""


@pytest.mark.parametrize(
    ("program", "late"),
    [
        (f"{PREPARED}import modelyard.rehearsal.cloud.local_aws", ["cfnlint", "numpy", "sympy", "xgboost"]),
        ("import modelyard.rehearsal.__main__", ["boto3", "botocore", "ministack", "numpy"]),
    ],
    ids=["the process that answers", "serve"],
)
def test_what_a_start_does_not_need_is_imported_when_it_is_used(program: str, late: list[str]) -> None:
    asked = f"{program}\nimport sys\nprint([name for name in {late} if name in sys.modules])"
    ended = subprocess.run([sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "[]"
