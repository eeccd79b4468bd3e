"""docs/notebook.md: its cells run one after the other, and show what they say."""

import re
from pathlib import Path
from typing import Any

import pytest

PAGE = (Path(__file__).parents[2] / "docs" / "notebook.md").read_text(encoding="utf-8")


def test_the_cells_of_the_page_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    cells = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    for cell in cells:
        exec(cell, names)  # noqa: S102  the page's own code is what is tested

    assert len(cells) == 7
    assert names["base"].broken == ()
    assert [violation.feature for violation in names["result"].violations] == ["income"]
    assert "age Integral 1.0" in capsys.readouterr().out
    assert sorted(file.name for file in (tmp_path / "run").iterdir()) == [
        "constraint_violations.json",
        "constraints.json",
        "statistics.json",
        "verdict.json",
    ]
