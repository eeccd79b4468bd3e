"""The ledger of refusals: read whole, or refused by file and row; what it claims is there."""

import ast
import functools
import shutil
from pathlib import Path

import pytest

from maintenance.document_refusals import PAGE, page
from maintenance.refusals import LEDGER, Refusal, read_ledger
from modelyard.manifest.problems import Refused
from support.synth import ROOT

ROWS = [(subject, row) for subject, rows in read_ledger().items() for row in rows]
ROW = """
[[refusal]]
rule = "A rule."
aws = "AWS says no."
source = "API reference"
certainty = "sure"
"""
TEST = "tests/manifest/test_training.py::test_a_rule"


def problems(tmp_path: Path, text: str) -> str:
    (tmp_path / "part.toml").write_text(text, encoding="utf-8")
    with pytest.raises(Refused) as refused:
        read_ledger(tmp_path)
    return str(refused.value).replace(f"{tmp_path}/", "")


@functools.cache
def functions(file: Path) -> set[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize(("subject", "row"), ROWS, ids=[f"{subject}: {row.rule}" for subject, row in ROWS])
def test_every_test_that_the_ledger_names_is_there(subject: str, row: Refusal) -> None:
    for test in row.tests.values():
        file, _, name = test.partition("::")
        assert (ROOT / file).is_file(), test
        assert name in functions(ROOT / file), test


def test_no_rule_stands_twice() -> None:
    rules = [row.rule for _, row in ROWS]

    assert sorted(rules) == sorted(set(rules))


def test_the_page_of_the_ledger_is_the_one_that_the_rows_write() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run make reference"


@pytest.mark.parametrize("side", ["template_check", "local_aws", "operations"])
def test_a_row_that_one_side_refuses_is_taken(side: str, tmp_path: Path) -> None:
    (tmp_path / "part.toml").write_text(f'{ROW}{side} = "{TEST}"\n', encoding="utf-8")

    (row,) = read_ledger(tmp_path)["part"]

    assert row.tests == {side: TEST}


def test_a_row_that_no_side_refuses_says_why(tmp_path: Path) -> None:
    said = problems(tmp_path, ROW)

    assert said.startswith("refusal[0].nobody must be given where no side refuses, got nothing in part.toml; ")


def test_a_row_is_refused_by_a_side_or_by_nobody(tmp_path: Path) -> None:
    said = problems(tmp_path, f'{ROW}local_aws = "{TEST}"\nnobody = "It cannot be known."\n')

    assert "refusal[0].nobody must be left out beside local_aws" in said


def test_what_the_manifest_refuses_the_local_aws_refuses_too(tmp_path: Path) -> None:
    said = problems(tmp_path, f'{ROW}manifest = "{TEST}"\n')

    assert "refusal[0].local_aws must be given where the manifest refuses, or not_local in its place" in said


def test_a_row_that_the_local_aws_refuses_needs_no_reason_why_it_cannot(tmp_path: Path) -> None:
    said = problems(tmp_path, f'{ROW}local_aws = "{TEST}"\nnot_local = "It cannot."\n')

    assert "refusal[0].not_local must be left out beside local_aws" in said


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("rule", "No full stop"),
        ("certainty", "surely"),
        ("certainty", "believed 100 %"),
        ("source", " "),
        ("local_aws", "tests.manifest.test_training.test_a_rule"),
    ],
)
def test_a_row_with_a_value_of_another_form_is_refused_by_file_and_row(key: str, value: str, tmp_path: Path) -> None:
    rows = {"rule": "A.", "aws": "B.", "source": "C", "certainty": "sure", "local_aws": TEST, key: value}
    text = "".join(f'{name} = "{text}"\n' for name, text in rows.items())

    said = problems(tmp_path, f"{ROW}nobody = 'It cannot be known.'\n[[refusal]]\n{text}")

    assert said.startswith(f"refusal[1].{key} must be ")
    assert f'got "{value}" in part.toml; ' in said


def test_the_problems_of_every_file_are_said_at_once(tmp_path: Path) -> None:
    shutil.copytree(LEDGER, tmp_path / "whole")
    for name in ("first", "second"):
        (tmp_path / "whole" / f"{name}.toml").write_text(ROW, encoding="utf-8")

    with pytest.raises(Refused) as refused:
        read_ledger(tmp_path / "whole")

    assert [Path(problem.file).name for problem in refused.value.problems] == ["first.toml", "second.toml"]
