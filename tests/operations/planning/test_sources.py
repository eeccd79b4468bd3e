"""`yard plan` as an operator runs it: of folders, of git, of what is deployed."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from modelyard.operations.aws import Aws
from modelyard.operations.cli.main import main
from modelyard.operations.failures import Failure
from modelyard.operations.planning.sources import deployed, revision_of
from modelyard.template_checks.template import Template
from support.local_aws import SharedLocalAws
from support.plans import Deployer
from support.templates import resource

TOPIC = "AWS::SNS::Topic"


def assembly(folder: Path, *, stack: str = "stack", **resources: Any) -> Path:
    """A folder as `cdk synth` writes it, with one stack."""
    folder.mkdir(parents=True)
    (folder / "one.template.json").write_text(json.dumps({"Resources": resources}))
    properties = {"templateFile": "one.template.json", "stackName": stack}
    artifact = {
        "type": "aws:cloudformation:stack",
        "environment": "aws://unknown-account/unknown-region",
        "properties": properties,
    }
    (folder / "manifest.json").write_text(json.dumps({"artifacts": {"one": artifact, "tree": {"type": "cdk:tree"}}}))
    return folder


def committed(repository: Path) -> None:
    """Make a folder a repository of one commit."""
    identity = ["-c", "user.name=a", "-c", "user.email=a@b.example"]
    for words in (["init", "-q"], ["add", "."], [*identity, "commit", "-qm", "one"]):
        git(repository, *words)


def git(repository: Path, *words: str) -> str:
    asked = ["git", *words]
    return subprocess.run(asked, cwd=repository, check=True, capture_output=True, text=True).stdout


def topic(title: str) -> dict[str, Any]:
    return resource(TOPIC, {"DisplayName": title})


def test_two_folders_are_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old, new = assembly(tmp_path / "old", One=topic("old")), assembly(tmp_path / "new", One=topic("new"))
    assert main(["plan", str(old), "--head", str(new)]) == 0
    assert "Topic One is updated in place: DisplayName" in capsys.readouterr().out


def test_a_deploy_that_would_fail_ends_with_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = assembly(tmp_path / "old", One=resource(TOPIC))
    new = assembly(tmp_path / "new", One=resource("AWS::S3::Bucket"))
    assert main(["plan", str(old), "--head", str(new), "--markdown"]) == 2
    assert ":x: **Fails** (`stack`)" in capsys.readouterr().out


def test_the_plan_is_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old, new = assembly(tmp_path / "old"), assembly(tmp_path / "new", One=resource(TOPIC))
    assert main(["plan", str(old), "--head", str(new), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["changes"][0]["action"] == "added"


def test_stacks_of_a_stage_s_own_assembly_are_compared_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    inner = {"type": "cdk:cloud-assembly", "properties": {"directoryName": "inner"}}
    for name in ("old", "new"):
        assembly(tmp_path / name / "inner", One=topic(name))
        (tmp_path / name / "manifest.json").write_text(json.dumps({"artifacts": {"inner": inner}}))
    assert main(["plan", str(tmp_path / "old"), "--head", str(tmp_path / "new")]) == 0
    assert "Topic One is updated in place" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["plan", "--head", "nowhere"], "nowhere is no assembly (manifest.json: "),
        (["plan", "nosuch-revision"], "BASE must be a revision of git or a folder that cdk synth wrote"),
        (["plan", "--context", "model"], "--context must be KEY=VALUE, such as model=churn, got model"),
    ],
)
def test_what_cannot_be_compared_ends_with_1_and_a_sentence(
    arguments: list[str], sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    head = [] if "--head" in arguments else ["--head", str(assembly(tmp_path / "new"))]
    assert main([*arguments, *head]) == 1
    assert sentence in capsys.readouterr().err


def test_an_assembly_without_a_stack_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "manifest.json").write_text('{"artifacts": {}}')
    assert main(["plan", "--head", str(tmp_path)]) == 1
    assert "holds no stack; synthesize one" in capsys.readouterr().err


def test_a_revision_of_git_is_synthesized_in_a_worktree_that_goes_again(tmp_path: Path) -> None:
    repository = tmp_path / "repository"
    repository.mkdir()
    (repository / "cdk.json").write_text('{"context": {}}')
    (repository / "app.py").write_text(
        "import os, pathlib, shutil\nshutil.copytree('made', os.environ['CDK_OUTDIR'], dirs_exist_ok=True)\n"
    )
    assembly(repository / "made", One=topic("old"))
    committed(repository)
    found = revision_of("HEAD", root=repository, context={})
    assert found.templates[0].body == {"Resources": {"One": topic("old")}}
    assert found.name.startswith("HEAD (")
    assert len(git(repository, "worktree", "list").splitlines()) == 1


def test_the_models_of_a_folder_that_the_revision_does_not_hold_are_not_compared_with_themselves(
    tmp_path: Path,
) -> None:
    repository = tmp_path / "repository"
    repository.mkdir()
    (repository / "cdk.json").write_text('{"context": {}}')
    (repository / "app.py").write_text("")
    committed(repository)
    elsewhere = tmp_path / "elsewhere"
    with pytest.raises(Failure, match=f"models must be a folder of the project, .* got {elsewhere}; compare with an"):
        revision_of("HEAD", root=repository, context={"models": str(elsewhere)})


def test_the_models_of_a_revision_are_those_of_the_same_folder_in_it(tmp_path: Path) -> None:
    repository = tmp_path / "repository"
    repository.mkdir()
    (repository / "cdk.json").write_text('{"context": {}}')
    (repository / "app.py").write_text(
        "import json, os, pathlib, shutil\n"
        "models = pathlib.Path(json.loads(os.environ['CDK_CONTEXT_JSON'])['models'])\n"
        "shutil.copytree(models / 'made', os.environ['CDK_OUTDIR'], dirs_exist_ok=True)\n"
    )
    changed = assembly(repository / "fleet" / "made", One=topic("old")) / "one.template.json"
    committed(repository)
    changed.write_text(json.dumps({"Resources": {"One": topic("new")}}))
    found = revision_of("HEAD", root=repository, context={"models": str(repository / "fleet")})
    assert found.templates[0].body == {"Resources": {"One": topic("old")}}


def test_plan_synthesizes_the_models_that_yard_was_given(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--models", str(tmp_path), "plan", "HEAD"]) == 1
    assert f"got {tmp_path}; compare with an assembly instead" in capsys.readouterr().err


def test_an_app_that_refuses_is_quoted(tmp_path: Path) -> None:
    repository = tmp_path / "repository"
    repository.mkdir()
    (repository / "cdk.json").write_text('{"context": {}}')
    (repository / "app.py").write_text("import sys\nsys.exit('serving must have variants')\n")
    committed(repository)
    with pytest.raises(Failure, match="cannot be synthesized: serving must have variants"):
        revision_of("HEAD", root=repository, context={})


def test_the_working_tree_is_compared_with_its_own_commit(capsys: pytest.CaptureFixture[str]) -> None:
    main(["plan", "HEAD", "--context", "model=mnist_tf", "--json"])  # whatever is changed here, it is planned
    document = json.loads(capsys.readouterr().out)
    assert document["head"] == "working tree"
    assert {one["stack"] for one in document["stacks"]} == {"dev-foundation", "dev-mnist-tf-training"}


def test_what_is_deployed_is_compared_when_no_base_is_given(
    reached: Aws, deployer: Deployer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = deployer.stacks.create({"One": topic("old")})
    new = assembly(tmp_path / "new", stack=name, One=topic("new"))
    assert main(["plan", "--head", str(new)]) == 0
    shown = capsys.readouterr().out
    assert "over the deployed stacks in us-east-1" in shown
    assert "Topic One is updated in place: DisplayName" in shown


def test_a_stack_that_is_not_deployed_is_new(
    reached: Aws, tmp_path: Path, capsys: pytest.CaptureFixture[str], local_aws: SharedLocalAws
) -> None:
    new = assembly(tmp_path / "new", stack=local_aws.name("absent"), One=topic("new"))
    assert main(["plan", "--head", str(new), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["stacks"][0]["standing"] == "new"


def test_a_stack_that_failed_to_be_created_is_new(reached: Aws, deployer: Deployer, local_aws: SharedLocalAws) -> None:
    taken = local_aws.name("taken")
    deployer.stacks.create({"Group": group(taken)})
    name = deployer.stacks.begin({"One": topic("one"), "Group": group(taken)})
    assert deployer.stacks.settled(name) == "ROLLBACK_COMPLETE"
    assert deployed(aws=reached, templates=[Template(name=name, body={})]).templates == ()


def test_a_stack_of_which_there_is_a_change_set_alone_is_new(reached: Aws, local_aws: SharedLocalAws) -> None:
    name, client = local_aws.name("reviewed"), local_aws.client("cloudformation")
    body = json.dumps({"Resources": {"One": topic("one")}})
    client.create_change_set(StackName=name, ChangeSetName="first", ChangeSetType="CREATE", TemplateBody=body)
    assert client.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"] == "REVIEW_IN_PROGRESS"
    assert deployed(aws=reached, templates=[Template(name=name, body={})]).templates == ()
    client.delete_stack(StackName=name)


def group(name: str) -> dict[str, Any]:
    return resource("ModelPackageGroup", {"ModelPackageGroupName": name})


def test_who_imports_an_export_is_asked_of_the_account(
    reached: Aws, deployer: Deployer, local_aws: SharedLocalAws
) -> None:
    export = local_aws.name("export")
    outputs = {"Out": {"Value": {"Ref": "One"}, "Export": {"Name": export}}}
    exporting = deployer.stacks.create({"One": topic("one")}, Outputs=outputs)
    alone = deployed(aws=reached, templates=[Template(name=exporting, body={})])
    assert alone.importers_of(export) == frozenset()
    importing = deployer.stacks.create({"Two": resource(TOPIC, {"DisplayName": {"Fn::ImportValue": export}})})
    both = deployed(aws=reached, templates=[Template(name=exporting, body={})])
    assert both.importers_of(export) == {importing}
    deployer.stacks.delete(importing)


def test_a_template_that_is_not_json_is_refused(reached: Aws, deployer: Deployer, local_aws: SharedLocalAws) -> None:
    name, client = local_aws.name("stack"), local_aws.client("cloudformation")
    client.create_stack(StackName=name, TemplateBody="Resources:\n  One:\n    Type: AWS::SNS::Topic\n")
    assert deployer.stacks.settled(name) == "CREATE_COMPLETE"
    with pytest.raises(Failure, match=f"The template of {name} must be JSON, got YAML"):
        deployed(aws=reached, templates=[Template(name=name, body={})])
    client.delete_stack(StackName=name)
