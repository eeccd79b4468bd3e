"""The list of what nobody notices, the figures made of it, and what is widened in finished templates."""

from pathlib import Path
from typing import Any

import pytest
from proofs.permissions import __main__ as program
from proofs.permissions.declarations import MODELS, declare, replaced
from proofs.permissions.report import documents, show, unexplained
from proofs.permissions.reviewed import Reviewed, ReviewError, read_reviewed, reason_of, stale
from proofs.permissions.roles import concerns
from proofs.permissions.widening import widenings
from rich.console import Console

from modelyard.rehearsal.sagemaker.tracking.server import MlflowMissingError
from support.synth import Synthesized, synthesize

REASON = "the rehearsal has no images to pull"
ENTRY = Reviewed(role="*/TrainingRole", action="ecr:*", reason=REASON)


def finding(**changes: Any) -> dict[str, Any]:
    found = {
        "stack": "dev-churn-training",
        "role": "TrainingRole",
        "change": "remove",
        "action": "ecr:BatchGetImage",
        "resource": "*",
        "noticed": False,
        "how": "nothing asks for it",
        "part": "",
        "said": "",
    }
    return found | changes


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, REASON),
        ({"action": "ecr:BatchGetImage, ecr:GetDownloadUrlForLayer"}, REASON),
        ({"action": "ecr:BatchGetImage, s3:GetObject"}, None),
        ({"role": "RunRole"}, None),
    ],
)
def test_an_entry_explains_its_role_s_actions_and_no_others(changes: dict[str, Any], reason: str | None) -> None:
    assert reason_of(finding(**changes), reviewed=[ENTRY]) == reason


def test_an_entry_of_one_kind_of_change_explains_no_other() -> None:
    entry = Reviewed(role="*", action="*", change="drop cloudwatch:namespace", reason=REASON)
    assert entry.explains(finding(change="drop cloudwatch:namespace", action=""))
    assert not entry.explains(finding(change="drop aws:SourceAccount", action=""))


def test_an_entry_that_explains_nothing_any_more_is_stale() -> None:
    assert stale([finding()], reviewed=[ENTRY]) == []
    assert stale([finding(noticed=True)], reviewed=[ENTRY]) == [ENTRY]


def test_an_entry_needs_a_reason() -> None:
    with pytest.raises(ReviewError, match="reason of x y must be a sentence, got 'no'"):
        Reviewed(role="x", action="y", reason="no")


@pytest.mark.parametrize("text", ["unnoticed = 1", "[[unnoticed]]\nrole = 'x'", "[[unnoticed]]\nrol = 'x'", "x", ""])
def test_a_list_that_cannot_be_read_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "list.toml").write_text(text)
    with pytest.raises(ReviewError, match="must have \\[\\[unnoticed"):
        read_reviewed(tmp_path / "list.toml")


def test_every_reason_of_the_list_says_something() -> None:
    assert all(len(entry.reason) > 40 for entry in read_reviewed())


@pytest.mark.parametrize(
    ("findings", "whole", "well"),
    [
        ([finding()], True, True),
        ([finding(action="s3:GetObject")], False, False),
        ([finding(noticed=True)], True, False),
        ([finding(noticed=True)], False, True),
    ],
)
def test_it_is_well_where_all_is_noticed_or_explained_and_nothing_stale(
    findings: list[dict[str, Any]], *, whole: bool, well: bool
) -> None:
    assert show(findings, reviewed=[ENTRY], whole=whole, console=Console(quiet=True)) is well


def test_what_is_left_is_named() -> None:
    left = finding(action="s3:GetObject")
    assert unexplained([finding(), left], reviewed=[ENTRY]) == [left]
    assert [one["reason"] for one in documents([finding(), left], reviewed=[ENTRY])] == [REASON, None]


@pytest.mark.parametrize(
    ("action", "resource", "meant"),
    [
        ("s3:GetObject", "arn:aws:s3:::b/a/x", True),
        ("s3:getobject", "arn:aws:s3:::b/a/x", True),
        ("s3:PutObject", "arn:aws:s3:::b/a/x", False),
        ("s3:GetObject", "arn:aws:s3:::b/other", False),
    ],
)
def test_a_statement_concerns_its_actions_on_its_resources(action: str, resource: str, *, meant: bool) -> None:
    statement = {"Action": ["s3:GetObject"], "Resource": "arn:aws:s3:::b/a/*"}
    assert concerns(statement, action=action, resource=resource) is meant


@pytest.mark.parametrize("stack", ["dev-foundation", "dev-churn-batch"])
def test_nothing_can_be_widened_in_a_template_without_a_problem(app: Synthesized, stack: str) -> None:
    tried = list(widenings({stack: app.templates[stack]}))
    assert {one.kind for one in tried} >= {"any action", "anyone", "drop aws:SourceAccount"}
    assert [one.document for one in tried if not one.problems] == []


@pytest.mark.parametrize(
    ("only", "wanted"), [([], True), (["RunRole"], True), (["other", "Run"], True), (["x"], False)]
)
def test_a_change_is_tried_that_has_one_of_the_texts(only: list[str], *, wanted: bool) -> None:
    assert program.is_wanted("dev-churn-training/RunRole remove iam:PassRole", only=only) is wanted


def test_without_an_mlflow_server_nothing_is_proved_and_it_is_said_how_to_leave_tracking_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def find_none(_: Path) -> Path:
        raise MlflowMissingError("an MLflow App needs an MLflow server")

    monkeypatch.setattr(program, "find_python", find_none)
    assert program.main([]) == 1
    assert "needs an MLflow server; or leave tracking unproved: --without-tracking" in " ".join(
        capsys.readouterr().out.split()
    )


def test_what_was_left_out_is_said_to_be_unproved(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(program, "_findings", lambda *_, **__: [finding(noticed=True)])
    assert program.main(["--without-tracking"]) == 0
    assert "NOT PROVED tracking" in capsys.readouterr().out


@pytest.fixture(scope="module")
def declared(tmp_path_factory: pytest.TempPathFactory) -> Synthesized:
    folder = tmp_path_factory.mktemp("declared")
    found = declare(folder, models=MODELS, mlflow=Path("python"))
    return synthesize(folder / "app", models=found.models, scripts=found.scripts, stages=found.stages, preview=False)


@pytest.mark.parametrize(
    ("stack", "role"),
    [
        ("dev-churn-training", "RetrainingStartRole"),
        ("dev-churn-training", "RetrainingRuleRole"),
        ("dev-churn-training", "RetrainingScheduleRole"),
        ("dev-churn-training", "RetrainingLookRole"),
        ("dev-churn-training", "ComparedDataRole"),
        ("dev-churn-training", "ComparedScoringRole"),
        ("dev-churn-prepared-training", "PreprocessingRole"),
        ("dev-foundation", "TrackingRole"),
    ],
)
def test_the_models_of_the_proof_have_every_role(declared: Synthesized, stack: str, role: str) -> None:
    roles = [one for one in declared.resources(stack, "IAM::Role") if one.startswith(role)]
    assert len(roles) == 1


def test_a_declaration_that_has_changed_is_not_taken_for_the_one_that_was_meant() -> None:
    with pytest.raises(ValueError, match="must have 'b' once, it has it 0 times"):
        replaced("a", {"b": "c"})
