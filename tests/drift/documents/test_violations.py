from pathlib import Path

from modelyard.drift.documents.files import write_text
from modelyard.drift.documents.jackson import document_text
from modelyard.drift.documents.violations import Violation, read_violations, violations_document


def test_no_violations_are_an_empty_list() -> None:
    assert document_text(violations_document(violations=[])) == '{\n  "violations" : [ ]\n}'


def test_written_violations_are_read_back(tmp_path: Path) -> None:
    violation = Violation(feature="x", check="data_type_check", description="y")
    write_text(path=tmp_path / "v.json", text=document_text(violations_document(violations=[violation])))
    assert read_violations(path=tmp_path / "v.json") == (violation,)
