"""The list of answers: a finding without one fails, and so does an answer without a finding."""

from pathlib import Path

import pytest

from maintenance.oracles.answers import Answer, Answers, Finding, read_answers
from modelyard.manifest.problems import Refused

SAFE = "It is safe for a reason that somebody wrote."
WIDE = Finding(tool="parliament", check="RESOURCE_STAR", owner="dev-churn-serving/Role", detail="logs:PutLogEvents")


def answers(*, owner: str = "*/Role", detail: str = "logs:*", check: str = "RESOURCE_STAR") -> Answers:
    return Answers(answer=(Answer(tool="parliament", check=check, owner=owner, detail=detail, safe=SAFE),))


def test_a_finding_with_an_answer_is_no_complaint() -> None:
    assert answers().complaints([WIDE, WIDE]) == []


@pytest.mark.parametrize("other", [{"owner": "*/OtherRole"}, {"detail": "s3:*"}, {"check": "RESOURCE_MISMATCH"}])
def test_a_finding_is_answered_by_its_own_check_owner_and_detail_alone(other: dict[str, str]) -> None:
    unanswered, stale = answers(**other).complaints([WIDE])

    assert unanswered == (
        "dev-churn-serving/Role: parliament, RESOURCE_STAR: logs:PutLogEvents; mend it, or answer it in answers.toml"
    )
    assert stale.startswith("answers.toml: nothing is found any more of parliament ")


def test_an_answer_that_no_finding_needs_is_a_complaint() -> None:
    assert answers().complaints([]) == [
        "answers.toml: nothing is found any more of parliament RESOURCE_STAR */Role logs:*; remove the answer"
    ]


def test_an_answer_must_say_why(tmp_path: Path) -> None:
    file = tmp_path / "answers.toml"
    file.write_text('[[answer]]\ntool = "checkov"\ncheck = "CKV"\nowner = "*"\nsafe = "fine"\n', encoding="utf-8")

    with pytest.raises(Refused, match="safe must be a sentence with its full stop"):
        read_answers(file)


def test_a_list_that_is_no_toml_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "answers.toml"
    file.write_text("[[answer]\n", encoding="utf-8")

    with pytest.raises(Refused, match="the file must be TOML that can be read"):
        read_answers(file)
