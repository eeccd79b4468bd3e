from collections.abc import Callable
from pathlib import Path

import pytest

from modelyard.drift.documents.files import write_document
from modelyard.drift.documents.violations import read_violations
from modelyard.drift.verdict.document import read_verdict, verdict_document
from modelyard.drift.verdict.earlier import Window, earlier_in_order
from modelyard.drift.verdict.hypothesis_test import Scope
from modelyard.drift.verdict.sentences import change_violations
from modelyard.drift.verdict.verdict import Alarm, Verdict

VerdictOn = Callable[..., Verdict]


@pytest.mark.parametrize("live", [["0"] * 90 + ["7"] * 30, ["0", "oops"] * 60, ["0", "1"] * 50, ["1"] * 5])
def test_a_verdict_is_read_back_as_it_was(tmp_path: Path, verdict_on: VerdictOn, live: list[str]) -> None:
    verdict = verdict_on([0, 1] * 500, live, alarm=Alarm.VERDICT)
    changes = change_violations(verdict=verdict)
    path = tmp_path / "verdict.json"
    write_document(path=path, document=verdict_document(verdict=verdict, violations=changes))
    assert read_verdict(path=path) == verdict
    assert read_violations(path=path) == changes


def test_what_it_says_of_earlier_windows_is_read_back_too(tmp_path: Path, verdict_on: VerdictOn) -> None:
    windows: list[Window] = []
    for _ in range(50):
        verdict = verdict_on([0, 1] * 500, ["0", "0", "0", "1"] * 25, earlier=earlier_in_order(windows, hours=1))
        assert verdict.window is not None
        windows.append(verdict.window)
    path = tmp_path / "verdict.json"
    write_document(path=path, document=verdict_document(verdict=verdict, violations=()))
    assert read_verdict(path=path) == verdict
    assert {one.scope for one in verdict.aspects} == set(Scope)


def test_without_earlier_windows_the_file_has_no_key_of_theirs(verdict_on: VerdictOn) -> None:
    text = str(verdict_document(verdict=verdict_on([0, 1] * 500, [0, 1] * 50), violations=()))
    assert [word for word in ("earlier", "dispersion", "24 hours") if word in text] == []
