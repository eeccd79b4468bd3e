"""What becomes a finding of what cfn-lint says, and what the command does with answers that it cannot read."""

from pathlib import Path
from typing import Any

import pytest

from maintenance.oracles import __main__ as oracles
from maintenance.oracles.answers import Finding


def match(message: str, *, path: list[str | int] | None) -> dict[str, Any]:
    return {
        "Filename": "/tmp/dev-churn-serving.template.json",  # noqa: S108 - read as a name alone
        "Rule": {"Id": "E3006"},
        "Location": {"Path": path},
        "Message": message,
    }


def test_a_finding_of_cfn_lint_names_the_stack_and_the_resource() -> None:
    said = match("It is wrong", path=["Resources", "EndpointEEF1FD8F", "Type"])

    assert list(oracles.of_cfn_lint([said])) == [
        Finding(tool="cfn-lint", check="E3006", owner="dev-churn-serving/Endpoint", detail="It is wrong")
    ]


def test_a_finding_of_a_whole_template_names_no_resource() -> None:
    (finding,) = oracles.of_cfn_lint([match("It is too long", path=None)])

    assert finding.owner == "dev-churn-serving/"


def test_a_type_that_the_template_check_refuses_in_a_region_is_no_finding() -> None:
    absent = "Resource type 'AWS::SageMaker::Experiment' does not exist in 'eu-central-2'"
    unknown = "Resource type 'AWS::SageMaker::Experiment' does not exist in 'eu-west-1'"

    findings = oracles.of_cfn_lint([match(text, path=["Resources", "Experiment"]) for text in (absent, unknown)])

    assert [finding.detail for finding in findings] == [unknown]


def test_a_list_that_cannot_be_read_ends_with_its_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "answers.toml"
    file.write_text("[[answer]\n", encoding="utf-8")
    monkeypatch.setattr(oracles, "ANSWERS", file)

    assert oracles.main("python") == 1
    assert "the file must be TOML that can be read" in capsys.readouterr().err
