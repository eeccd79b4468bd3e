"""A project that the installed `yard new` has written, as its owner uses it."""

import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from modelyard.manifest import read_models, read_stage
from support.environments import Environment
from support.pipelines import TOOLS
from support.synth import ROOT

RUFF = ("--isolated", "--no-cache", "--config", "line-length=120")
RULES = ("--select", "E,F,I,B,UP,SIM")
Make = Callable[[Path, str], Path]


@pytest.fixture(scope="session")
def regression(project: Make, diabetes: Path) -> Path:
    return project(diabetes, "progression")


@pytest.fixture(scope="session")
def classification(project: Make, penguins: Path) -> Path:
    return project(penguins, "kind")


def model_of(folder: Path) -> str:
    (file,) = (folder / "models").glob("*.toml")
    return file.stem


@pytest.mark.parametrize("kind", ["regression", "classification"])
def test_its_tests_pass(request: pytest.FixtureRequest, installed: Environment, kind: str) -> None:
    folder = request.getfixturevalue(kind)
    said = installed.run("python", "-m", "pytest", "-q", "-p", "no:cacheprovider", folder=folder).stdout
    assert "10 passed" in said


def test_the_cdk_command_synthesizes_it(regression: Path, installed: Environment, tmp_path: Path) -> None:
    words = [str(ROOT / "node_modules" / ".bin" / "cdk"), "synth", "--quiet", "--no-notices", "--output", str(tmp_path)]
    installed.run(*words, folder=regression)
    assert {file.name.partition(".")[0] for file in tmp_path.glob("*.template.json")} == {
        "dev-foundation",
        "dev-diabetes-training",
        "dev-endpoint-names",
    }


@pytest.mark.parametrize("kind", ["regression", "classification"])
@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_its_declarations_can_be_read(request: pytest.FixtureRequest, kind: str, stage: str) -> None:
    folder = request.getfixturevalue(kind)
    read = read_stage(folder / "stages.toml", name=stage)
    (model,) = read_models(folder / "models", stage=read, scripts=folder / "training_scripts")
    assert model.name == model_of(folder)


@pytest.mark.parametrize("kind", ["regression", "classification"])
@pytest.mark.parametrize("name", ["models/{model}.toml", "stages.toml"])
def test_its_declarations_name_the_schema_that_they_are_valid_by(
    request: pytest.FixtureRequest, tmp_path: Path, kind: str, name: str
) -> None:
    folder = request.getfixturevalue(kind)
    file = folder / name.format(model=model_of(folder))
    text = file.read_text(encoding="utf-8")
    named = re.match(r"#:schema (\S+)\n", text)
    assert named is not None
    wrong = tmp_path / "wrong.toml"
    wrong.write_text(f"unknown = 1\n{text}", encoding="utf-8")
    for checked, code in ((file, 0), (wrong, 1)):
        words = ["check-jsonschema", "--schemafile", str(file.parent / named[1]), str(checked)]
        done = subprocess.run(words, env=TOOLS, capture_output=True, text=True, check=False)
        assert done.returncode == code, done.stdout


@pytest.mark.parametrize("kind", ["regression", "classification"])
def test_its_datasets_are_those_of_its_manifest(
    request: pytest.FixtureRequest, installed: Environment, kind: str
) -> None:
    folder = request.getfixturevalue(kind)
    text = (
        "from pathlib import Path\n"
        "from modelyard.manifest.reading import read_model\n"
        "from modelyard.operations.data.schema import declared, problems\n"
        f"model = read_model(Path('models/{model_of(folder)}.toml'))\n"
        f"print(problems(declared(model=model, folder=Path('data/{model_of(folder)}'))))\n"
    )
    assert installed.python(text, folder=folder) == "[]"


@pytest.mark.parametrize("kind", ["regression", "classification"])
def test_no_word_of_the_template_is_left(request: pytest.FixtureRequest, kind: str) -> None:
    folder = request.getfixturevalue(kind)
    for path in folder.rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".pyc":
            text = path.read_text(encoding="utf-8")
            for word in ("my_model", "my-model", "@label@", "@task@", "@version@", "@region@", "@wheels@"):
                assert word not in text, path
                assert word not in str(path)


def test_it_names_the_release_that_wrote_it(regression: Path) -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert f"modelyard[rehearsal]=={version}\n" in (regression / "requirements.txt").read_text(encoding="utf-8")
    assert tomllib.loads((regression / ".modelyard" / "answers.toml").read_text(encoding="utf-8")) == {
        "version": version,
        "model": "diabetes",
        "label": "progression",
        "task": "regression",
    }


def test_it_has_the_pins_and_the_flags_of_this_release(regression: Path) -> None:
    for name in ("constraints.txt", "cdk.json", "package.json", "package-lock.json"):
        assert (regression / name).read_bytes() == (ROOT / name).read_bytes()


def test_no_file_of_it_is_a_link(regression: Path) -> None:
    assert [path for path in regression.rglob("*") if path.is_symlink()] == []


def test_it_may_keep_the_wheels_that_it_is_made_from(
    installed: Environment, wheels: Path, diabetes: Path, tmp_path: Path
) -> None:
    words = ["--csv", str(diabetes), "--label", "progression", "--region", "eu-west-1", "--wheels", str(wheels)]
    installed.run("yard", "new", "mine", *words, folder=tmp_path)
    folder = tmp_path / "mine"
    assert len(list((folder / "wheels").glob("*.whl"))) == 3
    assert "--find-links wheels\n" in (folder / "requirements.txt").read_text(encoding="utf-8")
    assert tomllib.loads((folder / "stages.toml").read_text(encoding="utf-8"))["prod"]["region"] == "eu-west-1"


def test_its_python_is_formatted_and_linted(regression: Path) -> None:
    for words in (
        ("ruff", "check", *RUFF, *RULES, "--target-version", "py311", "--exclude", "training_scripts", "."),
        ("ruff", "check", *RUFF, *RULES, "--target-version", "py39", "training_scripts"),
        ("ruff", "format", *RUFF, "--check", "."),
    ):
        done = subprocess.run(
            [str(Path(sys.prefix) / "bin" / words[0]), *words[1:]],
            cwd=regression,
            env=TOOLS,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout


def test_its_pipelines_are_what_the_linters_of_pipelines_take(regression: Path) -> None:
    subprocess.run(["git", "init", "--quiet"], cwd=regression, check=True)  # noqa: S607
    for line in (
        "actionlint",
        "zizmor --offline --quiet .github",
        "check-jsonschema --quiet --builtin-schema vendor.gitlab-ci --data-transform gitlab-ci .gitlab-ci.yml",
    ):
        said = subprocess.run(line.split(), cwd=regression, env=TOOLS, capture_output=True, text=True, check=False)
        assert said.returncode == 0, said.stdout + said.stderr


def test_every_target_that_its_pipelines_make_is_one_of_its_makefile(regression: Path) -> None:
    texts = [path.read_text(encoding="utf-8") for path in (regression / ".github").rglob("*.yml")]
    texts.append((regression / ".gitlab-ci.yml").read_text(encoding="utf-8"))
    targets = (re.findall(r"^ *(?:- )?(?:run: )?make ([a-z]+)", text, flags=re.MULTILINE) for text in texts)
    asked = {target for found in targets for target in found}
    rules = (regression / "Makefile").read_text(encoding="utf-8").splitlines()
    assert asked == {"base", "setup", "synth", "test", "rehearse"}
    assert asked <= {line.partition(":")[0] for line in rules}


def test_a_stack_of_modelyard_s_is_found_and_can_be_added_to(
    regression: Path, installed: Environment, tmp_path: Path
) -> None:
    text = f"""
import json
import aws_cdk as cdk
from app import build
from modelyard.stacks.foundation import FoundationStack
from modelyard.stacks.serving import ServingStack

app = cdk.App(outdir={str(tmp_path)!r}, context={{"preview": "true"}})
modelyard = build(app)
serving = modelyard.find(ServingStack, model="diabetes")
cdk.Tags.of(serving).add("team", "pricing")
assert modelyard.find(ServingStack, model="other") is None
assert modelyard.find(FoundationStack) is modelyard.stacks["dev-foundation"]
modelyard.synth()
"""
    installed.python(text, folder=regression)
    template = json.loads((tmp_path / "dev-diabetes-serving.template.json").read_text(encoding="utf-8"))
    (endpoint,) = [one for one in template["Resources"].values() if one["Type"] == "AWS::SageMaker::Endpoint"]
    assert {"Key": "team", "Value": "pricing"} in endpoint["Properties"]["Tags"]


def test_a_manifest_that_cannot_be_is_refused_in_a_sentence(
    project: Make, diabetes: Path, installed: Environment
) -> None:
    folder = project(diabetes, "progression")
    file = folder / "models" / "diabetes.toml"
    file.write_text(file.read_text(encoding="utf-8").replace("min = 1", "min = 9"), encoding="utf-8")
    said = installed.run("python", "app.py", folder=folder, code=1).stderr
    assert said.startswith("serving.scaling.min must be between")
    assert "Traceback" not in said
