"""Evidently's default preset on tables of ours, in an interpreter of its own: it needs an older pandas."""

import json
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import polars

PROGRAM = """
import json, sys, warnings
warnings.filterwarnings("ignore")
import pandas
from evidently import Report
from evidently.presets import DataDriftPreset
answers = sys.stdout
sys.stdout = sys.stderr
for line in sys.stdin:
    reference, window = (pandas.read_csv(path) for path in json.loads(line))
    # it ends with an error over a column without values, or of words among the reference's numbers
    kept = [name for name in reference if reference[name].notna().any() and window[name].notna().any()]
    words = [name for name in kept if reference[name].dtype.kind != "O" and window[name].dtype.kind == "O"]
    kept = [name for name in kept if name not in words]
    run = Report([DataDriftPreset()], include_tests=True).run(window[kept], reference[kept]).dict()
    failed = [test["metric_config"]["params"] for test in run["tests"] if test["status"].value == "FAIL"]
    columns = words + [params["column"] for params in failed if "column" in params]
    answer = {"columns": columns, "dataset": len(columns) < len(words) + len(failed)}
    print(json.dumps(answer), file=answers, flush=True)
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Drifted:
    """The columns that drift, and whether the table does: half of its columns, by default.

    A column of numbers in which there are words is one that drifts: evidently ends with an error.
    """

    columns: frozenset[str]
    dataset: bool


class Evidently:
    """A process that holds windows against a reference; a context manager."""

    def __init__(self, *, python: str) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self._process = subprocess.Popen(
            [python, "-c", PROGRAM],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> "Evidently":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate()
        self._folder.cleanup()

    def drifted(self, *, reference: polars.DataFrame, windows: Sequence[polars.DataFrame]) -> list[Drifted]:
        """Return what drifts in each window.

        Raises:
            RuntimeError: the process has ended.
        """
        known = self._written(reference, name="reference.csv")
        return [self._answer(known, self._written(window, name="window.csv")) for window in windows]

    def _written(self, frame: polars.DataFrame, *, name: str) -> str:
        path = Path(self._folder.name) / name
        frame.write_csv(path)
        return str(path)

    def _answer(self, reference: str, window: str) -> Drifted:
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("the process of evidently has no pipes; start it again")
        self._process.stdin.write(json.dumps([reference, window]) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("evidently has ended; is version 0.7 with pandas below 3 installed beside this Python?")
        answer = json.loads(line)
        return Drifted(columns=frozenset(answer["columns"]), dataset=answer["dataset"])
